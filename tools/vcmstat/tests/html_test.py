#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
html_test.py TOOLS DATA RESULTS - the HTML report in a browser: what the page shows at a moment is
what vcmstat says of the same moment.

TAP on standard output; RESULTS/html.png is a picture of the page to look at.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

from webdriver import Browser

TOOLS, DATA, RESULTS = (os.path.abspath(path) for path in sys.argv[1:4])
VCMSTAT = os.path.join(TOOLS, "vcmstat")
SEED = int(os.environ.get("VCM_SEED", random.randrange(1 << 30)))
TABLES = {"context": "context", "reservation": "res", "phys": "phys", "assoc": "assoc"}

STATE = """
const rows = {};
const state = recording.at(arguments[0]);
for (const [type, table] of Object.entries(arguments[1]))
	rows[type] = [...state[table].values()];
return JSON.stringify(rows, (key, v) => typeof v === "bigint" ? String(v) : v);
"""

MOVE = """
const slider = document.getElementById("slider");
slider.value = arguments[0];
slider.dispatchEvent(new Event("input"));
return { at: view.at, lanes: document.querySelectorAll(".lane").length,
	 cells: document.querySelectorAll("rect[data-res]").length,
	 rows: document.querySelectorAll("#objects tbody tr").length,
	 now: document.querySelector("#events .now")?.textContent,
	 moment: document.getElementById("moment").textContent };
"""

SET = """
const e = document.getElementById(arguments[0]);
e.value = arguments[1];
e.dispatchEvent(new Event("input"));
return { shown: view.shown.length, lanes: document.querySelectorAll(".lane").length,
	 items: [...document.querySelectorAll("#events li")].map(li => li.textContent) };
"""


def vcmstat(*args):
    return subprocess.run([VCMSTAT, *args], check=True, capture_output=True, text=True).stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def need(cond, text, *args):
    if not cond:
        raise AssertionError(text % args)


class Test:
    def __init__(self, browser, work):
        self.browser = browser
        self.work = work

    def page(self, recording):
        path = os.path.join(self.work, "report.html")
        vcmstat("export", recording, "-f", "html", "-o", path)
        self.browser.open(path)
        bad = [c for c in self.browser.complaints() if c["level"] in ("SEVERE", "WARNING")]
        need(not bad, "the browser complains: %s", bad)
        return self.browser.run("return recording.moments.length")

    def compare(self, recording, at):
        """The state of the page at a moment, with that of vcmstat at the same event."""
        moment = self.browser.run(
            "const m = recording.moments[arguments[0]];"
            "return m.type === 'event' ? m.stream + ':' + m.seq : null", at)
        if moment is None:
            return False
        mine = lines(vcmstat("list", "-i", recording, "--until", moment, "--json"))
        theirs = json.loads(self.browser.run(STATE, at, TABLES))
        for kind in TABLES:
            want = [{k: str(v) for k, v in r.items()} for r in mine if r["type"] == kind]
            got = [{k: str(v) for k, v in r.items()} for r in theirs[kind]]
            order = sorted(want[0]) if want else []
            by = lambda r: [r[k] for k in order]
            need(sorted(got, key=by) == sorted(want, key=by), "at %s: %s\n%s\n%s", moment, kind,
                 got, want)
        shown = self.browser.run(MOVE, at)
        res = [r for r in mine if r["type"] == "reservation"]
        need(shown["at"] == at, "the slider is at %s", shown["at"])
        need(shown["cells"] == sum(not r["rflags"] & 2 for r in res), "%s cells", shown["cells"])
        need(shown["rows"] == len(res), "%s rows", shown["rows"])
        need(shown["lanes"] == sum(r["type"] == "context" for r in mine), "%s lanes",
             shown["lanes"])
        return True


def the_slider_shows_every_moment_as_vcmstat_does(test):
    recording = os.path.join(DATA, "demo.ndjson")
    moments = test.page(recording)
    told = sum(r["type"] in ("event", "fault") for r in lines(open(recording).read()))
    need(moments == told + 1, "%s moments of %s events", moments, told)
    need(test.browser.run("return document.getElementById('slider').max") == str(told), "range")
    compared = sum(test.compare(recording, at) for at in range(1, moments, 7))
    print("# %d moments compared" % compared)
    need(compared > 30, "%d moments compared", compared)


def random_recordings_replay_in_the_page_as_in_vcmstat(test):
    print("# VCM_SEED=%d" % SEED)
    rng = random.Random(SEED)
    recording = os.path.join(test.work, "run.vcm")
    with open(recording, "wb") as out:
        subprocess.run([os.path.join(TOOLS, "gen_recording"), str(SEED), "1500"], check=True,
                       stdout=out)
    moments = test.page(recording)
    compared = sum(test.compare(recording, rng.randrange(1, moments)) for _ in range(25))
    need(compared > 10, "%d moments compared", compared)


