# SPDX-License-Identifier: BSD-2-Clause
#
# One program on each processor looks at the time without end, and says so if it
# jumped: so long the processor was not running.

# Hundredths of a second since the start, which was more than one second ago.
look() {
    read -r now _ < /proc/uptime
    now=${now%.*}${now#*.}
}

watch() {
    while :; do
        last=$now
        look
        [ $((now - last)) -lt 50 ] || break
    done
    echo "processor $1 stood still for more than 0.5 s"
}

look
for processor in 0 1; do
    watch "$processor" &
    taskset -p "$((1 << processor))" $! > /dev/null
done
echo "watching on $(nproc)"
