"""How the dashboard reads: this machine only, read-only, the newest release, in words where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Screen, serving
from playwright.sync_api import BrowserContext
from test_pages import LAST, Sql


def test_it_listens_on_this_machine_only(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    listening = [
        line.split()[1]
        for name in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(name).exists()
        for line in Path(name).read_text(encoding="ascii").splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_without_a_release_it_says_so(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "dashboard" / "app.py")],
        env={**os.environ, "LENDING_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "Run `make build` first." in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_new_release_is_picked_up(published: Path, browser: BrowserContext, sql: Sql, tmp_path: Path) -> None:
    """The link moves to a release with other rows and without a table; the running dashboard follows."""
    for name in ("one", "two"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        shutil.copy(published, tmp_path / "releases" / name / "lending.duckdb")
    changed = duckdb.connect(str(tmp_path / "releases" / "two" / "lending.duckdb"))
    changed.execute("update marts.mart_segment_performance set clients = clients + 1000")
    changed.execute("drop table marts.mart_claims")
    changed.execute("update quality.dq_build_input set is_synthetic_demo = false")
    changed.close()
    link = tmp_path / "published"
    link.symlink_to(Path("releases") / "one")
    clients, segments = sql(
        f"""select sum(clients), count(*) from marts.mart_segment_performance
        where axis = 'CREDIT' and as_of_month = {LAST}"""
    )[0]
    with serving(tmp_path) as address:
        screen = Screen(browser.new_page(), address)
        screen.open("overview")
        assert screen.kpi("clients") == f"{int(clients):,}"
        # the file that is being read can still be read by others, and be replaced
        (tmp_path / "next").symlink_to(Path("releases") / "two")
        os.replace(tmp_path / "next", link)
        screen.open("overview")
        assert screen.kpi("clients") == f"{int(clients) + 1000 * segments:,}"
        assert screen.page.locator("#demo-label").count() == 0
        screen.open("claims")
        assert "This release does not have mart_claims" in screen.page.locator("#claims-cards").inner_text()
        assert any("does not have mart_claims" in " ".join(note.split()) for note in screen.notes("claims-chart"))
        assert screen.complaints == []
        screen.page.close()


def test_it_cannot_write(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import queries

    monkeypatch.setenv("LENDING_HOME", str(published.parents[2]))
    with queries.cursor() as asked:
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            asked.execute("delete from marts.dim_month")
        with pytest.raises(duckdb.PermissionException):
            asked.execute("copy (select 1) to '/tmp/never.csv'")
        with pytest.raises(duckdb.InvalidInputException):
            asked.execute("set enable_external_access = true")
