#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh - Debian packages of the tree, in build/deb; lintian has to be content with them.
#
# Owns build/deb: a copy of the sources with debian/ in its place, and the packages beside it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/deb
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/kernel/dkms.conf")
source=$out/vcm-$version

rm -rf "$out"
mkdir -p "$source"
for part in Makefile README.md bpf docs kernel selftests tools trace; do
	cp -a "$top/$part" "$source/"
done
cp -a "$here/debian" "$source/debian"
cd "$source"
dpkg-buildpackage -b -us -uc >"$out/build.log" 2>&1 || {
	tail -n 40 "$out/build.log" >&2
	exit 1
}
rm -rf "$source"
cd "$out"
lintian --fail-on error,warning ./*.changes
ls ./*.deb
