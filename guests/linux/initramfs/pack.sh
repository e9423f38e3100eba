#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Pack a directory as an initramfs, without being root, always to the same bytes.
#
#   pack.sh DIRECTORY OUT.cpio
#
# Everything belongs to root in the archive. /dev/console, which the kernel wants
# before /init runs and which only root could create in a directory, is written
# as an archive entry by hand: archives may be concatenated.

set -eu

[ $# -eq 2 ] || { echo "usage: $0 DIRECTORY OUT.cpio" >&2; exit 2; }
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

# Bytes of NUL that pad $1 bytes to a multiple of 4.
pad() {
    count=$(((4 - $1 % 4) % 4))
    [ "$count" -eq 0 ] || head -c "$count" /dev/zero
}

# entry INODE MODE NAME MAJOR MINOR: a newc header of 13 fields, and the name.
entry() {
    length=$((${#3} + 1))
    printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
        "$1" "$2" 0 0 1 0 0 0 0 "$4" "$5" "$length" 0 "$3"
    pad $((110 + length))
}

{
    entry 1000001 0040755 dev 0 0
    entry 1000002 0020600 dev/console 5 1
    cd "$1"
    find . -mindepth 1 -exec touch -h -d @0 {} +
    find . -mindepth 1 | LC_ALL=C sort |
        cpio --quiet -o -H newc --reproducible -R 0:0
} > "$out.new"
mv "$out.new" "$out"
