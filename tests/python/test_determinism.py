"""The same input gives the same tables: whatever the number of threads, and again in a warehouse that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project, Warehouse
from dbt_jobs import build_all
from test_oracle import generate

SCHEMAS = ["staging", "quality", "intermediate", "segments", "marts"]
MODELS_ONLY = ["--exclude-resource-type", "test", "unit_test"]
Digests = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("determinism")
    generate(folder / "input", 120, 34, "parquet")
    return folder


def settings(given: Path, threads: int) -> dict[str, str]:
    return {"LENDING_INPUT": str(given / "input"), "LENDING_THREADS": str(threads)}


@pytest.fixture(scope="module")
def digests(project: Project, given: Path) -> dict[int, Digests]:
    """Per number of threads the digests of a first build in a warehouse of its own."""
    homes = {threads: given / f"threads_{threads}" for threads in (1, 4)}
    build_all(project.folder, {home: settings(given, threads) for threads, home in homes.items()}, *MODELS_ONLY)
    return {threads: Warehouse(home).digests(*SCHEMAS) for threads, home in homes.items()}


def changed(before: Digests, after: Digests) -> list[str]:
    return sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))


def test_four_threads_in_another_warehouse(digests: dict[int, Digests]) -> None:
    assert len(digests[1]) > 50
    assert changed(digests[1], digests[4]) == []


def test_second_build_in_the_same_warehouse(project: Project, given: Path, digests: dict[int, Digests]) -> None:
    """On two threads, so that three builds answer both questions. The log of identity changes must not grow either."""
    home = given / "threads_1"
    build_all(project.folder, {home: settings(given, 2)}, *MODELS_ONLY)
    assert changed(digests[1], Warehouse(home).digests(*SCHEMAS)) == []
