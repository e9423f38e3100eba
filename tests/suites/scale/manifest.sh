#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Prints the manifest of a system with so many guests (default: the most that
# Microkit allows). Each shares a region with seven others at the most, and must
# hear from each of them: tests/suites/scale/manifest.sh [GUESTS]

set -euo pipefail
guests=${1:-58}
group=8 # guests that share a region

cat <<EOF
# SPDX-License-Identifier: BSD-2-Clause
# Made by tests/suites/scale/manifest.sh: change that.

[system]
name = "scale"
description = "$guests guests, each one with a neighbourhood that it shares a region with"
EOF

for ((guest = 0; guest < guests; guest++)); do
    pool=$((guest / group))
    peers=$((guests - pool * group < group ? guests - pool * group : group))
    cat <<EOF

[[guest]]
name = "g$guest"
image = "bare.img"
memory = "4M"
command_line = "tombolo.role=neighbour tombolo.region=street$pool tombolo.size=64K tombolo.number=$peers tombolo.timeout=600"
shmem = { join = ["p$pool"], allow = ["street$pool"] }
EOF
done

for ((pool = 0; pool * group < guests; pool++)); do
    cat <<EOF

[[pool]]
name = "p$pool"
patterns = ["street$pool"]
size = "2M"
EOF
done

printf '\n[batch]\ntimeout_s = 600\n[batch.checks]\n'
for ((guest = 0; guest < guests; guest++)); do
    printf 'g%s = "neighbour"\n' "$guest"
done

# The list comes in parts of 12 guests.
last="g$((guests - 1))"
cat <<EOF

[[batch.type]]
after = { speaker = "manager", line = "$last is running" }
keys = "<Ctrl-]>s"
[[batch.type]]
after = { prompt = "tombolo> " }
keys = "list<Enter>"
expect = [
    { speaker = "shell", line = "$(printf '%-25s' g0)" },
    { speaker = "shell", line = "$(printf '%-25s' "$last")" },
]
EOF
