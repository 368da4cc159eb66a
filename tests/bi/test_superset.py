"""Superset, really connected: the bundle goes in, every chart shows what SQL says, nothing can be written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from browser import Seen, look, save
from charts import BY_NAME, CHARTS, CHECKS, SPEC, dates_of, expected, ordered, plain, rows_of
from conftest import ROOT, Published
from generate_bundle import asked_columns
from rest import Client
from server import USER, Superset

IMAGE = ROOT / "docs" / "images" / "superset-dashboard.png"
DASHBOARD = "/superset/dashboard/lending-segments/?standalone=1"
LARGEST_IMAGE = 300_000


@pytest.fixture(scope="module")
def client(superset: Superset) -> Client:
    return Client(superset.address, USER, superset.password)


@pytest.fixture(scope="module")
def charts(client: Client) -> dict[str, int]:
    """The number of every chart by its key in bundle.yml."""
    return {BY_NAME[chart["slice_name"]]: chart["id"] for chart in client.all_of("chart")}


@pytest.fixture(scope="module")
def seen(client: Client, charts: dict[str, int]) -> Seen:
    return look(client, DASHBOARD, len(charts))


def test_every_chart_has_a_query_to_compare_with() -> None:
    assert {file.stem for file in CHECKS.glob("*.sql")} == set(CHARTS)


def test_bundle_is_all_there(client: Client, charts: dict[str, int], published: Published) -> None:
    assert set(charts) == set(CHARTS)
    boards = client.all_of("dashboard")
    assert [board["dashboard_title"] for board in boards] == ["Lending segments"]
    shown = client.get(f"dashboard/{boards[0]['id']}/charts")["result"]
    assert {chart["id"] for chart in shown} == set(charts.values())
    marts = {name for (name,) in published.rows("select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert marts <= {dataset["table_name"] for dataset in client.all_of("dataset")}


def test_descriptions_are_those_of_dbt(client: Client, published: Published) -> None:
    """Every dataset that is a table: its description and each column's stand in manifest.json."""
    nodes = {(node["schema"], node["alias"]): node for node in published.manifest["nodes"].values() if "alias" in node}
    compared = 0
    for listed in client.all_of("dataset"):
        dataset = client.get(f"dataset/{listed['id']}")["result"]
        if dataset["sql"]:
            continue
        node = nodes[(dataset["schema"], dataset["table_name"])]
        assert dataset["description"] == node["description"].strip(), dataset["table_name"]
        columns = {name: " ".join(column["description"].split()) for name, column in node["columns"].items()}
        assert {column["column_name"]: column["description"] for column in dataset["columns"]} == columns
        compared += len(columns)
    assert compared > 300


def test_columns_of_datasets_exist(client: Client, published: Published) -> None:
    """Of tables and of queries alike: the columns listed are those that come."""
    for listed in client.all_of("dataset"):
        dataset = client.get(f"dataset/{listed['id']}")["result"]
        source = f"({dataset['sql']})" if dataset["sql"] else f"{dataset['schema']}.{dataset['table_name']}"
        with duckdb.connect(str(published.file), read_only=True) as conn:
            found = [column[0] for column in conn.execute(f"select * from {source} as source limit 0").description]
        assert sorted(found) == sorted(column["column_name"] for column in dataset["columns"]), dataset["table_name"]


@pytest.mark.parametrize("key", CHARTS)
def test_chart_equals_sql(client: Client, charts: dict[str, int], published: Published, key: str) -> None:
    assert rows_of(client.chart_rows(charts[key]), dates_of(published, key)) == expected(published, key)


def test_dashboard_draws_every_chart(seen: Seen, charts: dict[str, int]) -> None:
    assert (seen.charts, seen.drawn, seen.errors, seen.console) == (len(charts), len(charts), [], [])
    assert "synthetic" in seen.text and "Scorecard" in seen.text


def test_browser_asks_nobody_else(client: Client, seen: Seen) -> None:
    """Superset's menu has a pixel that counts its users: the policy of superset_config.py keeps it from loading."""
    assert (seen.hosts, seen.blocked) == ({"127.0.0.1"}, set())
    welcome = look(client, "/superset/welcome/", charts=0)
    assert welcome.hosts == {"127.0.0.1"} and len(welcome.blocked) == 1


def long_rows(chart: dict[str, Any], data: list[dict[str, Any]]) -> list[list[Any]]:
    """The page's answer in the long form of the checks; a chart with series comes with a column for each."""
    if chart["viz"] == "heatmap":
        # the last column is the share that colours the cell
        return [list(row.values())[:3] for row in data]
    if chart["viz"] in ("bar", "line", "area") and chart.get("by"):
        x = chart["x"]
        return [
            [row[x], series.replace("\\,", ","), value]
            for row in data
            for series, value in row.items()
            if series != x and value is not None
        ]
    return [list(row.values()) for row in data]


