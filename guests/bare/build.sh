#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the bare-metal guests' arm64 Image: guests/bare/build.sh OUT_DIR
# makes OUT_DIR/bare.img. The ELF file stays in target/bare for debuggers.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

[ $# = 1 ] || { echo "usage: guests/bare/build.sh OUT_DIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
target=aarch64-unknown-none-softfloat
dir=${CARGO_TARGET_DIR:-target}/bare

objcopy=aarch64-linux-gnu-objcopy
command -v "$objcopy" >/dev/null || objcopy=llvm-objcopy
command -v "$objcopy" >/dev/null || {
    echo "error: neither aarch64-linux-gnu-objcopy nor llvm-objcopy is here" >&2
    echo "  remedy: apt-get install gcc-aarch64-linux-gnu (./build.sh deps does it)" >&2
    exit 1
}

# Position-independent, unlike everything else for this target: own directory,
# so that nobody's build is thrown away.
CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS="-C relocation-model=pie" \
    cargo build --quiet --release --target "$target" --target-dir "$dir" -p bare-guests
"$objcopy" -O binary "$dir/$target/release/bare-guests" "$out/bare.img"

# What a boot loader looks for (Documentation/arch/arm64/booting.rst).
magic=$(od -An -c -j56 -N3 "$out/bare.img" | tr -d ' ')
[ "$magic" = ARM ] || { echo "error: $out/bare.img has no arm64 Image header" >&2; exit 1; }
