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

# The first lines of all files by one awk: a process for each would take most of the time.
violations=$(
	sources | LC_ALL=C sort -u | xargs -r -d '\n' awk '
	function judge() {
		if (file != "" && !found)
			print file ": no SPDX line with GPL-2.0 in the first two lines"
	}
	FNR == 1 { judge(); file = FILENAME; found = 0 }
	/SPDX-License-Identifier: GPL-2.0/ { found = 1 }
	FNR == 2 { nextfile }
	END { judge() }'
	c_files | xargs -r -d '\n' awk '
	function judge() {
		if (file != "" && !found)
			print file ": does not open with a comment that says what it owns"
	}
	FNR == 1 { judge(); file = FILENAME; found = 0; next }
	/^\/\*/ { found = 1 }
	FNR == 3 { nextfile }
	END { judge() }'
)
[ -n "$violations" ] || exit 0
echo "$violations"
exit 1
