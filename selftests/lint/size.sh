#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# size.sh [TREE] - limits that keep code readable: 500 lines a file, 80 lines a function, 100
# columns a line, 6 arguments, 3 levels of nesting.
#
# Understands C in kernel style (a function's braces are in the first column) and shell
# functions.  Prints violations; exit 1 when there are any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=selftests/lint/files.sh
. "$here/files.sh"
cd "${1:-$here/../..}"

check_lines() {
	awk -v file="$1" '
	{
		width = 0
		n = split($0, part, "\t")
		for (i = 1; i <= n; i++) {
			width += length(part[i])
			if (i < n)
				width += 8 - width % 8
		}
		if (width > 100)
			print file ":" NR ": " width " columns, at most 100"
	}
	END {
		if (NR > 500)
			print file ": " NR " lines, at most 500"
	}' "$1"
}

check_c() {
	awk -v file="$1" '
	# Arguments of the function whose head is @head: commas outside inner brackets.
	function arguments(head,    i, c, depth, count, inside) {
		sub(/^[^(]*/, "", head)
		for (i = 1; i <= length(head); i++) {
			c = substr(head, i, 1)
			if (c == "(" && ++depth == 1)
				continue
			if (c == ")" && --depth == 0)
				break
			if (c == "," && depth == 1)
				count++
			if (c !~ /[ \t]/)
				inside = 1
		}
		return inside ? count + 1 : 0
	}
	/^\{/ && head ~ /\(/ {
		start = NR
		name = head
		sub(/\(.*/, "", name)
		sub(/.*[ *\t]/, "", name)
		nr = arguments(head)
		# iommu_domain_ops.map_pages has eight, and the kernel wants it so
		if (nr > 6 && name !~ /_map_pages$/)
			print file ":" NR ": " name "() has " nr " arguments, at most 6"
	}
	/^\}/ {
		if (start && NR - start - 1 > 80)
			print file ":" start ": " name "() has " NR - start - 1 " lines, at most 80"
		start = 0
	}
	start && /^\t\t\t\t+(if|for|while|switch|do|list_for_each[a-z_]*)( |\()/ {
		print file ":" NR ": nested more than 3 deep"
	}
	# The head of a function begins in the first column and may go on below.
	/^[A-Za-z_]/ { head = $0; next }
	/^[ \t]/ && !start { head = head " " $0; next }
	{ head = "" }' "$1"
}

check_shell() {
	awk -v file="$1" '
	/^[A-Za-z_][A-Za-z0-9_]*\(\) \{$/ { start = NR; name = $1 }
	/^\}/ {
		if (start && NR - start - 1 > 80)
			print file ":" start ": " name " has " NR - start - 1 " lines, at most 80"
		start = 0
	}' "$1"
}

violations=$(
	{ c_files; shell_files; make_files; } | while IFS= read -r file; do
		check_lines "$file"
	done
	c_files | while IFS= read -r file; do
		check_c "$file"
	done
	shell_files | while IFS= read -r file; do
		check_shell "$file"
	done
)
[ -n "$violations" ] || exit 0
echo "$violations"
exit 1
