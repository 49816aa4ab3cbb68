#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mkinitramfs.sh KERNEL|--builtin [ROOT] - print the path of an initramfs for this kernel, packing
# it when needed.  With --builtin it holds no module: the kernel has the drivers built in.  With
# ROOT, modules and busybox are those of that root file system.
#
# Owns build/vm/initramfs-*: busybox, the init beside this script, and the modules that are
# needed to reach the host's file system, unpacked because busybox cannot.  The name holds a
# checksum of everything that goes in, so an old one is never used for new content.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/build/vm
kernel=$1
root=${2:-/}
root=${root%/}
work=

die() {
	echo "mkinitramfs: $*" >&2
	exit 1
}

cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT

# Of ROOT; one of this machine's architecture may do without.
busybox() {
	local path
	for path in "$root"{/bin,/usr/bin}/busybox {/bin,/usr/bin}/busybox; do
		if [ -x "$path" ]; then
			echo "$path"
			return
		fi
	done
	die "busybox is missing"
}

# Files of the modules and of what they need, in the order to load; built-in ones have none.  An
# IOMMU has to be there before the devices behind it.
modules() {
	local name
	for name in virtio_iommu 9pnet_virtio 9p overlay; do
		/sbin/modprobe -d "$root/" -S "$kernel" --show-depends "$name" ||
			die "kernel $kernel has no module $name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

unpack() {
	case $1 in
	*.xz)	xz -dc "$1" ;;
	*.zst)	zstd -qdc "$1" ;;
	*.gz)	gzip -dc "$1" ;;
	*)	cat "$1" ;;
	esac
}

pack() {
	local image=$1 file name
	shift
	mkdir -p "$work/bin" "$work/modules" "$work/dev"
	# busybox finds its applet by this name, so a copy must keep it.
	cp "$(busybox)" "$work/bin/busybox"
	install -m 755 "$here/init" "$work/init"
	: >"$work/modules/list"
	for file in "$@"; do
		name=$(basename "$file")
		name=${name%%.ko*}.ko
		unpack "$file" >"$work/modules/$name"
		echo "$name" >>"$work/modules/list"
	done
	# The kernel starts init with this console; devtmpfs is not there yet.
	(cd "$work" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) \
		>"$image.$$"
	mv "$image.$$" "$image"
}

main() {
	local files key image
	if [ "$kernel" = --builtin ]; then
		kernel=builtin
		files=()
	else
		mapfile -t files < <(modules)
		[ ${#files[@]} -gt 0 ] || die "kernel $kernel has no 9p module"
	fi
	key=$(cat "$here/init" "${BASH_SOURCE[0]}" "$(busybox)" "${files[@]}" | sha256sum)
	image=$cache/initramfs-$kernel-${key:0:16}.cpio
	if [ ! -s "$image" ]; then
		mkdir -p "$cache"
		rm -f "$cache/initramfs-$kernel-"*.cpio
		work=$(mktemp -d "$cache/.initramfs.XXXXXX")
		pack "$image" "${files[@]}"
	fi
	echo "$image"
}

main
