#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh [--print] FLAVOUR | --lost FLAVOUR CONFIG - build User-mode Linux, or find it built.
#
# FLAVOUR is debug or bench: base.config and FLAVOUR.config beside this file are its configuration.
# The last line of standard output is the path of a folder with the program `linux` and what
# modules are built against (a KDIR, with ARCH=um); with --print it is the only one.  --lost builds
# nothing: it prints the lines of the fragments that are not true of CONFIG, and fails when there
# are any.
#
# Owns the folder uml of the cache, see ../setup/cache.sh.  Whoever needs the same result waits for
# the lock.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
package=linux-source-6.12
archive=/usr/src/$package.tar.xz
room=2500	# MiB that the source and its objects take while they are there
keep=3
work=''
# shellcheck source-path=SCRIPTDIR/../setup
. "$top/selftests/setup/cache.sh"

usage() {
	echo "usage: kernel.sh [--print] debug|bench | --lost debug|bench CONFIG" >&2
	exit 2
}

say() {
	echo "uml-kernel: $*" >&9
}

die() {
	echo "uml-kernel: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}

fragments() {
	cat "$here/base.config" "$here/$1.config"
}

# Lines of the fragments that are not true of a finished configuration.  One program: inside, each
# costs a tenth of a second.
lost() {
	awk '
		NR == FNR { true_of[$0] = 1; split($0, word, "="); set[word[1]] = 1; next }
		/^CONFIG_[^=]*=/ { if (!($0 in true_of)) print; next }
		/^# CONFIG_[A-Z0-9_]* is not set$/ { if ($2 in set) print; next }
		!/^$|^#$|^# / { print $0 " (not a line of a configuration)" }
	' "$2" <(fragments "$1")
}

# What a result is made from.
key() {
	local version
	version=$(dpkg-query -W -f='${Version}' "$package" 2>/dev/null) ||
		die "the package $package is not installed"
	{
		echo "$version"
		gcc --version | head -n 1
		fragments "$1"
		declare -f unpack run_make configure compile publish
	} | sha256sum | cut -c1-20
}

unpack() {
	local free
	[ -r "$archive" ] || die "$archive is missing: install $package"
	free=$(df --output=avail -m "$(dirname "$work")" | tail -n 1)
	[ "$free" -ge "$room" ] || die "needs $room MiB in $(dirname "$work"), there are $free"
	say "unpacking $archive"
	rm -rf "$work"
	mkdir "$work"
	tar -xJf "$archive" -C "$work" --strip-components=1 --anchored --exclude='*.dts' \
		--exclude='*.dtsi' --exclude='*.rst' --exclude="$package/tools/perf/*" \
		--exclude="$package/sound/*.[ch]" --exclude="$package/drivers/media/*.[ch]" ||
		die "cannot unpack $archive"
}

run_make() {
	make -C "$work" --no-print-directory -s ARCH=um -j"$(nproc)" "$@" >>"$work/vcm.log" 2>&1
}

configure() {
	local missing
	fragments "$1" >"$work/vcm.config"
	run_make allnoconfig KCONFIG_ALLCONFIG="$work/vcm.config" ||
		{ tail -n 20 "$work/vcm.log" >&2; die "the configuration fails"; }
	missing=$(lost "$1" "$work/.config")
	[ -z "$missing" ] || { echo "$missing" >&2; die "these lines did not survive in .config"; }
	say "configured: $(grep -c '=y$' "$work/.config") options set, all lines survived"
}

compile() {
	local start=$SECONDS
	# Nothing of this machine or of this day goes into the program.
	export KBUILD_BUILD_TIMESTAMP='Thu Jan 1 00:00:00 UTC 1970' KBUILD_BUILD_VERSION=1
	export KBUILD_BUILD_USER=vcm KBUILD_BUILD_HOST=vcm
	say "compiling: about three minutes on two processors"
	run_make linux modules_prepare || {
		grep -E 'error:|undefined reference|\*\*\*' "$work/vcm.log" | head -n 20 >&2 || true
		tail -n 10 "$work/vcm.log" >&2
		die "the kernel does not build"
	}
	# There are no modules in this kernel: the symbols of the program are all there are.
	cp "$work/vmlinux.symvers" "$work/Module.symvers"
	say "compiled in $((SECONDS - start)) s"
}

# publish RESULT: what is needed to run it and to build modules for it, in one rename
publish() {
	mkdir "$work/vcm-result"
	tar -C "$work" --exclude='*.o' -cf - .config Makefile Module.symvers System.map linux \
		arch/um arch/x86 include scripts | tar -C "$work/vcm-result" -xf -
	strip --strip-debug "$work/vcm-result/linux"
	mv -T "$work/vcm-result" "$1"
}

main() {
	local flavour cache name result
	exec 9>&1
	case ${1:-} in
	--print)	exec 9>&2; shift ;;
	--lost)
		if [ $# != 3 ] || [ ! -r "$here/$2.config" ] || [ ! -r "$3" ]; then
			usage
		fi
		result=$(lost "$2" "$3")
		[ -n "$result" ] || exit 0
		echo "$result"
		exit 1
		;;
	esac
	flavour=${1:-}
	if [ $# != 1 ] || [ ! -r "$here/$flavour.config" ] || [ "$flavour" = base ]; then
		usage
	fi
	cache=$(cache_dir uml "$top")
	name=$(key "$flavour")
	result=$cache/$name
	if [ ! -d "$result" ]; then
		exec 8>"$cache/.$name.lock"
		flock -n 8 || { say "another run is building it; waiting"; flock 8; }
	fi
	if [ ! -d "$result" ]; then
		trap cleanup EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		work=$cache/.$name.work
		unpack
		configure "$flavour"
		compile
		publish "$result"
		cache_expire "$cache" "$keep"
	fi
	touch "$result.used"
	say "ready"
	echo "$result"
}

main "$@"
