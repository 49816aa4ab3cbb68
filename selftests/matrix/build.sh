#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh ROOTS KERNEL... - build for kernels of ROOTS, which root.sh made; into build/matrix.
#
# In the Debian 13 root: the modules for each KERNEL (build/matrix/NAME/{kernel,mod}), and for arm64
# vcmstat and the kselftests (build/matrix/arm64-user).  vcmstat and the kselftests for amd64 are
# those that this machine built, so that one binary has to run everywhere.
#
# The tree is seen in the root as /vcm, in a mount namespace that ends with this script.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
roots=$1
shift
wanted=" $* "
cross=aarch64-linux-gnu-gcc-14

die() {
	echo "matrix-build: $*" >&2
	exit 1
}

# A namespace of our own for mounts, once.
if [ "${VCM_MATRIX_NS:-}" != 1 ]; then
	[ "$(id -u)" = 0 ] || die "has to run as root, for chroot"
	VCM_MATRIX_NS=1 exec unshare --mount --propagation private "${BASH_SOURCE[0]}" "$roots" "$@"
fi

root=$roots/amd64
[ -d "$root" ] || die "no folder $root"

in_root() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 ${V:+"V=$V"} \
		PKG_CONFIG_LIBDIR="${PKG_CONFIG_LIBDIR:-}" chroot "$root" "$@"
}

modules() {
	local name=$1 version=$2 out=/vcm/build/matrix/$1 tree=/usr/src/linux-headers-$2
	in_root make -s -j"$(nproc)" --no-print-directory -C /vcm/kernel KDIR="$tree" \
		OUT="$out/kernel" &&
		in_root make -s --no-print-directory -C /vcm/selftests/mod KDIR="$tree" \
			OUT="$out/mod" VCM="$out/kernel"
}

# What runs as a program on arm64, against the types of one of its kernels.
arm64_user() {
	local out=/vcm/build/matrix/arm64-user
	export PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig
	in_root make -s --no-print-directory -C /vcm/bpf OUT="$out/bpf" arch=arm64 \
		KDIR="/usr/src/linux-headers-$1" &&
	in_root make -s --no-print-directory -C /vcm/tools/vcmstat OUT="$out/vcmstat" \
		BPF="$out/bpf" CC="$cross" &&
	in_root make -s --no-print-directory -C /vcm/selftests OUT="$out/selftests" CC="$cross" \
		KSRC=/vcm/build/ksrc install INSTALL_PATH="$out/selftests"
}

main() {
	local name version arm64 failed=0
	mount --bind "$root" "$root"
	mkdir -p "$top/build/matrix"
	mount --bind "$top" "$root/vcm"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	while read -r name version _; do
		[[ $wanted == *" $name "* ]] || continue
		echo "matrix-build: modules for $version"
		modules "$name" "$version" || { echo "matrix-build: $version fails"; failed=1; }
	done <"$roots/kernels"
	[[ $wanted != *" arm64"* ]] || {
		arm64=$(sed -n 's/^arm64 \([^ ]*\) .*/\1/p' "$roots/kernels")
		echo "matrix-build: vcmstat and kselftests for arm64"
		arm64_user "$arm64" || { echo "matrix-build: programs for arm64 fail"; failed=1; }
	}
	# for whoever owns the tree to remove
	chown -R --reference="$top" "$top/build/matrix"
	return "$failed"
}

main
