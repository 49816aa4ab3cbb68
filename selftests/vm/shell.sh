#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shell.sh [boot.sh option]... - a root shell in the guest, with the modules loaded.
#
# Without a terminal the shell reads its commands from standard input, so that a script can be
# piped in.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$here/../.." && pwd)/build
load=("$here/guest-run.sh" "$build/kernel/vcm.ko" "$build/kernel/vcm_edu.ko" --)
path=$build/vcmstat:$build/vm:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

if [ -t 0 ] && [ -t 1 ]; then
	echo "vm: vcmstat and demo_client are in the path; 'exit' powers the guest off"
	exec "$here/boot.sh" --tty --timeout 0 "$@" -- \
		"${load[@]}" env "PATH=$path" bash --norc -i
fi
exec "$here/boot.sh" "$@" -- "${load[@]}" env "PATH=$path" bash -c "$(cat)"
