#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The guest of the suite original-driver: a driver and a ghstest that know the
# original's registers and nothing else (guests/linux/original) talk with a
# bare-metal guest. Then the name field is copied to and from, by what people use.

. /tests/common.sh

# Ours is not there: the other driver has the device for itself.
check "bind" insmod /lib/qvm_guest_shm.ko
check "device tree node" [ -e /sys/bus/platform/drivers/qvm_guest_shm/*.guest_shm ]
check "device file" [ -c /dev/qvm_shm ]
mkfifo /tmp/keys
original_ghstest < /tmp/keys > /tmp/heard 2>&1 &
talker=$!
exec 3> /tmp/keys

heard() { grep -q "$1" /tmp/heard; }
check "attach" eventually heard '^creation of "testing": 16 pages, idx '
check "peer's attach" eventually heard '^clients 0x[0-9a-f]* -> 0x3$'
echo 'who is there?' >&3
check "answer" eventually heard '^[01]: only bare metal$'
echo 'good to know' >&3
# Its line again, after it has read ours, is another signal.
check "second answer" eventually heard '^[01]: goodbye$'
check "peer's departure" eventually sh -c "tail -n 1 /tmp/heard | grep -Eq '^clients 0x3 -> 0x[12]$'"
echo quit >&3
exec 3>&-
wait $talker
check "detach" [ $? = 0 ]

# Again in the same boot: nothing of the first connection is left.
original_ghstest < /dev/null > /tmp/again 2>&1
check "attach again" grep -q '^creation of "testing": 16 pages, idx 0' /tmp/again
check "unload" rmmod qvm_guest_shm

# The name field under this kernel's own copying functions, and this C library's, at all
# lengths: not transcriptions of them, as in the suite copies.
check "copies" insmod /lib/name_copies.ko
dmesg | sed -n 's/.*name_copies: //p' > /tmp/kernel
name_copies > /tmp/library
for function in memcpy memmove memset "memcpy_toio and memcpy_fromio"; do
    check "kernel's $function" grep -qx "$function works" /tmp/kernel
done
check "glibc's memcpy" grep -qx 'memcpy: 1-32' /tmp/library
check "glibc's memmove" grep -qx 'memmove: 1-32' /tmp/library
# From 16 bytes on it stores SIMD registers: the manifest waits for the line that says so.
check "glibc's memset" grep -qx 'memset: 1-15' /tmp/library
check "no interrupt without a handler" sh -c "! dmesg | grep -E 'nobody cared|WARNING|Call trace'"
cat /tmp/heard
if [ -z "$failed" ]; then say original pass; else say original "fail:$failed"; fi
