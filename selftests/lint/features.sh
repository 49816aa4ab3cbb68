#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# features.sh [TREE] - every test that docs/features.md names is there.
#
# k:FIXTURE.TEST is a kselftest, k:NAME.sh:CASE a case of a shell test, u:FILE.TEST a unit test,
# and k:NAME, k:NAME.sh, u:FILE a whole program or file.  Prints what is missing; exit 1 when
# anything is, or when a row of the feature table says neither a test nor, for "no", why.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/../..}"
page=docs/features.md
rows=41

# there NAME: is it?
there() {
	local kind=${1%%:*} name=${1#*:} subject test
	subject=${name%%[.:]*}
	case $kind:$name in
	k:*.sh:*)	grep -qx "${name#*.sh:}() {" "selftests/$subject.sh" ;;
	k:*.sh)		[ -e "selftests/$name" ] ;;
	k:*.*)
		test=${name#*.}
		grep -qE "^TEST_F(_TIMEOUT)?\($subject, ${test}[,)]" selftests/*.c ;;
	k:*)		[ -e "selftests/$name.c" ] ;;
	u:*.*)		grep -qx "TEST(${name#*.})" "trace/unit/$subject.c" ;;
	u:*)		[ -e "trace/unit/$name.c" ] ;;
	esac 2>/dev/null
}

bad=0
while IFS= read -r name; do
	if ! there "$name"; then
		echo "$page: there is no $name"
		bad=1
	fi
done < <(grep -oE '\b[ku]:[a-z0-9_]+([.:][a-z0-9_]+)*' "$page" | sort -u)

# | number | capability | yes, partial or no, perhaps with more | tests |
wrong=$(awk -F'|' -v rows="$rows" '/^## 2/ { exit }
	/^\| *[0-9]+ *\|/ {
		n++
		if ($2 + 0 != n || $4 !~ /^ (yes|partial|no)([,: ]|$)/)
			print "row " $2 ": " $4
		else if ($4 ~ /^ (yes|partial)/ && $5 !~ /[ku]:/)
			print "row " n ": shown by no test"
		else if ($4 ~ /^ (partial|no) *$/)
			print "row " n ": does not say why"
	}
	END { if (n != rows) print n + 0 " rows, not " rows }' "$page")
if [ -n "$wrong" ]; then
	echo "$page: ${wrong//$'\n'/$'\n'$page: }"
	bad=1
fi
exit "$bad"
