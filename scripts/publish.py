"""Publishes the public tables of a built warehouse for readers: one DuckDB file and one Parquet file a table.

    python scripts/publish.py [--home warehouse] [--manifest target/manifest.json]

Readers open <home>/published/lending.duckdb or <home>/published/parquet/<table>.parquet. `published` is a symbolic link
to <home>/releases/<id>/, switched by one atomic replace, so a reader sees one complete release or the other. The
release before is kept for readers that still have it open; older ones are removed.

What is public: the tables of the schemas marts, reference and quality that dbt's manifest knows, but for those whose
rows can hold personal data (PRIVATE). They are created from their own definitions, so types, constraints and comments
survive; nothing else of the warehouse can come along.

Only a complete and successful `dbt build` is published: dbt's run_results.json beside the manifest must be of the same
run and say so. One build or publication at a time: a second one stops with a sentence.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

UNFINISHED = ".unfinished-"
PUBLIC_SCHEMAS = ("marts", "reference", "quality")
# delivered rows, client names and numbers of source systems
PRIVATE = {"dq_rejected_rows", "dq_row_issue", "dq_cross_table_issue", "dq_identity_review"}


@dataclass(frozen=True)
class Release:
    """What was published: the folder, and how much is in it."""

    folder: Path
    tables: int
    rows: int


def public_tables(manifest: Path) -> list[tuple[str, str]]:
    """(schema, table) of every public relation that dbt's manifest knows, in order."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    names = {
        (node["schema"], node["alias"])
        for node in nodes
        if node["resource_type"] in ("model", "seed")
        and node["schema"] in PUBLIC_SCHEMAS
        and node["alias"] not in PRIVATE
    }
    return sorted(names)


class NotPublished(RuntimeError):
    """Why there is no new release, in a sentence for the person who asked for it."""


@contextmanager
def locked(home: Path) -> Iterator[IO[str]]:
    """Keeps other builds and publications of the same home out; raises NotPublished when there is one.

    The lock belongs to the open file, so it ends with the last process that has it open, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    with open(home / ".lock", "a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotPublished(
                f"Another build or publication of {home} is running: start again when it has ended."
            ) from None
        yield handle


def check_build(manifest: Path, tables: list[tuple[str, str]]) -> None:
    """Raises NotPublished unless dbt's last run built every public table and nothing in it failed."""
    results = manifest.parent / "run_results.json"
    if not results.is_file():
        raise NotPublished(f"There is no {results}: no build has ended. Run scripts/build.py.")
    described = json.loads(manifest.read_text(encoding="utf-8"))
    ran = json.loads(results.read_text(encoding="utf-8"))
    given = ran["args"]
    if described["metadata"]["invocation_id"] != ran["metadata"]["invocation_id"]:
        raise NotPublished("The last dbt run has not ended or built nothing. Run scripts/build.py.")
    partial = [
        name for name in ("select", "exclude", "selector", "resource_types", "empty", "sample") if given.get(name)
    ]
    partial += [name for name in given.get("exclude_resource_types") or [] if name != "unit_test"]
    if given.get("which") != "build" or partial:
        raise NotPublished("The last dbt run was not a build of the whole project. Run scripts/build.py.")
    failed = sorted(
        result["unique_id"] for result in ran["results"] if result["status"] not in ("success", "pass", "warn", "no-op")
    )
    if failed:
        raise NotPublished(f"The last build failed: {len(failed)} nodes, such as {failed[0]}.")
    done = {result["unique_id"] for result in ran["results"]}
    built = {(node["schema"], node["alias"]) for name, node in described["nodes"].items() if name in done}
    missing = [f"{schema}.{table}" for schema, table in tables if (schema, table) not in built]
    if missing:
        raise NotPublished(f"The last build did not build {missing[0]}. Run scripts/build.py.")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _copy_table(conn: duckdb.DuckDBPyConnection, schema: str, table: str, parquet: Path) -> int:
    """Copies one table of `source` into `target` with its definition and comments; returns the rows."""
    found = conn.execute(
        "select sql, comment from duckdb_tables() where database_name = 'source' "
        "and schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    if found is None:
        raise NotPublished(
            f"{schema}.{table} is in the manifest but not in the warehouse; build the whole project first."
        )
    definition, comment = found
    conn.execute(definition)
    conn.execute(f"insert into target.{schema}.{table} select * from source.{schema}.{table}")
    if comment:
        conn.execute(f"comment on table target.{schema}.{table} is {_text(comment)}")
    columns = conn.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'source' and schema_name = ? "
        "and table_name = ? and comment is not null",
        [schema, table],
    ).fetchall()
    for column, text in columns:
        conn.execute(f"comment on column target.{schema}.{table}.{column} is {_text(text)}")
    rows = conn.execute(f"select count(*) from target.{schema}.{table}").fetchone()
    file = _text(str(parquet / f"{table}.parquet"))
    conn.execute(f"copy target.{schema}.{table} to {file} (format parquet, compression zstd)")
    return int(rows[0]) if rows else 0


