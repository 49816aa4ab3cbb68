#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# debug-kernel.sh [--print | --lost CONFIG] - build the debug kernel from Debian's linux-source,
# or find it built.
#
# The last line of standard output is the path of a folder with bzImage, System.map and what
# modules are built against (a KDIR); with --print it is the only one.  --lost builds nothing: it
# prints the lines of debug.config that are not true of CONFIG, and fails when there are any.
#
# Owns the folder debug-kernel of the cache: $VCM_CACHE, else $XDG_CACHE_HOME/vcm, else
# ~/.cache/vcm, else build/cache.  It is outside the tree so that it outlives `make clean` and
# serves every checkout.  A result is named by a checksum of all it is made from, appears under
# that name in one step and never changes; whoever needs the same one waits for the lock.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
fragment=$here/debug.config
package=linux-source-6.12
archive=/usr/src/$package.tar.xz
room=2500	# MiB that the source and its objects take while they are there
keep=2		# results that stay in the cache however old they are
work='' make=''

say() {
	echo "debug-kernel: $*" >&9
}

die() {
	echo "debug-kernel: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	if [ -n "$make" ]; then
		kill "$make" 2>/dev/null || true
		wait "$make" 2>/dev/null || true
	fi
	[ -z "$work" ] || rm -rf "$work"
}

check_tools() {
	local tool missing=''
	for tool in bc bison flex gcc make objcopy pahole xz; do
		command -v "$tool" >/dev/null || missing+=" $tool"
	done
	if ! gcc -E -include gelf.h -x c -o /dev/null /dev/null 2>/dev/null; then
		missing+=' libelf-dev'
	fi
	[ -r "$archive" ] || missing+=" $package"
	[ -z "$missing" ] || die "cannot build without:$missing"
}

cache_dir() {
	local base
	base=${VCM_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}}
	[ -z "$base" ] || [ -n "${VCM_CACHE:-}" ] || base=$base/vcm
	if [ -z "$base" ] || ! mkdir -p "$base/debug-kernel" 2>/dev/null ||
	   ! [ -w "$base/debug-kernel" ]; then
		base=$top/build/cache
		mkdir -p "$base/debug-kernel"
	fi
	cd "$base/debug-kernel" && pwd -P
}

# What a result is made from.
key() {
	local version
	version=$(dpkg-query -W -f='${Version}' "$package" 2>/dev/null) ||
		die "the package $package is not installed"
	{
		echo "$version"
		gcc --version | head -n 1
		cat "$fragment" "${BASH_SOURCE[0]}"
	} | sha256sum | cut -c1-20
}

unpack() {
	local free
	free=$(df --output=avail -m "$(dirname "$work")" | tail -n 1)
	[ "$free" -ge "$room" ] || die "needs $room MiB in $(dirname "$work"), there are $free"
	say "unpacking $archive"
	mkdir "$work"
	tar -xJf "$archive" -C "$work" --strip-components=1 --anchored \
		--exclude-from=<(left_out) || die "cannot unpack $archive"
}

