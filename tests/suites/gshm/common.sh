# SPDX-License-Identifier: BSD-2-Clause
#
# What the scripts of both guests share. They keep in step through the region `step`:
# each guest stores the number of the step it has reached, guest 0 at 0, guest 1 at 64.

set -u
failed=

# say NAME pass|fail...: one check's outcome.
say() {
    name=$1
    shift
    echo "CHECK $name: $*"
    [ "$1" = pass ] || failed="$failed $name"
}

# check NAME COMMAND...: passes if the command does.
check() {
    name=$1
    shift
    if "$@"; then say "$name" pass; else say "$name" "fail: $*"; fi
}

# code NAME EXPECTED COMMAND...: passes if the command ends with that code.
code() {
    name=$1 expected=$2
    shift 2
    "$@" > /tmp/output 2>&1
    found=$?
    if [ "$found" = "$expected" ]; then
        say "$name" pass
    else
        say "$name" "fail: code $found of: $*: $(head -c 200 /tmp/output | tr '\n' ' ')"
    fi
}

# reach NUMBER: says how far this guest is.
reach() { printf '%s\n\0' "$1" | gshm store step --offset "$mine"; }

# reached NUMBER: whether the other one is that far.
reached() {
    far=$(gshm cat step --offset "$theirs" --text 2> /dev/null)
    [ -n "$far" ] && [ "$far" -ge "$1" ]
}

# meet NUMBER: says it and waits for the other one.
meet() {
    read -r up rest < /proc/uptime
    echo "step $1 at $up s"
    reach "$1"
    waited=0
    until reached "$1"; do
        waited=$((waited + 1))
        if [ "$waited" -gt 600 ]; then
            say "step $1" "fail: the other guest did not come"
            exit 1
        fi
        sleep 0.1
    done
}

# eventually COMMAND...: within 30 seconds.
eventually() {
    for turn in $(seq 150); do
        "$@" && return 0
        sleep 0.2
    done
    return 1
}

# field NAME REGION: a value that stat prints.
field() { gshm stat "$2" | sed -n "s/^$1: //p"; }
