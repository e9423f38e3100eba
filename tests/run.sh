#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every test, in order of cost. Called by `./build.sh test`; ends with the line
# "N passed, N failed" that counts these steps.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

passed=0 failed=0 reasons=()

step() { # NAME COMMAND...
    local name=$1 start=$SECONDS
    shift
    printf '\n==> test: %s\n' "$name"
    if "$@"; then
        passed=$((passed + 1))
        printf '==> passed: %s (%s s)\n' "$name" $((SECONDS - start))
    else
        failed=$((failed + 1))
        reasons+=("$name")
        printf '==> FAILED: %s (%s s)\n' "$name" $((SECONDS - start))
    fi
}

checked() { # CHECKER TEST PACKAGES...
    RUSTFLAGS="--cfg $1" cargo test --quiet --release --target-dir "${CARGO_TARGET_DIR:-target}/$1" \
        --test "$2" "${@:3}"
}

# Every read-only mapping expected read-write: the run just made must contradict.
wrong_matrix() {
    local dir=build/${CONFIG:-release}/matrix-moo
    sed '/"mappings"/,$ s/"access": "r",/"access": "rw",/' "$dir/matrix.json" >"$dir/wrong.json"
    "${CARGO_TARGET_DIR:-target}/release/tombolo-matrix" compare "$dir/log.txt" --matrix "$dir/wrong.json"
    [ $? = 1 ]
}

step "lints and formatting" ./build.sh check
step "host tests" cargo test --quiet
step "loom: rings, every interleaving with at most 3 preemptions" checked loom loom -p shmem-rings
step "loom: boards under every interleaving" checked loom orders -p shmem-server-api
step "shuttle: boards under every interleaving" checked shuttle orders -p shmem-server-api
for config in release debug; do
    step "suite kernel-abi on the embedded kernel, $config" \
        env -u MICROKIT_SDK CONFIG=$config ./build.sh suite kernel-abi --batch </dev/null
done
for suite in registers features regions crowd lifecycle churn kills storm copies debug-registers idle ghstest scale original-driver gshm matrix smp disk linux-console drills drills-debug drills-manager drills-vmm manager shell figures; do
    step "suite $suite on the embedded kernel" \
        env -u MICROKIT_SDK ./build.sh suite "$suite" --batch </dev/null
done
step "the Linux driver's DKMS package" tests/driver-package.sh build/debian/headers
for system in moo moo-reversed sample; do
    step "boot $system on the embedded kernel" env -u MICROKIT_SDK ./build.sh run "$system" --batch </dev/null
done

for system in moo moo-reversed; do
    step "who can touch what in $system: the matrix against probes on the embedded kernel" \
        env -u MICROKIT_SDK ./build.sh matrix "$system" --batch </dev/null
done
step "a wrong matrix of moo is found" wrong_matrix
step "the walk of docs/walk-through.md" env -u MICROKIT_SDK tests/walk-through.sh

# The rings of the server, the manager and both monitors, with at least one signal
# from a doorbell through the server to who was notified; each step of it in the text.
traced() {
    local words
    env -u MICROKIT_SDK ./build.sh trace bench/signal.toml </dev/null | tee build/trace.log &&
        grep -q ' records of 4 protection domains, [1-9][0-9]* signals: ' build/trace.log || return
    for words in ' manager  *order [0-9]* to guest [01]: start' ' vmm-guest0  *notify of connection' \
        ' server  *client [01] signals 0x' ' vmm-guest1  *notified by the server' \
        ' vmm-guest1  *status of connection' ' vmm-guest0  *order [0-9]*, start: done'; do
        grep -q "us $words" build/trace/signal.txt || {
            printf 'the trace does not have `%s`\n' "$words"
            return 1
        }
    done
}
step "trace a signal, drawn for Perfetto" traced

for reason in "${reasons[@]}"; do printf 'failed: %s\n' "$reason"; done
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
