"""The same input gives the same tables: whatever the number of threads, and again in a warehouse that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project, Warehouse
from test_oracle import generate

SCHEMAS = ["staging", "quality", "intermediate", "segments", "marts"]
WITHOUT_TESTS = ["--exclude-resource-type", "test"]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("determinism")
    generate(folder / "input", 120, 31, "parquet")
    return folder


def build(project: Project, given: Path, home: str, threads: int) -> Warehouse:
    settings = {"LENDING_INPUT": str(given / "input"), "LENDING_THREADS": str(threads)}
    return project.build(given / home, *WITHOUT_TESTS, **settings)


@pytest.fixture(scope="module")
def first(project: Project, given: Path) -> dict[str, tuple[int, str]]:
    """Digests of a build on one thread."""
    return build(project, given, "one_thread", 1).digests(*SCHEMAS)


def changed(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    return sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))


def test_four_threads_in_another_warehouse(project: Project, given: Path, first: dict[str, tuple[int, str]]) -> None:
    assert len(first) > 50
    assert changed(first, build(project, given, "four_threads", 4).digests(*SCHEMAS)) == []


def test_second_build_in_the_same_warehouse(project: Project, given: Path, first: dict[str, tuple[int, str]]) -> None:
    """On two threads, so that two builds answer three questions. The change log of identities must not grow either."""
    assert changed(first, build(project, given, "one_thread", 2).digests(*SCHEMAS)) == []
