#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes one Markdown table of measurements: bench/table.sh LOGS_DIR reads
# LOGS_DIR/{kernel-bench,signal,moo}.{embedded,sel4}.log, as far as they are there.

set -euo pipefail
logs=$1
KERNELS=(embedded sel4)

# One instruction is one virtual nanosecond: see build.sh, `bench`.
per_tick() { # HERTZ
    printf '%s\n' $((1000000000 / $1))
}

kernel_row() { # KERNEL ROW -> instructions
    sed -n "s/^bench  *> $2: \([0-9]*\) instructions\r*$/\1/p" \
        "$logs/kernel-bench.$1.log" 2>/dev/null || true
}

# The counter runs from reset, and guests see it without an offset.
user_space() { # KERNEL -> instructions
    local ticks hertz
    read -r ticks hertz < <(sed -n \
        's/^guest0  *> init: .* counter \([0-9]*\) at \([0-9]*\) Hz\r*$/\1 \2/p' \
        "$logs/moo.$1.log" 2>/dev/null) || return 0
    printf '%s\n' $((ticks * $(per_tick "$hertz")))
}

signal() { # KERNEL WHICH -> instructions; 1: to the peer's interrupt, 2: and back
    local there back hertz
    read -r there back hertz < <(sed -n \
        "s/^guest0  *> latency: \([0-9]*\) ticks to .* \([0-9]*\) there and back, at \([0-9]*\) Hz\r*$/\1 \2 \3/p" \
        "$logs/signal.$1.log" 2>/dev/null) || return 0
    if [ "$2" = 2 ]; then there=$back; fi
    printf '%s\n' $((there * $(per_tick "$hertz")))
}

copy() { # KERNEL -> instructions
    local ms
    ms=$(sed -n 's/^guest0  *> gshm: sender: copied [0-9]* bytes in \([0-9]*\) ms.*/\1/p' \
        "$logs/moo.$1.log" 2>/dev/null) || return 0
    [ -z "$ms" ] || printf '%s\n' $((ms * 1000000))
}

# 1079086096 becomes 1079.1 M: what is that large varies that much.
shown() { # INSTRUCTIONS, or nothing
    if [ -z "$1" ]; then printf -- '-'
    elif [ "$1" -lt 1000000 ]; then printf '%d' "$1"
    else printf '%d.%d M' $(($1 / 1000000)) $(($1 % 1000000 / 100000)); fi
}

row() { # TITLE PUBLISHED MEASURE...
    local title=$1 published=$2 kernel line
    shift 2
    line="| $title "
    for kernel in "${KERNELS[@]}"; do
        [ ! -e "$logs/kernel-bench.$kernel.log" ] || line+="| $(shown "$("$1" "$kernel" "${@:2}")") "
    done
    printf '%s\n' "$line| $published |"
}

header='| operation ' rule='|---'
for kernel in "${KERNELS[@]}"; do
    [ ! -e "$logs/kernel-bench.$kernel.log" ] || { header+="| $kernel " rule+='|---:'; }
done
printf '%s\n' "$header| seL4, C client |" "$rule|---:|"
row 'protected call, passive server, no words, round trip' 732 kernel_row ppc-passive-0
row 'same, 4 words each way' 779 kernel_row ppc-passive-4
row 'protected call, active server, round trip' 2485 kernel_row ppc-active-0
row 'notify a lower-priority domain: no switch' 456 kernel_row notify-lower
row 'notify a higher-priority domain: there and back' 1418 kernel_row notify-higher
row 'ping-pong of two equal-priority domains, round trip' 2826 kernel_row ping-pong
row "guest's store to \`notify\` to its peer's interrupt" - signal 1
row "same, and back to the first guest's interrupt" - signal 2
row "reset to the first guest's user space" - user_space
row 'guest 0 copies 26 MB into the region' - copy
