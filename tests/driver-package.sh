#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The Linux driver as a DKMS package: what is packed builds by what its dkms.conf says.
#
#   tests/driver-package.sh HEADERS
#
# HEADERS are Debian's kernel headers (build/debian/headers). Like dkms, this sources
# dkms.conf with its variables set and runs MAKE, with KERNELRELEASE, in the unpacked tree,
# where nothing of the repository is. Where dkms is installed, it does so itself, too.

set -euo pipefail
driver=$(cd "$(dirname "${BASH_SOURCE[0]}")/../guests/linux/driver" && pwd)
kernel_source_dir=$(cd "${1:?usage: tests/driver-package.sh HEADERS}" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong() { echo "driver package: $1" >&2; exit 1; }

# Twice: the same bytes, whoever packs and when.
make -s -C "$driver" dkms-tarball OUT="$work"
packed=("$work"/guest_shm-*.tar.gz)
[ -f "${packed[0]}" ] || wrong "make dkms-tarball made no guest_shm-*.tar.gz"
before=$(sha256sum < "${packed[0]}")
make -s -C "$driver" dkms-tarball OUT="$work"
[ "$before" = "$(sha256sum < "${packed[0]}")" ] || wrong "packed twice, the bytes differ"
tar -C "$work" -xzf "${packed[0]}"

# dkms gives these to the file.
kernelver=$(sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' "$kernel_source_dir/include/generated/utsrelease.h")
export kernelver
# shellcheck disable=SC1091
. "$driver/dkms.conf"
tree=$work/$PACKAGE_NAME-$PACKAGE_VERSION
[ -f "$tree/dkms.conf" ] || wrong "the package has no $PACKAGE_NAME-$PACKAGE_VERSION/dkms.conf"
[ "$PACKAGE_NAME" = guest_shm ] && [ "${BUILT_MODULE_NAME[0]}" = guest_shm ] ||
    wrong "dkms.conf names another package or module"
[[ ${DEST_MODULE_LOCATION[0]} == /* ]] || wrong "DEST_MODULE_LOCATION is no absolute path"
[ "$AUTOINSTALL" = yes ] || wrong "a new kernel would not get the driver: AUTOINSTALL"
[[ aarch64 =~ $BUILD_EXCLUSIVE_ARCH ]] && ! [[ x86_64 =~ $BUILD_EXCLUSIVE_ARCH ]] ||
    wrong "BUILD_EXCLUSIVE_ARCH does not say that this is for arm64"
grep -q "^$BUILD_EXCLUSIVE_CONFIG=y" "$kernel_source_dir/.config" ||
    wrong "Debian's kernel lacks BUILD_EXCLUSIVE_CONFIG $BUILD_EXCLUSIVE_CONFIG"
grep -q "MODULE_VERSION(\"$PACKAGE_VERSION\")" "$tree/main.c" ||
    wrong "MODULE_VERSION in main.c is not PACKAGE_VERSION $PACKAGE_VERSION of dkms.conf"

(cd "$tree" && eval "${MAKE[0]/#make/make KERNELRELEASE=$kernelver}" W=1) > "$work/log" 2>&1 || { tail -n 20 "$work/log"; wrong "it does not build"; }
! grep -i warning: "$work/log" || wrong "it builds with warnings"
module=$tree/${BUILT_MODULE_NAME[0]}.ko
[ -f "$module" ] || wrong "MAKE made no $module"
strings=$(tr '\0' '\n' < "$module")
grep -q "^vermagic=$kernelver " <<< "$strings" || wrong "the module is not for kernel $kernelver"
grep -q "^version=$PACKAGE_VERSION$" <<< "$strings" || wrong "the module is not version $PACKAGE_VERSION"
grep -q "^alias=of:N\*T\*Cqvm,guest_shm" <<< "$strings" || wrong "the module would not be loaded for the device tree node"
(cd "$tree" && eval "$CLEAN") > /dev/null 2>&1 || wrong "CLEAN fails"
[ ! -f "$module" ] || wrong "CLEAN leaves the module"

by=
if command -v dkms > /dev/null; then
    mkdir "$work/trees" "$work/sources"
    mv "$tree" "$work/sources"
    options=(--dkmstree "$work/trees" --sourcetree "$work/sources" -m "$PACKAGE_NAME" -v "$PACKAGE_VERSION")
    { dkms add "${options[@]}" && dkms build "${options[@]}" -k "$kernelver" -a aarch64 \
        --kernelsourcedir "$kernel_source_dir"; } > "$work/dkms" 2>&1 ||
        { cat "$work/dkms" "$work"/trees/*/*/build/make.log; wrong "dkms does not build it"; }
    by=", by dkms too"
fi
echo "driver package: guest_shm $PACKAGE_VERSION builds for $kernelver$by"
