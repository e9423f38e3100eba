#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The one entry: builds, boots and tests Tombolo. `./build.sh help` says how.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$PWD

CONFIG=${CONFIG:-release}
BOARD=${BOARD:-qemu_virt_aarch64}
MICROKIT_SDK=${MICROKIT_SDK:-}
OUT=$ROOT/build
PDS=(shmem-server guest-vmm-pd manager console scrubber clock template)

usage() {
    cat <<'EOF'
usage: ./build.sh COMMAND [ARGUMENTS]

  run [SYSTEM] [--batch] [--icount]
                 install what is missing, build SYSTEM (default: moo) and boot it
                 in QEMU. On a terminal it is interactive (Ctrl-A X ends QEMU);
                 with --batch, or without a terminal, it ends by itself with
                 "RESULT: pass" or "RESULT: fail: REASON". --icount makes one
                 instruction one virtual nanosecond (repeatable, slower).
  suite NAME [--batch]
                 the same for a test suite of tests/suites, with --icount
  test           install what is missing and run every test
  build [SYSTEM] build the boot image of SYSTEM and say where it is
  check          formatting, lints and licence headers
  deps           install what is missing, nothing else
  clean          delete everything that was built or fetched
  help           this text

SYSTEM is the name of a manifest in sdf/, or a path to one.

environment
  CONFIG=release|debug   Microkit configuration (default release)
  MICROKIT_SDK=DIR       build with that Microkit SDK and boot genuine seL4;
                         without it, the embedded kernel
EOF
}

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  remedy: %s\n' "$2" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else
        command -v sudo >/dev/null || fail "\`$*\` needs root" "install sudo, or run as root"
        sudo "$@"
    fi
}

# --- What the machine needs -------------------------------------------------

missing_packages() {
    local need=(
        qemu-system-aarch64:qemu-system-arm aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu
        gcc:gcc make:make cpio:cpio bc:bc xz:xz-utils git:git curl:curl
    ) pair
    for pair in "${need[@]}"; do
        command -v "${pair%%:*}" >/dev/null || printf '%s\n' "${pair##*:}"
    done
}

deps() {
    local packages
    packages=$(missing_packages)
    if [ -n "$packages" ]; then
        say "installing with apt: ${packages//$'\n'/ }"
        command -v apt-get >/dev/null ||
            fail "no apt-get here" "install by hand: ${packages//$'\n'/ }"
        as_root apt-get update -qq ||
            fail "apt-get update failed" "check the network and /etc/apt/sources.list"
        # shellcheck disable=SC2086
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $packages >/dev/null ||
            fail "apt-get could not install: ${packages//$'\n'/ }" "see the messages above"
    fi
    command -v cargo >/dev/null ||
        fail "no cargo" "install Rust with rustup, then open a new shell"
    rust_targets
}

rust_targets() {
    local target installed
    command -v rustup >/dev/null || return 0
    installed=$(rustup target list --installed)
    for target in aarch64-unknown-none aarch64-unknown-none-softfloat aarch64-unknown-linux-musl; do
        grep -qx "$target" <<<"$installed" && continue
        say "rustup target add $target"
        rustup target add "$target" >/dev/null ||
            fail "rustup could not add target $target" "check the network, then run ./build.sh again"
    done
}

# --- Building ---------------------------------------------------------------

system_manifest() { # NAME or path
    if [ -f "$1" ]; then printf '%s\n' "$1"; return; fi
    [ -f "sdf/$1.toml" ] || fail "no system \`$1\`" \
        "choose one of: $(cd sdf && echo *.toml | sed 's/\.toml//g'), or name a manifest"
    printf 'sdf/%s.toml\n' "$1"
}

build_tools() {
    say "building the host tools"
    cargo build --quiet --release -p tombolo -p tombolo-image -p tombolo-harness
}

build_pds() {
    say "building the protection domains ($CONFIG)"
    local arguments=() pd elf
    for pd in "${PDS[@]}"; do arguments+=(-p "$pd"); done
    MICROKIT_CONFIG=$CONFIG cargo build --quiet --release --target aarch64-unknown-none \
        --target-dir "target/$CONFIG" "${arguments[@]}"
    mkdir -p "$OUT/$CONFIG/pds"
    for pd in "${PDS[@]}"; do
        elf=${pd%-pd}.elf
        cp "target/$CONFIG/aarch64-unknown-none/release/$pd" "$OUT/$CONFIG/pds/$elf"
    done
}

build_kernel() {
    say "building the embedded kernel"
    cargo build --quiet --release --target aarch64-unknown-none-softfloat -p tombolo-kernel
}

build_guests() {
    guests/linux/fetch.sh "$OUT/debian"
    guests/linux/build.sh "$OUT/debian" "$OUT/guests"
    say "building the bare-metal guests"
    guests/bare/build.sh "$OUT/guests"
}

build_image() { # MANIFEST -> sets IMAGE
    local manifest=$1 name dir
    name=$(basename "$manifest" .toml)
    dir=$OUT/$CONFIG/$name
    mkdir -p "$dir"
    say "generating $name from $manifest"
    target/release/tombolo generate "$manifest" --search-path "$OUT/guests" --output "$dir" >/dev/null
    pack "$name" "$dir/$name.system" "$dir" "$OUT/$CONFIG/pds" "$OUT/guests"
}