# Sources that have no part in this kernel, two thirds of all; what is asked for options stays.
left_out() {
	cat <<-LIST
	*.dts
	*.dtsi
	*.rst
	*.yaml
	$package/arch/[!x]*.[chS]
	$package/drivers/gpu/*.[ch]
	$package/drivers/infiniband/*.[ch]
	$package/drivers/media/*.[ch]
	$package/drivers/net/*/*.[ch]
	$package/drivers/scsi/*.[ch]
	$package/drivers/staging/*.[ch]
	$package/sound/*.[ch]
	$package/tools/perf/*
	$package/tools/testing/*
	LIST
}

# Lines of the fragment that are not true of a finished configuration.
lost() {
	local config=$1 line name
	while IFS= read -r line; do
		case $line in
		CONFIG_*=*)
			grep -qxF -e "$line" "$config" || echo "$line"
			;;
		'# CONFIG_'*' is not set')
			name=${line#\# }
			! grep -q "^${name%% *}=" "$config" || echo "$line"
			;;
		'' | '#' | '# '*) ;;
		*)	echo "$line (not a line of a configuration)" ;;
		esac
	done <"$fragment"
}

run_make() {
	make -C "$work" --no-print-directory ARCH=x86 -j"$(nproc)" "$@"
}

configure() {
	local missing
	run_make allnoconfig KCONFIG_ALLCONFIG="$fragment" >"$work/vcm.log" 2>&1 || {
		tail -n 20 "$work/vcm.log" >&2
		die "the configuration fails"
	}
	missing=$(lost "$work/.config")
	if [ -n "$missing" ]; then
		echo "$missing" >&2
		die "these lines of $(basename "$fragment") did not survive in .config"
	fi
	say "configured: $(grep -c '=y$' "$work/.config") options set, all lines survived"
}

# The build is read line by line by this shell, so that a signal ends it at once.
compile() {
	local line steps=0 start=$SECONDS next=$((SECONDS + 20))
	# Nothing of this machine or of this day goes into the image.
	export KBUILD_BUILD_TIMESTAMP='Thu Jan 1 00:00:00 UTC 1970' KBUILD_BUILD_VERSION=1
	export KBUILD_BUILD_USER=vcm KBUILD_BUILD_HOST=vcm
	exec 7< <(exec make -C "$work" --no-print-directory ARCH=x86 -j"$(nproc)" \
		bzImage modules_prepare 2>&1 8>&- 9>&-)
	make=$!
	while IFS= read -r line <&7; do
		printf '%s\n' "$line"
		if [[ $line =~ ^\ \ [A-Z] ]]; then
			steps=$((steps + 1))
		fi
		if [ "$SECONDS" -ge "$next" ]; then
			next=$((SECONDS + 20))
			say "compiling: $steps steps in $((SECONDS - start)) s"
		fi
	done >"$work/vcm.log"
	exec 7<&-
	if ! wait "$make"; then
		make=
		grep -E 'error:|undefined reference|\*\*\*' "$work/vcm.log" | head -n 20 >&2 || true
		tail -n 10 "$work/vcm.log" >&2
		die "the kernel does not build"
	fi
	make=
	# Without a list of exported symbols every module would warn about all it uses; there are
	# no modules in this kernel, so the list of the image is the whole one.
	cp "$work/vmlinux.symvers" "$work/Module.symvers"
	say "compiled: $steps steps in $((SECONDS - start)) s"
}

# What is needed to boot the kernel and to build modules for it.
parts() {
	cat <<-'LIST'
	.config
	Makefile
	Module.symvers
	System.map
	arch/x86/Makefile
	arch/x86/Makefile_32.cpu
	arch/x86/include
	include
	scripts
	LIST
	[ ! -x "$work/tools/objtool/objtool" ] || echo tools/objtool/objtool
	echo tools/bpf/resolve_btfids/resolve_btfids
}

# publish RESULT: trim, then one rename, so that nobody sees half of it.
publish() {
	local result=$1 list
	mapfile -t list < <(parts)
	mkdir "$work/vcm-result"
	tar -C "$work" --exclude='*.o' -cf - "${list[@]}" | tar -C "$work/vcm-result" -xf -
	cp "$work/arch/x86/boot/bzImage" "$work/vcm-result/bzImage"
	# Type information of modules is made on top of the kernel's; nothing else of it is read, so
	# that it is no program any more does not matter.
	objcopy --only-section=.BTF "$work/vmlinux" "$work/vcm-result/vmlinux" 2>/dev/null
	mv -T "$work/vcm-result" "$result"
}

# Results that nobody asked for lately go; the stamp beside one is touched on every use.
expire() {
	local cache=$1 stamp
	find "$cache" -maxdepth 1 -name '*.used' -printf '%T@ %p\n' | sort -rn |
		tail -n "+$((keep + 1))" | cut -d' ' -f2- | while IFS= read -r stamp; do
		if [ -n "$(find "$stamp" -mtime +7)" ]; then
			rm -rf "${stamp%.used}" "$stamp"
		fi
	done
}

main() {
	local cache name result
	case ${1:-} in
	'')		exec 9>&1 ;;
	--print)	exec 9>&2 ;;
	--lost)
		[ -r "${2:-}" ] || die "no readable configuration ${2:-}"
		result=$(lost "$2")
		[ -n "$result" ] || exit 0
		echo "$result"
		exit 1
		;;
	*)	echo "usage: debug-kernel.sh [--print | --lost CONFIG]" >&2; exit 2 ;;
	esac
	cache=$(cache_dir)
	name=$(key)
	result=$cache/$name
	if [ ! -d "$result" ]; then
		check_tools
		exec 8>"$cache/.$name.lock"
		if ! flock -n 8; then
			say "another run is building it; waiting"
			flock 8
		fi
	fi
	if [ ! -d "$result" ]; then
		trap cleanup EXIT
		trap 'exit 129' HUP
		trap 'exit 130' INT
		trap 'exit 143' TERM
		# A fixed name: what a killed run left is found, and the lock says it is dead.
		work=$cache/.$name.work
		rm -rf "$work"
		unpack
		configure
		compile
		publish "$result"
		expire "$cache"
	fi
	touch "$result.used"
	say "ready"
	echo "$result"
}

main "$@"
