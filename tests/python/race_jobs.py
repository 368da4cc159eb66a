"""What test_publish_races.py runs in processes of their own: readers, a publisher, and publications that are killed.

    python race_jobs.py read-duckdb|read-parquet <home> <stop file> <result file> <pause in seconds>
    python race_jobs.py publish-many <home> <first version> <versions>
    python race_jobs.py kill <home> <seed> <rounds> <result file>

Every public table of the small warehouse holds the number of its version in each row, and a number of rows that
follows from it: a reader can tell a mixed release, and one with rows missing.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import publish  # noqa: E402

PUBLIC = {
    "marts": ("dim_client", "fct_loan_month", "mart_segment_performance"),
    "quality": ("dq_issue_summary",),
    "reference": ("ref_segment",),
}
NAMES = [(schema, table) for schema, tables in PUBLIC.items() for table in tables]
# tables of every other kind, with what must not leave the warehouse
PERSON = "王小明13800001234"
HIDDEN = [("staging", "stg_clients"), ("intermediate", "int_client_version"), ("quality", "dq_rejected_rows")]
TARGET = Path("target")


def rows_of(version: int) -> int:
    return 40 + version % 60


def write_build(home: Path, version: int, status: str = "success", which: str = "build", **arguments: Any) -> Path:
    """Changes the build file to a version, as a build does, and what dbt says about it; returns the manifest."""
    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "build.duckdb")) as conn:
        conn.execute("begin")
        for schema, table in [*NAMES, *HIDDEN]:
            conn.execute(f"create schema if not exists {schema}")
            person = f", '{PERSON}' as client_name" if (schema, table) in HIDDEN else ""
            conn.execute(
                f"create or replace table {schema}.{table} as"
                f" select {version} as version, n, md5(n::varchar || '{table}{version}') as filling{person}"
                f" from range({rows_of(version)}) as numbers(n)"
            )
        conn.execute("commit")
    return write_artifacts(home, f"run-{version}", status, which, **arguments)


def write_artifacts(home: Path, invocation: str, status: str, which: str, **arguments: Any) -> Path:
    target = home / TARGET
    target.mkdir(exist_ok=True)
    nodes = {
        f"model.lending.{table}": {"schema": schema, "alias": table, "resource_type": "model"}
        for schema, table in [*NAMES, *HIDDEN]
    }
    manifest = {"metadata": {"invocation_id": invocation}, "nodes": nodes}
    results = {
        "metadata": {"invocation_id": invocation},
        "args": {"which": which, "exclude_resource_types": ["unit_test"], **arguments},
        "results": [{"unique_id": name, "status": "success"} for name in nodes],
    }
    results["results"][0]["status"] = status
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (target / "run_results.json").write_text(json.dumps(results), encoding="utf-8")
    return target / "manifest.json"


def versions_of(ask: Callable[[str], list[tuple[Any, ...]]], relations: list[str]) -> set[tuple[int, bool]]:
    """(version, is complete) of every relation: one pair when they are of one complete release."""
    found = set()
    for relation in relations:
        rows = ask(f"select min(version), max(version), count(*), count(distinct n) from {relation}")
        low, high, count, different = rows[0]
        found.add((low, low == high and count == different == rows_of(low or 0)))
    return found


def read_duckdb(home: Path) -> set[tuple[int, bool]]:
    """The versions of all tables, asked twice while the file stays open."""
    with duckdb.connect(str(home / "published" / "lending.duckdb"), read_only=True) as conn:
        tables = conn.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        if tables != sorted(NAMES):
            raise AssertionError(f"tables {tables}")
        relations = [f"{schema}.{table}" for schema, table in tables]
        found = versions_of(lambda sql: conn.execute(sql).fetchall(), relations)
        time.sleep(0.005)
        return found | versions_of(lambda sql: conn.execute(sql).fetchall(), relations)


def read_parquet(home: Path) -> set[tuple[int, bool]]:
    """Several files are one release only for a reader that follows the link once."""
    release = (home / "published").resolve()
    files = [str(release / "parquet" / f"{table}.parquet") for _, table in NAMES]
    with duckdb.connect() as conn:
        return versions_of(lambda sql: conn.execute(sql).fetchall(), [f"read_parquet('{file}')" for file in files])


def read_until(home: Path, kind: str, stop: Path, result: Path, pause: float) -> None:
    read = read_duckdb if kind == "read-duckdb" else read_parquet
    seen: list[int] = []
    wrong: list[str] = []
    reads = gone = 0
    while not stop.exists():
        # the processors are also the publisher's
        time.sleep(pause)
        release = (home / "published").resolve()
        try:
            found = read(home)
        except (duckdb.Error, AssertionError, OSError) as error:
            # only who follows the link and then waits for two publications may find the release gone
            if kind == "read-parquet" and not release.exists():
                gone += 1
            else:
                wrong.append(f"{type(error).__name__}: {error}")
            continue
        reads += 1
        if len(found) != 1 or not all(complete for _, complete in found):
            wrong.append(f"mixed or incomplete: {sorted(found)}")
            continue
        version = next(iter(found))[0]
        if seen and version < seen[-1]:
            wrong.append(f"{version} after {seen[-1]}")
        if not seen or version != seen[-1]:
            seen.append(version)
    result.write_text(json.dumps({"reads": reads, "gone": gone, "seen": seen, "wrong": wrong[:5]}), encoding="utf-8")


def publish_many(home: Path, first: int, versions: int) -> None:
    for version in range(first, first + versions):
        publish.publish(home, write_build(home, version))


# -- publications that are killed ----------------------------------------------------------------------------------


def end_here() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def ends(function: Callable[..., Any], after: bool) -> Callable[..., Any]:
    """The function, with a kill before or after its first call."""

    def call(*arguments: Any, **named: Any) -> Any:
        if after:
            function(*arguments, **named)
        end_here()

    return call


# the steps of a publication at which a kill leaves something behind
STEPS = [
    (owner, name, after)
    for owner, name in (
        (publish, "_write_release"),
        (Path, "rename"),
        (Path, "symlink_to"),
        (os, "replace"),
        (publish.shutil, "rmtree"),
    )
    for after in (False, True)
]


def killed_publication(home: Path, manifest: Path, step: tuple[Any, str, bool] | None, delay: float) -> int:
    """Publishes in a child and kills it with SIGKILL, at a step or after some seconds; returns its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            if step is not None:
                owner, name, after = step
                setattr(owner, name, ends(getattr(owner, name), after))
            publish.publish(home, manifest)
        finally:
            os._exit(0)
    if step is None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def left_behind(home: Path) -> list[str]:
    """What does not belong to the published release and the one before."""
    odd = [path.name for path in home.glob(".published-*")]
    releases = sorted(path.name for path in (home / "releases").iterdir())
    return odd + [name for name in releases if name.startswith(".")] + (releases if len(releases) > 2 else [])


