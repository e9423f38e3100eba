# SPDX-License-Identifier: BSD-2-Clause
#
# In both guests. The disk holds the first 256 KiB of the numbers from 1 on, one a
# line (guests/linux/build.sh); its last sector tells that a reboot has been.

bytes=262144
failed=

# expect WHAT FOUND WANTED
expect() {
    [ "$2" = "$3" ] && return
    echo "disk: $1: found '$2' instead of '$3'"
    failed=${failed:-$1}
}

# same FILE OFFSET BYTES: whether that part of the disk, afresh, is the file.
same() {
    echo 3 > /proc/sys/vm/drop_caches
    tail -c +$(($2 + 1)) /dev/vda | head -c "$3" | cmp -s - "$1" && echo same
}

verdict() {
    if [ -n "$failed" ]; then
        echo "CHECK disk: fail $failed"
    else
        echo "CHECK disk: pass"
    fi
}

for module in virtio_ring virtio virtio_mmio virtio_blk; do
    insmod "/lib/$module.ko" || failed=${failed:-"$module.ko does not load"}
done
seq 1 50000 | head -c "$bytes" > /tmp/numbers
seq 50001 100000 | head -c 100000 > /tmp/others
last=$((bytes - 512))
{ echo rebooted; head -c 503 /dev/zero; } > /tmp/mark

expect "sectors" "$(cat /sys/block/vda/size)" $((bytes / 512))

if [ "$(cat /sys/block/vda/ro)" = 1 ]; then
    expect "the content" "$(same /tmp/numbers 0 "$bytes")" same
    # The kernel refuses first; told otherwise it lets the device refuse.
    blockdev --setrw /dev/vda
    if dd if=/tmp/mark of=/dev/vda conv=fsync 2> /dev/null; then
        failed=${failed:-"a read-only disk was written"}
    else
        echo "disk: writing is refused"
    fi
    expect "the content after that" "$(same /tmp/numbers 0 "$bytes")" same
    verdict
elif [ "$(same /tmp/mark "$last" 512)" = same ]; then
    echo "disk: after the reboot"
    expect "what was written" "$(same /tmp/others 70000 100000)" same
    verdict
else
    expect "the name" "$(cat /sys/block/vda/serial)" guest0
    expect "the content" "$(same /tmp/numbers 0 "$bytes")" same
    dd if=/tmp/others of=/dev/vda bs=10000 seek=7 conv=fsync 2> /dev/null || failed="it cannot be written"
    expect "what was just written" "$(same /tmp/others 70000 100000)" same
    head -c 70000 /tmp/numbers > /tmp/before
    expect "what lies before it" "$(same /tmp/before 0 70000)" same
    dd if=/tmp/mark of=/dev/vda bs=512 seek=$((last / 512)) conv=fsync 2> /dev/null
    if [ -n "$failed" ]; then
        verdict
    else
        echo "disk: rebooting"
        sleep 0.3
        reboot -f
    fi
fi