@pytest.mark.parametrize("key", CHARTS)
def test_dashboard_shows_what_sql_says(seen: Seen, charts: dict[str, int], published: Published, key: str) -> None:
    """What the page itself asked and got while it drew the chart, with the dashboard's filter on."""
    chart = CHARTS[key]
    wanted = expected(published, key)
    columns = asked_columns(chart)
    for chosen in SPEC["dashboard"]["filters"]:
        if key in chosen["charts"]:
            place = columns.index(chosen["column"])
            assert {row[place] for row in wanted} > set(chosen["default"])
            wanted = [row for row in wanted if row[place] in chosen["default"]]
    dates = dates_of(published, key)
    got = [
        tuple(plain(value, i in dates) for i, value in enumerate(row))
        for row in long_rows(chart, seen.data[charts[key]])
    ]
    assert ordered(got) == wanted


def test_picture(seen: Seen, tmp_path: Path) -> None:
    """A new one is kept when SAVE_SCREENSHOTS is set, so that a test run leaves the folder as it was."""
    file = tmp_path / IMAGE.name
    save(seen.picture, file)
    assert 20_000 < file.stat().st_size < LARGEST_IMAGE
    if os.environ.get("SAVE_SCREENSHOTS"):
        IMAGE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, IMAGE)
    assert IMAGE.stat().st_size < LARGEST_IMAGE


WRITES = {
    "create": "create table marts.made as select 1 as a",
    "insert": "insert into marts.dim_month select * from marts.dim_month",
    "update": "update marts.dim_month set calendar_year = 1",
    "delete": "delete from marts.dim_month",
    "drop": "drop table marts.dim_month",
    "view": "create view marts.made as select 1 as a",
    "attach": "attach '{folder}/other.duckdb' as other",
    "copy": "copy (select 1 as a) to '{folder}/out.csv'",
}


@pytest.mark.parametrize("allowed", [False, True], ids=["as-shipped", "if-superset-let-it"])
def test_writing_is_refused(client: Client, published: Published, tmp_path: Path, allowed: bool) -> None:
    """As shipped Superset refuses; were someone to allow it there, DuckDB still does."""
    before = published.file.read_bytes()
    (database,) = client.all_of("database")
    try:
        assert client.answer("PUT", f"database/{database['id']}", {"allow_dml": allowed}).status_code == 200
        fine = client.sql(database["id"], "select count(*) as months from marts.dim_month")
        assert fine.status_code == 200 and fine.json()["data"][0]["months"] > 1
        for kind, statement in WRITES.items():
            answer = client.sql(database["id"], statement.format(folder=tmp_path))
            assert answer.status_code != 200, f"{kind} went through"
            reason = answer.json()["errors"][0]["message"]
            words = ("read-only", "disabled by configuration") if allowed else ("DDL/DML", "disabled by configuration")
            assert any(word in reason for word in words), f"{kind}: {reason}"
    finally:
        assert client.answer("PUT", f"database/{database['id']}", {"allow_dml": False}).status_code == 200
    assert list(tmp_path.iterdir()) == []
    assert published.file.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('{file}')",
        "select * from read_csv('{file}')",
        "from '{file}'",
        "set enable_external_access = true",
        "select * from quality.dq_rejected_rows",
        "select * from staging.stg_clients",
    ],
)
def test_nothing_else_can_be_read(client: Client, tmp_path: Path, statement: str) -> None:
    """Neither files of the machine nor tables that are not published."""
    file = tmp_path / "secret.csv"
    file.write_text("word\nhidden\n")
    (database,) = client.all_of("database")
    answer = client.sql(database["id"], statement.format(file=file))
    assert answer.status_code != 200 and "hidden" not in answer.text


def test_a_stranger_sees_nothing(superset: Superset, charts: dict[str, int]) -> None:
    stranger = Client(superset.address)
    for number in charts.values():
        answer = stranger.answer("GET", f"chart/{number}/data/")
        assert answer.status_code in (401, 403, 404), answer.text[:200]


def test_next_release_is_seen_at_once(client: Client, charts: dict[str, int], published: Published) -> None:
    """Readers switch while the server runs; the file of the old release stays as it is for who has it open."""
    before = client.chart_rows(charts["clients"])
    copy = published.home / "releases" / "second"
    shutil.copytree(published.home / "releases" / "first", copy)
    with duckdb.connect(str(copy / "lending.duckdb")) as conn:
        conn.execute("update marts.mart_segment_performance set clients = clients + 1000")
    published.switch("second")
    try:
        after = client.chart_rows(charts["clients"])
        assert after != before
        assert rows_of(after, set()) != expected(published, "clients")
    finally:
        published.switch("first")
    assert client.chart_rows(charts["clients"]) == before


def test_import_again_changes_nothing(superset: Superset, client: Client, charts: dict[str, int]) -> None:
    """A second import of the dashboard and of the datasets replaces and does not double."""
    datasets = superset.bundle.with_name("lending_datasets.zip")
    superset.superset("import-dashboards", "--path", str(superset.bundle), "--username", USER)
    superset.superset("import-datasources", "--path", str(datasets), "--username", USER)
    assert {BY_NAME[chart["slice_name"]]: chart["id"] for chart in client.all_of("chart")} == charts
    assert len(client.all_of("database")) == 1 and len(client.all_of("dashboard")) == 1
