"""The benchmark scripts: their arithmetic, what they read from dbt's artifacts, and a small run without a build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).resolve().parents[2]
BENCH = PROJECT / "bench"
sys.path.insert(0, str(BENCH))

import measuring  # noqa: E402
import plain_scan  # noqa: E402
import replay_sql  # noqa: E402
import run_benchmarks  # noqa: E402


def result(unique_id: str, seconds: float, status: str = "success", sql: str = "") -> dict:
    return {"unique_id": unique_id, "execution_time": seconds, "status": status, "compiled_code": sql}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """dbt's artifacts of a build of one hook, one seed, a view, two tables and a test."""
    nodes = {
        "operation.lending.on-run-start-0": {"name": "on-run-start-0", "schema": "main", "alias": "on-run-start-0"},
        "seed.lending.ref_unit": {"name": "ref_unit", "schema": "reference", "alias": "ref_unit", "config": {}},
        "model.lending.stg_loan": {
            "name": "stg_loan",
            "schema": "staging",
            "alias": "stg_loan",
            "config": {"materialized": "view"},
        },
        "model.lending.fct_loan": {
            "name": "fct_loan",
            "schema": "marts",
            "alias": "fct_loan",
            "config": {"materialized": "table"},
        },
        "model.lending.int_curve": {
            "name": "int_curve",
            "schema": "marts",
            "alias": "int_curve",
            "language": "python",
            "config": {"materialized": "table"},
        },
    }
    results = [
        result("operation.lending.on-run-start-0", 0.1, sql="create macro doubled(x) as 2 * x"),
        result("seed.lending.ref_unit", 0.2),
        result("model.lending.stg_loan", 0.3, sql='select unit * 10 as amount from "build"."reference"."ref_unit"'),
        result("model.lending.fct_loan", 0.5, sql='select doubled(amount) as amount from "build"."staging"."stg_loan"'),
        result("model.lending.int_curve", 0.4, sql="def model(dbt, session): ..."),
        result("test.lending.no_gaps.abc", 0.25, status="fail"),
        result("test.lending.no_overlap.def", 0.0, status="skipped"),
    ]
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    (folder / "run_results.json").write_text(json.dumps({"results": results, "elapsed_time": 2.0}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("small", "large", "exponent"),
    [((1_000, 2.0), (10_000, 20.0), 1.0), ((10, 3.0), (100, 300.0), 2.0), ((1_000, 5.0), (8_000, 5.0), 0.0)],
)
def test_growth_exponent_is_the_power_of_the_size(small, large, exponent):
    assert measuring.growth_exponent(*small, *large) == pytest.approx(exponent)


def test_growth_exponent_is_absent_where_there_is_none():
    assert measuring.growth_exponent(10, 1.0, 10, 2.0) is None
    assert measuring.growth_exponent(10, 0.0, 100, 2.0) is None


def test_floor_adds_every_kind_of_node():
    assert measuring.floor_seconds(0, 0, 0) == pytest.approx(2.4)
    assert measuring.floor_seconds(100, 200, 10) == pytest.approx(2.4 + 5 + 4.4 + 0.8)


def test_build_summary_counts_nodes_seconds_and_failures(target):
    summary = measuring.summarise_build(target)
    assert summary["nodes"] == {"model": 3, "operation": 1, "seed": 1, "test": 2}
    assert summary["node_seconds"]["model"] == pytest.approx(1.2)
    assert summary["other_seconds"] == pytest.approx(0.25)
    assert summary["failed"] == ["test no_gaps.abc: fail"]
    assert summary["skipped"] == 1
    assert list(summary["models"]) == ["stg_loan", "fct_loan", "int_curve"]


def test_replay_runs_the_compiled_sql_and_nothing_of_dbt(target, tmp_path, monkeypatch):
    monkeypatch.setenv("LENDING_HOME", str(tmp_path / "replay"))
    built = tmp_path / "warehouse" / "build.duckdb"
    built.parent.mkdir()
    with duckdb.connect(str(built)) as conn:
        conn.execute("create schema reference; create table reference.ref_unit as select 7 as unit")
        conn.execute("create schema marts; create table marts.int_curve as select 1 as step")
    found = replay_sql.replay(target, built, tmp_path / "replay")
    assert found["models"]["fct_loan"]["rows"] == 1
    assert found["models"]["stg_loan"]["rows"] is None
    assert found["copied_models"] == ["int_curve"]
    assert found["seconds"] > 0
    with duckdb.connect(str(tmp_path / "replay" / "build.duckdb"), read_only=True) as conn:
        assert conn.execute("select amount from marts.fct_loan").fetchall() == [(140,)]


def test_scan_counts_single_files_and_folders_of_parts(tmp_path):
    with duckdb.connect() as conn:
        (tmp_path / "payments").mkdir()
        conn.execute(f"copy (select 1 as a, 'x' as b) to '{tmp_path}/loans.parquet'")
        conn.execute(f"copy (select 1 as a from range(3)) to '{tmp_path}/payments/part-0.parquet'")
        conn.execute(f"copy (select 1 as a, 2 as c from range(4)) to '{tmp_path}/payments/part-1.parquet'")
    found = plain_scan.measure_scan(tmp_path, repeat=2)
    assert {table: figures["rows"] for table, figures in found["tables"].items()} == {"loans": 1, "payments": 7}
    assert (found["rows"], found["columns"], found["text_columns"]) == (8, 4, 1)


def test_measure_sees_exit_code_output_and_memory(tmp_path):
    log = tmp_path / "child.log"
    code = "import sys; block = bytearray(200 << 20); print('said'); sys.exit(3)"
    measured = measuring.measure([sys.executable, "-c", code], log)
    assert measured.exit_code == 3
    assert log.read_text(encoding="utf-8") == "said\n"
    # no upper bound: the memory of pytest itself counts towards the peak of its child (measuring.py)
    assert measured.peak_mib > 200
    assert measured.seconds > 0


def test_users_settings_do_not_reach_the_benchmark(monkeypatch):
    monkeypatch.setenv("LENDING_AS_OF_DATE", "2020-01-31")
    monkeypatch.setenv("DBT_TARGET", "elsewhere")
    monkeypatch.setenv("LENDING_MEMORY", "4GB")
    environment = measuring.project_environment(LENDING_INPUT="demo")
    assert "LENDING_AS_OF_DATE" not in environment
    assert "DBT_TARGET" not in environment
    assert environment["LENDING_MEMORY"] == "4GB"
    assert environment["LENDING_INPUT"] == "demo"


def step(seconds: float) -> dict:
    return {"seconds": seconds, "cpu_seconds": seconds, "peak_mib": 100.0}


def test_a_model_that_grows_with_the_square_is_named():
    sizes = [
        {
            "clients": clients,
            "sql": {**step(1.0), "models": {"even": {"cpu_seconds": even}, "steep": {"cpu_seconds": steep}}},
        }
        for clients, even, steep in [(1_000, 0.5, 0.1), (10_000, 5.0, 10.0)]
    ]
    assert run_benchmarks.steep_models(sizes) == [{"model": "steep", "cpu_seconds": 10.0, "exponent": 2.0}]


def test_merging_refuses_figures_of_another_machine(tmp_path):
    written = tmp_path / "scaling.json"
    written.write_text(json.dumps({"machine": {"cores": 64}, "settings": {}, "sizes": []}), encoding="utf-8")
    with pytest.raises(SystemExit, match="another machine"):
        run_benchmarks.earlier_sizes(written, {"machine": {"cores": 2}, "settings": {}})


def test_a_small_run_writes_both_results_and_leaves_nothing_behind(tmp_path):
    out = tmp_path / "results" / "scaling.md"
    work = tmp_path / "work"
    command = [sys.executable, str(BENCH / "run_benchmarks.py"), "--clients", "200,400", "--dry"]
    done = subprocess.run(
        [*command, "--work", str(work), "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [size["clients"] for size in written["sizes"]] == [200, 400]
    for size in written["sizes"]:
        assert size["input"]["rows"] > size["clients"]
        assert size["generate"]["peak_mib"] > 0
        assert size["scan"]["seconds"] > 0
    assert written["growth"][0]["to_clients"] == 400
    text = out.read_text(encoding="utf-8")
    assert "## Seconds and memory" in text
    assert str(tmp_path) not in text
    assert list(work.iterdir()) == []
