#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# padding.sh [HEADER]... - structs that leave the kernel have no hole, no padding, and the same
# size for a 32-bit program.
#
# Default: the UAPI header and the event schema.  Padding would leak kernel memory and would
# differ between architectures.  Prints violations; exit 1 when there are any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

structs() {
	sed -nE 's/^struct ([a-z0-9_]+) \{.*/\1/p' "$@"
}

# layout WIDTH: what pahole says of every struct, as compiled for 32 or 64 bits
layout() {
	# The 64-bit system headers serve both: they use types of fixed width only.
	gcc "-m$1" -g -c -I"$top/kernel/include" -isystem "/usr/include/$(gcc -print-multiarch)" \
		"$work/all.c" -o "$work/all-$1.o"
	pahole "$work/all-$1.o"
}

sizes() {
	awk '/^struct/ { name = $2 } /\/\* size:/ { print name, $3 }' "$1" | sort
}

headers=("$@")
if [ $# -eq 0 ]; then
	headers=("$top"/kernel/include/uapi/*.h "$top/kernel/include/vcm_events.h")
fi
for header in "${headers[@]}"; do
	echo "#include \"$(realpath "$header")\""
done >"$work/all.c"
structs "${headers[@]}" | sed 's/.*/struct & variable_&;/' >>"$work/all.c"

layout 64 >"$work/64"
layout 32 >"$work/32"
found=$(
	awk '/^struct/ { name = $2 }
	/XXX|padding:|holes:/ { sub(/^[ \t]*/, ""); print "struct " name ": " $0 }' "$work/64"
	diff <(sizes "$work/64") <(sizes "$work/32") |
		sed -n 's/^[<>] /size differs for 32 bits: /p'
	for name in $(structs "${headers[@]}"); do
		grep -q "^struct $name {" "$work/64" || echo "struct $name: pahole does not show it"
	done
)
[ -n "$found" ] || exit 0
echo "$found"
exit 1
