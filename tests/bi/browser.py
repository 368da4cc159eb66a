"""The dashboard in headless Chromium: what it asked, what it got, what it shows."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image
from rest import Client
from selenium import webdriver

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
LOAD_SECONDS = 120
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--force-device-scale-factor=1",
)
STATE = """
const charts = [...document.querySelectorAll('.chart-slice')];
const drawn = (chart) => chart.querySelector('canvas, table tbody tr, .header-line') !== null;
return {
    charts: charts.length,
    drawn: charts.filter(drawn).length,
    loading: document.querySelectorAll('.chart-slice .loading, .chart-slice [data-test=loading-indicator]').length,
    errors: [...document.querySelectorAll('.ant-alert-error, [data-test=error-alert]')].map((e) => e.innerText),
    bottom: Math.max(0, ...charts.map((chart) => chart.getBoundingClientRect().bottom + window.scrollY)),
};
"""


@dataclass
class Seen:
    """What a look at the dashboard found."""

    charts: int
    drawn: int
    errors: list[str]
    console: list[str]
    hosts: set[str]
    blocked: set[str]
    text: str
    picture: bytes
    data: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


def started(width: int, height: int) -> webdriver.Chrome:
    """A browser of its own, which keeps a record of its traffic and console."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--window-size={width},{height}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))


def open_file(file: Path, words: str, place: str = "") -> Seen:
    """Opens a page from the disk and waits until it shows some words."""
    driver = started(1440, 1200)
    try:
        driver.set_page_load_timeout(LOAD_SECONDS)
        driver.get(file.as_uri() + place)
        deadline = time.monotonic() + LOAD_SECONDS
        text = ""
        while words not in text and time.monotonic() < deadline:
            time.sleep(0.5)
            text = driver.execute_script("return document.body.innerText")
        assert words in text, f"{file.name}{place} does not show: {words}"
        seen = Seen(0, 0, [], [], set(), set(), text, b"")
        _read_traffic(driver, seen)
        return seen
    finally:
        driver.quit()


def look(client: Client, path: str, charts: int, width: int = 1440, height: int = 4600) -> Seen:
    """Opens a page with the client's session and waits until its charts are drawn."""
    driver = started(width, height)
    try:
        driver.set_page_load_timeout(LOAD_SECONDS)
        for cookie in client.session.cookies:
            known = {"name": cookie.name, "value": cookie.value, "url": client.address}
            driver.execute_cdp_cmd("Network.setCookie", known)
        driver.get(client.address + path)
        deadline = time.monotonic() + LOAD_SECONDS
        state = driver.execute_script(STATE)
        while time.monotonic() < deadline:
            if state["charts"] >= charts and state["drawn"] >= charts and state["loading"] == 0:
                break
            time.sleep(0.5)
            state = driver.execute_script(STATE)
        # the curves grow into place
        time.sleep(2)
        clip = {"x": 0, "y": 0, "width": width, "height": state["bottom"] + 24, "scale": 1}
        shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
        console = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
        seen = Seen(
            state["charts"],
            state["drawn"],
            state["errors"],
            console,
            set(),
            set(),
            driver.execute_script("return document.body.innerText"),
            base64.b64decode(shot["data"]),
        )
        _read_traffic(driver, seen)
        return seen
    finally:
        driver.quit()


def _read_traffic(driver: Any, seen: Seen) -> None:
    """Hosts that were asked, hosts that the page's policy kept from being asked, and the answers to charts."""
    asked: dict[str, str] = {}
    blocked: set[str] = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        parameters = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            found = re.match(r"(?:https?|wss?)://([^/:]+)", parameters["request"]["url"])
            if found:
                asked[parameters["requestId"]] = found.group(1)
        elif message["method"] == "Network.loadingFailed" and parameters.get("blockedReason") == "csp":
            blocked.add(parameters["requestId"])
        elif message["method"] == "Network.responseReceived":
            chart = re.search(r'/chart/data\?.*"slice_id":(\d+)', unquote(parameters["response"]["url"]))
            if chart:
                body = driver.execute_cdp_cmd("Network.getResponseBody", {"requestId": parameters["requestId"]})["body"]
                seen.data[int(chart.group(1))] = json.loads(body)["result"][0]["data"]
    seen.hosts.update(host for request, host in asked.items() if request not in blocked)
    seen.blocked.update(host for request, host in asked.items() if request in blocked)


def save(picture: bytes, file: Path) -> None:
    """Writes a screenshot small: fewer colours, which a chart does not need."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(colors=96, dither=Image.Dither.NONE)
    image.save(file, optimize=True)
