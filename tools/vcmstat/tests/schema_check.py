#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
schema_check.py SCHEMA LINES - is every line valid, is every kind of record there, and does the
schema refuse what is wrong: a member too many, one missing, another type?
"""

import json
import sys

import jsonschema


def need(cond, text, *args):
    if not cond:
        sys.exit("schema_check.py: " + text % args)


def main():
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen = {}
    for nr, line in enumerate(open(sys.argv[2]), 1):
        rec = json.loads(line)
        key = rec.get("event") if rec["type"] == "event" else rec["type"]
        if seen.setdefault(key, rec) is not rec and nr > 2000:
            continue
        errors = list(validator.iter_errors(rec))
        need(not errors, "line %d: %s: %s", nr, line.strip(), errors[:1])
    kinds = {kind["properties"]["type"].get("const") for kind in schema["oneOf"]}
    events = {kind["properties"]["event"]["const"] for kind in schema["oneOf"]
              if "event" in kind["properties"] and "const" in kind["properties"]["event"]}
    unseen = (kinds | events) - set(seen) - {None, "event"}
    need(unseen <= {"vcm_destroy", "vcm_save", "vcm_restore", "vcm_phys_free"},
         "no line of: %s", sorted(unseen))
    for rec in seen.values():
        for wrong in ({**rec, "surplus": {}}, {**rec, "type": "nonsense"}):
            need(not validator.is_valid(wrong), "accepted: %s", wrong)
    for name in ("seq", "err", "comm", "start"):
        wrong = dict(seen["vcm_reserve"])
        del wrong[name]
        need(not validator.is_valid(wrong), "accepted without %s: %s", name, wrong)
    print("%d kinds of records and events" % len(seen))


main()
