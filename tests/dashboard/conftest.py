"""The dashboard in headless Chromium over the published copy in LENDING_HOME, and SQL on the same file beside it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "dashboard"))

CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PAGES = ["overview", "segment", "migration", "policy", "claims", "quality", "client"]


def home() -> Path:
    given = Path(os.environ.get("LENDING_HOME", "warehouse"))
    return given if given.is_absolute() else ROOT / given


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "Chromium is needed: apt-get install chromium fonts-noto-cjk"
    return found


@pytest.fixture(scope="session")
def published() -> Path:
    file = home() / "published" / "lending.duckdb"
    assert file.is_file(), f"There is no {file}; run make build"
    return file.resolve()


@pytest.fixture(scope="session")
def sql(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    # of a copy: one process cannot open one file with two settings, and tests use the dashboard's own connection too
    copy = shutil.copy(published, tmp_path_factory.mktemp("published") / "lending.duckdb")
    connection = duckdb.connect(str(copy), read_only=True)
    yield lambda text: connection.execute(text).fetchall()
    connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(warehouse: Path) -> Iterator[str]:
    """The address of a dashboard over a warehouse; the process ends with the block."""
    port = free_port()
    environment = {**os.environ, "LENDING_HOME": str(warehouse), "LENDING_DASHBOARD_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "dashboard" / "app.py")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if process.poll() is not None:
                raise AssertionError(process.stderr.read() if process.stderr else "the dashboard ended")
            try:
                urllib.request.urlopen(address, timeout=5).read()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.25)
        # else the pipe fills and the server waits
        if process.stderr:
            subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(published: Path) -> Iterator[str]:
    with serving(home()) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """A new browser with a new empty profile; what pages keep of their filters is per tab, so tests do not meet."""
    with sync_playwright() as engine:
        launched = engine.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield launched.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        launched.close()


@dataclass
class Screen:
    """A page of the dashboard in a browser, and what it complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complain(message.type in ("error", "warning"), message.text))
        self.page.on("pageerror", lambda error: self.complain(True, str(error)))
        self.page.on("response", lambda answer: self.complain(answer.status >= 400, f"{answer.status} {answer.url}"))
        self.page.on(
            "request",
            lambda asked: self.complain(
                not asked.url.startswith((self.address, "data:", "blob:")), f"asks the network: {asked.url}"
            ),
        )

    def complain(self, is_wrong: bool, text: str) -> None:
        if is_wrong:
            self.complaints.append(text)

    def open(self, name: str) -> None:
        self.page.goto(f"{self.address}/{'' if name == 'overview' else name}")
        self.page.wait_for_selector("#page-components .figure-container, #page-components .note", timeout=30000)
        self.settle()

    def settle(self) -> None:
        """Waits until no callback is running and every chart is drawn."""
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(
            "() => document.title !== 'Updating...' && [...document.querySelectorAll('.dash-graph')]"
            ".every(graph => graph.querySelector('.main-svg') && getComputedStyle(graph).visibility === 'visible')",
            timeout=30000,
        )
        self.page.wait_for_timeout(150)

    def choose(self, dropdown: str, label: str) -> None:
        """Chooses the option of a filter by its text."""
        self.page.click(f"#{dropdown}")
        option = self.page.locator(".dash-dropdown-content .dash-dropdown-option", has_text=label).first
        option.click()
        self.page.wait_for_timeout(250)
        self.settle()

    def download(self, button: str, folder: Path) -> Path:
        """The file that a button gives."""
        with self.page.expect_download(timeout=30000) as waiting:
            self.page.click(f"#{button}")
        target = folder / waiting.value.suggested_filename
        waiting.value.save_as(target)
        return target

    def kpi(self, name: str) -> str:
        return self.page.locator(f"[data-kpi='{name}']").first.inner_text().strip()

    def traces(self, graph: str) -> list[dict[str, Any]]:
        """Name, x, y, text and z of every trace of a chart, as the browser holds them."""
        return self.page.evaluate(
            """id => {
                const line = value => value != null && value.length && typeof value === 'object' ? [...value]
                    : Number.isNaN(value) ? null : value;
                const plain = given => given == null ? null
                    : Array.isArray(given) ? given.map(line)
                    : ArrayBuffer.isView(given) ? [...given].map(line)
                    : given._inputArray ? plain(given._inputArray) : given;
                const drawn = document.querySelector(`#${id} .js-plotly-plot`) || document.querySelector(`#${id}`);
                return drawn._fullData.map(trace => ({
                    name: trace.name, x: plain(trace.x), y: plain(trace.y), text: plain(trace.text),
                    customdata: plain(trace.customdata), visible: trace.visible,
                }));
            }""",
            graph,
        )

    def notes(self, graph: str) -> list[str]:
        """The sentences that a chart writes into itself."""
        return self.page.locator(f"#{graph} .annotation-text").all_text_contents()

    def cells(self, table: str, column: str) -> list[str]:
        """The shown texts of a column of the table's first page, from top to bottom."""
        return self.page.evaluate(
            """([id, column]) => [...document.querySelectorAll(`#${id} .ag-row [col-id="${column}"]`)]
                .map(cell => [Number(cell.closest('.ag-row').getAttribute('row-index')), cell.innerText.trim()])
                .sort((one, other) => one[0] - other[0]).map(pair => pair[1])""",
            [table, column],
        )


@pytest.fixture
def screen(server: str, browser: BrowserContext) -> Iterator[Screen]:
    shown = Screen(browser.new_page(), server)
    yield shown
    shown.page.close()
    assert shown.complaints == []
