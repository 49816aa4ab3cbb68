#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tutorial.sh [--native] - the commands of docs/tutorial.md do what the page says.
#
# Every block of commands is run, in order and in one shell, and every line of the block of output
# that follows must be in what it printed, with "..." for anything. `--native` runs the blocks that
# a reader runs on his own machine, as an ordinary user when root does this; without it those for
# the guest are run.  Blocks marked "once" build the tree, which has been done.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
count=0 failed=0 want=guest
if [ "${1:-}" = --native ]; then
	want=''
fi
for top in "$here/.." "$here/../../.."; do
	[ ! -r "$top/docs/tutorial.md" ] || break
done
top=$(cd "$top" && pwd)
page=$top/docs/tutorial.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Blocks as files N.sh or N.text; N.sh that are not wanted are left out with their output.
blocks() {
	awk -v want="$want" -v dir="$work" '
	/^```/ && !open {
		open = 1
		kind = substr($1, 4)
		if (kind == "sh")
			wanted = $2 == want
		if (wanted)
			file = dir "/" sprintf("%02d.%s", ++nr, kind)
		next
	}
	/^```/ { open = 0; next }
	open && wanted { print >file }' "$page"
}

result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=1
	fi
}

# as_pattern LINE: fixed text but for "..." and the number of blanks
# shellcheck disable=SC2016 # for sed
as_pattern() {
	sed -E -e 's/[][\.*^$(){}?+|/]/\\&/g' -e 's/ ?(\\\.){3} ?/.*/g' \
		-e 's/[ \t]+/ +/g' -e 's/^ \+//' <<<"$1"
}

# Every line of a block of output, in order.
printed() {
	local line at=1 found bad=0
	while IFS= read -r line; do
		found=$(tail -n "+$at" "$2" | grep -nE -m 1 -- "$(as_pattern "$line")" |
			cut -d: -f1)
		if [ -z "$found" ]; then
			echo "# not printed (after line $at): $line"
			bad=1
		else
			at=$((at + found))
		fi
	done <"$1"
	return "$bad"
}

# One shell for all commands, as a reader has; a mark in the output tells the blocks apart.
run_commands() {
	local file become=()
	{
		echo "set -e; cd '$work/tree'"
		for file in "$work"/*.sh; do
			cat "$file"
			echo "echo '@@ $(basename "$file")'"
		done
	} >"$work/commands"
	mkdir "$work/tree"
	if [ "$want" = '' ]; then
		copy_tree
	else
		rmdir "$work/tree"
		ln -s "$top" "$work/tree"
	fi
	if [ "$want" = '' ] && [ "$(id -u)" = 0 ]; then
		chown -R 65534:65534 "$work"
		become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	"${become[@]}" env HOME="$work" TMPDIR="$work" bash "$work/commands" >"$work/all" \
		2>"$work/errors"
}

# What a reader has after the build, for a user who may write there.
copy_tree() {
	local path
	for path in trace/scenarios trace/sessions build/trace/plain/vcmsim \
		    build/trace/ust/libvcm-ust.so build/vcmstat/vcmstat; do
		mkdir -p "$work/tree/$(dirname "$path")"
		cp -r "$top/$path" "$work/tree/$path"
	done
}

# In the guest the test module has to be there, for this kernel.
skip_without_module() {
	local module=$top/build/mod/vcm_test.ko
	if [ "$want" = guest ] &&
	   [[ "$(modinfo -F vermagic "$module" 2>/dev/null) " != "$(uname -r) "* ]]; then
		echo "1..1"
		echo "ok 1 the commands for the guest # SKIP no vcm_test.ko for this kernel"
		exit 4
	fi
}

main() {
	local file code=0 last=''
	echo "TAP version 13"
	skip_without_module
	blocks
	set +e
	run_commands
	code=$?
	set -e
	[ "$code" = 0 ] || { tail -n 5 "$work/all" "$work/errors" | sed 's/^/# /'; }
	result "$code" "every command succeeds"
	# the output of each block in a file of its own
	awk -v dir="$work" '
		/^@@ / { printf "%s", text >(dir "/" $2 ".out"); text = ""; next }
		{ text = text $0 "\n" }' "$work/all"
	for file in "$work"/[0-9]*.{sh,text}; do
		echo "$file"
	done | sort >"$work/files"
	while IFS= read -r file; do
		case $file in
		*.sh)	last=$file.out ;;
		*.text)	code=0
			[ -e "$last" ] || : >"$last"
			set +e
			printed "$file" "$last"
			code=$?
			set -e
			result "$code" "the output is: $(head -n 1 "$file")" ;;
		esac
	done <"$work/files"
	echo "1..$count"
}

main
exit "$failed"
