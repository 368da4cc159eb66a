"""Publishes the public tables of a built warehouse for readers: one DuckDB file and one Parquet file a table.

    python scripts/publish.py [--home warehouse] [--manifest target/manifest.json]

Readers open <home>/published/lending.duckdb or <home>/published/parquet/<table>.parquet. `published` is a symbolic link
to <home>/releases/<id>/, switched by one atomic replace, so a reader sees one complete release or the other. The
release before is kept for readers that still have it open; older ones are removed.

What is public: the tables of the schemas marts, reference and quality that dbt's manifest knows, but for those whose
rows can hold personal data (PRIVATE). They are created from their own definitions, so types, constraints and comments
survive; nothing else of the warehouse can come along.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import duckdb

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
        raise RuntimeError(
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

    Raises RuntimeError when a public table is missing, and whatever the file system raises; then the release before
    stays in place and the unfinished one is removed.
    """
    tables = public_tables(manifest)
    releases = home / "releases"
    folder = releases / uuid.uuid4().hex
    parquet = folder / "parquet"
    parquet.mkdir(parents=True)
    try:
        conn = duckdb.connect()
        try:
            conn.execute(f"attach {_text(str(home / 'build.duckdb'))} as source (read_only)")
            # the storage version that drivers since DuckDB 1.2 can open
            conn.execute(f"attach {_text(str(folder / 'lending.duckdb'))} as target (storage_version 'v1.2.0')")
            conn.execute("use target")
            rows = 0
            for schema in PUBLIC_SCHEMAS:
                conn.execute(f"create schema target.{schema}")
            for schema, table in tables:
                rows += _copy_table(conn, schema, table, parquet)
            conn.execute("use memory")
            conn.execute("detach target")
        finally:
            conn.close()
        link = home / f".published-{folder.name}"
        link.symlink_to(Path("releases") / folder.name)
        before = os.readlink(home / "published") if (home / "published").is_symlink() else None
        os.replace(link, home / "published")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    kept = {folder.name, Path(before).name if before else ""}
    for old in releases.iterdir():
        if old.name not in kept:
            shutil.rmtree(old, ignore_errors=True)
    return Release(folder, len(tables), rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LENDING_HOME", "warehouse")))
    parser.add_argument("--manifest", type=Path, default=Path("target/manifest.json"))
    arguments = parser.parse_args()
    release = publish(arguments.home, arguments.manifest)
    print(f"Published {release.tables} tables, {release.rows} rows in {release.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
