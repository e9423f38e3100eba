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

build_driver() {
    changed guest_shm.ko "$here"/driver/* "$debian/versions" || return 0
    say "driver guest_shm.ko"
    rm -rf "$out/driver"
    cp -r "$here/driver" "$out/driver"
    make -C "$out/driver" HEADERS="$debian/headers" CROSS_COMPILE="$cross" W=1 modules \
        > "$out/driver.log" 2>&1 || {
        tail -n 20 "$out/driver.log" >&2
        die "the driver does not build (all of it: $out/driver.log)" \
            "if the headers are broken: rm -rf $debian, and run this again"
    }
    grep -i 'warning:' "$out/driver.log" >&2 || true
    "${cross}strip" --strip-debug -o "$out/guest_shm.ko" "$out/driver/guest_shm.ko"
    built guest_shm.ko
}

build_gshm() {
    say "program gshm"
    (cd "$here" && cargo build --quiet --release --target "$target" -p gshm) ||
        die "gshm does not build" "if the target is missing: rustup target add $target"
    directory=$(cd "$here" && cargo metadata --format-version 1 --no-deps |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    "${cross}strip" -o "$out/gshm.new" "$directory/$target/release/gshm"
    mv "$out/gshm.new" "$out/gshm"
}

take_kernel() {
    changed Image "$debian/versions" "$debian/Image" || return 0
    say "kernel Image"
    cp "$debian/Image" "$out/Image"
    sha256sum "$out/Image" | cut -d ' ' -f 1 > "$out/file.sha256"
    built Image
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

build_driver
build_gshm
take_kernel
pack sender "$out/Image" file
pack receiver "$out/file.sha256" file.sha256
