#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.sh TIER - make this machine able to run one make target.
#
# Owns the one list of Debian packages the tree needs, each with its reason, and build/ksrc, the
# few files taken from Debian's linux-source package.  Every make target calls it first: it asks
# dpkg what is there, installs what is not, and says nothing when nothing is missing.
#
# TIER is a name that groups_of() knows, or all.  `unit` is satisfied by a compiler and make
# wherever they come from, so it works without root and without dpkg.
#
# Exit: 0 ready, 1 something is missing and cannot be installed, 2 usage.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source_tar=/usr/src/linux-source-6.12.tar.xz

# group|bookworm|trixie|reason; "=" repeats the bookworm name.
packages() {
	cat <<-'LIST'
	unit|gcc|=|compiles everything; brings the address and undefined-behaviour sanitizers
	unit|make|=|runs every target
	unit|libc6-dev|=|C library headers
	valgrind|valgrind|=|sees what the unit tests read before they wrote it
	valgrind|libc6-dbg|=|names of the C library that valgrind replaces
	fuzz|clang-16|clang|compiles the fuzz targets
	fuzz|libclang-rt-16-dev|libclang-rt-19-dev|libFuzzer and the sanitizers of clang
	ust|lttng-tools|=|session daemon and command line of LTTng
	ust|liblttng-ust-dev|=|tracepoints of the core in user space
	ust|babeltrace2|=|reads LTTng traces
	ust|python3|=|compares traces
	ust|procps|=|pgrep, to see that no daemon is left
	ust|util-linux|=|setpriv, to test as an ordinary user
	module|linux-headers-6.12-amd64|linux-headers-amd64|builds the kernel modules
	module|linux-image-6.12-amd64|linux-image-amd64|the stock kernel that the guest boots
	module|pahole|=|writes the type information (BTF) of the modules
	module|kmod|=|depmod, modinfo and insmod
	tool|clang-16|clang|compiles BPF programs
	tool|llvm-16|llvm|strips BPF objects
	tool|bpftool|=|makes vmlinux.h and the BPF skeletons
	tool|libbpf-dev|=|loads BPF programs
	tool|libelf-dev|=|needed by libbpf
	tool|zlib1g-dev|=|needed by libbpf
	tool|libtracefs-dev|=|vcmstat reads trace buffers
	tool|libtraceevent-dev|=|needed by libtracefs, which does not ask for it
	tool|libbabeltrace2-dev|=|vcmstat reads traces of LTTng
	tool|pkg-config|=|finds the libraries that vcmstat can do without
	tool|libncurses-dev|=|screen of vcmstat top
	tool|python3|=|reads NDJSON in tests
	output|libncurses-dev|=|screen of vcmstat top
	output|libtracefs-dev|=|vcmstat reads trace buffers
	output|libtraceevent-dev|=|needed by libtracefs
	output|libbabeltrace2-dev|=|vcmstat reads traces of LTTng
	output|pkg-config|=|finds the libraries that vcmstat can do without
	output|tmux|=|a terminal whose keys and screen a test drives
	output|prometheus|=|its promtool checks the metrics of vcmstat, itself scrapes them
	output|protobuf-compiler|=|decodes the Perfetto traces of vcmstat
	output|python3|=|runs the checks of formats
	output|python3-docutils|=|makes the man pages of vcmstat
	output|python3-jsonschema|=|checks NDJSON against the schema that vcmstat prints
	output|python3-protobuf|=|decodes the Perfetto traces of vcmstat
	browser|chromium|=|opens the HTML report of vcmstat
	browser|chromium-driver|=|moves the slider of it
	browser|python3|=|drives the browser
	guest|qemu-system-x86|=|the guest with an emulated IOMMU and the edu device
	guest|busybox-static|=|first program in the guest
	guest|cpio|=|packs the initramfs
	guest|xz-utils|=|unpacks kernel modules and the kernel source
	guest|zstd|=|unpacks kernel modules of kernels that compress with it
	guest|util-linux|=|setpriv ends the guest with its runner
	guest|iproute2|=|gives network cards name spaces of their own
	guest|trace-cmd|=|proves that every trace event can be parsed
	harness|linux-source-6.12|=|kselftest harness, checkpatch and kernel-doc
	module|rsync|=|copies kernel sources to where they are built, installs kselftests
	debug|bc|=|the kernel's build computes with it
	debug|bison|=|the kernel's build makes its configuration parser with it
	debug|flex|=|likewise
	debug|libelf-dev|=|the kernel's build tools read objects with it
	debug|linux-source-6.12|=|source of the debug kernel
	debug|xz-utils|=|unpacks it
	uml|busybox-static|=|powers User-mode Linux off
	matrix|debootstrap|=|makes the Debian 13 that builds for every kernel and is booted
	matrix|qemu-system-arm|=|guests with another architecture, and the SMMU
	matrix|kmod|=|depmod for kernels that are unpacked and not installed
	deb|bash-completion|=|debhelper installs the completion with it
	deb|debhelper|=|builds the packages
	deb|dh-dkms|=|maintainer scripts of the module package
	deb|dpkg-dev|=|dpkg-buildpackage
	deb|lintian|=|judges the packages
	deb|python3-docutils|=|makes manual pages
	lint|perl|=|runs checkpatch and kernel-doc
	lint|python3|=|compares the man pages with the options of vcmstat
	lint|sparse|=|checks kernel annotations
	lint|codespell|=|finds spelling mistakes
	lint|shellcheck|=|checks shell scripts
	lint|xz-utils|=|unpacks the kernel source
	LIST
}

