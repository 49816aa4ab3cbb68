#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint_test.sh - plants one mistake after another in a small tree; each check must find its own.
#
# Prints what was not found; exit 1 when there is any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# plant FILE TEXT: a fresh tree of one file; %b, so that \n is a line
plant() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/$(dirname "$1")"
	printf '%b' "$2" >"$work/tree/$1"
}

# finds CHECK FILE TEXT WHAT: the check complains about this tree in these words
finds() {
	local said
	plant "$2" "$3"
	if said=$("$here/$1" "$work/tree" 2>&1); then
		echo "$1 does not find: $4 ($2)"
		failed=1
	elif ! grep -qF -- "$4" <<<"$said"; then
		echo "$1 says '$said' and not: $4 ($2)"
		failed=1
	fi
}

# passes CHECK FILE TEXT: the check is content with this tree
passes() {
	plant "$2" "$3"
	if ! "$here/$1" "$work/tree" >"$work/said" 2>&1; then
		echo "$1 complains about good code: $(cat "$work/said")"
		failed=1
	fi
}

# padding CODE STRUCT: of one struct
padding() {
	local code=0
	printf '#include <linux/types.h>\n%b\n' "$2" >"$work/a.h"
	"$here/padding.sh" "$work/a.h" >"$work/said" 2>&1 || code=$?
	if [ "$code" != "$1" ]; then
		echo "padding.sh ends with $code, not $1, for: $2 ($(cat "$work/said"))"
		failed=1
	fi
}

# stale EXPRESSION FILE WHAT: in a copy of the page on formats and their sources, changed by sed
stale() {
	local said
	rm -rf "$work/tree"
	mkdir -p "$work/tree/kernel/sim" "$work/tree/docs"
	cp -r "$here/../../kernel/sim/formats" "$work/tree/kernel/sim/"
	cp "$here/../../docs/consolidation.md" "$work/tree/docs/"
	sed -i "$1" "$work/tree/$2"
	if said=$("$here/consolidation.sh" "$work/tree" 2>&1); then
		echo "consolidation.sh does not find: $3"
		failed=1
	elif ! grep -qF -- "$3" <<<"$said"; then
		echo "consolidation.sh says '$said' and not: $3"
		failed=1
	fi
}

repeat() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%s' "$2"
	done
}

good='// SPDX-License-Identifier: GPL-2.0-only\n/*\n * a.c - owns nothing.\n */\n'

finds failpoints.sh kernel/user/a.c 'int a(void)\n{\n\tx = kzalloc(8, GFP_KERNEL);\n}\n' \
	'a.c:3: a() allocates and asks no failure point before'
finds failpoints.sh kernel/user/a.c \
	'int a(void)\n{\n\tif (vcm_should_fail())\n}\nint b(void)\n{\n\tvmap(p);\n}\n' \
	'a.c:7: b() allocates'
finds failpoints.sh kernel/os/vmap.c 'int a(void)\n{\n}\n' 'vcm_pages_of() is an exception'
passes failpoints.sh kernel/user/a.c \
	'int a(void)\n{\n\treturn vcm_should_fail() ? 1 :\n\t\tida_alloc(&x);\n}\n'

finds includes.sh kernel/core/a.c '#include <linux/slab.h>\n' 'must not include <linux/slab.h>'
finds includes.sh kernel/core/a.c '  # include "obs/obs.h" // x\n' 'must not include "obs/obs.h"'
finds includes.sh kernel/core/a.c '#include "vcm_trace.h"\n' 'compiled in user space'
finds includes.sh kernel/core/a.c '#ifdef __KERNEL__\n' '__KERNEL__'
finds includes.sh kernel/core/a.c '#include HEADER\n' 'HEADER'
finds includes.sh kernel/drivers/a.c '#include "core.h"\n' 'must not include "core.h"'
finds includes.sh kernel/include/a.h '#include <linux/device.h>\n' 'must not include'
finds includes.sh tools/vcmstat/model.c '#include "sink.h"\n' 'the model does no I/O'
finds includes.sh tools/vcmstat/a.c '#include "core.h"\n' 'knows the formats only'
finds includes.sh bpf/a.bpf.c '#include "core.h"\n' 'must not include "core.h"'
finds includes.sh selftests/a.c '#include "vcm_bpf.h"\n' 'must not include "vcm_bpf.h"'
finds includes.sh newfolder/a.c '#include <stdio.h>\n' 'no rule'
passes includes.sh kernel/core/a.c '#include "vcm_os.h"\n#include "a.c"\n'
passes includes.sh kernel/os/a.c '#include <linux/slab.h>\n'

finds size.sh a.c "$(repeat 501 '\n')" '501 lines'
finds size.sh a.c "$(repeat 101 x)\n" '101 columns'
finds size.sh a.c "$(repeat 12 '\t')xxxxx\n" '101 columns'
finds size.sh a.c "int f(int a)\n{\n$(repeat 81 '\t;\n')}\n" 'f() has 81 lines'
finds size.sh a.c 'int f(int a, int b, int c,\n      int d, int e, int f, int g)\n{\n}\n' \
	'f() has 7 arguments'
finds size.sh a.c 'void f(void)\n{\n\t\t\t\tif (x)\n}\n' 'nested more than 3 deep'
finds size.sh a.sh "#!/bin/bash\nf() {\n$(repeat 81 '\t:\n')}\n" 'f() has 81 lines'
passes size.sh a.c "int f(int a)\n{\n$(repeat 80 '\t;\n')}\n"
passes size.sh a.c 'int f(int (*g)(int, int), int b, int c, int d, int e, int f)\n{\n}\n'

finds spdx.sh a.c '/*\n * a.c - x\n */\n' 'no SPDX line'
finds spdx.sh a.sh '#!/bin/bash\n' 'no SPDX line'
finds spdx.sh a.c '// SPDX-License-Identifier: GPL-2.0-only\nint x;\n' 'what it owns'
passes spdx.sh a.c "$good"

padding 0 'struct a {\n\t__u32 x;\n\t__u32 y;\n\t__u64 z;\n};'
padding 1 'struct a {\n\t__u32 x;\n\t__u64 z;\n};'
padding 1 'struct a {\n\t__u64 x;\n\t__u32 z;\n};'

stale '/^#include/d' kernel/sim/formats/tce.c 'stale'
stale '/consolidation.sh: begin/d' docs/consolidation.md 'has no line'
stale 's/map.c/map.c/w '"$work"'/tree/kernel/sim/formats/another.c' docs/consolidation.md \
	'does not say whose it is'

exit "$failed"
