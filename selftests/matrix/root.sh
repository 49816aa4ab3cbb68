#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root.sh [--print] - make the root file systems that the matrix builds in and boots, or find them.
#
# The last line of standard output is the path of a folder; with --print it is the only one:
#
#   kernels     lines "NAME VERSION ARCH", see wanted()
#   amd64/      Debian 13 with compilers for amd64 and arm64, headers of all kernels in usr/src,
#               images and modules of those for amd64; also what boots and what packages go into
#   arm64/      Debian 13 for arm64, unpacked and never configured: enough to be a guest's root
#   qemu-amd64  QEMU of amd64/, to run on this machine
#
# Owns the folder matrix of the cache, see ../setup/cache.sh.  Needs to be root, for debootstrap
# and chroot.  When Debian's archive cannot be reached the newest result that is there serves.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
room=6000	# MiB that a result and what it is made from take
keep=1
work=''
# shellcheck source-path=SCRIPTDIR
. "$here/apt.sh"
# shellcheck source-path=SCRIPTDIR/../setup
. "$top/selftests/setup/cache.sh"

say() {
	echo "matrix-root: $*" >&9
}

die() {
	echo "matrix-root: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	[ -z "$work" ] || rm -rf --one-file-system "$work"
}

# Name, pattern of the version, architecture.  The newest of each is taken.
wanted() {
	cat <<-'LIST'
	deb12 6\.12\.[0-9.]+\+deb12-amd64 amd64
	deb13 6\.12\.[0-9.]+\+deb13[0-9.]*-amd64 amd64
	newest [7-9]\.[0-9.]+\+deb13[0-9.]*-amd64 amd64
	arm64 6\.12\.[0-9.]+\+deb13[0-9.]*-arm64 arm64
	arm64-16k 6\.12\.[0-9.]+\+deb13[0-9.]*-arm64-16k arm64
	arm64-newest [7-9]\.[0-9.]+\+deb13[0-9.]*-arm64 arm64
	LIST
}

# What is installed in amd64/ to build, to boot as a guest, and to install packages into.
tools() {
	cat <<-'LIST'
	bpftool clang dkms gcc gcc-12 gcc-14-aarch64-linux-gnu iproute2 kmod
	libbabeltrace2-dev libbpf-dev libc6-dev libc6-dev-arm64-cross libelf-dev
	libncurses-dev libtraceevent-dev libtracefs-dev
	llvm make pahole pkg-config procps python3 qemu-system-x86 rsync trace-cmd zlib1g-dev
	libbpf-dev:arm64 libelf-dev:arm64 libncurses-dev:arm64 libtraceevent-dev:arm64
	libtracefs-dev:arm64 zlib1g-dev:arm64
	LIST
}

# What is unpacked into arm64/ beside what debootstrap puts there.
guest_arm64() {
	cat <<-'LIST'
	busybox-static kmod libbpf1 libelf1t64 libkmod2 libncursesw6 libproc2-0 libtracefs1
	libtraceevent1 libzstd1 procps zlib1g
	LIST
}

resolve() {
	local name pattern arch version
	while read -r name pattern arch; do
		version=$(apt_kernels "$pattern" "$arch" | sed -n 1p)
		[ -n "$version" ] || die "Debian's archive has no kernel '$name' with headers"
		echo "$name $version $arch"
	done < <(wanted)
}

# Packages of one kernel that are there, "=" for the same architecture.
kernel_packages() {
	local version=$1 arch=$2 abi=${1%%-*} name
	for name in "$(kernel_image "$version" "$arch")" "linux-modules-$version" \
		    "linux-base-$version"; do
		! apt_has "$name:$arch" || echo "run $name:$arch"
	done
	echo "build linux-headers-$version:$arch"
	echo "build linux-headers-$abi-common:all"
	# programs of the build, always those for this machine
	echo "build linux-kbuild-$abi:amd64"
}

# /lib is a link in a root and a folder in some packages: the link has to stay.
unpack() {
	local file target=$1
	shift
	for file in "$@"; do
		dpkg-deb --fsys-tarfile "$file" | tar -xf - --keep-directory-symlink -C "$target" ||
			die "cannot unpack $file"
	done
}

# Kernels since 7.0 keep image and configuration beside the modules.
settle_image() {
	local root=$1 version=$2 lib=$1/usr/lib/modules/$2 file
	mkdir -p "$root/boot"
	for file in vmlinuz vmlinuz.unsigned; do
		if [ ! -e "$root/boot/vmlinuz-$version" ] && [ -e "$lib/$file" ]; then
			ln -f "$lib/$file" "$root/boot/vmlinuz-$version"
		fi
	done
	[ -e "$root/boot/vmlinuz-$version" ] || die "kernel $version has no image"
	depmod -b "$root" "$version" || die "depmod fails for $version"
}

