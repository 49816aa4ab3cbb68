#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh KDIR - every check of the sources themselves, one TAP result each.
#
# KDIR are the kernel headers that sparse and W=1 build against; checkpatch, kernel-doc and their
# word lists are in build/ksrc.  What a check finds is printed before its result.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
scripts=$build/ksrc/scripts
kdir=$1
count=0 failed=0
# shellcheck source=selftests/lint/files.sh
. "$here/files.sh"

# type|file|why checkpatch is not asked for it there
ignored() {
	cat <<-'LIST'
	BIT_MACRO|kernel/(include|sim/formats)/.*|user space has these files too, and no BIT()
	COMPLEX_MACRO|kernel/.*/vcm_(events|probe|trace)\.h|X-macros are lists
	MACRO_ARG_REUSE|kernel/(include/vcm_events|os/vcm_(probe|trace))\.h|no expressions
	MACRO_ARG_REUSE|kernel/sim/config\.c|the argument is the name of an attribute
	MACRO_ARG_PRECEDENCE|kernel/os/vcm_trace\.h|the argument becomes part of a name
	MACRO_ARG_UNUSED|kernel/.*/vcm_(events|probe|trace)\.h|picks columns
	MEMORY_BARRIER|kernel/sim/formats/pt\.h|one comment for the three widths of an entry
	MULTISTATEMENT_MACRO_USE_DO_WHILE|kernel/os/vcm_(probe|trace)\.h|makes declarations
	TRAILING_SEMICOLON|kernel/os/vcm_trace\.h|makes members of a struct
	SPACING|kernel/compat\.h|a parameter more begins with its comma
	MACRO_ARG_UNUSED|kernel/compat\.h|the parameter is for some kernels
	SPACING|kernel/(os|bench/noprobe)/vcm_(probe|trace)\.h|a comma before each item of X-macros
	SPDX_LICENSE_TAG|.*|checked by spdx.sh for all languages
	LINUX_VERSION_CODE|kernel/compat\.h|telling kernels apart is what the file is for
	CONSTANT_COMPARISON|kernel/compat\.h|KERNEL_VERSION() is taken for a constant on the left
	OPEN_BRACE|kernel/core/lookup\.c|functions named _for_each_ are taken for loops
	ENOSYS|kernel/drivers/iommu_fault\.c|what report_iommu_fault() wants for "not handled"
	FILE_PATH_CHANGES|.*|asks for a line in the kernel's MAINTAINERS
	LIST
}

check() {
	local text=$1 code=0 output
	shift
	count=$((count + 1))
	output=$("$@" 2>&1) || code=$?
	if [ "$code" = 0 ]; then
		echo "ok $count - $text"
		return
	fi
	[ -z "$output" ] || printf '# %s\n' "${output//$'\n'/$'\n'# }"
	echo "not ok $count - $text"
	failed=1
}

kernel_files() {
	c_files | grep '^kernel/'
}

# checkpatch leaves a cache in the current folder, which must not be the tree.  It ends with 1 for
# findings; more than that means that it did not run.
run_checkpatch() {
	local allowed found files work code=0
	allowed=$(ignored | sed -E 's/^([A-Z_]+)\|(.*)\|[^|]*$/^\2:[0-9]+: [A-Z]+:\1:/')
	mapfile -t files < <(kernel_files)
	work=$(mktemp -d)
	ln -s "$top/kernel" "$work/kernel"
	found=$(cd "$work" && perl "$scripts/checkpatch.pl" --no-tree --strict --terse \
		--show-types --no-summary --max-line-length=100 -f "${files[@]}") || code=$?
	rm -rf "$work"
	found=$(grep -vE "$allowed" <<<"$found" | grep .) || true
	[ -z "$found" ] || echo "$found"
	[ -z "$found" ] && [ "$code" -le 1 ]
}

run_sparse() {
	make -s -C kernel OUT="$build/kernel" KDIR="$kdir" sparse
}

run_w1() {
	make -s -C kernel OUT="$build/kernel" KDIR="$kdir" w1
}

# The comments must be well formed, and everything exported must have one.
run_kernel_doc() {
	local file symbol bad=0 exports documented
	exports=$(kernel_files | xargs grep -HoE '^EXPORT_SYMBOL[A-Z_]*\([a-z0-9_]+' |
		  sed 's/:.*(/:/')
	find kernel/include -name '*.h' -print0 |
		xargs -0 perl "$scripts/kernel-doc" -none -Werror || bad=1
	cut -d: -f1 <<<"$exports" | LC_ALL=C sort -u |
		xargs perl "$scripts/kernel-doc" -none -Werror || bad=1
	# Data is declared extern and needs none.
	documented=$(kernel_files | xargs sed -nE 's/^ \* ([a-z0-9_]+)(\(\))? - .*/\1/p')
	documented+=$'\n'$(kernel_files | grep '\.h$' |
		xargs sed -nE 's/^extern [^(]*[ *]([a-z0-9_]+);.*/\1/p')
	while IFS=: read -r file symbol; do
		if ! grep -qxF "$symbol" <<<"$documented"; then
			echo "$file: $symbol is exported and has no kernel-doc comment"
			bad=1
		fi
	done <<<"$exports"
	return "$bad"
}

# The tool without BPF has the same options.
run_agreement() {
	local out=$build/vcmstat-lint tests=tools/vcmstat/tests
	make -s -C tools/vcmstat OUT="$out" NO_BPF=1 all
	python3 "$tests/man_check.py" "$out/vcmstat" docs/man
	"$out/vcmstat" completion >"$out/completion"
	"$out/vcmstat" completion table >"$out/table"
	shellcheck -s bash "$out/completion"
	bash "$tests/completion_check.sh" "$out/completion" "$out/table"
}

run_codespell() {
	tree_files ! -path './tools/vcmstat/tests/golden/*' |
		xargs -d '\n' codespell --quiet-level=3 --ignore-words="$here/words.txt"
}

# SC2317: functions that are called through a trap or a helper like check() look unreachable.
run_shellcheck() {
	shell_files | xargs shellcheck -x -e SC2317
}

main() {
	cd "$top"
	echo "TAP version 13"
	check "the checks themselves find what they are for" "$here/lint_test.sh"
	check "nobody includes what they must not" "$here/includes.sh"
	check "files, functions and lines are short" "$here/size.sh"
	check "every source has a licence and a purpose" "$here/spdx.sh"
	check "docs/events.md is what the event schema says" "$here/events.sh"
	check "the page on formats counts lines right" "$here/consolidation.sh"
	check "structs of the interface have no padding" "$here/padding.sh"
	check "every allocation of the module can be made to fail" "$here/failpoints.sh"
	check "the tests that the feature list names are there" "$here/features.sh"
	check "checkpatch --strict is content" run_checkpatch
	check "kernel-doc is complete and well formed" run_kernel_doc
	check "code, help, man pages and completion of vcmstat agree" run_agreement
	check "codespell finds no mistake" run_codespell
	check "shellcheck is content" run_shellcheck
	check "the module builds without a warning with W=1" run_w1
	check "sparse is content" run_sparse
	echo "1..$count"
}

main
exit "$failed"
