# SPDX-License-Identifier: GPL-2.0-only
"""webdriver.py - a browser by the WebDriver protocol, with nothing but the standard library."""

import base64
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1200,900"]
DEADLINE = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """One page at a time; use it in a with statement.  @profile: an empty folder."""

    def __init__(self, profile):
        self.profile = profile
        self.port = free_port()
        self.session = None

    def __enter__(self):
        env = {**os.environ, "HOME": self.profile}
        self.driver = subprocess.Popen(["chromedriver", "--port=%d" % self.port], env=env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        while not self.is_ready():
            if time.monotonic() > end or self.driver.poll() is not None:
                raise RuntimeError("chromedriver does not answer")
            time.sleep(0.1)
        options = {"args": FLAGS + ["--user-data-dir=" + os.path.join(self.profile, "data")]}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})["sessionId"]
        return self

    def __exit__(self, *args):
        try:
            if self.session:
                self.call("DELETE", "/session/" + self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path), data,
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:500]) from None

    def is_ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def open(self, path):
        self.call("POST", "/session/%s/url" % self.session, {"url": "file://" + path})

    def run(self, script, *args):
        """What the body of a function returns in the page."""
        return self.call("POST", "/session/%s/execute/sync" % self.session,
                         {"script": script, "args": args})

    def screenshot(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/session/%s/screenshot" % self.session)))

    def complaints(self):
        return self.call("POST", "/session/%s/se/log" % self.session, {"type": "browser"})
