#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# diff-record.sh FOLDER [GENERATED] - the user-space side of diff.sh: play the example scenarios and
# GENERATED random ones (default 100) with vcmsim under LTTng.
#
# Leaves in FOLDER: the scenarios, list.txt with their names in the order in which they are played,
# ust.txt, what babeltrace2 prints of the trace, and ust.lines, what diff.py makes of it.  Runs
# natively, before the guest boots; root becomes nobody for the recording, so that no daemon of the
# system is involved.
#
# VCM_SEED=N generates the same scenarios again; the seed is printed first.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(realpath -m "$1")
generated=${2:-100}
seed=${VCM_SEED:-$((RANDOM * 32768 + RANDOM))}
vcmsim=${VCMSIM:-$top/build/trace/plain/vcmsim}

echo "# seed $seed"
rm -rf "$folder"
mkdir -p "$folder"
for file in "$top"/trace/scenarios/*.vcm; do
	cp "$file" "$folder/"
	basename "$file"
done >"$folder/list.txt"
for ((i = 0; i < generated; i++)); do
	name=random-$((seed + i)).vcm
	"$vcmsim" --generate "$((seed + i))" --steps 80 >"$folder/$name"
	echo "$name"
done >>"$folder/list.txt"

# What nobody has to read and write is in a folder of its own.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$folder" "$work/scenarios"
mkdir "$work/sessions"
cp "$top"/trace/sessions/*.sh "$work/sessions/"
cp "$vcmsim" "${VCM_UST:-$top/build/trace/ust/libvcm-ust.so}" "$work/"
cat >"$work/play.sh" <<-'EOT'
	#!/bin/bash
	set -e
	while read -r name; do
		./vcmsim --quiet "scenarios/$name"
	done <scenarios/list.txt
EOT
become=()
if [ "$(id -u)" = 0 ]; then
	chown -R 65534:65534 "$work"
	become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
cd "$work"
"${become[@]}" env HOME="$work" TMPDIR="$work" VCM_UST="$work/libvcm-ust.so" \
	sessions/record.sh "$work/trace" bash play.sh
babeltrace2 --clock-seconds "$work/trace" >"$folder/ust.txt"
# The guest is slow: it gets what is compared as well.
"$top/selftests/diff.py" show "$folder/ust.txt" >"$folder/ust.lines"
echo "# $(wc -l <"$folder/list.txt") scenarios, $(wc -l <"$folder/ust.txt") events"
