# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium without a window, driven over its DevTools protocol: JSON messages that end with a NUL,
through two pipes (--remote-debugging-pipe). Nothing listens on a port."""

import base64
import json
import os
import select
import subprocess
import time

LIMIT = 120  # seconds for any answer: pages with a million pairs on a busy machine

# What a key says in a keydown event; of letters and digits the text is enough.
KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}
TEXTS = {"Enter": "\r", " ": " "}


class Browser:
    """One page. `requests` has every address that it asked for."""

    def __init__(self, profile):
        ours, theirs = os.pipe(), os.pipe()

        def pass_pipes():
            # Chromium reads 3 and writes 4; these may be among the pipes' own numbers.
            reads, writes = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(reads, 103)
            os.dup2(writes, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.log = open(os.path.join(profile, "chromium.log"), "w")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--window-size=1280,1000", "--remote-debugging-pipe",
             "--user-data-dir=" + profile, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=False, preexec_fn=pass_pipes)
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.of = ours[1], theirs[0]
        self.received = b""
        self.number = 0
        self.session = None
        self.requests, self.faults = [], []
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(domain + ".enable")

    # --- messages ---------------------------------------------------------------------------

    def receive(self, until):
        """The next message, or None when it is time."""
        while b"\0" not in self.received:
            ready, _, _ = select.select([self.of], [], [], max(0, until - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.of, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended; see " + self.log.name)
            self.received += more
        message, self.received = self.received.split(b"\0", 1)
        return json.loads(message)

    def note(self, event):
        what, p = event.get("method"), event.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(p["request"]["url"])
        elif what == "Network.webSocketCreated":
            self.requests.append(p["url"])
        elif what == "Runtime.exceptionThrown":
            self.faults.append(p["exceptionDetails"].get("text", "") + str(p["exceptionDetails"].get("exception")))
        elif what == "Log.entryAdded" and p["entry"]["level"] == "error":
            self.faults.append(p["entry"]["text"])

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + LIMIT
        while True:
            answer = self.receive(until)
            if answer is None:
                raise RuntimeError(f"no answer to {method} in {LIMIT} s")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)

    # --- the page ---------------------------------------------------------------------------

    def open(self, address):
        self.requests, self.faults = [], []
        self.ask("Page.navigate", url=address)
        until = time.monotonic() + LIMIT
        while True:
            event = self.receive(until)
            if event is None:
                raise RuntimeError(f"{address} was not loaded in {LIMIT} s")
            self.note(event)
            if event.get("method") == "Page.loadEventFired":
                return

    def value(self, expression):
        """What an expression of the page's program is."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, *keys):
        """Keys as from a keyboard: the browser gives them to what has the focus."""
        for key in keys:
            text = TEXTS.get(key, "" if key in KEYS else key)
            event = {"key": key, "code": key if key in KEYS else "", "text": text, "unmodifiedText": text,
                     "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
            self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def focus(self):
        """The id of the element that has it."""
        return self.value("document.activeElement.id || document.activeElement.tagName + ' ' + document.activeElement.className")

    def scheme(self, name):
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as to:
            to.write(base64.b64decode(data))

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT)
        self.log.close()