# What of linux-source is used, below the first folder of the archive.
source_members() {
	cat <<-'LIST'
	scripts/checkpatch.pl
	scripts/const_structs.checkpatch
	scripts/kernel-doc
	scripts/spelling.txt
	tools/include/uapi
	tools/testing/selftests/kselftest
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/testing/selftests/lib.mk
	tools/testing/selftests/run_kselftest.sh
	LIST
}

groups_of() {
	case $1 in
	unit)		echo unit ;;
	valgrind)	echo unit valgrind ;;
	fuzz)		echo unit fuzz ;;
	ust)		echo unit ust ;;
	modules)	echo unit module ;;
	tools)		echo unit module tool ;;
	outputs)	echo unit output ;;
	html)		echo unit browser ;;
	vm)		echo unit module tool guest ;;
	kselftest)	echo unit ust module tool guest harness ;;
	lint)		echo unit module tool harness lint ;;
	deb)		echo unit module tool deb ;;
	debug)		echo unit module tool guest harness debug ;;
	uml)		echo unit module harness debug uml ;;
	bench)		echo unit ust module tool guest harness debug uml ;;
	package)	echo unit module tool guest deb matrix ;;
	matrix)		echo unit ust module tool guest harness matrix ;;
	all)		packages | cut -d'|' -f1 | LC_ALL=C sort -u | tr '\n' ' ' ;;
	*)		return 1 ;;
	esac
}

# The names that groups_of() knows, for people.
tier_names() {
	declare -f groups_of | sed -n 's/^ *\([a-z-]*\))$/\1/p' | paste -s -d '|'
}

die() {
	echo "setup: $*" >&2
	exit 1
}

release() {
	local VERSION_CODENAME=
	if [ -r /etc/os-release ]; then
		# shellcheck source=/dev/null
		. /etc/os-release
	fi
	echo "$VERSION_CODENAME"
}

# Print "name|reason" of every package of the groups that is not installed.
missing() {
	local codename=$1 group bookworm trixie reason name installed
	shift
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null |
		    sed -n 's/^installed //p') || true
	while IFS='|' read -r group bookworm trixie reason; do
		[[ " $* " == *" $group "* ]] || continue
		name=$bookworm
		if [ "$codename" = trixie ] && [ "$trixie" != = ]; then
			name=$trixie
		fi
		if have "$group" "$name" "$installed"; then
			continue
		fi
		echo "$name|$reason"
	done < <(packages)
}

