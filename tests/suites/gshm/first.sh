#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guest 0 of the suite gshm: the driver alone, then with guest 1 (second.sh) and with a
# bare-metal guest. Lines that begin with `now` are for whoever types (gshm.toml).

. /tests/common.sh
mine=0 theirs=64

# The kinds of the events that were told.
kinds() { sed -n 's/ serial.*//p' /tmp/events | tr -d '0-9\n'; }

driver_check || failed="$failed driver"

gshm attach step 4K --hold 3000 > /dev/null &
eventually gshm stat step > /dev/null
meet 1

# --- codes: one for each way to end --------------------------------------------
code "code 0" 0 gshm stat
code "code 1, no file" 1 gshm send files /nowhere --size 64K
code "code 2, usage" 2 gshm frobnicate
code "code 2, size" 2 gshm attach check-a 12Q
code "code 3, no device" 3 gshm --device /dev/nothing list
code "code 4, not allowed" 4 gshm attach forbidden 4K
code "code 4, too large" 4 gshm attach check-a 1M
code "code 5, no signal" 5 gshm wait step --timeout 1
code "code 5, no receiver" 5 gshm send files /init --size 64K --timeout 1
code "code 2, kind" 2 gshm events step --only died
code "code 6, no region" 6 gshm stat check-a
code "code 6, no peer" 6 gshm notify step 0,9
helps() {
    for command in attach list stat notify wait send recv cat store bench events ghstest; do
        gshm $command --help > /tmp/help 2>&1 && grep -q 'Exit codes' /tmp/help || return 1
    done
}
check help helps

# --- list and stat: both guests' connections ------------------------------------
check list sh -c "gshm list | grep -Eq '^step +4096 +[1-9][0-9]* +[01] \{0 1\}$'"
check stat [ "$(field attached step)" = "{0 1}" ]
check "stat of the device" sh -c "gshm stat | grep -q 'connections: 1 of 32'"

# --- wait: a signal of the peer that is meant -----------------------------------
meet 2
until reached 3; do gshm notify step 1 && sleep 0.2; done
reach 3

# --- files larger than the region, both ways -------------------------------------
meet 4
check send gshm send files /bin/gshm --size 64K --quiet
meet 5
check recv gshm recv files /tmp/busybox --size 64K --quiet
check "recv, checksum" cmp /tmp/busybox /bin/busybox
meet 6
# A receiver that is killed in the middle: the endless input ends with it.
gshm send files /dev/zero --size 64K --quiet > /tmp/output 2>&1
check "send, receiver killed" [ $? = 7 ]
check "send, reason" grep -q 'peer 1 left' /tmp/output
meet 7

# --- processes of guest 1 share a connection; the last one's end is its end -------
# Two files of this guest, each with its own mask of events.
gshm events shared --size 4K --count 2 --timeout 60 > /tmp/events 2>&1 &
events=$!
eventually gshm stat shared > /dev/null
gshm events shared --only left,reset,crashed --count 1 --timeout 60 > /tmp/departures 2>&1 &
departures=$!
eventually grep -q '^attached' /tmp/departures
meet 8
meet 9
check "one of two processes killed" [ "$(field attached shared)" = "{0 1}" ]
meet 10
wait $events
check "events, code" [ $? = 0 ]
check "events, joined" grep -q '^joined 1 serial [0-9]* generation [1-9]' /tmp/events
check "events, killed" grep -q '^left 1 serial ' /tmp/events
wait $departures
check "events, masked" [ "$(grep -c ' serial ' /tmp/departures)" = 1 ]
check "events, not masked" grep -q '^left 1 serial ' /tmp/departures
check "left" eventually sh -c "! gshm list | grep -q '^shared'"
meet 11

# --- both come and go: the set of peers changes in the middle of a detach ---------
check "come and go" driver_check come-and-go shared 150
meet 12

# --- more events than a file keeps: guest 1 counts them ----------------------------
meet 13
check "come and go, counted" driver_check come-and-go shared 120
meet 14
meet 15
gshm attach shared --hold 0 > /dev/null
meet 16

# --- a region that guest 1 may only read -------------------------------------------
gshm attach published 4K --hold 3000 > /dev/null &
publisher=$!
eventually gshm stat published > /dev/null
printf 'read all about it\0' | gshm store published
clock write &
clock=$!
eventually gshm stat clock > /dev/null
meet 17
meet 18
check "reader wrote nothing" [ "$(gshm cat published --text)" = "read all about it" ]
kill $publisher $clock

# --- the manager ends guest 1's connection ---------------------------------------------
# The region lives on, so that its data does.
gshm attach shared 4K --hold 3000 > /dev/null &
holder=$!
eventually gshm stat shared > /dev/null
gshm events shared --count 2 --timeout 60 > /tmp/events 2>&1 &
events=$!
eventually grep -q '^attached' /tmp/events
meet 19
meet 20
echo "now detach guest1"
wait $events
check "dropped, seen by a peer" [ "$(kinds)" = "joined left " ]
meet 21
kill $holder
wait $holder

# --- a guest that fails ------------------------------------------------------------------
gshm events perch --count 1 --timeout 60 > /tmp/events 2>&1 &
events=$!
eventually grep -q '^attached {0 1}' /tmp/events
echo "now crash the bird"
wait $events
check "crash, code" [ $? = 0 ]
check "crash, reason" grep -q '^crashed 0 serial 3 generation [1-9]' /tmp/events

# --- guest 1 unloads its driver and loads it again -----------------------------------
gshm events shared --size 4K --count 2 --timeout 60 > /tmp/events 2>&1 &
events=$!
eventually gshm stat shared > /dev/null
meet 22
wait $events
check "unload, left" grep -q '^left 1 ' /tmp/events
meet 23

# --- guest 1 sleeps until it is signalled ---------------------------------------------
until reached 24; do
    sleep 0.5
    gshm notify step 1
done
reach 24

# --- and until the manager ends a connection of it ---------------------------------------
gshm attach shared 4K --hold 3000 > /dev/null &
holder=$!
eventually gshm stat shared > /dev/null
gshm events shared --count 2 --timeout 60 > /tmp/events 2>&1 &
events=$!
eventually grep -q '^attached' /tmp/events
meet 25
eventually reached 26
sleep 1
echo "now detach guest1 again"
wait $events
check "dropped in its sleep" [ "$(kinds)" = "joined left " ]

# --- figures ---------------------------------------------------------------------------
meet 27
kill $holder
gshm bench figures --size 64K --count 20 > /tmp/output
check "bench alone" grep -q '^own signal to own wake-up: min .* us, median ' /tmp/output
gshm bench figures --size 64K --peer --count 20 --bytes 256K > /tmp/output
check "bench, latency" grep -q '^round trip to peer [01]: min .* (20 times)' /tmp/output
check "bench, throughput" grep -q '^stream to peer [01]: .* MB/s (262144 bytes' /tmp/output
cat /tmp/output

# --- guest 1 is reset while it is attached, and attaches again ---------------------------
gshm events shared --size 4K --count 3 --timeout 100 > /tmp/events 2>&1 &
events=$!
eventually gshm stat shared > /dev/null
meet 28
wait $events
check "reset, reason, and back" [ "$(kinds)" = "joined reset joined " ]
meet 29

check "nothing in the log" sh -c "! dmesg | grep -E 'WARNING|BUG|Call trace|nobody cared'"
if [ -z "$failed" ]; then say gshm pass; else say gshm "fail:$failed"; fi
