#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-live.sh BUILD - vcmstat top on the terminal while a program works; inside the guest.
set -euo pipefail

build=$1
"$build/vm/demo_client" --work &
worker=$!
trap 'kill "$worker" 2>/dev/null || true; wait "$worker" || true' EXIT
"$build/vcmstat/vcmstat" top
