#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
perfetto_check.py TRACE NDJSON - does a trace, decoded by Google's decoder, tell what the NDJSON does?

perfetto_pb2, made by protoc from perfetto.proto, must be on the path.  Every slice has its end, on
a track that was described, below a parent that was; times go forward on each track; the slices
are as many as the reservations, bindings and memories of the NDJSON; the last counters are what
its events add up to.
"""

import collections
import json
import sys

import perfetto_pb2 as pb


def need(cond, text, *args):
    if not cond:
        sys.exit("perfetto_check.py: " + text % args)


def wanted(path):
    """How often each kind of slice has to begin, by the first word of its name."""
    want = collections.Counter()
    for line in open(path):
        rec = json.loads(line)
        kind = rec.get("event", rec["type"])
        if kind in ("vcm_reserve", "reservation"):
            flags = rec.get("flags", rec.get("rflags"))
            want["window" if flags & 2 else "reserved"] += 1
        if kind == "vcm_bind" or (kind == "reservation" and rec["phys"]):
            want["bound"] += 1
        if kind in ("vcm_phys_alloc", "phys"):
            want["allocated"] += 1
        if kind in ("vcm_assoc", "assoc"):
            want["associated"] += 1
        if kind in ("fault", "vcm_fault"):
            want["fault"] += 1
    return want


def main():
    trace = pb.Trace()
    data = open(sys.argv[1], "rb").read()
    trace.ParseFromString(data)
    trace.DiscardUnknownFields()
    need(trace.ByteSize() == len(data), "fields that perfetto.proto does not have")
    tracks, depth, last = {}, collections.Counter(), {}
    seen, values = collections.Counter(), {}
    for packet in trace.packet:
        need(packet.trusted_packet_sequence_id == 1, "packet without its writer")
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            need(track.uuid not in tracks, "track %d described twice", track.uuid)
            need(not track.parent_uuid or track.parent_uuid in tracks, "unknown parent")
            tracks[track.uuid] = track
            continue
        event = packet.track_event
        need(event.track_uuid in tracks, "event on an unknown track")
        need(packet.timestamp >= last.get(event.track_uuid, 0), "time goes back")
        last[event.track_uuid] = packet.timestamp
        if event.type == pb.TrackEvent.TYPE_SLICE_BEGIN:
            depth[event.track_uuid] += 1
        if event.type == pb.TrackEvent.TYPE_SLICE_END:
            depth[event.track_uuid] -= 1
            need(depth[event.track_uuid] >= 0, "an end without a beginning")
        if event.type == pb.TrackEvent.TYPE_COUNTER:
            values[event.track_uuid] = event.counter_value
        if event.name:
            seen[event.name.split()[0].rstrip(":")] += 1
    need(trace.packet[0].sequence_flags == 1, "the first packet does not begin a sequence")
    need(not any(depth.values()), "a slice is left open")
    want = wanted(sys.argv[2])
    for name, count in want.items():
        need(seen[name] == count, "%d slices '%s', want %d", seen[name], name, count)
    print("%d packets, %d tracks, %s" % (len(trace.packet), len(tracks), dict(want)))
    print("counters at the end: %s" % sorted(
        (tracks[tracks[uuid].parent_uuid].name, tracks[uuid].name, value)
        for uuid, value in values.items()))


main()
