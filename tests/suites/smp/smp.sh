# SPDX-License-Identifier: BSD-2-Clause
#
# In guest 0: each of four processors works, all work together, each goes and comes
# back.

cpus=/sys/devices/system/cpu
all="0 1 2 3"
failed=

# expect WHAT FOUND WANTED
expect() {
    [ "$2" = "$3" ] && return
    echo "smp: $1: found '$2' instead of '$3'"
    failed=${failed:-$1}
}

# on CPU COMMAND...: runs it there.
on() {
    taskset -c "$@"
}

# Field 39 of stat: the processor that it runs on.
where() {
    on "$1" cat /proc/self/stat | cut -d ' ' -f 39
}

each_works() {
    for cpu in "$@"; do
        expect "processor $cpu" "$(where "$cpu")" "$cpu"
        # Its timer wakes it.
        on "$cpu" usleep 20000
    done
}

# Something to do, with a result.
work='head -c 200000 /dev/zero | md5sum'

all_work_together() {
    for cpu in "$@"; do
        on "$cpu" sh -c "$work" > "/tmp/work$cpu" &
    done
    wait
    for cpu in "$@"; do
        expect "work of $cpu" "$(cat "/tmp/work$cpu")" "$(sh -c "$work")"
    done
}

# leave CPU: off, the others do its work, and on again.
leave() {
    before=$(nproc)
    echo 0 > "$cpus/cpu$1/online" || failed=${failed:-"processor $1 cannot be turned off"}
    expect "processors without $1" "$(nproc)" $((before - 1))
    expect "those online without $1" "$(cat "$cpus/cpu$1/online")" 0
    # This is printed without it: the console's interrupt has moved.
    echo "smp: processor $1 is off, $(nproc) are on"
    echo 1 > "$cpus/cpu$1/online" || failed=${failed:-"processor $1 cannot be turned on"}
    expect "processors with $1" "$(nproc)" "$before"
    each_works "$1"
}

expect "processors" "$(nproc)" 4
each_works $all
all_work_together $all
for cpu in $all; do
    leave "$cpu"
done
all_work_together $all
if [ -n "$failed" ]; then
    echo "CHECK smp: fail $failed"
else
    echo "CHECK smp: pass"
fi
