"""The project, run as a user runs it: in a copy, with its own LENDING_HOME, through dbt's command line."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "target", "logs", "warehouse", "releases", "__pycache__", ".*_cache"
)
# Test files by the time they take (pytest --durations=0), those that build most before the demo is there first.
LONGEST_FIRST = (
    "test_example_sba",
    "test_segment_oracle",
    "test_mart_oracle",
    "test_incremental",
)
SETTINGS = [name for name in os.environ if name.startswith(("LENDING_", "DBT_"))]


@dataclass
class Run:
    """What a dbt command did: its exit code and everything it printed."""

    code: int
    output: str

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass
class Project:
    """A copy of the project in `folder`; every command can have its own warehouse and settings."""

    folder: Path

    def dbt(self, *arguments: str, home: Path, **settings: str) -> Run:
        """Runs dbt with LENDING_HOME=home and further settings (LENDING_INPUT="..." and so on)."""
        home.mkdir(parents=True, exist_ok=True)
        env = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        env |= {"LENDING_HOME": str(home), "DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs")}
        env |= settings
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def build(self, home: Path, *arguments: str, **settings: str) -> Warehouse:
        """Builds everything but the unit tests and fails the test when dbt fails."""
        run = self.dbt("build", "--exclude-resource-type", "unit_test", *arguments, home=home, **settings)
        assert run.ok, run.output[-6000:]
        return Warehouse(home)


@dataclass
class Warehouse:
    """A built warehouse, opened read-only for each question and closed again."""

    home: Path

    @property
    def file(self) -> Path:
        return self.home / "build.duckdb"

    def copy_to(self, home: Path) -> Path:
        """A home with a copy of the file, for commands that open it to write; others read this one meanwhile."""
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.file, home / "build.duckdb")
        return home

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as conn:
            return conn.execute(sql, parameters or []).fetchall()

    def frame(self, sql: str) -> Any:
        with duckdb.connect(str(self.file), read_only=True) as conn:
            return conn.execute(sql).df()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def tables(self, *schemas: str) -> list[tuple[str, str]]:
        """(schema, table) of the tables, not the views, in some schemas."""
        listed = ", ".join(f"'{schema}'" for schema in schemas)
        return self.rows(
            f"select schema_name, table_name from duckdb_tables() where schema_name in ({listed}) order by all"
        )

    def digests(self, *schemas: str) -> dict[str, tuple[int, str]]:
        """Per table the row count and a digest of its content that does not depend on the order of rows."""
        result = {}
        with duckdb.connect(str(self.file), read_only=True) as conn:
            for schema, table in self.tables(*schemas):
                sql = f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {schema}.{table} as t"
                result[f"{schema}.{table}"] = conn.execute(sql).fetchone()
        return result


def manifest(home: Path) -> dict[str, Any]:
    return json.loads((home / "target" / "manifest.json").read_text(encoding="utf-8"))


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """A folder of the session that its first user fills and that all test processes share (pytest -n)."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder = root / name
    with open(root / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "built"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            done.touch()
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order of LONGEST_FIRST, so that no process is left alone with a long one; then all others."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One copy of the project for the session; tests that change it make a copy of their own."""

    def copy(folder: Path) -> None:
        shutil.copytree(ROOT, folder / "project", ignore=NOT_COPIED)
        (folder / "project" / "warehouse").mkdir(exist_ok=True)

    return Project(built_once(tmp_path_factory, "copy", copy) / "project")


@pytest.fixture(scope="session")
def demo(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo portfolio, built once; tests only read it."""
    return Warehouse(built_once(tmp_path_factory, "demo", project.build))


@pytest.fixture(scope="session")
def generated_segments(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Warehouse]:
    """Generated portfolios by their seed, built together once for the oracles of segments and marts; only read."""
    from generated_portfolios import build_generated, homes_of

    root = built_once(tmp_path_factory, "segments", lambda folder: build_generated(project.folder, folder))
    return {seed: Warehouse(home) for seed, home in homes_of(root).items()}
