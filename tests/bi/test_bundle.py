"""The generator of the bundle: the same input gives the same bytes, and what does not fit is said."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from charts import SPEC
from conftest import Published
from generate_bundle import WrongBundle, columns_of_query, generate, write
from server import NotStarted, Superset


@pytest.fixture
def spec() -> dict[str, Any]:
    return copy.deepcopy(SPEC)


def test_two_runs_give_the_same_bytes(published: Published, spec: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write(generate(spec, published.manifest, published.file), "Dashboard", tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_database_is_read_only_through_the_link(published: Published, spec: dict[str, Any]) -> None:
    database = generate(spec, published.manifest, published.file)["databases/lending.yaml"]
    assert (
        database["sqlalchemy_uri"] == f"duckdb:///{published.file}" and "/releases/" not in database["sqlalchemy_uri"]
    )
    assert database["extra"]["engine_params"]["connect_args"]["read_only"] is True
    assert not database["allow_dml"] and not database["allow_ctas"] and not database["allow_file_upload"]


def _column(spec: dict[str, Any]) -> None:
    spec["charts"][4]["x"] = "colour"


def _metric(spec: dict[str, Any]) -> None:
    spec["charts"][0]["metrics"] = ["happiness"]


def _dataset(spec: dict[str, Any]) -> None:
    spec["charts"][0]["dataset"] = "marts.nothing"


def _schema(spec: dict[str, Any]) -> None:
    chart = next(chart for chart in spec["charts"] if chart["dataset"] == "marts.mart_early_warning")
    chart["dataset"] = "quality.mart_early_warning"


def _unplaced(spec: dict[str, Any]) -> None:
    spec["dashboard"]["rows"].pop()


def _filter(spec: dict[str, Any]) -> None:
    spec["dashboard"]["filters"][0]["column"] = "colour"


def _described(spec: dict[str, Any]) -> None:
    spec["datasets"][0]["columns"].pop("segment")


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (_column, "has no column colour"),
        (_metric, "has no metric happiness"),
        (_dataset, "no dataset marts.nothing"),
        (_schema, "no dataset quality.mart_early_warning"),
        (_unplaced, "stands once on the dashboard"),
        (_filter, "there is no segment_scorecard.colour"),
        (_described, "column segment is in none of its tables"),
    ],
)
def test_mistakes_are_named(published: Published, spec: dict[str, Any], mistake: Any, message: str) -> None:
    mistake(spec)
    with pytest.raises(WrongBundle, match=message):
        generate(spec, published.manifest, published.file)


def test_a_column_without_description_stops(published: Published, spec: dict[str, Any]) -> None:
    manifest = published.manifest
    node = next(node for node in manifest["nodes"].values() if node.get("alias") == "mart_early_warning")
    node["columns"]["score"]["description"] = ""
    with pytest.raises(WrongBundle, match="No description of mart_early_warning.score"):
        generate(spec, manifest, published.file)


def test_names_of_a_select_list() -> None:
    assert columns_of_query("select\n    a.one,\n    sum(b) as two\nfrom t as a\n") == ["one", "two"]
    with pytest.raises(WrongBundle, match="one named column a line"):
        columns_of_query("select\n    a + b\nfrom t\n")


def test_without_a_published_file_nothing_is_left(published: Published, tmp_path: Path) -> None:
    server = Superset(tmp_path / "published" / "lending.duckdb", published.manifest_file)
    with pytest.raises(NotStarted, match="Run make build"), server:
        pass
    assert not server.folder.exists()
