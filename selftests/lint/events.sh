#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# events.sh [--write | --print] [INCLUDE] - docs/events.md is what the event schema says.
#
# Without an option: exit 1 and the difference when the page is stale.  INCLUDE is where
# vcm_events.h is, by default kernel/include.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
mode=check
case ${1:-} in
--write | --print) mode=${1#--}; shift ;;
esac
include=${1:-$top/kernel/include}
page=$top/docs/events.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

${CC:-gcc} -Wall -Werror -I"$include" -o "$work/doc" "$here/events_doc.c"
"$work/doc" >"$work/events.md"
case $mode in
write) cp "$work/events.md" "$page" ;;
print) cat "$work/events.md" ;;
check)
	diff -u "$page" "$work/events.md" || {
		echo "docs/events.md is stale: make events-doc"
		exit 1
	}
	;;
esac
