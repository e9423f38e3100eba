#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Fetch the parts of the Linux guests from Debian, by package name.
#
#   fetch.sh DIR
#
# leaves in DIR:
#   Image      the arm64 kernel of linux-image-cloud-arm64, uncompressed
#   headers    kernel headers, usable with `make -C DIR/headers M=... modules`
#   busybox    a static arm64 busybox
#   modules    that kernel's modules for a virtio disk
#   versions   the packages these came from, one `name version` a line
#
# A private apt root does the work: it has its own lists, cache and (empty)
# package database, and foreign architectures, so the machine's own package set
# is neither consulted nor changed, and no root is needed. Mirrors, proxies and
# keys are the machine's. Each package is verified by apt, unpacked beside its
# final place and then renamed, so an interrupted run is simply run again.

set -eu

release=12
suite=bookworm
kernel=6.1

say() { printf 'fetch: %s\n' "$*"; }
die() {
    printf 'fetch: error: %s\n' "$1" >&2
    shift
    for line; do printf 'fetch:   %s\n' "$line" >&2; done
    exit 1
}

[ $# -eq 1 ] || die "expected one argument: the directory to fetch into" \
    "usage: $0 DIR"
mkdir -p "$1" || die "cannot create $1" "choose a directory you can write to"
dir=$(cd "$1" && pwd)
stamp="$dir/fetched"
recipe=$(cksum < "$0")

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$recipe" ] &&
    [ -f "$dir/Image" ] && [ -f "$dir/headers/Makefile" ] && [ -x "$dir/busybox" ] && [ -d "$dir/modules" ]; then
    say "Debian parts are in $dir (remove $stamp to look for newer ones)"
    exit 0
fi
rm -f "$stamp"

for tool in apt-get apt-cache dpkg-deb dpkg; do
    command -v "$tool" > /dev/null || die "$tool is missing" \
        "this needs a machine with Debian's apt and dpkg"
done

host=$(dpkg --print-architecture)
apt="$dir/apt"
root="$dir/root"

# The machine's apt sources for this Debian release, without their restriction
# to the machine's own architecture. Third-party entries are left out.
collect_sources() {
    mkdir -p "$apt/sources.d"
    rm -f "$apt/sources.d"/*
    if [ -n "${TOMBOLO_APT_SOURCES:-}" ]; then
        [ -r "$TOMBOLO_APT_SOURCES" ] ||
            die "TOMBOLO_APT_SOURCES names $TOMBOLO_APT_SOURCES, which cannot be read"
        cp "$TOMBOLO_APT_SOURCES" "$apt/sources.d/"
        return
    fi
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -r "$file" ] || continue
        out="$apt/sources.d/$(basename "$file" .list).list"
        grep -E "^deb .*[[:space:]/]$suite(-updates|-security)?[[:space:]].*main" "$file" |
            sed -E 's/\[([^]]*)arch=[^] ]*/[\1/; s/\[ *\]//' > "$out" || true
        [ -s "$out" ] || rm -f "$out"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] || continue
        grep -Eq "^Suites:(.*[[:space:]])?$suite(-updates|-security)?([[:space:]]|\$)" "$file" ||
            continue
        grep -v '^Architectures:' "$file" > "$apt/sources.d/$(basename "$file")"
    done
    [ -n "$(ls "$apt/sources.d")" ] ||
        die "no source of Debian $release ($suite) in /etc/apt" \
            "add one, or point TOMBOLO_APT_SOURCES to a .list or .sources file that has one"
}

# Machine settings (proxy, keys) stay in force: only places are redirected.
write_apt_config() {
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
    : > "$apt/state/status"
    cat > "$apt/apt.conf" << END
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/sources.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "arm64";
APT::Architectures { "arm64"; "$host"; };
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
    APT_CONFIG="$apt/apt.conf"
    export APT_CONFIG
}

# Containers switch apt's package cache off after APT_CONFIG is read, which makes
# every question parse all lists again: what is said on the command line holds.
private() {
    tool=$1
    shift
    "$tool" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin "$@"
}

update_lists() {
    say "1/5 package lists of Debian $release"
    private apt-get -qq update > "$apt/update.log" 2>&1 ||
        say "    some lists failed, going on (see $apt/update.log)"
    private apt-cache show linux-image-cloud-arm64:arm64 > /dev/null 2>&1 ||
        die "apt found no linux-image-cloud-arm64 (see $apt/update.log)" \
            "check that the network and the mirror in /etc/apt work: apt-get update"
}

# The real package behind a meta package: the first dependency that matches.
resolve() {
    private apt-cache depends --no-recommends "$1:arm64" |
        sed -n "s/^ *Depends: *\($2\)\(:[a-z0-9]*\)\?\$/\1/p" | head -n 1
}

# The version that apt would install of package:architecture.
candidate() {
    private apt-cache policy "$1" | sed -n 's/^ *Candidate: *//p' | head -n 1
}

# unpack PACKAGE:ARCH: fetch it and unpack it over $root, once per version.
unpack() {
    version=$(candidate "$1")
    [ -n "$version" ] && [ "$version" != "(none)" ] ||
        die "apt has no candidate for $1" "see: APT_CONFIG=$APT_CONFIG apt-cache policy $1"
    printf '%s %s\n' "$1" "$version" >> "$dir/versions.new"
    done_mark="$root/.unpacked/$1=$version"
    [ ! -e "$done_mark" ] || return 0
    say "    $1 $version"
    rm -rf "$dir/deb"
    mkdir -p "$dir/deb" "$root/.unpacked"
    (cd "$dir/deb" && private apt-get -qq download "$1=$version" > "$apt/download.log" 2>&1) ||
        die "download of $1 $version failed (see $apt/download.log)" \
            "run this again; if it stays, the mirror may be mid-update or the disk full"
    dpkg-deb -x "$dir/deb"/*.deb "$root" ||
        die "cannot unpack $1" "is the disk full? look at: df $dir"
    rm -rf "$dir/deb"
    : > "$done_mark"
}

# Debian's headers name their common part by an absolute path, as if installed.
relocate_headers() {
    headers="$root/usr/src/linux-headers-$abi-cloud-arm64"
    common="$root/usr/src/linux-headers-$abi_common-common"
    [ -f "$headers/Makefile" ] && [ -f "$common/Makefile" ] ||
        die "the header packages do not hold what was expected in $root/usr/src" \
            "remove $dir and run this again"
    [ -e "$common/scripts/mod/modpost" ] ||
        die "linux-kbuild-$kernel does not fit the headers: $common/scripts has no modpost" \
            "remove $dir and run this again"
    printf 'include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../%s/Makefile\n' \
        "linux-headers-$abi_common-common" > "$headers/Makefile.new"
    mv "$headers/Makefile.new" "$headers/Makefile"
    ln -sfn "root/usr/src/linux-headers-$abi-cloud-arm64" "$dir/headers"
}

# The arm64 boot protocol: "ARMd" at byte 56. Debian's is not compressed.
publish_image() {
    image="$root/boot/vmlinuz-$abi-cloud-arm64"
    [ -f "$image" ] || die "$image_package holds no boot/vmlinuz-$abi-cloud-arm64" \
        "remove $dir and run this again"
    magic=$(dd if="$image" bs=1 skip=56 count=4 2> /dev/null)
    [ "$magic" = "ARMd" ] ||
        die "$image is no uncompressed arm64 Image (no ARMd at byte 56)" \
            "a newer Debian kernel may be packed differently: $0 expects Debian $release"
    ln -f "$image" "$dir/Image" 2> /dev/null || cp "$image" "$dir/Image"
    cp "$root/bin/busybox" "$dir/busybox"
    mkdir -p "$dir/modules"
    for module in virtio/virtio_ring virtio/virtio virtio/virtio_mmio block/virtio_blk; do
        cp "$root/lib/modules/$abi-cloud-arm64/kernel/drivers/$module.ko" "$dir/modules/" ||
            die "$image_package holds no module $module" "remove $dir and run this again"
    done
}

mkdir -p "$apt"
collect_sources
write_apt_config
update_lists

image_package=$(resolve linux-image-cloud-arm64 'linux-image-[0-9].*-cloud-arm64')
[ -n "$image_package" ] ||
    die "linux-image-cloud-arm64 depends on no kernel image that $0 knows" \
        "see: APT_CONFIG=$APT_CONFIG apt-cache depends linux-image-cloud-arm64:arm64"
abi=${image_package#linux-image-}
abi=${abi%-cloud-arm64}
headers_package="linux-headers-$abi-cloud-arm64"
common_package=$(resolve "$headers_package" 'linux-headers-[0-9].*-common')
[ -n "$common_package" ] ||
    die "$headers_package names no linux-headers-*-common" \
        "the mirror may be mid-update: run this again later"
abi_common=${common_package#linux-headers-}
abi_common=${abi_common%-common}

# What an older ABI left must not be mixed with a newer one.
if [ -d "$root" ] && [ ! -d "$root/.unpacked/abi-$abi" ]; then
    rm -rf "$root"
fi
mkdir -p "$root/.unpacked/abi-$abi"
: > "$dir/versions.new"

say "2/5 kernel $abi"
unpack "$image_package:arm64"
say "3/5 headers and kbuild (kbuild for $host, which builds)"
unpack "$headers_package:arm64"
unpack "$common_package:all"
unpack "linux-kbuild-$kernel:$host"
say "4/5 busybox"
unpack busybox-static:arm64
say "5/5 laying out $dir"
relocate_headers
publish_image
mv "$dir/versions.new" "$dir/versions"
rm -rf "$apt/cache"
printf '%s' "$recipe" > "$stamp"
say "done: $(du -sh "$root" | cut -f 1) unpacked"
