#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The one entry: builds, boots and tests Tombolo. `./build.sh help` says how.

set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$PWD

from_caller() { # PATH -> absolute, as the caller meant it
    case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s\n' "$CALLER/$1" ;; esac
}

CONFIG=${CONFIG:-release}
BOARD=${BOARD:-qemu_virt_aarch64}
MICROKIT_SDK=${MICROKIT_SDK:+$(from_caller "$MICROKIT_SDK")}
OUT=$ROOT/build
TARGET=$ROOT/target
[ -z "${CARGO_TARGET_DIR:-}" ] || TARGET=$(from_caller "$CARGO_TARGET_DIR")
export CARGO_TARGET_DIR=$TARGET
# Each replaces what .cargo/config.toml and the --target options here say.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
# The Rust that all of this is tested with, and the oldest that builds it.
RUST=1.95.0
PDS=(shmem-server guest-vmm-pd manager console scrubber clock template host-demo)

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
  matrix [SYSTEM] [--batch]
                 try on the target who can touch what: SYSTEM (default: moo) with
                 a probe in place of every program, against `tombolo explain`
  trace [SYSTEM] run SYSTEM with --batch --icount, then take the traces of its
                 protection domains: build/trace/SYSTEM.txt to read, and
                 build/trace/SYSTEM.json to open in Perfetto
  test           install what is missing and run every test
  bench          count the instructions of kernel operations and of the demo;
                 a table, as in docs/benchmarks.md. With MICROKIT_SDK, of
                 genuine seL4 too, with the same protection domains
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
  CARGO_TARGET_DIR=DIR   where cargo builds (default target/)
  RUSTUP_TOOLCHAIN=NAME  build with that Rust toolchain (default: stable if it
                         is the Rust this is tested with, else that one)
EOF
}

# Each step with the seconds since the start, so that a long one can be told.
say() { printf '==> [%4d s] %s\n' "$SECONDS" "$*"; }
fail() {
    REASON=$1
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  remedy: %s\n' "$2" >&2
    exit 1
}

# Whatever ends a batch run before there is a verdict is a failure with a reason.
REASON=
no_verdict() {
    local status=$?
    [ "$status" = 0 ] || printf 'RESULT: fail: %s\n' "${REASON:-not built: see the messages above}"
}

