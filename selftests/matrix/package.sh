#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# package.sh - the Debian packages in a clean Debian 13: they install, DKMS builds for its kernel, a
# guest boots from it and vcmstat works there, a kernel outside the range is refused, and nothing is
# left when they are removed.  TAP on standard output, and in build/results/package.tap.
#
# Owns build/package/root, made by debootstrap anew each time, and the folder debs of the cache
# (../setup/cache.sh), which spares downloads and is never needed.  Needs to be root.
# Also runs inside the guest: --guest is for this script alone.
#
# shellcheck disable=SC2317 # functions are called through check()
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
results=$top/build/results
work=$top/build/package
root=$work/root
summary=$results/package.tap
mirror=${VCM_MIRROR:-http://deb.debian.org}
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/kernel/dkms.conf")
outside='5.10.0-1-amd64 6.1.0-56-amd64 6.11.9-amd64 7.4.0-amd64 8.0.1-amd64'
inside='6.12.1-amd64 6.16.3-amd64 7.0.1-amd64 7.3.4+deb13-amd64'
modules='vcm vcm_edu vcm_fmt vcm_sim vcm_sim_dev'
kernel=''
# shellcheck source-path=SCRIPTDIR/../vm
. "$top/selftests/vm/results.sh"
# shellcheck source-path=SCRIPTDIR/../setup
. "$top/selftests/setup/cache.sh"

# ---- in the guest ----

loads() {
	modprobe vcm && modprobe vcm_edu && [ -c /dev/vcm ]
}

sample_runs() {
	local run
	for run in /sys/kernel/debug/vcm_edu/*/run; do
		echo "1 2" >"$run" || return 1
	done
}

# seen TEXT: the file of events has it, a minute later at the latest
seen() {
	for _ in {1..600}; do
		! grep -q "$1" /tmp/events || return 0
		sleep 0.1
	done
	echo "nothing with $1" | note
	return 1
}

vcmstat_follows() {
	local pid code=0
	vcmstat events --json >/tmp/events &
	pid=$!
	seen '"type":"ready"' && sample_runs && seen '"event":"vcm_bind"' || code=1
	kill -TERM "$pid"
	wait "$pid" || code=1
	head -n 1 /tmp/events | note
	[ "$code" = 0 ] && grep -q '"source":"tp_btf"' /tmp/events
}

guest() {
	summary=$results/package-guest.tap
	: >"$summary"
	check "modprobe finds the modules that DKMS built" loads
	check "vcmstat list works" vcmstat list
	check "the sample moves data by DMA" sample_runs
	check "vcmstat sees by BPF what the sample does" vcmstat_follows
	check "the modules unload" modprobe -r vcm_edu vcm
	plan
	exit "$failed"
}

# ---- on the host ----

in_root() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} \
		chroot "$root" "$@"
}

logged() {
	"$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log" | note; return 1; }
}

make_root() {
	local suite
	logged debootstrap --variant=minbase --cache-dir="$(cache_dir debs "$top")" trixie \
		"$root" "$mirror/debian" || return 1
	for suite in debian:trixie debian:trixie-updates debian-security:trixie-security; do
		echo "deb $mirror/${suite/:/ } main"
	done >"$root/etc/apt/sources.list"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	mount --bind "$(cache_dir debs "$top")" "$root/var/cache/apt/archives"
	mkdir -p "$root/var/cache/apt/archives/partial"
	logged in_root apt-get -q update
}

# As the README says it.
install_packages() {
	mkdir -p "$root/tmp/debs"
	cp "$top"/build/deb/vcm-dkms_*.deb "$top"/build/deb/vcmstat_[0-9]*.deb "$root/tmp/debs/"
	logged in_root sh -c 'apt-get -q -y -o APT::Keep-Downloaded-Packages=true install \
		--no-install-recommends linux-image-amd64 linux-headers-amd64 /tmp/debs/*.deb' ||
		return 1
	kernel=$(cd "$root/lib/modules" && printf '%s\n' *-amd64 | sort -V | tail -n 1)
	echo "kernel $kernel" | note
}

dkms_built() {
	local name
	in_root dkms status "vcm/$version" -k "$kernel" | tee "$work/log" | note
	grep -q ': installed' "$work/log" || return 1
	for name in $modules; do
		compgen -G "$root/lib/modules/$kernel/updates/dkms/$name.ko*" >/dev/null ||
			{ echo "no $name.ko" | note; return 1; }
	done
}

tool_and_pages() {
	in_root vcmstat --version | note
	[ -e "$root/usr/share/bash-completion/completions/vcmstat" ] &&
		compgen -G "$root/usr/share/man/man1/vcmstat-list.1*" >/dev/null
}

# One line says why not, naming the module and the kernel, and nothing is built.
refuses() {
	local code=0
	in_root dkms build "vcm/$version" -k "$1" >"$work/log" 2>&1 || code=$?
	grep '^vcm: ' "$work/log" | note
	[ "$code" != 0 ] && [ "$(grep -c "^vcm: not for kernel $1, but for" "$work/log")" = 1 ] &&
		! [ -d "$root/var/lib/dkms/vcm/$version/$1" ]
}

refuses_all() {
	local name
	for name in $outside; do
		refuses "$name" || { note <"$work/log"; return 1; }
	done
}

# Of these there are no headers here, which is the only reason not to build.
takes_all() {
	local name
	for name in $inside; do
		in_root dkms build "vcm/$version" -k "$name" >"$work/log" 2>&1 || true
		! grep -q '^vcm: ' "$work/log" || { note <"$work/log"; return 1; }
	done
}

boots() {
	local code=0
	rm -f "$results/package-guest.tap"
	"$top/selftests/vm/boot.sh" --root "$root" --kernel "$kernel" --results "$results" \
		--log "$results/package.log" --edu 1 --timeout 300 -- \
		"$here/package.sh" --guest || code=$?
	echo "boot.sh: $code" | note
	return "$code"
}

remove_packages() {
	logged in_root apt-get -q -y purge vcm-dkms vcmstat
}

nothing_left() {
	local left
	left=$(find "$root" -xdev -name '*vcm*' ! -name '*privcmd*' \
		! -path "$root/tmp/*" ! -path "$root/proc/*")
	[ -z "$left" ] || { echo "left: $left" | note; return 1; }
	! in_root dkms status 2>/dev/null | grep vcm
}

# What is mounted in it would be gone with this namespace, but is in the way of rm until then.
remove_root() {
	umount -l "$root"/{proc,dev,var/cache/apt/archives}
	rm -rf --one-file-system "$root"
}

main() {
	case ${1:-} in
	--guest)	guest ;;
	'')		;;
	*)		echo "usage: package.sh" >&2; exit 2 ;;
	esac
	if [ "${VCM_PACKAGE_NS:-}" != 1 ]; then
		[ "$(id -u)" = 0 ] || { echo "package: has to run as root" >&2; exit 1; }
		VCM_PACKAGE_NS=1 exec unshare --mount --propagation private "$0"
	fi
	mkdir -p "$results"
	rm -rf --one-file-system "$work"
	mkdir -p "$work"
	: >"$summary"
	check "debootstrap makes a clean Debian 13" make_root
	check "the packages install with their dependencies" install_packages
	check "DKMS has built every module for its kernel" dkms_built
	check "vcmstat, its manual pages and completion are there" tool_and_pages
	check "DKMS refuses kernels outside the range in one line" refuses_all
	check "DKMS would build for kernels inside it" takes_all
	check "a guest boots from it, loads the modules, and vcmstat works" boots
	check "the packages can be removed" remove_packages
	check "nothing is left of them" nothing_left
	plan
	[ "$failed" = 1 ] || remove_root
	exit "$failed"
}

main "$@"
