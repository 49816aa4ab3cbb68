#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
tools.py - judges of tools*.sh: what vcmstat says as NDJSON against what has to be so.

  tools.py hist FILE            are the sums, percentiles and maxima of hist possible?
  tools.py leak FILE PID        does leak name, for each kind, the function that took it, and PID?
  tools.py killed RUNS          lines "FILE SOURCE SIGNAL CODE": does every line parse of what was
                                ended, is no loss untold, does the exit code say how it ended?
"""
import json
import sys

import replay

# What the compiler leaves of the way from the call to the tracepoint differs; the call is there.
TAKEN_IN = {"context": "vcm_ioctl_create", "reservation": "vcm_ioctl_reserve",
            "phys": "vcm_ioctl_phys_alloc"}


def need(condition, text, *values):
    if not condition:
        print(text % values)
        sys.exit(1)


def records(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def least(upper):
    """Of the values in the bucket that ends with @upper: eight buckets for a power of two."""
    return upper + 1 - (1 << max(upper.bit_length() - 4, 0))


def check_hist(rec, buckets):
    """Count, sum and maximum are of the calls in the buckets, of them all and of no other."""
    count = sum(bucket["count"] for bucket in buckets)
    need(count == rec["count"], "%s calls in the buckets: %s", count, rec)
    low = sum(bucket["count"] * least(bucket["le_ns"]) for bucket in buckets)
    high = sum(bucket["count"] * bucket["le_ns"] for bucket in buckets)
    need(low <= rec["sum_ns"] <= high, "the sum is from %s to %s: %s", low, high, rec)
    need(least(buckets[-1]["le_ns"]) <= rec["max_ns"], "more than the maximum: %s", rec)
    need(0 < rec["p50_ns"] <= rec["p99_ns"] <= rec["p999_ns"] <= rec["max_ns"],
         "percentiles of %s", rec)


def hist(path):
    seen, calls, rec, buckets = 0, 0, None, []
    for new in records(path):
        if new["type"] == "hist_bucket":
            buckets.append(new)
            continue
        if rec:
            check_hist(rec, buckets)
            seen, calls = seen + 1, calls + rec["count"]
        rec, buckets = new if new["type"] == "hist" else None, []
    need(seen, "nothing was timed")
    print("%d records of %d calls" % (seen, calls))


def leak(path, pid):
    kinds = {}
    for rec in records(path):
        if rec["type"] != "leak" or rec["pid"] != int(pid):
            continue
        need(rec["comm"] == "vcm_flow", "taken by %s", rec)
        need(rec["age_ns"] >= 100000000 and rec["refs"] > 0, "too young or not held: %s", rec)
        if not rec["holder"]:
            continue
        frames = [frame.split("+")[0] for frame in rec["stack"].split(";")]
        if rec["holder_name"].count(":") == 2:  # a device, for what it cannot use
            need("vcm_ioctl_assoc" in frames, "not taken with the device: %s", rec)
            continue
        need(rec["holder_name"] == "vcm_flow/%s" % pid, "held by %s", rec)
        need(TAKEN_IN[rec["kind"]] in frames, "not taken in %s: %s", TAKEN_IN[rec["kind"]], rec)
        kinds.setdefault(rec["kind"], set()).add((rec["vcm"], rec["id"]))
    got = {kind: len(objects) for kind, objects in kinds.items()}
    # memory is held by what it is bound to, and by nobody named
    need(got.get("context") == 2 and got.get("reservation") == 6, "held: %s", got)
    print(got)


def whole_lines(path, signal):
    with open(path, "rb") as file:
        text = file.read()
    whole, _, rest = text.rpartition(b"\n")
    need(not rest or signal == "KILL", "half a line at the end: %s", rest[:80])
    return [json.loads(line) for line in whole.split(b"\n") if line]


# By the signal: exit codes of an end in order, and that of a death by it.
ENDS = {"INT": ({0}, 130), "TERM": ({0}, 143), "PIPE": ({0, 1}, 141), "KILL": (set(), 137)}


def check_end(recs, signal, code):
    """Who listens to signals yet ends in order; before that nothing was written."""
    good, death = ENDS[signal]
    need(code in good or code == death, "exit code %s after %s", code, signal)
    ended = bool(recs) and recs[-1]["type"] == "end"
    need(all(rec["type"] != "end" for rec in recs[:-1]), "more after the end")
    need(not recs or recs[0]["type"] == "header", "begins with %s", recs[:1])
    if signal in ("INT", "TERM"):
        need(ended if code == 0 else not recs, "%s lines, exit code %s", len(recs), code)
    return ended


def killed(runs):
    """Every line parses, and every number that is missing is told as lost."""
    seen, early, events, lost = {}, {}, 0, 0
    with open(runs, encoding="utf-8") as file:
        for line in file:
            path, source, signal, code = line.split()
            try:
                recs = whole_lines(path, signal)
                check_end(recs, signal, int(code))
                lost += replay.count_losses(recs)
            except (replay.Wrong, ValueError) as wrong:
                need(False, "%s ended by %s: %s", source, signal, wrong)
            here = sum(rec["type"] == "event" for rec in recs)
            events += here
            seen[source, signal] = seen.get((source, signal), 0) + 1
            early[source, signal] = early.get((source, signal), 0) + (not here)
    for (source, signal), nr in sorted(seen.items()):
        print("%s %s: %d, %d of them before the first event" % (source, signal, nr,
                                                                early[source, signal]))
    need(len(seen) == 16 and min(seen.values()) == max(seen.values()), "not each alike")
    need(all(early[key] < seen[key] for key in seen), "none that was at work")
    print("%d runs, %d events, %d numbers missing and told" % (sum(seen.values()), events, lost))


def main(argv):
    judges = {"hist": (hist, 1), "leak": (leak, 2), "killed": (killed, 1)}
    judge, nr = judges.get(argv[1] if len(argv) > 1 else "", (None, 0))
    if not judge or len(argv) != nr + 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    judge(*argv[2:])
    return 0


sys.exit(main(sys.argv))
