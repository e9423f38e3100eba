# SPDX-License-Identifier: BSD-2-Clause
#
# Guest 1 of the suite gshm; first.sh has what is done when. It has two processors, and a
# second life after the reset at the end of the first.

. /tests/common.sh
mine=64 theirs=0

# attach_shared: holds `shared` until it is killed.
attach_shared() {
    gshm attach shared --hold 3000 > /dev/null &
    holder=$!
    eventually both_attached shared
}
both_attached() { [ "$(field attached "$1")" = "{0 1}" ]; }

eventually gshm stat step > /dev/null
gshm attach step --hold 3000 > /dev/null &
step=$!
if [ "$(gshm cat step --offset 64 --text)" = 28 ]; then
    # Guest 0 leaves as soon as it has been told of it.
    code "attach after a reset" 0 gshm attach shared 4K --hold 1
    meet 29
    say peer pass
    exit
fi

eventually both_attached step
meet 1

# --- wait: nobody else wakes it ---------------------------------------------------
gshm wait step --from 0 --timeout 60 > /tmp/output &
waiter=$!
eventually grep -q step /tmp/output
for turn in 1 2 3; do gshm notify step 1; done
sleep 0.2
check "wait, not woken by others" kill -0 $waiter
meet 2
wait $waiter
check wait [ $? = 0 ]
check "wait, who" grep -q 'signalled by {0' /tmp/output
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
sleep 0.7
kill -9 $receiver
meet 7

meet 8
gshm attach shared --hold 3000 > /dev/null &
one=$!
attach_shared
sleep 0.5
kill -9 $one
wait $one
meet 9
meet 10
kill -9 $holder
meet 11

check "come and go" driver_check come-and-go shared 150
meet 12

# --- every event is told or counted, whatever else this guest looks at -----------------
mkfifo /tmp/tell
driver_check account shared < /tmp/tell > /tmp/account 2>&1 &
account=$!
exec 3> /tmp/tell
eventually grep -q ready /tmp/account
meet 13
meet 14
echo >&3
eventually grep -q drained /tmp/account
meet 15
meet 16
echo >&3
wait $account
check "events told or counted" [ $? = 0 ]
exec 3>&-
cat /tmp/account

meet 17
check "read-only member, reads" [ "$(gshm cat published --text)" = "read all about it" ]
check "read-only member, access" [ "$(field access published)" = read ]
printf 'lies' > /tmp/lies
code "read-only member, writes" 1 sh -c "gshm store published < /tmp/lies"
check "read-only member, why" grep -q 'for writing: Permission denied' /tmp/output
code "read-only member, maps" 0 gshm attach published --read-only --hold 0
check "read-only member, snapshot" eventually sh -c "clock | grep -Eq '^[0-9]+ ms$'"
meet 18

# --- the manager ends a connection: all its files learn it -------------------------------
meet 19
driver_check dropped shared > /tmp/dropped 2>&1 &
dropped=$!
gshm events shared > /tmp/output 2>&1 &
events=$!
eventually grep -q ready /tmp/dropped
eventually grep -q '^attached' /tmp/output
meet 20
wait $events
check "dropped, code 7" [ $? = 7 ]
wait $dropped
check dropped [ $? = 0 ]
cat /tmp/output /tmp/dropped
meet 21

# --- an attach that waits for memory -------------------------------------------------------
check "attach that waits" driver_check waiting own large
# Streams longer than what is copied at a time, in both directions, and slow ones.
gshm attach large 64M --hold 3000 > /dev/null &
large=$!
eventually gshm stat large > /dev/null
check store sh -c "(sleep 1; cat /bin/busybox) | gshm store large"
size=$(wc -c < /bin/busybox)
check "store, cat" sh -c "gshm cat large --length $size --quiet | cmp - /bin/busybox"
check cat sh -c "gshm cat large --length 4194304 | (sleep 1; cat > /dev/null)"
code "store, too long" 1 sh -c "head -c 9 /bin/gshm | gshm store large --offset 67108856"
kill $large
wait $large

# The module is in use: by this guest's own step region, too.
meet 22
attach_shared
rmmod guest_shm 2> /dev/null
check "unload in use is refused" [ -e /dev/guest_shm ]
kill $holder $step
wait $holder $step
check unload rmmod guest_shm
check "unload, no file" [ ! -e /dev/guest_shm ]
check load insmod /lib/guest_shm.ko
gshm attach step --hold 3000 > /dev/null &
eventually both_attached step
meet 23

# A sleep that only a signal ends: no timer runs, no key is pressed.
gshm wait step --from 0 --timeout 100 > /tmp/waited &
waiter=$!
sleep 0.1
check sleep sh -c "echo freeze > /sys/power/state"
wait $waiter
check "sleep, signal" [ $? = 0 ]
check "sleep, count" [ "$(cat /sys/power/suspend_stats/success)" = 1 ]
reach 24

# The same, until the manager ends a connection: that is seen when it wakes.
meet 25
driver_check dropped shared > /tmp/dropped 2>&1 &
dropped=$!
eventually grep -q ready /tmp/dropped
reach 26
check "second sleep" sh -c "echo freeze > /sys/power/state"
wait $dropped
check "dropped in its sleep" [ $? = 0 ]
check "second sleep, count" [ "$(cat /sys/power/suspend_stats/success)" = 2 ]
cat /tmp/dropped

meet 27
check serve gshm bench figures --size 64K --serve
check "nothing in the log" sh -c "! dmesg | grep -E 'WARNING|BUG|Call trace|nobody cared'"
# The second life says that all is well.
[ -z "$failed" ] || say peer "fail:$failed"
attach_shared
# Without waiting: what is said from here on is of the second life.
reach 28
sleep 0.5
reboot -f
