#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
scrape.py FOLDER METRIC LABEL VALUE - a real Prometheus scrapes FOLDER/text and FOLDER/openmetrics,
each served as what it is on the loopback, and is then asked for METRIC{LABEL}.
"""

import functools
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

TYPES = {"text": "text/plain; version=0.0.4",
         "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8"}
DEADLINE = 60


class Handler(http.server.SimpleHTTPRequestHandler):
    def guess_type(self, path):
        return TYPES[os.path.basename(path)]

    def log_message(self, *args):
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, path):
    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=5) as answer:
        return json.load(answer)["data"]


def values(port, query):
    try:
        data = ask(port, "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
    except OSError:
        return {}
    return {r["metric"]["job"]: float(r["value"][1]) for r in data["result"]}


def config(folder, port):
    jobs = "".join("- job_name: %s\n  metrics_path: /%s\n  static_configs:\n"
                   "  - targets: ['127.0.0.1:%d']\n" % (name, name, port) for name in TYPES)
    path = os.path.join(folder, "prometheus.yml")
    with open(path, "w") as out:
        out.write("global: {scrape_interval: 1s}\nscrape_configs:\n" + jobs)
    return path


def main():
    folder, metric, label, want = sys.argv[1:5]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(
        Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    log = open(os.path.join(folder, "prometheus.log"), "w+")
    prometheus = subprocess.Popen(
        ["prometheus", "--config.file=" + config(folder, server.server_port),
         "--storage.tsdb.path=" + os.path.join(folder, "tsdb"),
         "--web.listen-address=127.0.0.1:%d" % port], stdout=log, stderr=log)
    found, end = {}, time.monotonic() + DEADLINE
    try:
        while len(found) < len(TYPES) and time.monotonic() < end:
            time.sleep(0.2)
            found = values(port, "%s{%s}" % (metric, label))
        targets = ask(port, "/api/v1/targets")["activeTargets"]
        print([(t["labels"]["job"], t["health"], t["lastError"]) for t in targets], found)
    finally:
        prometheus.terminate()
        prometheus.wait()
    if found != {name: float(want) for name in TYPES}:
        log.seek(0)
        sys.exit("scrape.py: %s, want %s\n%s" % (found, want, log.read()[-2000:]))


main()
