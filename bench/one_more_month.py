"""What one more month costs against building the whole history again.

    python bench/one_more_month.py --clients 100000 [--seed 1] [--keep FOLDER]

Generates a portfolio, builds it as of the month end before the last, adds the last month, and then builds the same
history afresh. Prints the seconds of every layer from dbt's own run results, and the share of clients without data on
each axis. Staging is full in every run and stands apart. Nothing is asserted: this is a benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ["raw", "reference", "rules", "staging", "quality", "intermediate", "segments", "marts"]
DERIVED = ["intermediate", "segments", "marts"]
MONTHS = 48
LAST, BEFORE = date(2026, 6, 30), date(2026, 5, 31)
START = "2022-07"


def build(home: Path, portfolio: Path, as_of: date, *arguments: str) -> dict[str, float]:
    """Runs dbt once; seconds by schema, `wall` included."""
    environment = dict(os.environ) | {
        "LENDING_HOME": str(home),
        "LENDING_INPUT": str(portfolio),
        "LENDING_AS_OF_DATE": str(as_of),
        "LENDING_HISTORY_START": START,
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "DBT_PROFILES_DIR": str(ROOT),
    }
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude-resource-types", "test", "unit_test", *arguments]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout[-4000:] + done.stderr[-2000:])
    seconds = dict.fromkeys(LAYERS, 0.0) | {"wall": time.perf_counter() - started}
    manifest = json.loads((home / "target" / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((home / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    models = {}
    for result in results:
        node = manifest["nodes"].get(result["unique_id"])
        if node is not None:
            seconds[node["schema"]] = seconds.get(node["schema"], 0.0) + result["execution_time"]
            models[node["name"]] = result["execution_time"]
    slowest = sorted(models, key=lambda name: -models[name])[:12]
    print("  slowest: " + ", ".join(f"{name} {models[name]:.1f}" for name in slowest), flush=True)
    return seconds


def without_data(home: Path) -> list[tuple[str, int, int, float]]:
    """Per axis the clients of the last month in a segment that only says that data are missing, and in OTHER."""
    sql = """
        select axis, clients, clients_without_data, without_data_share
        from marts.mart_segment_stability
        where as_of_month = (select max(as_of_month) from marts.mart_segment_stability)
        order by axis
    """
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as conn:
        return conn.execute(sql).fetchall()


def covered(home: Path) -> tuple[int, int]:
    """Client-months of the grid, and rows of fct_client_segment_month with all six segments."""
    sql = """
        select (select count(*) from intermediate.int_client_month), (
            select count(*) from (
                select distinct client_key, as_of_month from marts.fct_client_segment_month
                where industry_segment is not null and size_segment is not null and credit_segment is not null
                    and lifecycle_segment is not null and behaviour_segment is not null and project_type_segment is not null
            )
        )
    """
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as conn:
        return conn.execute(sql).fetchone()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the portfolio and the warehouses (default: temporary)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        portfolio = folder / "portfolio"
        if not portfolio.exists():
            generate = [sys.executable, str(ROOT / "bench" / "generate.py"), "--clients", str(given.clients)]
            generate += ["--seed", str(given.seed), "--out", str(portfolio), "--format", "parquet"]
            subprocess.run(generate, check=True, capture_output=True)
        runs = {}
        print("whole history up to the month before", flush=True)
        build(folder / "grown", portfolio, BEFORE, "--full-refresh")
        print("one more month", flush=True)
        runs["one more month"] = build(folder / "grown", portfolio, LAST)
        print("full refresh", flush=True)
        runs["full refresh"] = build(folder / "fresh", portfolio, LAST, "--full-refresh")
        print(f"\n{given.clients} clients, {MONTHS} months, seconds\n")
        print("| run | " + " | ".join([*LAYERS, "intermediate to marts", "wall"]) + " |")
        print("|---|" + "---|" * (len(LAYERS) + 2))
        derived = {}
        for name, seconds in runs.items():
            derived[name] = sum(seconds[layer] for layer in DERIVED)
            figures = [*(seconds[layer] for layer in LAYERS), derived[name], seconds["wall"]]
            print(f"| {name} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
        print(f"\none more month / full refresh, intermediate to marts: {derived['one more month'] / derived['full refresh']:.3f}")
        grid, rows = covered(folder / "grown")
        print(f"client-months of the grid {grid}, with all six segments {rows}\n")
        print("| axis | clients | without data | share |\n|---|---|---|---|")
        for axis, clients, missing, share in without_data(folder / "grown"):
            print(f"| {axis} | {clients} | {missing} | {share} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