build_suite() { # NAME -> sets IMAGE; its crate's binaries are its protection domains
    local name=$1 dir=$OUT/$CONFIG/$1 built=target/$CONFIG/aarch64-unknown-none/release elf
    say "building suite $name ($CONFIG)"
    MICROKIT_CONFIG=$CONFIG cargo build --quiet --release --target aarch64-unknown-none \
        --target-dir "target/$CONFIG" -p "$name"
    mkdir -p "$dir"
    for elf in "$built/$name"-*; do
        case ${elf##*/} in *.*) ;; *) cp "$elf" "$dir/${elf##*/}.elf" ;; esac
    done
    pack "$name" "tests/suites/$name/$name.system" "$dir"
}

pack() { # NAME SYSTEM SEARCH... -> sets IMAGE
    local name=$1 dir=$OUT/$CONFIG/$1 system=$2
    shift 2
    local common=("$system" --search-path "$@" --board "$BOARD" --config "$CONFIG")
    if [ -n "$MICROKIT_SDK" ]; then
        local tool=$MICROKIT_SDK/bin/microkit
        [ -x "$tool" ] || fail "no Microkit SDK at $MICROKIT_SDK" \
            "MICROKIT_SDK must name a directory that holds bin/microkit"
        IMAGE=$dir/$name.sel4.img
        say "packing $name for genuine seL4 with $tool"
        "$tool" "${common[@]}" -o "$IMAGE" -r "$dir/report.sel4.txt"
    else
        IMAGE=$dir/$name.img
        say "packing $name for the embedded kernel"
        target/release/tombolo-image "${common[@]}" \
            --kernel target/aarch64-unknown-none-softfloat/release/tombolo-kernel \
            -o "$IMAGE" -r "$dir/report.txt"
    fi
    say "image: ${IMAGE#"$ROOT/"} ($(du -h --apparent-size "$IMAGE" | cut -f1))"
}

build_all() {
    deps
    build_tools
    build_pds
    [ -n "$MICROKIT_SDK" ] || build_kernel
    build_guests
}

# --- Commands ---------------------------------------------------------------

options() { # COMMAND [ARGUMENT...] -> sets OPTIONS and WHAT
    local command=$1 batch=
    shift
    OPTIONS=()
    while [ $# -gt 0 ]; do
        case $1 in
        --batch) batch=1 ;;
        --icount) OPTIONS+=(--icount) ;;
        -*) fail "$command: unknown option $1" "./build.sh help" ;;
        *) WHAT=$1 ;;
        esac
        shift
    done
    [ -t 0 ] || batch=1
    [ -z "$batch" ] || OPTIONS+=(--batch)
}

run() {
    WHAT=moo
    options run "$@"
    local manifest
    manifest=$(system_manifest "$WHAT")
    build_all
    build_image "$manifest"
    say "booting $WHAT"
    target/release/tombolo-harness "$manifest" --image "$IMAGE" "${OPTIONS[@]}"
}

suite() {
    WHAT=
    # Its times are exact only if instructions are counted.
    options suite --icount "$@"
    [ -n "$WHAT" ] && [ -d "tests/suites/$WHAT" ] ||
        fail "no suite \`$WHAT\`" "choose one of: $(cd tests/suites && echo */ | tr -d /)"
    if [ ! -f "tests/suites/$WHAT/$WHAT.system" ]; then
        # A manifest alone: guests judge Tombolo's own protection domains.
        run "tests/suites/$WHAT/$WHAT.toml" "${OPTIONS[@]}"
        return
    fi
    deps
    build_tools
    [ -n "$MICROKIT_SDK" ] || build_kernel
    build_suite "$WHAT"
    say "booting suite $WHAT"
    target/release/tombolo-harness "tests/suites/$WHAT/$WHAT.toml" --image "$IMAGE" \
        "${OPTIONS[@]}"
}

build() {
    local manifest
    manifest=$(system_manifest "${1:-moo}")
    build_all
    build_image "$manifest"
}

check() {
    say "formatting"
    cargo fmt --all --check || fail "the code is not formatted" "cargo fmt --all"
    say "lints: host"
    cargo clippy --quiet --all-targets -- -D warnings
    say "lints: protection domains, kernel, bare-metal guests"
    local arguments=() pd
    for pd in "${PDS[@]}"; do arguments+=(-p "$pd"); done
    MICROKIT_CONFIG=$CONFIG cargo clippy --quiet --release --target aarch64-unknown-none \
        --target-dir "target/$CONFIG" "${arguments[@]}" -- -D warnings
    cargo clippy --quiet --release --target aarch64-unknown-none-softfloat -p tombolo-kernel \
        -- -D warnings
    CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS="-C relocation-model=pie" \
        cargo clippy --quiet --release --target aarch64-unknown-none-softfloat \
        --target-dir target/bare -p bare-guests -- -D warnings
    say "licence headers"
    local file bad=
    while read -r file; do
        head -n 5 "$file" | grep -q SPDX-License-Identifier || { bad=1; echo "  $file: no SPDX line"; }
    done < <(git ls-files '*.rs' '*.sh' '*.c' '*.h' '*.S' '*.s' '*.ld' '*.toml' | grep -v '^rust-toolchain.toml$\|/fixtures/')
    [ -z "$bad" ] || fail "files without a licence" "add an SPDX-License-Identifier line on top"
}

run_tests() {
    tests/run.sh
}

command=${1:-help}
shift || true
case $command in
run) run "$@" ;;
build) build "$@" ;;
suite) suite "$@" ;;
test) deps && run_tests "$@" ;;
check) deps && check ;;
deps) deps && say "everything needed is here" ;;
clean) say "deleting build/ and target/" && rm -rf build target ;;
help | -h | --help) usage ;;
*)
    usage >&2
    fail "unknown command \`$command\`"
    ;;
esac
