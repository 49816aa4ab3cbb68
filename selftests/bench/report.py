#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py FILE - the measurements of FILE as a table, and whether the bars hold.

FILE has one JSON object a line.  A row of the table is a workload at a size, a column an
allocator, and the last column our mean over that of the best other one.  Below it each bar:
what it asks for, what was measured.  Exit: 0 all bars hold, 1 some do not, 2 something that a
bar needs was not measured.
"""
import json
import sys

OURS = "vcm"
RANGES = ("range", "native")
LIVES = (1000, 10000, 100000, 1000000)


def read(path):
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            key = (row["bench"], row.get("impl"), row.get("live", 0), row.get("threads", 1),
                   row.get("unit"))
            rows[key] = row
    return rows


class Bars:
    """The bars, judged one by one; a figure that is missing fails its bar."""

    def __init__(self, rows):
        self.rows = rows
        self.failed = 0
        self.missing = 0

    def get(self, bench, impl, live, field, threads=1, unit="instr"):
        row = self.rows.get((bench, impl, live, threads, unit))
        return None if row is None else row.get(field)

    def judge(self, name, got, limit, least=False):
        """GOT has to be at most LIMIT, or with LEAST at least that."""
        if got is None or limit is None:
            self.missing += 1
            print(f"  none  {name}: not measured")
            return
        good = got >= limit if least else got <= limit
        self.failed += not good
        sign = ">=" if least else "<="
        print(f"  {'ok' if good else 'MISS':5} {name}: {show(got)} {sign} {show(limit)}")


def show(value):
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}"


def ratio(over, under):
    return None if over is None or not under else over / under


def table(rows):
    impls = [OURS, "vcm_tree"]
    impls += sorted({key[1] for key in rows if key[0].startswith(RANGES)} - set(impls))
    print(f"{'workload':26}{'size':>9} {'unit':6}" + "".join(f"{name:>30}" for name in impls) +
          "   ours/best")
    print(" " * 42 + "".join(f"{'mean/p50/p99':>30}" for _ in impls))
    for bench, live, threads, unit in sorted({(k[0], k[2], k[3], k[4]) for k in rows
                                              if k[0].startswith(RANGES)}, key=str):
        cells, peers = [], []
        for impl in impls:
            row = rows.get((bench, impl, live, threads, unit))
            if row is None:
                cells.append("-")
                continue
            cells.append("/".join(f"{row[f]:,}" for f in ("mean", "p50", "p99") if f in row))
            if impl not in (OURS, "vcm_tree"):
                peers.append(row["mean"])
        ours = rows.get((bench, OURS, live, threads, unit))
        best = f"{ours['mean'] / min(peers):.2f}" if ours and peers and min(peers) else "-"
        name = bench if threads == 1 else f"{bench} x{threads}"
        print(f"{name:26}{live:>9} {unit:6}" + "".join(f"{cell:>30}" for cell in cells) +
              f"{best:>12}")


def paths(rows):
    kinds = sorted({key[1] for key in rows if key[0].startswith("path")})
    if kinds:
        print("\nthe whole way, mean: " + ", ".join(kinds))
    for bench, live, unit in sorted({(k[0], k[2], k[4]) for k in rows
                                     if k[0].startswith("path")}):
        cells = [f"{kind} {rows[(bench, kind, live, 1, unit)]['mean']:,}" for kind in kinds
                 if (bench, kind, live, 1, unit) in rows]
        bare, ours = (rows.get((bench, kind, live, 1, unit)) for kind in ("bare", OURS))
        if bare and ours:
            cells.append(f"vcm/bare {ours['mean'] / bare['mean']:.2f} "
                         f"(p50 {ours['p50'] / bare['p50']:.2f})")
        print(f"  {bench:14}{live:>10} {unit:6} " + ", ".join(cells))


def judge_ranges(bars):
    get = bars.get
    for live in LIVES:
        def churn(impl, field, live=live):
            return get("range-churn", impl, live, field)

        bars.judge(f"churn {live:,}: p50 against alloc_iova_fast", churn(OURS, "p50"),
                   churn("alloc_iova_fast", "p50"))
        bars.judge(f"churn {live:,}: mean", churn(OURS, "mean"), 700)
        bars.judge(f"churn {live:,}: p99 against drm_mm", churn(OURS, "p99"),
                   churn("drm_mm", "p99"))
    bars.judge("churn: mean at 1,000,000 over that at 1,000",
               ratio(get("range-churn", OURS, 1000000, "mean"),
                     get("range-churn", OURS, 1000, "mean")), 1.25)


def judge_full(bars):
    def full(series, impl, field):
        return bars.get(f"range-full{series}", impl, 1 << 20, field)

    bars.judge("full: p50 of an allocation against alloc_iova", full("-ok", OURS, "p50"),
               full("-ok", "alloc_iova", "p50"))
    bars.judge("full: max of alloc_iova over ours",
               ratio(max(full("-ok", "alloc_iova", "max") or 0,
                         full("-fail", "alloc_iova", "max") or 0),
                     max(full("-ok", OURS, "max") or 0, full("-fail", OURS, "max") or 0)),
               100, least=True)
    bars.judge("full: a failing request over one that succeeds",
               ratio(full("-fail", OURS, "p50"), full("-ok", OURS, "p50")), 2.0)
    bars.judge("aligned: holes not found",
               None if bars.get("range-aligned", OURS, 65536, "asked") is None else
               bars.get("range-aligned", OURS, 65536, "asked") -
               bars.get("range-aligned", OURS, 65536, "found"), 0)


def judge_paths(bars):
    def way(direction, impl, live=2097152):
        return bars.get(f"path-{direction}", impl, live, "mean")

    bars.judge("bind of 2 MiB in pages over iommu_map_sg", ratio(way("to", OURS), way("to", "bare")),
               1.05)
    bars.judge("unbind of 2 MiB over iommu_unmap", ratio(way("back", OURS), way("back", "bare")),
               1.05)
    pair = [way("to", name, 4096) for name in ("events-off", "events-none")]
    undo = [way("back", name, 4096) for name in ("events-off", "events-none")]
    known = None not in pair + undo
    bars.judge("a pair with events that are off over one without events",
               (pair[0] + undo[0]) / (pair[1] + undo[1]) if known else None, 1.01)


def judge_rest(bars):
    oracle = [row for key, row in bars.rows.items() if key[0] == "oracle"]
    bars.judge("operations in the kernel that agree with a map of pages",
               oracle[0]["n"] if oracle and not oracle[0]["bad"] else None, 1000000, least=True)
    bars.judge("two threads over one, native",
               ratio(bars.get("native-threads", OURS, 100000, "mean", 1, "ns"),
                     bars.get("native-threads", OURS, 100000, "mean", 2, "ns")), 1.7, least=True)
    bars.judge("bytes of a reservation, all structures",
               bars.get("memory", OURS, 0, "mean", 1, "bytes"), 192)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = read(sys.argv[1])
    table(rows)
    paths(rows)
    print("\nbars")
    bars = Bars(rows)
    for judge in (judge_ranges, judge_full, judge_paths, judge_rest):
        judge(bars)
    print(f"{bars.failed} missed, {bars.missing} not measured")
    sys.exit(1 if bars.failed else 2 if bars.missing else 0)


main()
