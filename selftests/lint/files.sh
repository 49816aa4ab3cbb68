# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# files.sh - which files of the tree a check looks at; sourced by the checks.
#
# All print paths relative to the current folder, the top of the tree, sorted.

tree_files() {
	find . \( -path ./build -o -path ./.git \) -prune -o -type f "$@" -print |
		sed 's,^\./,,' | LC_ALL=C sort
}

c_files() {
	tree_files \( -name '*.c' -o -name '*.h' \)
}

shell_line='^#!.*[/ ](ba|busybox )?sh( |$)|^# shellcheck shell='

# Scripts by their first line, whatever their name.
shell_files() {
	tree_files ! -name '*.[ch]' | while IFS= read -r file; do
		if head -n 1 "$file" | grep -Eaq "$shell_line"; then
			echo "$file"
		fi
	done
}

make_files() {
	tree_files \( -name Makefile -o -name Kbuild -o -name '*.mk' \)
}
