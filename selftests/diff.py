#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
diff.py COMMAND... - are two records of the same scenarios the same?

  diff.py compare A B [NAME...]   0 when equal, 1 with the first difference of each scenario
  diff.py show A                  what is compared: "= N" and one line an event, for each scenario;
                                  such a file is a record too, which takes no time to read
  diff.py count A                 events by name
  diff.py pick A N                the lines of scenario N, from 1, as they are in the record

A record is what `babeltrace2` prints of the tracepoints, the `trace` file of tracefs, or the NDJSON
of `vcmstat events` and `vcmsim`; which, is seen in its first event.  A scenario is what one
process caused, in the order of the record; NAMEs are for messages.

Normalised is what must differ: times, processes, processors; ids, by the order of their first
appearance; sequence numbers, which count from 1 in each stream and must have no gap; addresses in
contexts whose addresses are those of memory, by the reservation that they lie in.  Everything else
must be equal, the fields and their order included.
"""
import json
import os
import re
import sys

ENUMS = {}  # of a field: the numbers of its words, learnt from vcm_events.h
HEAD = ("stream", "seq", "vcm", "id", "refs", "err")
# Events whose object is memory, an association or a context; of all others it is a reservation.
OBJECT = {
    "vcm_create": "vcm", "vcm_destroy": "vcm", "vcm_save": "vcm", "vcm_restore": "vcm",
    "vcm_phys_alloc": "phys", "vcm_phys_free": "phys",
    "vcm_assoc": "assoc", "vcm_deassoc": "assoc", "vcm_activate": "assoc",
    "vcm_deactivate": "assoc", "vcm_switch": "assoc",
}
KINDS = {"1": "vcm", "2": "res", "3": "phys", "4": "assoc"}
OPS = {  # what the object of a failed operation is
    "1": "vcm", "2": "res", "4": "phys", "5": "res", "6": "res", "7": "res", "8": "assoc",
    "9": "assoc", "10": "assoc", "11": "assoc", "13": "res", "14": "assoc", "15": "vcm",
    "16": "vcm", "17": "phys", "18": "phys",
}
IDS = {"vcm": "vcm", "from_vcm": "vcm", "phys": "phys", "domain": "domain", "dev": "dev",
       "holder": "holder", "stream": "stream", "first_stream": "stream", "from": "assoc"}
BY_MEMORY = ("2", "3", "4")  # drivers whose addresses are those of memory


class Bad(Exception):
    """A record that cannot be compared."""


def words_of(schema_enum, text):
    """Numbers of the names of an enum, from the schema itself."""
    block = re.search(r"#define VCM_ENUM_%s\(EN\)(.*?)\n\n" % schema_enum, text, re.S).group(1)
    return {name: nr for nr, name in re.findall(r'EN\(\w+, (\d+), "(\w+)"\)', block)}


def learn_enums(path):
    """Learn which field has which enum."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, fmt in re.findall(r"F\(__[us]\d+, (\w+), (\w+),", text):
        if fmt not in ("dec", "hex"):
            ENUMS[name] = words_of(fmt, text)


def number(field, text):
    """A value as text: a decimal number, whatever it was."""
    if re.fullmatch(r"-?\d+", text):
        return text
    if re.fullmatch(r"0x[0-9a-fA-F]+", text):
        return str(int(text, 16))
    known = ENUMS.get(field, {})
    if text in known:
        return known[text]
    if text in ("none", "default"):
        return "0"
    raise Bad(f"{field}={text}: not a value")


def from_json(line):
    """An event of NDJSON, None for other records."""
    record = json.loads(line)
    if record["type"] == "lost":
        raise Bad("events were lost")
    if record["type"] != "event":
        return None
    skip = ("type", "event", "ts_ns", "pid", "tid", "cpu", "comm")
    fields = [(key, str(value)) for key, value in record.items() if key not in skip]
    return record["pid"], record["event"], fields


def from_ftrace(line):
    """An event of the trace file of tracefs."""
    if "LOST" in line:
        raise Bad("events were lost")
    match = re.match(r".{16}-(\d+) +(?:\(.*?\) +)?\[\d+\].*?: (vcm_\w+): (.*)$", line)
    if not match:
        return None
    fields = [tuple(item.split("=", 1)) for item in match.group(3).split()]
    return int(match.group(1)), match.group(2), [(key, number(key, v)) for key, v in fields]


def from_ctf(line):
    """An event as babeltrace2 prints it."""
    if "discarded" in line:
        raise Bad("events were lost")
    match = re.search(r" vcm:(vcm_\w+): (.*)$", line)
    if not match:
        return None
    pid = int(re.search(r"vpid = (\d+)", match.group(2)).group(1))
    body = match.group(2)[match.group(2).rindex("{ stream = ") + 2:].rstrip(" }")
    fields = []
    for key, value in re.findall(r'(\w+) = (\( .*? : container = -?\d+ \)|[^,]+)', body):
        container = re.search(r"container = (-?\d+)", value)
        fields.append((key, container.group(1) if container else number(key, value.strip())))
    return pid, match.group(1), fields


def events_of(path):
    """The events of a record: (number of the scenario, line, name, [(field, value)])."""
    parse = None
    last = None
    number_of = 0
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if parse is None:
                parse = from_json if line.startswith("{") else \
                    from_ctf if " vcm:vcm_" in line else from_ftrace
            event = parse(line)
            if event is None:
                continue
            if event[0] != last:
                number_of += 1
                last = event[0]
            yield number_of, line, event[1], event[2]
    if last is None:
        raise Bad(f"{path}: no event")


def scenarios(path):
    """The events of each scenario: a list of lists of (name, [(field, value)])."""
    result = []
    for nr, _, name, fields in events_of(path):
        if nr > len(result):
            result.append([])
        result[-1].append((name, fields))
    return result


class Normal:
    """What has been seen of one scenario."""

    def __init__(self):
        self.ids = {}
        self.seqs = {}
        self.by_memory = set()
        self.ranges = {}

    def id(self, kind, value):
        """A number by the order of its first appearance; 0 is nobody's."""
        if value == "0":
            return "0"
        known = self.ids.setdefault(kind, {})
        return known.setdefault(value, f"#{len(known) + 1}")

    def address(self, fields, value, new=False):
        """An address that is one of memory: the newest reservation it lies in, and where."""
        ranges = self.ranges.setdefault(fields["vcm"], [])
        at = int(value)
        if new:
            ranges.insert(0, (at, int(fields["len"]), f"range{len(ranges) + 1}"))
        for start, length, name in ranges:
            if start <= at < start + length:
                return f"{name}+{at - start}"
        return "elsewhere"

    def seq(self, stream, value):
        """Counted from 1; a gap is an error of the record."""
        first, last = self.seqs.get(stream, (int(value), int(value) - 1))
        if int(value) != last + 1:
            raise Bad(f"stream {stream}: {value} comes after {last}")
        self.seqs[stream] = (first, int(value))
        return str(int(value) - first + 1)

    def object_of(self, name, fields):
        """What the id of an event numbers."""
        if name in ("vcm_ref", "vcm_unref"):
            return KINDS.get(fields.get("kind"), "res")
        if name == "vcm_error":
            op = fields.get("op")
            if op in ("3", "12"):  # ref and unref say of what
                return KINDS.get(fields.get("arg0"), "res")
            return OPS.get(op, "res")
        return OBJECT.get(name, "res")

    def error(self, fields, key, value):
        """Arguments of a failed operation that are ids or addresses of memory."""
        op = fields["op"]
        place = (op, key)
        kinds = {("3", "arg1"): "holder", ("12", "arg1"): "holder", ("7", "arg2"): "phys",
                 ("8", "arg0"): "dev", ("10", "arg0"): "dev", ("11", "arg0"): "dev",
                 ("9", "arg0"): "dev", ("14", "arg0"): "dev", ("14", "arg1"): "assoc",
                 ("5", "arg2"): "phys", ("13", "arg2"): "phys"}
        if place in kinds:
            return self.id(kinds[place], value)
        if key == "arg0" and op in ("2", "5", "6", "13") and fields["vcm"] in self.by_memory:
            return self.address(fields, value)
        return value

    def value(self, name, fields, key, value):
        """One field as it is compared."""
        if key == "seq":
            return self.seq(fields["stream"], value)
        if key == "id":
            kind = self.object_of(name, fields)
            return self.id((kind, fields["vcm"]) if kind == "res" else kind, value)
        if key in IDS:
            return self.id(IDS[key], value)
        if name == "vcm_error" and key.startswith("arg"):
            return self.error(fields, key, value)
        if key in ("start", "iova") and name != "vcm_create" and fields["vcm"] in self.by_memory:
            return self.address(fields, value, name == "vcm_reserve")
        return value

    def line(self, name, items):
        """One event as a line."""
        fields = dict(items)
        missing = [key for key in HEAD if key not in fields]
        if missing:
            raise Bad(f"{name} without {' '.join(missing)}")
        if name == "vcm_create" and fields.get("driver") in BY_MEMORY:
            self.by_memory.add(fields["vcm"])
        return name + " " + " ".join(f"{k}={self.value(name, fields, k, v)}" for k, v in items)


def normal(events):
    """A scenario as lines to compare."""
    state = Normal()
    return [state.line(name, items) for name, items in events]


def load(path):
    """The scenarios of a record as lines to compare."""
    with open(path, encoding="utf-8", errors="replace") as file:
        if not file.readline().startswith("= "):
            return [normal(events) for events in scenarios(path)]
        result = [[]]
        for line in file:
            if line.startswith("= "):
                result.append([])
            else:
                result[-1].append(line.rstrip("\n"))
    return result


def compare(path_a, path_b, names):
    """Print what differs first in each scenario. Return: the number of scenarios that do."""
    a, b = load(path_a), load(path_b)
    bad = 0
    if len(a) != len(b):
        print(f"{path_a} has {len(a)} scenarios, {path_b} has {len(b)}")
        bad += 1
    if names and len(names) != len(a):
        print(f"{path_a} has {len(a)} scenarios, {len(names)} were played")
        bad += 1
    total = 0
    for i, (x, y) in enumerate(zip(a, b)):
        name = names[i] if i < len(names) else f"scenario {i + 1}"
        total += len(x)
        if x == y:
            continue
        bad += 1
        at = next((n for n, pair in enumerate(zip(x, y)) if pair[0] != pair[1]),
                  min(len(x), len(y)))
        print(f"{name}: event {at + 1} differs ({len(x)} and {len(y)} events)")
        print(f"  {x[at] if at < len(x) else '(none)'}")
        print(f"  {y[at] if at < len(y) else '(none)'}")
    print(f"# {len(a)} scenarios, {total} events, {bad} differ")
    return bad


def count(path):
    """Print the number of events by name."""
    totals = {}
    for events in scenarios(path):
        for name, _ in events:
            totals[name] = totals.get(name, 0) + 1
    for name in sorted(totals):
        print(name, totals[name])


def main(argv):
    """Run one command."""
    here = os.path.dirname(os.path.realpath(__file__))
    header = os.environ.get("VCM_EVENTS_H") or next(
        (path for path in (os.path.join(here, "vcm_events.h"),
                           os.path.join(here, "../kernel/include/vcm_events.h"))
         if os.path.exists(path)), None)
    if not header:
        print("diff.py: no vcm_events.h; set VCM_EVENTS_H")
        return 2
    learn_enums(header)
    try:
        if len(argv) >= 4 and argv[1] == "compare":
            return 1 if compare(argv[2], argv[3], argv[4:]) else 0
        if len(argv) == 3 and argv[1] == "show":
            for nr, events in enumerate(scenarios(argv[2])):
                print("\n".join([f"= {nr + 1}"] + normal(events)))
            return 0
        if len(argv) == 4 and argv[1] == "pick":
            for nr, line, _, _ in events_of(argv[2]):
                if nr > int(argv[3]):
                    break
                if nr == int(argv[3]):
                    sys.stdout.write(line)
            return 0
        if len(argv) == 3 and argv[1] == "count":
            count(argv[2])
            return 0
    except (Bad, OSError, json.JSONDecodeError) as bad:
        print(bad)
        return 1
    print(__doc__.strip())
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