put_kernel() {
	local version=$1 arch=$2 debs=$work/debs/$1 side name list
	say "kernel $version"
	list=$(kernel_packages "$version" "$arch")
	for side in run build; do
		mapfile -t names < <(sed -n "s/^$side //p" <<<"$list")
		apt_fetch "$debs/$side" "${names[@]}" || die "cannot download ${names[*]}"
	done
	unpack "$work/result/amd64" "$debs"/build/*.deb
	unpack "$work/result/$arch" "$debs"/run/*.deb
	settle_image "$work/result/$arch" "$version"
	rm -rf "$debs"
}

in_root() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} \
		chroot "$work/result/amd64" "$@"
}

make_amd64() {
	local root=$work/result/amd64 log=$work/log list
	say "debootstrap of Debian 13"
	debootstrap --variant=minbase trixie "$root" "$mirror/debian" >"$log" 2>&1 ||
		{ tail -n 20 "$log" >&2; die "debootstrap fails"; }
	apt_sources | grep -v bookworm >"$root/etc/apt/sources.list"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	say "compilers and tools"
	mapfile -t list < <(tools | tr ' ' '\n')
	{
		in_root dpkg --add-architecture arm64 &&
		in_root apt-get -q update &&
		in_root apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends \
			"${list[@]}" &&
		in_root apt-get clean
	} >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "cannot install the tools"; }
	rm -rf "$root"/var/lib/apt/lists/*
	mkdir "$root/vcm"
	install -m 755 /dev/stdin "$work/result/qemu-amd64" <<-'SH'
	#!/bin/sh
	# QEMU of the root beside this, on a machine whose C library may be older.
	root=$(dirname "$0")/amd64
	exec "$root/lib64/ld-linux-x86-64.so.2" \
		--library-path "$root/usr/lib/x86_64-linux-gnu" \
		"$root/usr/bin/qemu-system-x86_64" \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
	SH
}

# The first stage of debootstrap unpacks without running anything, so no emulation is needed.
make_arm64() {
	local root=$work/result/arm64 log=$work/log list
	say "debootstrap of Debian 13 for arm64"
	debootstrap --foreign --arch=arm64 --variant=minbase trixie "$root" "$mirror/debian" \
		>"$log" 2>&1 || { tail -n 20 "$log" >&2; die "debootstrap for arm64 fails"; }
	[ ! -L "$root/proc" ] || { rm "$root/proc" && mkdir "$root/proc"; }
	mapfile -t list < <(guest_arm64 | tr ' ' '\n')
	apt_fetch "$work/debs/arm64" "${list[@]/%/:arm64}" || die "cannot download for arm64"
	unpack "$root" "$work"/debs/arm64/*.deb
	rm -rf "$work/debs/arm64" "$root"/var/cache/apt/archives/*.deb
	echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

# What a result is made from.
key() {
	{
		cat
		declare -f tools guest_arm64 kernel_packages unpack settle_image put_kernel \
			in_root make_amd64 make_arm64
	} | sha256sum | cut -c1-20
}

build() {
	local free version arch
	[ "$(id -u)" = 0 ] || die "has to run as root, for debootstrap and chroot"
	free=$(df --output=avail -m "$(dirname "$work")" | tail -n 1)
	[ "$free" -ge "$room" ] || die "needs $room MiB in $(dirname "$work"), there are $free"
	rm -rf --one-file-system "$work"
	mkdir -p "$work/result"
	make_amd64
	make_arm64
	while read -r _ version arch; do
		put_kernel "$version" "$arch"
	done <<<"$1"
	echo "$1" >"$work/result/kernels"
}

main() {
	local cache kernels name result
	case ${1:-} in
	'')		exec 9>&1 ;;
	--print)	exec 9>&2 ;;
	*)	echo "usage: root.sh [--print]" >&2; exit 2 ;;
	esac
	cache=$(cache_dir matrix "$top")
	exec 8>"$cache/.lock"
	flock -n 8 || { say "another run makes it; waiting"; flock 8; }
	apt=$cache/.apt
	if ! apt_begin; then
		result=$(cache_newest "$cache")
		[ -n "$result" ] || die "Debian's archive cannot be reached, and nothing is cached"
		say "Debian's archive cannot be reached; taking what was made before"
		echo "$result"
		return
	fi
	kernels=$(resolve)
	name=$(key <<<"$kernels")
	result=$cache/$name
	if [ ! -d "$result" ]; then
		trap cleanup EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		work=$cache/.work
		build "$kernels"
		mv -T "$work/result" "$result"
		cache_expire "$cache" "$keep"
	fi
	touch "$result.used"
	say "ready"
	echo "$result"
}

main "$@"