def filters_leave_what_was_asked_for(test):
    test.page(os.path.join(DATA, "demo.ndjson"))
    all_shown = test.browser.run(SET, "context", "")["shown"]
    one = test.browser.run(SET, "context", "3")
    need(one["shown"] < all_shown and one["lanes"] <= 1, "%s", one)
    test.browser.run(SET, "context", "")
    kind = test.browser.run(SET, "kind", "bind")
    need(kind["shown"] == 31 and all("bind" in i for i in kind["items"] if i[0] != "#"),
         "%s", kind)
    test.browser.run(SET, "kind", "")
    text = test.browser.run(SET, "text", "DEMO_client")
    need(0 < text["shown"] < all_shown, "%s", text["shown"])
    need(test.browser.run(SET, "text", "")["shown"] == all_shown, "not all again")


def keys_and_buttons_move(test):
    test.page(os.path.join(DATA, "demo.ndjson"))
    key = ("document.body.dispatchEvent(new KeyboardEvent('keydown', "
           "{key: arguments[0], bubbles: true})); return view.at")
    need(test.browser.run(key, "Home") == 0, "Home")
    need(test.browser.run(key, "ArrowRight") == 1, "right")
    need(test.browser.run(key, "ArrowLeft") == 0, "left")
    click = "document.getElementById(arguments[0]).click(); return view.at"
    last = test.browser.run("return recording.moments.length - 1")
    need(test.browser.run(click, "end") == last, "end")
    need(test.browser.run(click, "back") == last - 1, "back")
    need(test.browser.run("document.querySelector('#events li').click(); return view.at") < last,
         "a click on an event")


def losses_are_seen_at_once(test):
    golden = os.path.join(DATA, "..", "golden", "events.ndjson")
    hidden = "return document.getElementById('losses').hidden"
    text = "return document.getElementById('losses').textContent"
    test.page(golden)
    need("events were lost" in test.browser.run(text), "no word of the losses")
    test.page(os.path.join(DATA, "demo.ndjson"))
    need(test.browser.run(hidden), "a loss where there is none")
    cut = os.path.join(test.work, "cut.ndjson")
    with open(os.path.join(DATA, "demo.ndjson")) as whole, open(cut, "w") as out:
        out.writelines(whole.readlines()[:-1])
    test.page(cut)
    need("cut off" in test.browser.run(text), "no word of the end")


def names_of_others_cannot_write_the_page(test):
    evil = "</script><script>document.title='evil'</script><img src=x onerror=alert(1)>"
    path = os.path.join(test.work, "evil.ndjson")
    with open(os.path.join(DATA, "demo.ndjson")) as text, open(path, "w") as out:
        for line in text:
            rec = json.loads(line)
            if rec["type"] == "holder":
                rec["name"] = evil[:63]
            if rec["type"] == "event":
                rec["comm"] = "<b>x</b></style"
            out.write(json.dumps(rec, separators=(",", ":")) + "\n")
    test.page(path)
    need(test.browser.run("return document.title") == "VCM recording", "the title was changed")
    need(test.browser.run("return document.querySelectorAll('img,b').length") == 0, "an element")
    need(test.browser.run("return document.body.textContent.includes('<b>x</b>')"), "not as text")


def nothing_is_asked_of_the_network(test):
    test.page(os.path.join(DATA, "demo.ndjson"))
    asked = test.browser.run("return performance.getEntriesByType('resource').map(r => r.name)")
    need(not asked, "asked for %s", asked)
    need("default-src 'none'" in test.browser.run(
        "return document.querySelector('meta[http-equiv]').content"), "no policy")
    test.browser.run(MOVE, 150)
    test.browser.screenshot(os.path.join(RESULTS, "html.png"))


TESTS = [the_slider_shows_every_moment_as_vcmstat_does,
         random_recordings_replay_in_the_page_as_in_vcmstat, filters_leave_what_was_asked_for,
         keys_and_buttons_move, losses_are_seen_at_once, names_of_others_cannot_write_the_page,
         nothing_is_asked_of_the_network]


def main():
    work = tempfile.mkdtemp()
    failed = 0
    print("TAP version 13\n1..%d" % len(TESTS))
    try:
        with Browser(work) as browser:
            for nr, run in enumerate(TESTS, 1):
                try:
                    run(Test(browser, work))
                    verdict = "ok"
                except (AssertionError, RuntimeError, subprocess.CalledProcessError) as why:
                    print("# %s" % str(why)[:2000].replace("\n", "\n# "))
                    failed, verdict = 1, "not ok"
                print("%s %d - report: %s" % (verdict, nr, run.__name__.replace("_", " ")),
                      flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return failed


sys.exit(main())
