#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
replay.py - an oracle for the event stream that shares no code with the module or vcmstat.

Reads the NDJSON of `vcmstat events --json`, applies every event to the state it begins with, and
prints the state as debugfs/vcm prints it.  It believes nothing: a number that is missing in a
stream, an event that cannot have happened in the state before it, a count that does not follow,
and any loss that vcmstat itself reports end it with 1.

  replay.py compare RECORD DEBUGFS   is the state at the end what DEBUGFS shows now?
  replay.py reached RECORD DEBUGFS   does the record hold all events up to now? (for waiting)
  replay.py seqs FILE                ftrace text on FILE: is every stream without a gap?
  replay.py losses RECORD            is every number that is missing told as lost, and only those?
"""
import json
import os
import re
import struct
import sys

KIND_CONTEXT, KIND_RES, KIND_PHYS, KIND_ASSOC = 1, 2, 3, 4
DRIVERS = {1: "iommu", 2: "o2o", 3: "vmm", 4: "contig"}
PROTS = ("-", "r-", "-w", "rw")
PAGE = 4096
RESERVE_BOUND = 2
SNAP_MAGIC = 0x534D4356
SNAP_STREAM, SNAP_CONTEXT, SNAP_RES, SNAP_HOLD = 1, 3, 6, 8


class Wrong(Exception):
    """The record contradicts itself or the kernel."""


def need(condition, text, *values):
    if not condition:
        raise Wrong(text % values)


class State:
    """What the module has, built from records and events."""

    def __init__(self):
        self.seq = {}       # stream -> last number
        self.owner = {}     # stream -> context
        self.contexts = {}  # id -> dict
        self.assocs = {}    # id -> dict
        self.physes = {}    # id -> dict
        self.res = {}       # (context, id) -> dict
        self.holds = {}     # (kind, context, id, holder) -> references

    def record(self, rec):
        kind = rec["type"]
        if kind == "stream":
            self.seq[rec["stream"]] = rec["seq"]
            self.owner[rec["stream"]] = rec["vcm"]
        elif kind == "context":
            self.contexts[rec["vcm"]] = rec
        elif kind == "assoc":
            self.assocs[rec["assoc"]] = rec
        elif kind == "phys":
            self.physes[rec["phys"]] = rec
        elif kind == "reservation":
            self.res[rec["vcm"], rec["res"]] = rec
        elif kind == "hold":
            self.holds[rec["kind"], rec["vcm"], rec["id"], rec["holder"]] = rec["count"]

    def hold(self, kind, ev, count):
        """@count more references of a holder, which has none of nobody named (0)."""
        key = (kind, 0 if kind == KIND_PHYS else ev["vcm"], ev["id"], ev["holder"])
        if not ev["holder"]:
            return
        left = self.holds.get(key, 0) + count
        need(left >= 0, "a reference that its holder does not have: %s", ev)
        self.holds[key] = left
        if not left:
            del self.holds[key]

    def drop_holds(self, kind, vcm, key):
        for hold in [h for h in self.holds if h[:3] == (kind, vcm, key)]:
            del self.holds[hold]

    def count(self, ev):
        """The number of the event is the one after the last of its stream."""
        stream = ev["stream"]
        need(stream in self.seq, "%s of stream %d, which does not exist", ev["event"], stream)
        want = self.seq[stream] + 1
        need(ev["seq"] == want, "gap: stream %d has %d after %d", stream, ev["seq"], want - 1)
        self.seq[stream] = want
        owner = self.owner[stream]
        need(not owner or ev["vcm"] == owner, "wrong stream: %s", ev)

    def apply(self, ev):
        self.count(ev)
        name = ev["event"]
        need(name.startswith("vcm_"), "event %s is not of vcm", name)
        getattr(self, "on_" + name[4:])(ev)

    def get(self, table, key, ev):
        need(key in table, "%s of %s, which does not exist", ev["event"], key)
        return table[key]

    def res_of(self, ev):
        return self.get(self.res, (ev["vcm"], ev["id"]), ev)

    def bindings(self, phys):
        return sum(1 for res in self.res.values() if res["phys"] == phys)

    def on_create(self, ev):
        need(ev["id"] == ev["vcm"] and ev["id"] not in self.contexts, "create of %d", ev["id"])
        keys = ("vcm", "refs", "start", "last", "driver")
        self.contexts[ev["id"]] = {key: ev[key] for key in keys} | {"flags": 0}
        self.hold(KIND_CONTEXT, ev, 1)
        for stream in range(ev["first_stream"], ev["first_stream"] + ev["nr_streams"]):
            need(stream not in self.seq, "stream %d exists already", stream)
            self.seq[stream] = 0
            self.owner[stream] = ev["vcm"]

    def on_destroy(self, ev):
        vcm = ev["vcm"]
        self.get(self.contexts, vcm, ev)
        need(not any(key[0] == vcm for key in self.res), "context %d ends with reservations", vcm)
        need(not any(a["vcm"] == vcm for a in self.assocs.values()),
             "context %d ends with associations", vcm)
        del self.contexts[vcm]
        self.drop_holds(KIND_CONTEXT, vcm, vcm)
        for stream in [s for s, owner in self.owner.items() if owner == vcm]:
            del self.seq[stream], self.owner[stream]

    @staticmethod
    def taken(res):
        """First and last address of a range with its guards."""
        before, after = res["guard"] & 0xffff, res["guard"] >> 16
        return res["start"] - before * PAGE, res["start"] + res["len"] - 1 + after * PAGE

    def on_reserve(self, ev):
        context = self.get(self.contexts, ev["vcm"], ev)
        new = {
            "vcm": ev["vcm"], "res": ev["id"], "refs": 1, "start": ev["start"], "len": ev["len"],
            "phys": 0, "off": 0, "bound_len": 0, "prot": 0, "mapped": 0, "align": ev["align"],
            "rflags": ev["flags"], "guard": ev["guard"],
        }
        first, last = self.taken(new)
        need(context["start"] <= first and last <= context["last"], "outside the window: %s", ev)
        for (vcm, _), other in self.res.items():
            start, end = self.taken(other)
            inside = (other["rflags"] & RESERVE_BOUND and other["start"] <= first and
                      last < other["start"] + other["len"])
            need(vcm != ev["vcm"] or last < start or end < first or inside, "overlap: %s", ev)
        need(ev["refs"] == 1, "a new reservation has %d references", ev["refs"])
        self.res[ev["vcm"], ev["id"]] = new
        self.hold(KIND_RES, ev, 1)

    def on_unreserve(self, ev):
        res = self.res_of(ev)
        need(not res["phys"], "reservation %d ends bound", ev["id"])
        need((res["start"], res["len"]) == (ev["start"], ev["len"]), "range of %s", ev)
        del self.res[ev["vcm"], ev["id"]]
        self.drop_holds(KIND_RES, ev["vcm"], ev["id"])

    def counted(self, ev):
        kind = ev["kind"]
        if kind == KIND_CONTEXT:
            return self.get(self.contexts, ev["id"], ev)
        if kind == KIND_RES:
            return self.res_of(ev)
        need(kind == KIND_PHYS, "kind %d is not counted", kind)
        return self.get(self.physes, ev["id"], ev)

    def on_ref(self, ev):
        obj = self.counted(ev)
        need(ev["refs"] == obj["refs"] + 1, "there were %d references: %s", obj["refs"], ev)
        obj["refs"] = ev["refs"]
        self.hold(ev["kind"], ev, 1)

    def on_unref(self, ev):
        obj = self.counted(ev)
        need(ev["refs"] == obj["refs"] - 1, "there were %d references: %s", obj["refs"], ev)
        obj["refs"] = ev["refs"]
        self.hold(ev["kind"], ev, -1)

    def on_phys_alloc(self, ev):
        need(ev["id"] not in self.physes, "memory %d exists already", ev["id"])
        self.physes[ev["id"]] = {"phys": ev["id"], "len": ev["len"], "refs": ev["refs"],
                                 "chunks": ev["chunks"]}
        self.hold(KIND_PHYS, ev, 1)

    def on_phys_free(self, ev):
        phys = self.get(self.physes, ev["id"], ev)
        need(phys["len"] == ev["len"], "length of %s", ev)
        need(not self.bindings(ev["id"]), "memory %d freed while bound", ev["id"])
        need(phys["refs"] <= 1 and not ev["refs"], "memory %d freed while held", ev["id"])
        del self.physes[ev["id"]]
        self.drop_holds(KIND_PHYS, 0, ev["id"])

    def on_bind(self, ev):
        res = self.res_of(ev)
        phys = self.get(self.physes, ev["phys"], ev)
        need(not res["phys"], "reservation %d is bound already", ev["id"])
        need(res["start"] == ev["start"] and ev["len"] <= res["len"], "range of %s", ev)
        need(not res["rflags"] & RESERVE_BOUND, "bind of a sub-window: %s", ev)
        need(ev["off"] + ev["len"] <= phys["len"], "beyond the memory: %s", ev)
        res.update(phys=ev["phys"], off=ev["off"], bound_len=ev["len"], prot=ev["prot"])

    def on_unbind(self, ev):
        res = self.res_of(ev)
        need(res["phys"] == ev["phys"], "unbind of other memory: %s", ev)
        need(not res["mapped"], "unbind while mapped: %s", ev)
        need(res["bound_len"] == ev["len"], "length of %s", ev)
        res.update(phys=0, off=0, bound_len=0, prot=0)

    def on_map(self, ev):
        res = self.res_of(ev)
        need(res["phys"], "map of an unbound reservation: %s", ev)
        need((res["start"], res["bound_len"], res["prot"]) ==
             (ev["start"], ev["len"], ev["prot"]), "map of something else: %s", ev)
        res["mapped"] += 1

    def on_unmap(self, ev):
        res = self.res_of(ev)
        need(res["mapped"] > 0, "unmap of what is not mapped: %s", ev)
        need((res["start"], res["bound_len"]) == (ev["start"], ev["len"]), "unmap of part: %s", ev)
        need(not ev["err"], "unmap failed: %s", ev)
        res["mapped"] -= 1

    def on_assoc(self, ev):
        self.get(self.contexts, ev["vcm"], ev)
        need(ev["id"] not in self.assocs, "association %d exists already", ev["id"])
        self.assocs[ev["id"]] = {"assoc": ev["id"], "vcm": ev["vcm"], "dev": ev["dev"],
                                 "active": 0, "domain": 0}

    def on_deassoc(self, ev):
        assoc = self.get(self.assocs, ev["id"], ev)
        need(not assoc["active"], "association %d ends active", ev["id"])
        del self.assocs[ev["id"]]

    def on_activate(self, ev):
        """One more; of a saved context without a domain, or once more when it comes back."""
        assoc = self.get(self.assocs, ev["id"], ev)
        saved = self.contexts[ev["vcm"]]["flags"]
        again = saved and ev["domain"]
        need(ev["refs"] == assoc["active"] + (not again), "activations of %s", ev)
        need(saved or ev["domain"], "active in no domain: %s", ev)
        need(assoc["domain"] in (0, ev["domain"]), "other domain: %s", ev)
        assoc.update(active=ev["refs"], domain=ev["domain"])

    def on_deactivate(self, ev):
        assoc = self.get(self.assocs, ev["id"], ev)
        need(ev["refs"] < assoc["active"], "activations of %s", ev)
        need(ev["domain"] == assoc["domain"], "other domain: %s", ev)
        assoc.update(active=ev["refs"], domain=assoc["domain"] if ev["refs"] else 0)

    def on_switch(self, ev):
        old, new = self.get(self.assocs, ev["from"], ev), self.get(self.assocs, ev["id"], ev)
        need((old["vcm"], new["vcm"]) == (ev["from_vcm"], ev["vcm"]), "contexts of %s", ev)
        need(old["dev"] == new["dev"] == ev["dev"], "not of one device: %s", ev)
        need(not new["active"] and ev["refs"] == old["active"], "activations of %s", ev)
        need(ev["domain"] and not ev["from_active"], "half a switch: %s", ev)
        new.update(active=ev["refs"], domain=ev["domain"])
        old.update(active=0, domain=0)

    def on_save(self, ev):
        self.get(self.contexts, ev["vcm"], ev)["flags"] = 1
        need(not any(res["mapped"] for res in self.of(ev["vcm"])), "saved with maps: %s", ev)
        for assoc in self.assocs.values():
            if assoc["vcm"] == ev["vcm"]:
                assoc["domain"] = 0

    def on_restore(self, ev):
        context = self.get(self.contexts, ev["vcm"], ev)
        need(context["flags"], "restored and not saved: %s", ev)
        need(not any(a["vcm"] == ev["vcm"] and a["active"] and not a["domain"]
                     for a in self.assocs.values()), "an active device was left out: %s", ev)
        context["flags"] = 0

    def on_error(self, ev):
        need(ev["err"] < 0, "error without errno: %s", ev)

    def of(self, vcm):
        found = [res for key, res in self.res.items() if key[0] == vcm]
        return sorted(found, key=lambda res: (res["start"], res["res"]))

    def text_contexts(self):
        lines = ["# vcm contexts v1", "# vcm driver refs start last reservations reserved bound "
                 "mapped associations active"]
        for vcm, context in sorted(self.contexts.items()):
            own = self.of(vcm)
            assocs = [a for a in self.assocs.values() if a["vcm"] == vcm]
            lines.append("%d %s %d %016x %016x %d %d %d %d %d %d" % (
                vcm, DRIVERS[context["driver"]], context["refs"], context["start"],
                context["last"], len(own),
                sum(res["len"] for res in own if not res["rflags"] & RESERVE_BOUND),
                sum(res["bound_len"] for res in own),
                sum(res["bound_len"] for res in own if res["mapped"]),
                len(assocs), sum(1 for a in assocs if a["active"])))
        return lines

    def text_map(self, vcm):
        lines = ["# vcm map v1", "# start last len state refs res phys off prot mapped"]
        for res in self.of(vcm):
            state = "active" if res["mapped"] else "bound" if res["phys"] else "reserved"
            state = "window" if res["rflags"] & RESERVE_BOUND else state
            lines.append("%016x %016x %d %s %d %d %d %x %s %d" % (
                res["start"], res["start"] + res["len"] - 1, res["len"], state, res["refs"],
                res["res"], res["phys"], res["off"], PROTS[res["prot"]], res["mapped"]))
        return lines

    def text_memory(self):
        lines = ["# vcm memory v1", "# phys len chunks refs bindings"]
        for _, phys in sorted(self.physes.items()):
            lines.append("%d %d %d %d %d" % (phys["phys"], phys["len"], phys["chunks"],
                                             phys["refs"], self.bindings(phys["phys"])))
        return lines

    def text_assocs(self):
        lines = ["# vcm assocs v1", "# assoc vcm dev active domain"]
        for _, assoc in sorted(self.assocs.items()):
            lines.append("%d %d %d %d %d" % (assoc["assoc"], assoc["vcm"], assoc["dev"],
                                             assoc["active"], assoc["domain"]))
        return lines

    def files(self):
        files = {"contexts": self.text_contexts(), "memory": self.text_memory(),
                 "assocs": self.text_assocs()}
        for vcm in self.contexts:
            files["%d/map" % vcm] = self.text_map(vcm)
        return files


def replay(path):
    """The state at the end of a record; a last line without its end is not there yet."""
    state, first = State(), True
    with open(path, encoding="utf-8") as record:
        for line in record:
            if not line.endswith("\n"):
                break
            rec = json.loads(line)
            kind = rec["type"]
            need(first == (kind == "header"), "header not first: %s", line)
            first = False
            need(kind not in ("lost", "resync"), "vcmstat reports a loss: %s", line.strip())
            if kind == "event":
                state.apply(rec)
            else:
                state.record(rec)
    need(not first, "empty record")
    return state


def kernel_records(debugfs):
    """Type and payload of each record of a binary snapshot."""
    with open(os.path.join(debugfs, "snapshot"), "rb") as snapshot:
        data = snapshot.read()
    magic, version, at, total, records, _ = struct.unpack_from("=IHHQII", data)
    need(magic == SNAP_MAGIC and version == 1 and total == len(data), "no snapshot")
    for _ in range(records):
        kind, _, length = struct.unpack_from("=HHI", data, at)
        yield kind, data[at + 8:at + 8 + length]
        at += 8 + length
    need(at == total, "snapshot ends early")


def kernel_seqs(debugfs):
    """Streams of a binary snapshot and their numbers."""
    streams = [struct.unpack_from("=IIQ", payload)
               for kind, payload in kernel_records(debugfs) if kind == SNAP_STREAM]
    return {stream: seq for stream, _, seq in streams}


def compare_records(state, debugfs):
    """What the text files do not show: saved contexts, how ranges were asked for, holds."""
    flags, places, holds = {}, {}, {}
    for kind, payload in kernel_records(debugfs):
        if kind == SNAP_CONTEXT:
            vcm, flag = struct.unpack_from("=I32xI", payload)
            flags[vcm] = flag
        elif kind == SNAP_RES:
            res, vcm = struct.unpack_from("=QI", payload)
            places[vcm, res] = struct.unpack_from("=III", payload, 64)
        elif kind == SNAP_HOLD:
            key, what, vcm, holder, count = struct.unpack_from("=QIIII", payload)
            holds[what, vcm, key, holder] = count
    need(flags == {vcm: c["flags"] for vcm, c in state.contexts.items()}, "flags %s", flags)
    mine = {key: (r["align"], r["rflags"], r["guard"]) for key, r in state.res.items()}
    need(mine == places, "replayed places %s, kernel %s", mine, places)
    need(state.holds == holds, "replayed holds %s, kernel %s", state.holds, holds)


def compare(path, debugfs):
    state = replay(path)
    shown = {name for name in os.listdir(debugfs) if name.isdigit()}
    need(shown == {str(vcm) for vcm in state.contexts}, "contexts %s are shown", sorted(shown))
    for name, want in sorted(state.files().items()):
        with open(os.path.join(debugfs, name), encoding="ascii") as file:
            got = file.read().splitlines()
        for number, (a, b) in enumerate(zip(want, got)):
            need(a == b, "%s line %d\n  replayed: %s\n  debugfs:  %s", name, number + 1, a, b)
        need(len(want) == len(got), "%s: %d lines replayed, %d shown", name, len(want), len(got))
    compare_records(state, debugfs)
    seqs = kernel_seqs(debugfs)
    need(state.seq == seqs, "numbers %s, kernel %s", state.seq, seqs)
    print("%d contexts, %d reservations, %d memories, %d associations are equal" % (
        len(state.contexts), len(state.res), len(state.physes), len(state.assocs)))


def reached(path, debugfs):
    have = replay(path).seq
    for stream, seq in kernel_seqs(debugfs).items():
        at = have.get(stream, -1)
        need(at >= seq, "stream %d is at %d of %d", stream, at, seq)


def check_seqs(path):
    seen = {}
    with open(path, encoding="utf-8", errors="replace") as text:
        for line in text:
            need("LOST" not in line and "DROPPED" not in line, "events lost: %s", line.strip())
            match = re.search(r" vcm_\w+: +stream=(\d+) seq=(\d+) ", line)
            if match:
                seen.setdefault(int(match[1]), []).append(int(match[2]))
    need(seen, "no event of vcm")
    for stream, numbers in seen.items():
        first, last = min(numbers), max(numbers)
        need(sorted(numbers) == list(range(first, last + 1)), "gap or double in stream %d", stream)
        need(stream == 0 or first == 1, "stream %d begins with %d", stream, first)
    print("registry at", max(seen.get(0, [0])))
    print("%d events in %d streams" % (sum(len(n) for n in seen.values()), len(seen)))


def count_losses(recs):
    """A number may be missing when a loss record before it says so; a new state is told after."""
    at, told, fresh, lost = {}, {}, {}, 0
    for rec in recs:
        kind, stream = rec["type"], rec.get("stream")
        if kind == "lost" and stream is not None:
            told[stream] = rec
            lost += rec["got"] - rec["expected"]
        elif kind == "resync":
            fresh, at = at, {}
        elif kind == "stream":
            at[stream] = rec["seq"]
            seen = fresh.get(stream, rec["seq"]) + 1
            need(seen > rec["seq"] or told.get(stream, {}).get("got", 0) == rec["seq"] + 1,
                 "stream %d jumps to %d in a state, untold", stream, rec["seq"])
        elif kind == "event":
            if rec["event"] == "vcm_create":
                at.update((rec["first_stream"] + i, 0) for i in range(rec["nr_streams"]))
            want = at.get(stream, rec["seq"] - 1) + 1
            need(want == rec["seq"] or (told.get(stream, {}).get("expected") == want and
                                        told[stream]["got"] == rec["seq"]),
                 "stream %d: %d in place of %d, untold", stream, rec["seq"], want)
            at[stream] = rec["seq"]
    return lost


def check_losses(path):
    with open(path, encoding="utf-8") as record:
        recs = [json.loads(line) for line in record]
    lost, end = count_losses(recs), recs[-1]
    need(end["type"] == "end" and end["lost"] >= lost, "end says %s, %d are told", end, lost)
    print("%d numbers are missing, all told" % lost)


def main(argv):
    commands = {"compare": (compare, 2), "reached": (reached, 2), "seqs": (check_seqs, 1),
                "losses": (check_losses, 1)}
    command, nr = commands.get(argv[1] if len(argv) > 1 else "", (None, 0))
    if not command or len(argv) != nr + 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        command(*argv[2:])
    except Wrong as wrong:
        print("replay.py: %s" % wrong)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
