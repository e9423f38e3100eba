#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Prints the manifest with the places where protection domains enter the kernel,
# which they do all the while: TOMBOLO_PDS=DIR tests/suites/drills-debug/manifest.sh

set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
targets=
for pd in shmem-server guest-vmm console clock; do
    found=$(aarch64-linux-gnu-objdump -d "$TOMBOLO_PDS/$pd.elf" | sed -n 's/^ *\([0-9a-f]*\):.*\tsvc\t.*/\1,/p')
    [ -n "$found" ] || { echo "$0: no svc in $TOMBOLO_PDS/$pd.elf" >&2; exit 1; }
    targets+=$found
done
sed "s/@TARGETS@/$(tr -d '\n' <<<"$targets")/" "$here/drills-debug.toml.in"
