#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# consolidation.sh [--write] [TREE] - how many lines a page-table format has of its own.
#
# Counts the lines of kernel/sim/formats that are neither blank nor comment, and compares the table
# with the one in docs/consolidation.md, between the lines that name this script.  Exit 1 and the
# difference when it is stale; --write puts the new one there.
set -euo pipefail

write=0
if [ "${1:-}" = --write ]; then
	write=1
	shift
fi
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}"
formats=kernel/sim/formats
page=docs/consolidation.md
begin='<!-- consolidation.sh: begin -->'
end='<!-- consolidation.sh: end -->'

# format|its own file|what it shares with a relative, and not with all
kinds() {
	cat <<-'LIST'
	armv7s|armv7s.c|arm_short.h
	omap|omap.c|arm_short.h
	tce|tce.c|
	x86|x86.c|
	LIST
}

# What every format shares.
shared() {
	echo format.h map.c pt.h table.c unmap.c visit.c walk.c
}

# lines FILE...: of code, without comments and blank lines
lines() {
	local file sum=0 n
	for file in "$@"; do
		n=$(awk '
		{
			line = $0
			while (1) {
				if (inside) {
					at = index(line, "*/")
					if (!at) { line = ""; break }
					line = substr(line, at + 2)
					inside = 0
				}
				at = index(line, "/*")
				if (!at) break
				rest = substr(line, at + 2)
				line = substr(line, 1, at - 1)
				close_at = index(rest, "*/")
				if (!close_at) { inside = 1; break }
				line = line substr(rest, close_at + 2)
			}
			sub(/\/\/.*/, "", line)
			if (line ~ /[^ \t]/) n++
		}
		END { print n + 0 }' "$formats/$file")
		sum=$((sum + n))
	done
	echo "$sum"
}

table() {
	local name own relative mine near all
	# shellcheck disable=SC2046 # a list of names
	all=$(lines $(shared))
	echo "| Format | Its own | Shared with a relative | Shared by all | Its own share |"
	echo "|---|---|---|---|---|"
	while IFS='|' read -r name own relative; do
		mine=$(lines "$own")
		near=0
		[ -z "$relative" ] || near=$(lines "$relative")
		echo "| \`$name\` | $mine | $near | $all |" \
			"$((100 * mine / (mine + near + all))) % |"
	done < <(kinds)
	echo
	echo "| Shared file | Lines |"
	echo "|---|---|"
	for own in arm_short.h $(shared) iotlb.c iotlb.h; do
		echo "| [\`$own\`](../$formats/$own) | $(lines "$own") |"
	done
}

# A file that no list above has is in no sum.
unlisted() {
	local file
	for file in "$formats"/*.[ch]; do
		file=${file##*/}
		kinds | cut -d'|' -f2,3 | tr '|' '\n' | grep -qx "$file" && continue
		[[ " $(shared) iotlb.c iotlb.h " == *" $file "* ]] ||
			echo "$formats/$file: consolidation.sh does not say whose it is"
	done
}

with_table() {
	awk -v begin="$begin" -v end="$end" -v table="$1" '
	$0 == end { inside = 0 }
	!inside { print }
	$0 == begin { inside = 1; found = 1; while ((getline line <table) > 0) print line }
	END { exit !found }' "$page"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table >"$work/table"
with_table "$work/table" >"$work/page" ||
	{ echo "$page: has no line '$begin'"; exit 1; }
bad=$(unlisted)
if [ -n "$bad" ]; then
	echo "$bad"
	exit 1
fi
if [ "$write" = 1 ]; then
	cp "$work/page" "$page"
elif ! diff -u "$page" "$work/page"; then
	echo "$page: stale, run selftests/lint/consolidation.sh --write"
	exit 1
fi
