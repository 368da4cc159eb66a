"""The SQL alone: what a finished build asked of DuckDB, run again without dbt.

    python bench/replay_sql.py --target DIR --built WAREHOUSE.duckdb --result FILE.json

Takes the statements that dbt compiled (run_results.json) and creates every model in the order in which dbt built it,
in a new file in LENDING_HOME, with the settings of profiles.yml, in one process. Parsing, compilation, logging,
comments on columns, contracts and data tests are not in it: what is left is the time that better SQL could win. Seeds
are copied from the built warehouse before the clock starts: loading them is dbt's work, and their size does not grow.

A model that is not SQL cannot be replayed; its table is copied from the built warehouse, and it is named in the result.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

PROJECT = Path(__file__).resolve().parent.parent
DONE_STATUSES = ("success", "pass", "warn")


def quoted(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def profile_settings(profiles: Path) -> dict[str, Any]:
    """The settings of DuckDB that the profile gives to dbt, with its environment variables filled in."""
    engine = jinja2.Environment(autoescape=False)
    engine.filters["as_number"] = int
    text = engine.from_string(profiles.read_text(encoding="utf-8")).render(env_var=os.environ.get)
    profile = next(iter(yaml.safe_load(text).values()))
    return profile["outputs"][profile["target"]].get("settings", {})


def statements(target: Path) -> tuple[list[tuple[dict[str, Any], str]], list[dict[str, Any]]]:
    """Every model and hook that the build ran, in its order, as (node, compiled SQL); and the seeds.

    A hook makes no relation, so it comes with an empty node.
    """
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    todo = []
    seeds = []
    for result in results:
        unique_id = result["unique_id"]
        kind = unique_id.split(".", 1)[0]
        if result["status"] not in DONE_STATUSES:
            continue
        if kind == "seed":
            seeds.append(nodes[unique_id])
        elif kind in ("model", "operation"):
            todo.append((nodes[unique_id] if kind == "model" else {}, result.get("compiled_code") or ""))
    return todo, seeds


def relation(node: dict[str, Any]) -> str:
    """Where a node's table lies, without the name of the database file."""
    return f'"{node["schema"]}"."{node["alias"]}"'


def replay(target: Path, built: Path, home: Path) -> dict[str, Any]:
    """Runs the build's SQL in `home`; returns the seconds in all and of each model."""
    todo, seeds = statements(target)
    home.mkdir(parents=True, exist_ok=True)
    # compiled SQL names the database, which DuckDB calls by its file name
    conn = duckdb.connect(str(home / built.name))
    for name, value in profile_settings(PROJECT / "profiles.yml").items():
        conn.execute(f"set {name} = {quoted(str(value))}")
    conn.execute(f"attach {quoted(str(built))} as built (read_only)")
    nodes = [*seeds, *(node for node, _ in todo if node)]
    for schema in sorted({node["schema"] for node in nodes}):
        conn.execute(f'create schema if not exists "{schema}"')
    for seed in seeds:
        conn.execute(f"create table {relation(seed)} as select * from built.{relation(seed)}")

    models = {}
    copied = []
    wall, cpu = time.perf_counter(), time.process_time()
    paused_wall = paused_cpu = 0.0
    for node, sql in todo:
        started, started_cpu = time.perf_counter(), time.process_time()
        if not node:
            if sql.strip():
                conn.execute(sql)
            continue
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        if node.get("language", "sql") != "sql":
            conn.execute(f"create table {relation(node)} as select * from built.{relation(node)}")
            copied.append(node["name"])
            paused_wall += time.perf_counter() - started
            paused_cpu += time.process_time() - started_cpu
            continue
        answer = conn.execute(f"create {kind} {relation(node)} as {sql}").fetchone()
        models[node["name"]] = {
            "seconds": round(time.perf_counter() - started, 4),
            "cpu_seconds": round(time.process_time() - started_cpu, 4),
            "rows": answer[0] if kind == "table" and answer else None,
        }
    conn.execute("checkpoint")
    seconds = time.perf_counter() - wall - paused_wall
    cpu_seconds = time.process_time() - cpu - paused_cpu
    conn.close()
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "models": models,
        "copied_models": sorted(copied),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, required=True, help="dbt's target folder of the build")
    parser.add_argument("--built", type=Path, required=True, help="the warehouse file of the build, only read")
    parser.add_argument("--result", type=Path, required=True, help="where the figures go, as JSON")
    arguments = parser.parse_args()
    home = Path(os.environ["LENDING_HOME"])
    found = replay(arguments.target, arguments.built, home)
    arguments.result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
