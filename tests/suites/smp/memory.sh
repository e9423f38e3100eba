# SPDX-License-Identifier: BSD-2-Clause
#
# In guest 1: Linux has found its memory, but for what it needs itself, and uses it.

wanted=1200

read -r _ kilobytes _ < /proc/meminfo
megabytes=$((kilobytes >> 10))
echo "memory: $megabytes MiB, processors: $(nproc)"
if [ "$megabytes" -lt "$wanted" ]; then
    echo "CHECK memory: fail $megabytes MiB, less than $wanted"
elif ! head -c 64000000 /dev/zero > /tmp/much; then
    echo "CHECK memory: fail 64 MB cannot be written"
else
    echo "CHECK memory: pass"
fi
