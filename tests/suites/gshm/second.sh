#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guest 1 of the suite gshm; first.sh has what is done when.

. /tests/common.sh
mine=64 theirs=0

eventually gshm stat step > /dev/null
gshm attach step --hold 3000 > /dev/null &
holder=$!
eventually [ "$(field attached step)" = "{0 1}" ]
meet 1
meet 2
gshm wait step --from 0 --timeout 60 > /tmp/output
check wait [ $? = 0 ]
check "wait, who" grep -q 'signalled by {0}' /tmp/output
reach 3
meet 4

check recv gshm recv files /tmp/gshm --size 64K --quiet
check "recv, checksum" cmp /tmp/gshm /bin/gshm
check "recv, nothing left over" [ ! -e /tmp/gshm.part ]
meet 5
check send gshm send files /bin/busybox --size 64K --quiet
meet 6
# Its progress is for the console, and the manifest waits for it.
gshm recv files - --size 64K > /dev/null &
receiver=$!
sleep 2
kill -9 $receiver
meet 7

meet 8
gshm attach shared --hold 3000 > /dev/null &
one=$!
gshm attach shared --hold 3000 > /dev/null &
two=$!
eventually [ "$(field attached shared)" = "{0 1}" ]
sleep 0.5
kill -9 $one
wait $one
meet 9
meet 10
kill -9 $two
meet 11

check "come and go" driver_check shared 1000
meet 12

meet 13
check "read-only member, reads" [ "$(gshm cat published --text)" = "read all about it" ]
check "read-only member, access" [ "$(field access published)" = read ]
printf 'lies' > /tmp/lies
code "read-only member, writes" 1 sh -c "gshm store published < /tmp/lies"
check "read-only member, why" grep -q 'for writing: Permission denied' /tmp/output
code "read-only member, maps" 0 gshm attach published --read-only --hold 0
check "read-only member, snapshot" eventually sh -c "clock | grep -Eq '^[0-9]+ ms$'"
meet 14

# The module is in use: by this guest's own step region, too.
meet 15
gshm attach shared --hold 3000 > /dev/null &
user=$!
eventually [ "$(field attached shared)" = "{0 1}" ]
rmmod guest_shm 2> /dev/null
check "unload in use is refused" [ -e /dev/guest_shm ]
kill $user $holder
wait $user $holder
check unload rmmod guest_shm
check "unload, no file" [ ! -e /dev/guest_shm ]
check load insmod /lib/guest_shm.ko
gshm attach step --hold 3000 > /dev/null &
eventually [ "$(field attached step)" = "{0 1}" ]
meet 16

# A sleep that only a signal ends: no timer runs, no key is pressed.
gshm wait step --from 0 --timeout 100 > /tmp/waited &
waiter=$!
sleep 0.1
check sleep sh -c "echo freeze > /sys/power/state"
wait $waiter
check "sleep, signal" [ $? = 0 ]
check "sleep, count" [ "$(cat /sys/power/suspend_stats/success)" = 1 ]
reach 17

meet 18
check serve gshm bench figures --size 64K --serve
check "nothing in the log" sh -c "! dmesg | grep -E 'WARNING|BUG|Call trace|nobody cared'"
if [ -z "$failed" ]; then say peer pass; else say peer "fail:$failed"; fi
meet 19
gshm attach shared --hold 3000 > /dev/null &
eventually [ "$(field attached shared)" = "{0 1}" ]
sleep 0.5
reboot -f
