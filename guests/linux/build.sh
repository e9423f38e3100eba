#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Build what the Linux guests boot: driver, program and initramfs.
#
#   build.sh DEBIAN OUT
#
# DEBIAN is what fetch.sh filled. OUT gets:
#   Image                     the guests' kernel
#   initramfs-sender.cpio     with the file that the demo moves: that kernel
#   initramfs-receiver.cpio   with that file's SHA-256 instead
#   initramfs-tests.cpio      with the scripts of the suites and what they run
#   numbers.img               the disk of the suite that has one
#   guest_shm.ko gshm file.sha256    what went into them
#
# Each step is skipped if nothing that goes into it has changed.

set -eu

say() { printf 'linux: %s\n' "$*"; }
die() {
    printf 'linux: error: %s\n' "$1" >&2
    shift
    for line; do printf 'linux:   %s\n' "$line" >&2; done
    exit 1
}

[ $# -eq 2 ] || die "expected two arguments" "usage: $0 DEBIAN OUT"
here=$(cd "$(dirname "$0")" && pwd)
debian=$(cd "$1" 2> /dev/null && pwd) || die "there is no $1" "run $here/fetch.sh $1"
[ -f "$debian/fetched" ] || die "$debian is not complete" "run $here/fetch.sh $1"
mkdir -p "$2"
out=$(cd "$2" && pwd)
cross=aarch64-linux-gnu-
target=aarch64-unknown-linux-musl

command -v "${cross}gcc" > /dev/null || die "no ${cross}gcc" "apt-get install gcc-aarch64-linux-gnu"
command -v make > /dev/null || die "no make" "apt-get install make"
command -v cpio > /dev/null || die "no cpio" "apt-get install cpio"
[ -f "$("${cross}gcc" -print-file-name=libc.a)" ] ||
    die "${cross}gcc has no C library" "apt-get install libc6-dev-arm64-cross"

# changed PRODUCT INPUT...: whether a product is missing or its inputs are others
# than when `built PRODUCT` was last said.
changed() {
    product=$1
    shift
    inputs=$(cat "$@" | cksum)
    [ -e "$out/$product" ] && [ "$(cat "$out/.$product.inputs" 2> /dev/null)" = "$inputs" ] &&
        return 1
    rm -f "$out/.$product.inputs"
}
built() { printf '%s\n' "$inputs" > "$out/.$1.inputs"; }

# module NAME DIRECTORY: builds NAME.ko from a folder beside this script. A warning is an
# error: there are none with these headers.
module() {
    changed "$1.ko" "$here/$2"/* "$debian/versions" || return 0
    say "driver $1.ko"
    log="$out/$2.log"
    rm -rf "${out:?}/$2"
    cp -r "$here/$2" "$out/$2"
    make -C "$out/$2" HEADERS="$debian/headers" CROSS_COMPILE="$cross" W=1 modules \
        > "$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "the driver $1 does not build (all of it: $log)" \
            "if the headers are broken: rm -rf $debian, and run this again"
    }
    if grep -i 'warning:' "$log" >&2; then
        die "the driver $1 builds with warnings (all of it: $log)"
    fi
    "${cross}strip" --strip-debug -o "$out/$1.ko" "$out/$2/$1.ko"
    built "$1.ko"
}

# program NAME DIRECTORY FILE: builds a C program with that folder's Makefile.
program() {
    changed "$1" "$here/$2"/* "$here"/driver/guest_shm.h || return 0
    say "program $1"
    mkdir -p "$out/$2"
    cp -r "$here/$2/." "$out/$2"
    make -C "$out/$2" CROSS_COMPILE="$cross" DRIVER="$here/driver" "$3" > "$out/$1.log" 2>&1 || {
        cat "$out/$1.log" >&2
        die "$1 does not build"
    }
    "${cross}strip" -o "$out/$1" "$out/$2/$3"
    built "$1"
}

build_gshm() {
    say "program gshm, and the crate's example"
    (cd "$here" && cargo build --quiet --release --target "$target" -p gshm &&
        cargo build --quiet --release --target "$target" -p guest-shm --example clock) ||
        die "gshm does not build" "if the target is missing: rustup target add $target"
    directory=$(cd "$here" && cargo metadata --format-version 1 --no-deps |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    "${cross}strip" -o "$out/gshm.new" "$directory/$target/release/gshm"
    mv "$out/gshm.new" "$out/gshm"
    "${cross}strip" -o "$out/clock" "$directory/$target/release/examples/clock"
}

take_kernel() {
    changed Image "$debian/versions" "$debian/Image" || return 0
    say "kernel Image"
    cp "$debian/Image" "$out/Image"
    sha256sum "$out/Image" | cut -d ' ' -f 1 > "$out/file.sha256"
    built Image
}

# The disk of a suite, whose guests know what is on it.
make_disk() {
    seq 1 50000 | head -c 262144 > "$out/numbers.img"
}

# stage ROLE: lays out the file tree that all initramfs have in common.
stage() {
    root="$out/initramfs-$1"
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/lib" "$root/proc" "$root/sys" "$root/demo" "$root/tmp"
    install -m 755 "$debian/busybox" "$out/gshm" "$root/bin/"
    ln -s busybox "$root/bin/sh"
    install -m 644 "$out/guest_shm.ko" "$root/lib/"
    install -m 755 "$here/initramfs/init" "$root/init"
    install -m 755 "$here/initramfs/role" "$root/bin/role"
    install -D -m 644 "$here/initramfs/inittab" "$root/etc/inittab"
}

# pack_tests: the initramfs of the suites whose guests are judged by scripts.
pack_tests() {
    suites="$here/../../tests/suites"
    product=initramfs-tests.cpio
    changed "$product" "$here"/initramfs/* "$0" "$out/guest_shm.ko" "$out/gshm" \
        "$debian/busybox" "$out/qvm_guest_shm.ko" "$out/original_ghstest" \
        "$out/driver_check" "$out/clock" "$out/name_copies.ko" "$out/name_copies" \
        "$debian"/modules/*.ko "$suites"/*/*.sh || return 0
    stage tests
    mkdir -p "$root/tests"
    install -m 755 "$out/original_ghstest" "$out/driver_check" "$out/clock" \
        "$out/name_copies" "$root/bin/"
    install -m 644 "$out/qvm_guest_shm.ko" "$out/name_copies.ko" "$debian"/modules/*.ko \
        "$root/lib/"
    for script in "$suites"/*/*.sh; do
        # What makes a manifest is for the host.
        [ "${script##*/}" = manifest.sh ] || install -m 644 "$script" "$root/tests/"
    done
    sh "$here/initramfs/pack.sh" "$root" "$out/$product" || die "cannot pack $product"
    rm -rf "$root"
    built "$product"
    say "$product ($(du -h --apparent-size "$out/$product" | cut -f 1))"
}

# pack ROLE FILE NAME: an initramfs with FILE as /demo/NAME.
pack() {
    product="initramfs-$1.cpio"
    changed "$product" "$here"/initramfs/* "$0" "$out/guest_shm.ko" "$out/gshm" \
        "$debian/busybox" "$2" || return 0
    stage "$1"
    install -m 644 "$2" "$root/demo/$3"
    sh "$here/initramfs/pack.sh" "$root" "$out/$product" || die "cannot pack $product"
    rm -rf "$root"
    built "$product"
    say "$product ($(du -h --apparent-size "$out/$product" | cut -f 1))"
}

module guest_shm driver
module qvm_guest_shm original
module name_copies copies
program original_ghstest original ghstest
program name_copies copies copies
program driver_check check driver_check
build_gshm
take_kernel
make_disk
pack sender "$out/Image" file
pack receiver "$out/file.sha256" file.sha256
pack_tests