def kill_many(home: Path, seed: int, rounds: int, result: Path) -> None:
    chance = random.Random(seed)
    publish.publish(home, write_build(home, 1))
    began = time.perf_counter()
    publish.publish(home, write_build(home, 2))
    usual = time.perf_counter() - began
    current, killed, switched, messy, wrong = 2, 0, 0, 0, []
    for number in range(rounds):
        version = number + 3
        manifest = write_build(home, version)
        step = STEPS[number // 2 % len(STEPS)] if number % 2 == 0 else None
        status = killed_publication(home, manifest, step, chance.uniform(0, 1.2 * usual))
        killed += os.WIFSIGNALED(status)
        messy += bool(left_behind(home))
        for found in (read_duckdb(home), read_parquet(home)):
            if found not in ({(current, True)}, {(version, True)}):
                wrong.append(f"round {number}, {step}: {sorted(found)} while {current} was published")
        now = next(iter(found))[0]
        switched += now != current
        current = now
        if number % 5 == 4:
            publish.publish(home, manifest)
            if read_duckdb(home) != {(version, True)} or left_behind(home):
                wrong.append(f"after round {number}: {read_duckdb(home)}, {left_behind(home)}")
            current = version
    publish.publish(home, write_build(home, rounds + 3))
    if read_duckdb(home) != {(rounds + 3, True)} or left_behind(home):
        wrong.append(f"at the end: {read_duckdb(home)}, {left_behind(home)}")
    counts = {"killed": killed, "switched": switched, "messy": messy, "wrong": wrong}
    result.write_text(json.dumps(counts), encoding="utf-8")


def main(job: str, home: Path, *more: str) -> None:
    if job in ("read-duckdb", "read-parquet"):
        read_until(home, job, Path(more[0]), Path(more[1]), float(more[2]))
    elif job == "publish-many":
        publish_many(home, int(more[0]), int(more[1]))
    elif job == "kill":
        kill_many(home, int(more[0]), int(more[1]), Path(more[2]))
    else:
        sys.exit(f"no such job: {job}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
