"""The project, run as a user runs it: in a copy, with its own LENDING_HOME, through dbt's command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One copy of the project for the session."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    (folder / "warehouse").mkdir(exist_ok=True)
    return Project(folder)


@pytest.fixture(scope="session")
def demo(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The demo portfolio, built once; tests only read it."""
    yield project.build(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def generated_segments(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Warehouse]:
    """Generated portfolios by their seed, built together once for the oracles of segments and marts; only read."""
    from generated_portfolios import build_generated

    homes = build_generated(project.folder, tmp_path_factory.mktemp("segments"))
    return {seed: Warehouse(home) for seed, home in homes.items()}