def publish(home: Path, manifest: Path) -> Release:
    """Makes a new release of <home>/build.duckdb and switches readers to it.

    Raises NotPublished when the build is not complete, a public table is missing or another publication runs, and
    whatever the file system raises; then the release before stays in place and the unfinished one is removed.
    """
    with locked(home):
        return publish_locked(home, manifest)


def publish_locked(home: Path, manifest: Path) -> Release:
    """publish() for a caller that holds the lock of the home."""
    tables = public_tables(manifest)
    if not tables:
        raise NotPublished(f"{manifest} knows no public table.")
    check_build(manifest, tables)
    build, link = home / "build.duckdb", home / "published"
    if not build.is_file():
        raise NotPublished(f"There is no {build}. Run scripts/build.py.")
    releases = home / "releases"
    _remove(releases.glob(f"{UNFINISHED}*"))
    before = _target(link)
    folder = releases / uuid.uuid4().hex
    work = releases / f"{UNFINISHED}{folder.name}"
    next_link = home / f".published-{folder.name}"
    try:
        rows = _write_release(build, work, tables)
        work.rename(folder)
        next_link.symlink_to(Path("releases") / folder.name)
        os.replace(next_link, link)
    except BaseException:
        # the switch may have been made before an interruption arrived
        if _target(link) != folder.name:
            _remove((next_link, work, folder))
        raise
    # whatever else lies there is older, or was left by a killed publication
    _remove(path for path in releases.iterdir() if path.name not in (folder.name, before))
    _remove(home.glob(".published-*"))
    return Release(folder, len(tables), rows)


def _target(link: Path) -> str | None:
    """The name of the release that a link points to."""
    return Path(os.readlink(link)).name if link.is_symlink() else None


def _remove(paths: Iterable[Path]) -> None:
    """Removes links and folders; nobody else is publishing, and who has a file open keeps it."""
    for path in list(paths):
        if path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _write_release(build: Path, folder: Path, tables: list[tuple[str, str]]) -> int:
    """Writes the files of a release and returns the rows in it."""
    parquet = folder / "parquet"
    parquet.mkdir(parents=True)
    conn = duckdb.connect()
    try:
        try:
            conn.execute(f"attach {_text(str(build))} as source (read_only)")
        except duckdb.IOException as error:
            raise NotPublished(f"{build} cannot be read, perhaps because a build is writing it: {error}") from None
        # the storage version that drivers since DuckDB 1.2 can open
        conn.execute(f"attach {_text(str(folder / 'lending.duckdb'))} as target (storage_version 'v1.2.0')")
        conn.execute("use target")
        rows = 0
        for schema in PUBLIC_SCHEMAS:
            conn.execute(f"create schema target.{schema}")
        for schema, table in tables:
            # else every comment of a column is a commit of its own, and waits for the disk
            conn.execute("begin")
            rows += _copy_table(conn, schema, table, parquet)
            conn.execute("commit")
        conn.execute("use memory")
        conn.execute("detach target")
    finally:
        conn.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LENDING_HOME", "warehouse")))
    default = Path(os.environ.get("DBT_TARGET_PATH", "target")) / "manifest.json"
    parser.add_argument("--manifest", type=Path, default=default)
    arguments = parser.parse_args()
    if not arguments.manifest.is_file():
        print(f"There is no {arguments.manifest}. Run scripts/build.py.", file=sys.stderr)
        return 1
    try:
        release = publish(arguments.home, arguments.manifest)
    except NotPublished as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"Published {release.tables} tables, {release.rows} rows in {release.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