# have GROUP NAME INSTALLED: a package is there, or something as good.
have() {
	local group=$1 name=$2 installed=$3

	if [ "$group" = unit ] && command -v gcc >/dev/null && command -v make >/dev/null &&
	   echo '#include <stdio.h>' | gcc -E -x c -o /dev/null - 2>/dev/null; then
		return 0
	fi
	case $name in
	linux-headers-* | linux-image-*) have_kernel "$installed" ;;
	*) grep -qxF -- "$name" <<<"$installed" ;;
	esac
}

# An image and headers of one version, not of a flavour (cloud kernels have no 9p).  Without such
# a pair both packages are wanted: they pull in the newest version of each, which agree.
have_kernel() {
	local version
	while IFS= read -r version; do
		if grep -qxF -- "linux-headers-$version" <<<"$1"; then
			return 0
		fi
	done < <(sed -nE 's/^linux-image-(6\.12\..*[0-9]-amd64)$/\1/p' <<<"$1")
	return 1
}

# Print how to become root: nothing, sudo, or fail.
become_root() {
	if [ "$(id -u)" = 0 ]; then
		return 0
	fi
	command -v sudo >/dev/null || return 1
	if sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; then
		echo sudo
		return 0
	fi
	return 1
}

install_missing() {
	local codename list names root name reason
	codename=$(release)
	list=$(missing "$codename" "$@" | sort -u)
	[ -n "$list" ] || return 0
	names=$(cut -d'|' -f1 <<<"$list" | tr '\n' ' ')
	names=${names% }

	case $codename in
	bookworm | trixie) ;;
	*) die "only Debian 12 and 13 are set up automatically; missing here: $names" ;;
	esac
	root=$(become_root) ||
		die "missing, and neither root nor sudo to install them: $names"

	echo "setup: installing:"
	while IFS='|' read -r name reason; do
		printf 'setup:   %-26s %s\n' "$name" "$reason"
	done <<<"$list"
	# shellcheck disable=SC2086 # $root and $names are lists
	{
		$root apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null &&
		$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
			-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
			install --no-install-recommends $names >/dev/null
	} </dev/null || die "apt-get could not install: $names"

	list=$(missing "$codename" "$@" | cut -d'|' -f1 | tr '\n' ' ')
	[ -z "$list" ] || die "still missing after installing: $list"
}

# Unpack the members into build/ksrc, once per version of the package and of this list.
extract_source() {
	local ksrc=$top/build/ksrc stamp new members
	stamp=$(dpkg-query -W -f='${Version}' linux-source-6.12; echo; source_members)
	if [ -r "$ksrc/.stamp" ] && [ "$(cat "$ksrc/.stamp")" = "$stamp" ]; then
		return 0
	fi
	[ -r "$source_tar" ] || die "$source_tar is missing; reinstall linux-source-6.12"
	echo "setup: unpacking the kselftest harness and checkpatch into build/ksrc"
	new=$(mktemp -d "$top/build/.ksrc.XXXXXX")
	# shellcheck disable=SC2064 # the name is needed now, it is local
	trap "rm -rf '$new'" EXIT
	mapfile -t members < <(source_members | sed 's,^,linux-source-6.12/,')
	tar -xJf "$source_tar" -C "$new" --strip-components=1 "${members[@]}" ||
		die "$source_tar lacks a file that is needed"
	echo "$stamp" >"$new/.stamp"
	chmod 755 "$new"
	rm -rf "$ksrc"
	mv "$new" "$ksrc"
	trap - EXIT
}

main() {
	local tier=${1:-} groups
	groups=$(groups_of "$tier") || {
		echo "usage: setup.sh $(tier_names)" >&2
		exit 2
	}
	mkdir -p "$top/build"
	# Two targets of one make -j must not install or unpack at the same time.
	exec 9>"$top/build/.setup.lock"
	flock 9
	# shellcheck disable=SC2086 # a list
	install_missing $groups
	if [[ " $groups " == *" harness "* ]]; then
		extract_source
	fi
}

main "$@"
