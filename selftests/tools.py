#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
tools.py - judges of tools.sh: what vcmstat says as NDJSON against what has to be so.

  tools.py hist FILE            are the sums, percentiles and maxima of hist possible?
  tools.py leak FILE PID        does leak name, for each kind, the function that took it, and PID?
  tools.py lines FILE SIGNAL    does every line parse of what SIGNAL ended, and is no loss untold?
"""
import json
import sys

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


def hist(path):
    seen = 0
    for rec in records(path):
        if rec["type"] != "hist" or not rec["count"]:
            continue
        seen += 1
        need(0 < rec["p50_ns"] <= rec["p99_ns"] <= rec["p999_ns"], "percentiles of %s", rec)
        need(rec["p999_ns"] <= rec["max_ns"] * 9 / 8 + 1, "more than the maximum: %s", rec)
        need(0 < rec["sum_ns"] <= rec["count"] * rec["max_ns"], "sum of %s", rec)
    need(seen, "nothing was timed")
    print("%d records" % seen)


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


def lines(path, signal):
    with open(path, "rb") as file:
        text = file.read()
    whole, _, rest = text.rpartition(b"\n")
    need(not rest or signal == "KILL", "half a line at the end: %s", rest[:80])
    recs = [json.loads(line) for line in whole.split(b"\n") if line]
    ended = bool(recs) and recs[-1]["type"] == "end"
    need(ended or signal in ("PIPE", "KILL"), "no end record after %s", signal)
    at, told = {}, {}
    for rec in recs:
        kind, stream = rec["type"], rec.get("stream")
        if kind == "resync":
            at = {}
        elif kind == "stream":
            at[stream] = rec["seq"]
        elif kind == "lost" and stream is not None:
            told[stream] = rec
        elif kind == "event":
            if rec["event"] == "vcm_create":
                at.update((rec["first_stream"] + i, 0) for i in range(rec["nr_streams"]))
            want = at.get(stream, rec["seq"] - 1) + 1
            lost = told.get(stream, {})
            told_so = (lost.get("expected"), lost.get("got")) == (want, rec["seq"])
            need(rec["seq"] == want or told_so,
                 "stream %s: %s in place of %s, untold", stream, rec["seq"], want)
            at[stream] = rec["seq"]
    print("%d lines%s" % (len(recs), "" if ended else ", no end"))


def main(argv):
    judges = {"hist": (hist, 1), "leak": (leak, 2), "lines": (lines, 2)}
    judge, nr = judges.get(argv[1] if len(argv) > 1 else "", (None, 0))
    if not judge or len(argv) != nr + 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    judge(*argv[2:])
    return 0


sys.exit(main(sys.argv))
