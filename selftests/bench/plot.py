#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""plot.py FILE - what one free and one allocation cost, by live ranges, as SVG.

FILE is bench.json.  Both axes are logarithmic; a line per allocator is its mean, a thin one its
99th percentile.  Only the Python standard library is used.
"""
import json
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 440, 70, 170, 40, 50
COLOURS = {"vcm": "#0b6e4f", "vcm_tree": "#7fb685", "alloc_iova_fast": "#c1292e",
           "alloc_iova": "#e08e45", "drm_mm": "#235789", "maple_tree": "#6c4f9e",
           "gen_pool": "#8a8a8a"}


def read(path):
    lines = {}
    with open(path, encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            if row["bench"] == "range-churn" and row["unit"] == "instr":
                lines.setdefault(row["impl"], []).append((row["live"], row["mean"], row["p99"]))
    return {name: sorted(points) for name, points in lines.items()}


def scale(value, low, high, start, end):
    part = (math.log10(value) - low) / (high - low)
    return start + part * (end - start)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lines = read(sys.argv[1])
    every = [point for points in lines.values() for point in points]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">Instructions for one free and one '
           f'allocation (mean; dashed: 99th percentile)</text>']
    if not every:
        print("\n".join(out + ["</svg>"]))
        return
    xs = (math.log10(min(p[0] for p in every)), math.log10(max(p[0] for p in every)) or 1)
    if xs[0] == xs[1]:
        xs = (xs[0], xs[0] + 1)
    ys = (2, math.ceil(math.log10(max(p[2] for p in every))))

    def place(live, cost):
        return (scale(live, *xs, LEFT, WIDTH - RIGHT),
                scale(max(cost, 100), *ys, HEIGHT - BOTTOM, TOP))

    for power in range(ys[0], ys[1] + 1):
        y = place(10 ** xs[0], 10 ** power)[1]
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" '
                   f'stroke="#ddd"/><text x="{LEFT - 8}" y="{y + 4:.1f}" '
                   f'text-anchor="end">{10 ** power:,}</text>')
    for power in range(math.ceil(xs[0]), math.floor(xs[1]) + 1):
        x = place(10 ** power, 100)[0]
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" '
                   f'text-anchor="middle">{10 ** power:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" '
               f'text-anchor="middle">live ranges</text>')
    ends = []
    for name, points in sorted(lines.items(), key=lambda item: item[1][-1][1]):
        colour = COLOURS.get(name, "#000")
        for field, style in ((1, 'stroke-width="2.5"'), (2, 'stroke-dasharray="4 3"')):
            path = " ".join("{:.1f},{:.1f}".format(*place(p[0], p[field])) for p in points)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" {style}/>')
        x, y = place(points[-1][0], points[-1][1])
        while any(abs(y - other) < 14 for other in ends):
            y -= 3
        ends.append(y)
        out.append(f'<text x="{max(x, WIDTH - RIGHT) + 6:.1f}" y="{y + 4:.1f}" '
                   f'fill="{colour}">{name}</text>')
    print("\n".join(out + ["</svg>"]))


main()
