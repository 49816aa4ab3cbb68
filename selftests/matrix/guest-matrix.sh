#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-matrix.sh USER RESULTS [NAME]... - what a leg of the matrix runs in its guest.
#
# USER holds selftests/ and vcmstat/; the modules are loaded, see guest-run.sh.  Leaves in RESULTS
# vcmstat.tap and what guest-kselftest.sh leaves, which unloads the modules at the end.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
user=$1 results=$2
shift 2
code=0

"$here/vcmstat.sh" "$user/vcmstat/vcmstat" "$user/selftests/vcm/vcm_flow" |
	tee "$results/vcmstat.tap" || code=1
"$here/../vm/guest-kselftest.sh" "$user/selftests" "$results" "$@" || code=1
exit "$code"
