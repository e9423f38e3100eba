# SPDX-License-Identifier: BSD-2-Clause
#
# One program on each processor looks at the time without end, and says so if it
# jumped: so long the processor was not running.

watch() {
    while :; do
        last=$now
        read -r now _ < /proc/uptime
        now=${now%.*}
        [ $((now - last)) -lt 3 ] || break
    done
    echo "processor $1 stood still for more than 2 s"
}

read -r now _ < /proc/uptime
now=${now%.*}
for processor in 0 1; do
    watch "$processor" &
    taskset -p "$((1 << processor))" $! > /dev/null
done
echo "watching on $(nproc)"
