# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# cache.sh - where results live that are slow to make; sourced by the scripts that make them.
#
# The cache is $VCM_CACHE, else $XDG_CACHE_HOME/vcm, else ~/.cache/vcm, else build/cache: outside
# the tree, so that it outlives `make clean` and serves every checkout.  It is never needed.  A
# result is a folder named by a checksum of all it is made from, appears under that name in one
# step and never changes; the stamp NAME.used beside it tells when it was last wanted.

# cache_dir SUBJECT TOP: make the folder of a subject and print its path
cache_dir() {
	local subject=$1 top=$2 base
	base=${VCM_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}}
	[ -z "$base" ] || [ -n "${VCM_CACHE:-}" ] || base=$base/vcm
	if [ -z "$base" ] || ! mkdir -p "$base/$subject" 2>/dev/null ||
	   ! [ -w "$base/$subject" ]; then
		base=$top/build/cache
		mkdir -p "$base/$subject"
	fi
	cd "$base/$subject" && pwd -P
}

# cache_expire FOLDER KEEP: results that nobody asked for in a week go, but KEEP of them stay
cache_expire() {
	local folder=$1 keep=$2 stamp
	find "$folder" -maxdepth 1 -name '*.used' -printf '%T@ %p\n' | sort -rn |
		tail -n "+$((keep + 1))" | cut -d' ' -f2- | while IFS= read -r stamp; do
		if [ -n "$(find "$stamp" -mtime +7)" ]; then
			rm -rf "${stamp%.used}" "$stamp"
		fi
	done
}

# cache_newest FOLDER: the result that was wanted last, or nothing
cache_newest() {
	local stamp
	find "$1" -maxdepth 1 -name '*.used' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2- |
		while IFS= read -r stamp; do
			if [ -d "${stamp%.used}" ]; then
				echo "${stamp%.used}"
				break
			fi
		done
}
