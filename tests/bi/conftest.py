"""A published demo for readers, and a Superset over it. Run by `make test-bi` in .venv-superset.

The demo is built by the project's own environment, in a process of its own. To try things out over a home that stands
already (with target/ in it), set BI_TEST_HOME.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "superset"))
from server import Superset  # noqa: E402

BUILD_SECONDS = 900
# from Debian's chromium, chromium-driver, postgresql, unixodbc and odbc-postgresql; .ci/run installs them
PROGRAMS = ("/usr/bin/chromium", "/usr/bin/chromedriver", "/usr/lib/postgresql/*/bin/initdb", "/usr/bin/isql")
PROGRAMS += ("/usr/bin/psql", "/usr/lib/*/odbc/psqlodbcw.so")


def pytest_sessionstart() -> None:
    missing = [program for program in PROGRAMS if not glob.glob(program)]
    if missing:
        pytest.exit(
            f"Not installed: {', '.join(missing)}. docs/bi.md says which packages the tests need.", returncode=1
        )


@dataclass
class Published:
    """A home with a release that tests may switch, and dbt's description of it."""

    home: Path
    manifest_file: Path

    @property
    def file(self) -> Path:
        return self.home / "published" / "lending.duckdb"

    @property
    def parquet(self) -> Path:
        return self.home / "published" / "parquet"

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self.manifest_file.read_text(encoding="utf-8"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as conn:
            return conn.execute(sql).fetchall()

    def switch(self, release: str) -> None:
        """Points readers to another release, as scripts/publish.py does."""
        link = self.home / ".next"
        link.symlink_to(Path("releases") / release)
        os.replace(link, self.home / "published")


def settings_left_out(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    settings = ("LENDING_", "DBT_", "PYTHON", "PYTEST")
    return {name: value for name, value in environment.items() if not name.startswith(settings)}


def build(home: Path) -> None:
    """Builds and publishes the demo with the project's own environment."""
    python = ROOT / ".venv" / "bin" / "python"
    assert python.is_file(), "There is no .venv: run make setup, or make test-bi, which does."
    env = settings_left_out(os.environ)
    env |= {"LENDING_HOME": str(home), "DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs")}
    env |= {"DBT_PROFILES_DIR": str(ROOT)}
    done = subprocess.run(
        [str(python), str(ROOT / "scripts" / "build.py")],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("BI_TEST_HOME")
    if given:
        return Path(given).resolve()
    home = tmp_path_factory.mktemp("bi") / "home"
    home.mkdir()
    build(home)
    return home


@pytest.fixture(scope="session")
def published(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A copy of the release in a home of its own, so that a test can switch releases."""
    home = tmp_path_factory.mktemp("published")
    (home / "releases").mkdir()
    shutil.copytree((built / "published").resolve(), home / "releases" / "first")
    (home / "published").symlink_to(Path("releases") / "first")
    shutil.copy(built / "target" / "manifest.json", home / "manifest.json")
    return Published(home, home / "manifest.json")


@pytest.fixture(scope="session")
def superset(published: Published) -> Iterator[Superset]:
    """A server that has the bundle; afterwards it must be gone, whatever the tests did."""
    with Superset(published.file, published.manifest_file) as server:
        yield server
    assert server.process is not None and server.process.poll() is not None
    assert not server.folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
