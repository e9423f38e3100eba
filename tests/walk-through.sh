#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The walk of docs/walk-through.md, done: from an empty file to a third guest that
# shares a region, booted in QEMU.
#
# The page is the only source. Its blocks are taken in order: what it says to write
# goes into the manifest, what it says to type is run, so that each command sees the
# manifest as it is at that place of the page. `mine.toml` lies in build/, not to
# touch anybody's own; commands that wait for a person are left out.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
page=docs/walk-through.md
dir=build/walk-through
tools=${CARGO_TARGET_DIR:-target}/release

fail() {
    printf 'error: walk-through: %s\n' "$1" >&2
    exit 1
}

# Every block, as NUMBER-LANGUAGE.
rm -rf "$dir" && mkdir -p "$dir"
awk -v dir="$dir" '
    /^```[a-z]/ { name = sprintf("%s/%02d-%s", dir, ++count, substr($0, 4)); next }
    /^```$/ { name = ""; next }
    name { print > name }
' "$page"

# What the page says is needed: the images and the tools.
./build.sh build >/dev/null

run() { # COMMAND: one line of the page
    local command=$1 status=0
    command=${command//mine.toml/$dir/mine.toml}
    command=${command//mine.svg/$dir/mine.svg}
    command=${command//target\/release/$tools}
    printf '$ %s\n' "$command"
    # `tombolo diff` says with 1 that there is a difference: the page shows one.
    case $command in *'$tombolo diff '*) command="$command || [ \$? = 1 ]" ;; esac
    eval "$command" </dev/null || status=$?
    [ $status = 0 ] || fail "\`$1\` ended with $status"
}

booted='' guests=0
: >"$dir/mine.toml"
for block in "$dir"/[0-9]*; do
    case $block in
    *-toml)
        cat "$block" >>"$dir/mine.toml"
        printf '\n' >>"$dir/mine.toml"
        if grep -q '^\[\[guest\]\]' "$block"; then
            guests=$((guests + 1))
            [ "$(wc -l <"$block")" -le 10 ] || fail "${block##*/} has more than ten lines"
        fi
        ;;
    *-sh)
        while read -r command; do
            read -r command <<<"${command%%[[:space:]]#*}" || true
            case $command in
            '' | './build.sh run mine.toml') continue ;;
            './build.sh run mine.toml --batch') booted=1 ;;
            esac
            run "$command"
        done <"$block"
        ;;
    *) fail "the page has a block of an unknown kind: ${block##*/}" ;;
    esac
done
[ "$guests" = 3 ] || fail "the page has $guests guests, not 3"
[ -n "$booted" ] || fail "the page boots nothing"
[ -s "$dir/mine.svg" ] || fail "there is no drawing"
printf 'walk-through: %s guests from an empty file, booted\n' "$guests"
