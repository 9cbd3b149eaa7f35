"""A tab that watches itself: outside requests, errors on the console, reports of the Content Security Policy, axe."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.chromium import BrowserError, Chromium, Message

AXE = Path(__file__).parents[1] / "vendor/axe-core-4.14.1/axe.min.js"
_OWN_SCHEMES = ("data", "blob", "about")


@dataclass
class Seen:
    """What a tab did that a page of ours must not do, in words, and what it fetched, in bytes by address."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """All faults, one a line."""
        return [*self.outside, *self.errors, *self.policy]


class Page:
    """A new tab, `width` pixels wide; `home` is scheme, host and port of all that it may ask for."""

    def __init__(self, browser: Chromium, home: str, width: int = 1200, scripts: bool = True) -> None:
        self.browser, self.home = browser, home
        self.seen, self.loaded, self.requests = Seen(), False, dict[str, str]()
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        browser.listeners[self.session] = self._hear
        for domain in ("Page", "Network", "Runtime", "Log", "Audits"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        if not scripts:
            self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.resize(width)

    def call(self, method: str, **parameters: Any) -> Message:
        """A command to this tab."""
        return self.browser.call(method, self.session, **parameters)

    def open(self, path: str) -> None:
        """Go to a page of ours, and wait until it has loaded."""
        self.loaded = False
        found = self.call("Page.navigate", url=self.home + path)
        if found.get("errorText"):
            raise BrowserError(f"{path}: {found['errorText']}")
        self.wait_for_load()

    def wait_for_load(self) -> None:
        """Wait for the load event of the page that comes."""
        self.browser.wait(lambda: self.loaded, "a page to load")
        self.loaded = False

    def ask(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise BrowserError(json.dumps(found["exceptionDetails"], indent=1)[:1500])
        return found["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression in the page is true, and give its value."""
        return self.ask(
            f"""new Promise((resolve, reject) => {{
              const end = Date.now() + 20000;
              const look = () => {{
                const value = ({script});
                if (value) resolve(value instanceof Node ? true : value);
                else if (Date.now() > end) reject(new Error("not so: " + {json.dumps(script)}));
                else setTimeout(look, 30);
              }};
              look();
            }})"""
        )

    def click(self, selector: str) -> None:
        """Click what the selector finds first, and wait for the page that follows if it leads to one."""
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def back(self) -> None:
        """Go back to the page before, and wait until it has loaded."""
        history = self.call("Page.getNavigationHistory")
        self.loaded = False
        self.call("Page.navigateToHistoryEntry", entryId=history["entries"][history["currentIndex"] - 1]["id"])
        self.wait_for_load()

    def press(self, key: str, code: int, modifiers: int = 0) -> None:
        """Press and release a key; modifiers as the protocol has them (2 is Control)."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, modifiers=modifiers
            )

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window a size in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, **features: str) -> None:
        """Set what the user prefers: `color_scheme="dark"`, `reduced_motion="reduce"`."""
        chosen = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=chosen)

    def too_wide(self) -> list[str]:
        """What sticks out to the right so that the page scrolls sideways; empty if it does not."""
        found: list[str] = self.ask(
            """(() => {
              const room = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= room) return [];
              return [...document.querySelectorAll("body *")]
                .filter((one) => one.getBoundingClientRect().right > room + 1)
                .slice(0, 8).map((one) => one.outerHTML.slice(0, 120));
            })()"""
        )
        return found

    def violations(self, *rules: str) -> list[str]:
        """What axe finds against WCAG 2.2 AA and good practice, or only by some rules: rule, and where."""
        if not self.ask("typeof window.axe === 'object'"):
            self.ask(AXE.read_text(encoding="utf-8") + ";true")
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        found = self.ask(f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)")
        return [
            f"{one['id']}: {one['help']} at {'; '.join(node['html'][:160] for node in one['nodes'][:3])}"
            for one in found
        ]

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        found = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def close(self) -> None:
        """Close the tab."""
        self.browser.listeners.pop(self.session, None)
        self.browser.call("Target.closeTarget", targetId=self.target)

    def _hear(self, event: str, told: Message) -> None:
        match event:
            case "Page.loadEventFired":
                self.loaded = True
            case "Network.requestWillBeSent":
                self._asked_for(told["requestId"], told["request"]["url"])
            case "Network.loadingFinished" if told["requestId"] in self.requests:
                self.seen.bytes[self.requests[told["requestId"]]] = int(told["encodedDataLength"])
            case "Runtime.exceptionThrown":
                self.seen.errors.append("exception: " + _words(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning", "assert"):
                words = " ".join(str(part.get("value", part.get("description"))) for part in told["args"])
                self.seen.errors.append(f"console.{told['type']}: {words}")
            case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
                self.seen.errors.append(f"log: {told['entry']['text']} {told['entry'].get('url', '')}".strip())
            case "Audits.issueAdded" if told["issue"]["code"] == "ContentSecurityPolicyIssue":
                found = told["issue"]["details"]["contentSecurityPolicyIssueDetails"]
                self.seen.policy.append("policy: " + json.dumps(found))

    def _asked_for(self, request: str, address: str) -> None:
        self.requests[request] = address
        parts = urlsplit(address)
        if parts.scheme not in _OWN_SCHEMES and f"{parts.scheme}://{parts.netloc}" != self.home:
            self.seen.outside.append(f"outside: {address}")


def _words(details: Message) -> str:
    thrown = details.get("exception", {})
    return str(thrown.get("description", thrown.get("value", details["text"])))