# cargo shows what it builds to whoever watches, and is quiet in a log.
build_with_cargo() {
    local quiet=(--quiet)
    [ ! -t 2 ] || quiet=()
    cargo build --release "${quiet[@]}" "$@" ||
        fail "cargo could not build" "see its messages above; if a download failed, check the network and run this again"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

# --- What the machine needs -------------------------------------------------

missing_packages() {
    local need=(
        qemu-system-aarch64:qemu-system-arm aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu
        gcc:gcc cc:gcc make:make cpio:cpio bc:bc xz:xz-utils git:git
    ) pair missing=()
    for pair in "${need[@]}"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    # A gcc alone cannot link: the C library's start files are a package of their own.
    local start
    start=$(gcc -print-file-name=crt1.o 2>/dev/null || true)
    [ -f "$start" ] || missing+=(libc6-dev)
    start=$(aarch64-linux-gnu-gcc -print-file-name=libc.a 2>/dev/null || true)
    [ -f "$start" ] || missing+=(libc6-dev-arm64-cross)
    [ ${#missing[@]} = 0 ] || printf '%s\n' "${missing[@]}" | sort -u | paste -sd ' '
}

deps() {
    local packages
    case $ROOT$TARGET in *[[:space:]:]*)
        fail "make and cargo cannot work in $ROOT" "move it to a path without spaces and colons" ;;
    esac
    mkdir -p "$OUT" "$TARGET" 2>/dev/null && [ -w "$OUT" ] && [ -w "$TARGET" ] ||
        fail "cannot write to $OUT and $TARGET" "clone to a place that $(id -un) owns, or: chown -R $(id -un) $OUT $TARGET"
    packages=$(missing_packages)
    [ -z "$packages" ] || install_packages "$packages"
    rust_toolchain
    rust_targets
}

install_packages() { # PACKAGES
    local by_hand="as root: apt-get update && apt-get install $1" log=$OUT/apt.log
    command -v apt-get >/dev/null || fail "these are missing, and there is no apt-get: $1" \
        "install what these Debian packages hold"
    can_be_root || fail "these packages are missing, and installing them needs root: $1" "$by_hand"
    say "installing with apt: $1"
    # An earlier run may have been killed while dpkg worked.
    as_root dpkg --configure -a >"$log" 2>&1 || true
    as_root apt-get update -qq -o DPkg::Lock::Timeout=120 >>"$log" 2>&1 ||
        say "some package lists failed, going on (see build/apt.log)"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=120 \
        --no-install-recommends $1 >>"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        fail "apt-get could not install: $1" "check the network and /etc/apt (all messages: build/apt.log); or $by_hand"
    }
    hash -r
}

is_tested_rust() { # TOOLCHAIN
    [[ $(rustup run "$1" rustc --version 2>/dev/null) == "rustc ${RUST%.*}."* ]]
}

# Chooses the toolchain and names it in the environment. Otherwise rustup reads
# rust-toolchain.toml and, for one missing target, updates all of stable.
rust_toolchain() {
    export RUSTUP_AUTO_INSTALL=0
    command -v cargo >/dev/null && command -v rustc >/dev/null ||
        fail "no Rust: cargo and rustc are not in PATH" \
            "install Rust with rustup, then open a new shell"
    if command -v rustup >/dev/null && [ -z "${RUSTUP_TOOLCHAIN:-}" ]; then
        local number=$RUST
        if is_tested_rust stable; then
            RUSTUP_TOOLCHAIN=stable
        elif is_tested_rust "$number"; then
            RUSTUP_TOOLCHAIN=$number
        else
            say "installing Rust $number beside what is here"
            rustup toolchain install "$number" --profile minimal --no-self-update ||
                fail "rustup could not install Rust $number" \
                    "check the network and run this again, or choose an installed one: RUSTUP_TOOLCHAIN=stable ./build.sh ..."
            RUSTUP_TOOLCHAIN=$number
        fi
        export RUSTUP_TOOLCHAIN
    fi
    local version
    version=$(rustc --version) || fail "rustc does not run" "see the message above; rustup toolchain list"
    version=${version#rustc }
    [ "$(printf '%s\n' "$RUST" "${version%% *}" | sort -V | head -n 1)" = "$RUST" ] ||
        fail "this is Rust ${version%% *}, and Tombolo needs $RUST or newer" \
            "install Rust with rustup, or: rustup update"
}

rust_targets() {
    local target missing=() components=()
    for target in aarch64-unknown-none aarch64-unknown-none-softfloat aarch64-unknown-linux-musl; do
        compgen -G "$(rustc --print target-libdir --target "$target")/libcore-*.rlib" >/dev/null ||
            missing+=("$target")
    done
    cargo fmt --version >/dev/null 2>&1 || components+=(rustfmt)
    cargo clippy --version >/dev/null 2>&1 || components+=(clippy)
    [ ${#missing[@]} = 0 ] && [ ${#components[@]} = 0 ] && return
    command -v rustup >/dev/null || fail "this Rust lacks: ${missing[*]} ${components[*]}" \
        "install Rust with rustup, which can add them"
    say "adding to Rust ($RUSTUP_TOOLCHAIN):" "${missing[@]}" "${components[@]}"
    local log=$OUT/rustup.log
    {
        { [ ${#missing[@]} = 0 ] || rustup target add "${missing[@]}"; } &&
            { [ ${#components[@]} = 0 ] || rustup component add "${components[@]}"; }
    } >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        fail "rustup could not add them to $RUSTUP_TOOLCHAIN" \
            "check the network, then run this again; if this Rust has none: RUSTUP_TOOLCHAIN=$RUST ./build.sh ..."
    }
}

# --- Building ---------------------------------------------------------------

system_manifest() { # NAME or path
    local path
    path=$(from_caller "$1")
    if [ -f "$1" ]; then printf '%s\n' "$1"; return; fi
    if [ -f "$path" ]; then printf '%s\n' "$path"; return; fi
    [ -f "sdf/$1.toml" ] || fail "no system \`$1\`" \
        "choose one of: $(cd sdf && echo *.toml | sed 's/\.toml//g'), or name a manifest"
    printf 'sdf/%s.toml\n' "$1"
}

build_tools() {
    say "building the host tools"
    build_with_cargo -p tombolo -p tombolo-image -p tombolo-harness -p tombolo-matrix
}

build_pds() {
    say "building the protection domains ($CONFIG)"
    local arguments=() pd elf
    for pd in "${PDS[@]}"; do arguments+=(-p "$pd"); done
    MICROKIT_CONFIG=$CONFIG build_with_cargo --target aarch64-unknown-none \
        --target-dir "$TARGET/$CONFIG" "${arguments[@]}"
    mkdir -p "$OUT/$CONFIG/pds"
    for pd in "${PDS[@]}"; do
        elf=${pd%-pd}.elf
        cp "$TARGET/$CONFIG/aarch64-unknown-none/release/$pd" "$OUT/$CONFIG/pds/$elf"
    done
}

build_kernel() {
    say "building the embedded kernel"
    # As one unit: the way of a call leads through three crates.
    CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
        build_with_cargo --target aarch64-unknown-none-softfloat -p tombolo-kernel
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
    # Named after the system, whose name need not be the file's.
    rm -f "$dir"/*.system
    say "generating $name from $manifest"
    "$TARGET/release/tombolo" generate "$manifest" --search-path "$OUT/guests" --output "$dir" >/dev/null
    pack "$name" "$(echo "$dir"/*.system)" "$dir" "$OUT/$CONFIG/pds" "$OUT/guests"
}

build_suite() { # NAME SOURCE -> sets IMAGE; its crate's binaries are its protection domains
    local name=$1 dir=$OUT/$CONFIG/$1
    build_suite_pds "$name" "$name"
    pack "$name" "$2/$name.system" "$dir"
}

build_suite_pds() { # SUITE CRATE: binaries of the crate, beside the suite's other files
    local name=$2 dir=$OUT/$CONFIG/$1 built=$TARGET/$CONFIG/aarch64-unknown-none/release elf
    say "building $name ($CONFIG)"
    MICROKIT_CONFIG=$CONFIG build_with_cargo --target aarch64-unknown-none \
        --target-dir "$TARGET/$CONFIG" -p "$name"
    mkdir -p "$dir"
    for elf in "$built/$name"-*; do
        case ${elf##*/} in *.*) ;; *) cp "$elf" "$dir/${elf##*/}.elf" ;; esac
    done
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
        "$TARGET/release/tombolo-image" "${common[@]}" \
            --kernel "$TARGET"/aarch64-unknown-none-softfloat/release/tombolo-kernel \
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
    local command=$1 batch= named=
    shift
    OPTIONS=()
    while [ $# -gt 0 ]; do
        case $1 in
        --batch) batch=1 ;;
        --icount) OPTIONS+=(--icount) ;;
        --trace)
            [ $# -gt 1 ] || fail "$command: --trace needs a directory" "./build.sh help"
            OPTIONS+=(--trace "$2")
            shift
            ;;
        -*) fail "$command: unknown option $1" "./build.sh help" ;;
        *)
            [ -z "$named" ] || fail "$command: one argument too many: $1" "./build.sh help"
            WHAT=$1 named=1
            ;;
        esac
        shift
    done
    [ -t 0 ] || batch=1
    [ -z "$batch" ] || OPTIONS+=(--batch)
    [ -z "$batch" ] || trap no_verdict EXIT
}

boot() { # MANIFEST: from here on the verdict is the harness's
    trap - EXIT
    "$TARGET/release/tombolo-harness" "$1" --image "$IMAGE" "${OPTIONS[@]}"
}

run() {
    WHAT=moo
    options run "$@"
    local manifest
    manifest=$(system_manifest "$WHAT")
    build_all
    build_image "$manifest"
    say "booting $WHAT"
    boot "$manifest"
}

# A run whose traces are wanted.
trace() {
    run "$@" --batch --icount --trace "$OUT/trace"
}

suite() {
    WHAT=
    # Its times are exact only if instructions are counted.
    options suite --icount "$@"
    [ -n "$WHAT" ] && [ -d "tests/suites/$WHAT" ] ||
        fail "no suite \`$WHAT\`" "choose one of: $(cd tests/suites && echo */ | tr -d /)"
    if [ -f "tests/suites/$WHAT/manifest.sh" ]; then
        mkdir -p "$OUT/suites"
        # It may look into the protection domains.
        deps
        build_pds
        TOMBOLO_PDS=$OUT/$CONFIG/pds "tests/suites/$WHAT/manifest.sh" >"$OUT/suites/$WHAT.toml" ||
            fail "tests/suites/$WHAT/manifest.sh made no manifest" "see the message above"
        run "$OUT/suites/$WHAT.toml" "${OPTIONS[@]}"
        return
    fi
    if [ -f "tests/suites/$WHAT/judge.toml" ]; then
        matrix "tests/suites/$WHAT/$WHAT.toml" --batch
        return
    fi
    if [ ! -f "tests/suites/$WHAT/$WHAT.system" ]; then
        # A manifest: guests judge Tombolo's own protection domains, and some of the
        # suite's, if it brings a crate.
        if [ -f "tests/suites/$WHAT/Cargo.toml" ]; then
            deps
            build_suite_pds "$WHAT" "$WHAT-suite"
        fi
        run "tests/suites/$WHAT/$WHAT.toml" "${OPTIONS[@]}"
        return
    fi
    deps
    build_tools
    [ -n "$MICROKIT_SDK" ] || build_kernel
    build_suite "$WHAT" "tests/suites/$WHAT"
    say "booting suite $WHAT"
    boot "tests/suites/$WHAT/$WHAT.toml"
}

# The matrix is that of the system's own `.system` file; what is booted is the same
# file with probes for programs, so that everybody's place is tried.
matrix() {
    WHAT=moo
    options matrix --icount "$@"
    local manifest name dir log status=0
    manifest=$(system_manifest "$WHAT")
    name=matrix-$(basename "$manifest" .toml)
    dir=$OUT/$CONFIG/$name
    deps
    build_tools
    [ -n "$MICROKIT_SDK" ] || build_kernel
    build_guests
    say "building the judge and the probes ($CONFIG)"
    MICROKIT_CONFIG=$CONFIG build_with_cargo --target aarch64-unknown-none \
        --target-dir "$TARGET/$CONFIG" -p matrix
    rm -rf "$dir" && mkdir -p "$dir/probes"
    local elf
    for elf in matrix-judge matrix-probe; do
        cp "$TARGET/$CONFIG/aarch64-unknown-none/release/$elf" "$dir/probes/$elf.elf"
    done
    say "generating $name from $manifest"
    "$TARGET/release/tombolo" generate "$manifest" --search-path "$OUT/guests" --output "$dir" >/dev/null
    "$TARGET/release/tombolo" explain "$(echo "$dir"/*.system)" --json >"$dir/matrix.json"
    "$TARGET/release/tombolo-matrix" prepare "$(echo "$dir"/*.system)" \
        --matrix "$dir/matrix.json" --output "$dir/probes"
    pack "$name" "$dir/probes/matrix.system" "$dir/probes" "$dir" "$OUT/guests"
    say "trying $WHAT"
    log=$dir/log.txt
    trap - EXIT
    "$TARGET/release/tombolo-harness" tests/suites/matrix/judge.toml --image "$IMAGE" \
        --batch --icount >"$log" || status=$?
    "$TARGET/release/tombolo-matrix" compare "$log" --matrix "$dir/matrix.json" || status=$?
    if [ $status != 0 ]; then
        tail -n 3 "$log"
        printf 'RESULT: fail: reality and matrix differ, or the run failed: %s\n' "${log#"$ROOT/"}"
        exit 1
    fi
    echo "RESULT: pass"
}

# Every figure is counted, so each system runs once per kernel.
bench() {
    local logs=$OUT/bench
    build_all
    [ -z "$MICROKIT_SDK" ] || build_kernel
    rm -rf "$logs" && mkdir -p "$logs"
    MICROKIT_SDK='' bench_kernel embedded "$logs"
    [ -z "$MICROKIT_SDK" ] || bench_kernel sel4 "$logs"
    say "instructions"
    bench/table.sh "$logs" | tee "$logs/table.md"
}

bench_kernel() { # KERNEL LOGS_DIR
    build_suite kernel-bench bench
    bench_system "$1" "$2" bench/kernel-bench.toml
    local manifest
    for manifest in bench/signal.toml sdf/moo.toml; do
        build_image "$manifest"
        bench_system "$1" "$2" "$manifest"
    done
}

bench_system() { # KERNEL LOGS_DIR MANIFEST
    local log
    log=$2/$(basename "$3" .toml).$1.log
    say "counting $(basename "$3" .toml) on $1"
    "$TARGET/release/tombolo-harness" "$3" --image "$IMAGE" --batch --icount >"$log" ||
        fail "$(tail -n 1 "$log")" "read ${log#"$ROOT/"}"
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
    # To be checked they need no libFuzzer, nor a compiler that can make it.
    CUSTOM_LIBFUZZER_PATH=/dev/null cargo clippy --quiet -p tombolo-libfuzzer -- -D warnings
    say "lints: protection domains, kernel, bare-metal guests"
    local arguments=() pd
    for pd in "${PDS[@]}"; do arguments+=(-p "$pd"); done
    MICROKIT_CONFIG=$CONFIG cargo clippy --quiet --release --target aarch64-unknown-none \
        --target-dir "$TARGET/$CONFIG" "${arguments[@]}" -- -D warnings
    cargo clippy --quiet --release --target aarch64-unknown-none-softfloat -p tombolo-kernel \
        -- -D warnings
    CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS="-C relocation-model=pie" \
        cargo clippy --quiet --release --target aarch64-unknown-none-softfloat \
        --target-dir "$TARGET/bare" -p bare-guests -- -D warnings
    say "licence headers"
    local file files bad=
    files=$(git -c safe.directory="$ROOT" ls-files '*.rs' '*.sh' '*.c' '*.h' '*.S' '*.s' '*.ld' '*.toml') ||
        fail "git cannot list the files" "run this in a git clone"
    while read -r file; do
        head -n 5 "$file" | grep -q SPDX-License-Identifier || { bad=1; echo "  $file: no SPDX line"; }
    done < <(grep -v '^rust-toolchain.toml$\|/fixtures/' <<<"$files")
    [ -z "$bad" ] || fail "files without a licence" "add an SPDX-License-Identifier line on top"
}

run_tests() {
    tests/run.sh
}

case $CONFIG in
release | debug) ;;
*) fail "CONFIG is $CONFIG" "set it to release or debug" ;;
esac
command=${1:-help}
shift || true
case $command in
run) run "$@" ;;
build) build "$@" ;;
suite) suite "$@" ;;
matrix) matrix "$@" ;;
trace) trace "$@" ;;
test) deps && run_tests "$@" ;;
bench) bench ;;
check) deps && check ;;
deps) deps && say "everything needed is here" ;;
clean) say "deleting $OUT and $TARGET" && rm -rf "$OUT" "$TARGET" ;;
help | -h | --help) usage ;;
*)
    fail "unknown command \`$command\`" "./build.sh help lists the commands"
    ;;
esac
