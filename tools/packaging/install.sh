#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh install|uninstall|dkms - put what was built where programs live, or take it away.
#
# install puts vcmstat, its manual pages and completion, the source of the modules for DKMS and
# the optional files for udev and systemd below DESTDIR/PREFIX, and writes the names of all of it
# to PREFIX/share/vcm/manifest.  uninstall removes what the manifest names and nothing else.  dkms
# hands the installed source to DKMS, which builds it for the running kernel or for KVER.
#
# Reads DESTDIR, PREFIX (default /usr/local), BUILD (default build), KVER from the environment.
# Exit: 0 done, 1 something failed, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}
build=${BUILD:-$top/build}
manifest=$root$prefix/share/vcm/manifest
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/kernel/dkms.conf")
names=()

die() {
	echo "install: $*" >&2
	exit 1
}

# put MODE SOURCE TARGET: install one file, its target absolute as the machine will see it.
put() {
	install -D -m "$1" "$2" "$root$3"
	names+=("$3")
}

put_tool() {
	local page section
	[ -x "$build/vcmstat/vcmstat" ] || die "no $build/vcmstat/vcmstat: make tools first"
	put 755 "$build/vcmstat/vcmstat" "$prefix/bin/vcmstat"
	"$build/vcmstat/vcmstat" completion bash >"$build/vcmstat/completion.bash"
	put 644 "$build/vcmstat/completion.bash" \
		"$prefix/share/bash-completion/completions/vcmstat"
	for page in "$build"/vcmstat/man/vcmstat*.[1-9]; do
		[ -e "$page" ] || continue
		section=${page##*.}
		put 644 "$page" "$prefix/share/man/man$section/${page##*/}"
	done
}

# DKMS looks in /usr/src whatever the prefix is.
put_source() {
	local file
	while IFS= read -r file; do
		put 644 "$top/kernel/$file" "/usr/src/vcm-$version/$file"
	done < <(find "$top/kernel" -type f -printf '%P\n' |
		 grep -E '(\.[ch]|^Kbuild|^dkms\.conf)$' | LC_ALL=C sort)
}

put_system() {
	put 644 "$here/system/60-vcm.rules" "$prefix/share/vcm/60-vcm.rules"
	put 644 "$here/system/vcmstat-record.service" \
		"$prefix/lib/systemd/system/vcmstat-record.service"
}

do_install() {
	put_tool
	put_source
	put_system
	mkdir -p "$(dirname "$manifest")"
	printf '%s\n' "${names[@]}" "$prefix/share/vcm/manifest" >"$manifest"
	echo "installed ${#names[@]} files below ${root:-/}; their names are in $manifest"
}

# Folders of this project's name go too when nothing else is in them.
do_uninstall() {
	local name dir
	[ -r "$manifest" ] || die "nothing is installed here: no $manifest"
	if [ -z "$root" ] && command -v dkms >/dev/null &&
	   dkms status "vcm/$version" 2>/dev/null | grep -q .; then
		dkms remove "vcm/$version" --all
	fi
	mapfile -t names <"$manifest"
	for name in "${names[@]}"; do
		rm -f "$root$name"
		dir=${name%/*}
		while [[ $dir == */vcm* ]] && rmdir "$root$dir" 2>/dev/null; do
			dir=${dir%/*}
		done
	done
	echo "uninstalled"
}

do_dkms() {
	local kernel=${KVER:-$(uname -r)}
	command -v dkms >/dev/null || die "dkms is not installed (package dkms)"
	[ -r "/usr/src/vcm-$version/dkms.conf" ] || die "make install first"
	dkms status "vcm/$version" | grep -q . || dkms add "vcm/$version"
	dkms build "vcm/$version" -k "$kernel"
	dkms install "vcm/$version" -k "$kernel"
}

case ${1:-} in
install)	do_install ;;
uninstall)	do_uninstall ;;
dkms)		do_dkms ;;
*)
	echo "usage: [DESTDIR=dir] [PREFIX=/usr/local] install.sh install|uninstall|dkms" >&2
	exit 2
	;;
esac
