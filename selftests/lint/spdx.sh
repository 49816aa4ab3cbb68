#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# spdx.sh [TREE] - every source file names its licence in one of its first two lines, and every
# C file opens with a comment on what it owns.
#
# Not asked of documents and of data that tests compare byte for byte.  Prints violations; exit 1
# when there are any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=selftests/lint/files.sh
. "$here/files.sh"
cd "${1:-$here/../..}"

sources() {
	c_files
	shell_files
	make_files
	tree_files \( -name '*.py' -o -name '*.t' -o -name '.gitignore' -o -name '.editorconfig' \
		-o -name '.clang-format' -o -name '*.awk' \)
}

violations=$(
	sources | LC_ALL=C sort -u | while IFS= read -r file; do
		if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0'; then
			echo "$file: no SPDX line with GPL-2.0 in the first two lines"
		fi
	done
	c_files | while IFS= read -r file; do
		if ! head -n 3 "$file" | tail -n +2 | grep -q '^/\*'; then
			echo "$file: does not open with a comment that says what it owns"
		fi
	done
)
[ -n "$violations" ] || exit 0
echo "$violations"
exit 1
