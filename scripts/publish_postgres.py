"""Copies the published tables into PostgreSQL, for tools that speak ODBC or JDBC.

    python scripts/publish_postgres.py [--home warehouse] [--reader ROLE]

Optional: nothing else needs it. Run it after a publication. It needs PostgreSQL's client psql; where to and as whom is
said in libpq's own way (PGHOST, PGDATABASE, PGUSER, PGSERVICE, a password file), so no password stands on a command
line. Tables, types, NOT NULL and descriptions of the schemas marts, reference and quality are replaced in one
transaction: who reads sees the release before or this one, and a failure changes nothing. With --reader a role may
select from them, and nothing more.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

SCHEMAS = ("marts", "reference", "quality")
# a text that reads \\N is quoted by DuckDB, so that PostgreSQL takes the bare one alone for NULL
NULL = r"\N"
TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}


class NotCopied(RuntimeError):
    """Why PostgreSQL was left as it was, in a sentence."""


def quoted(text: str) -> str:
    # as PostgreSQL reads it whatever its settings: a backslash stays a backslash
    return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def postgres_type(duckdb_type: str) -> str:
    if re.fullmatch(r"DECIMAL\(\d+,\d+\)", duckdb_type):
        return duckdb_type.replace("DECIMAL", "numeric")
    if duckdb_type not in TYPES:
        raise NotCopied(f"There is no type of PostgreSQL for {duckdb_type}.")
    return TYPES[duckdb_type]


def export(published: Path, folder: Path, reader: str | None) -> tuple[str, int]:
    """Writes a CSV file a table, and returns the script that loads them and the number of tables."""
    lines = ["\\set ON_ERROR_STOP on", "set client_min_messages = warning;", "begin;"]
    with duckdb.connect(str(published), read_only=True) as conn:
        tables = conn.execute(
            "select schema_name, table_name, comment from duckdb_tables() where list_contains(?, schema_name) "
            "order by schema_name, table_name",
            [list(SCHEMAS)],
        ).fetchall()
        if not tables:
            raise NotCopied(f"{published} holds no public table.")
        lines += [f"create schema if not exists {schema};" for schema in SCHEMAS]
        for schema, table, comment in tables:
            name = f"{schema}.{table}"
            columns = conn.execute(
                "select column_name, data_type, is_nullable, comment from duckdb_columns() "
                "where schema_name = ? and table_name = ? order by column_index",
                [schema, table],
            ).fetchall()
            defined = [
                f"{column} {postgres_type(kind)}{'' if nullable else ' not null'}"
                for column, kind, nullable, _ in columns
            ]
            file = folder / f"{schema}.{table}.csv"
            conn.execute(f"copy {name} to '{file}' (format csv, header false, nullstr '{NULL}')")
            lines += [
                f"drop table if exists {name};",
                f"create table {name} ({', '.join(defined)});",
                f"\\copy {name} from '{file}' with (format csv, null '{NULL}', encoding 'UTF8')",
            ]
            if comment:
                lines.append(f"comment on table {name} is{quoted(comment)};")
            lines += [f"comment on column {name}.{column} is{quoted(text)};" for column, _, _, text in columns if text]
            lines.append(f"analyze {name};")
    if reader:
        for schema in SCHEMAS:
            lines.append(f'grant usage on schema {schema} to "{reader}";')
            lines.append(f'grant select on all tables in schema {schema} to "{reader}";')
    lines.append("commit;")
    return "\n".join(lines) + "\n", len(tables)


def copy(home: Path, reader: str | None) -> int:
    """Returns the number of tables copied; raises NotCopied when PostgreSQL says no."""
    if reader is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", reader):
        raise NotCopied(f"{reader} is not a plain name of a role.")
    # the link is followed once: all tables are of one release
    published = (home / "published").resolve() / "lending.duckdb"
    if not published.is_file():
        raise NotCopied(f"There is no {home / 'published' / 'lending.duckdb'}. Run scripts/build.py.")
    with tempfile.TemporaryDirectory(prefix="lending-postgres-") as name:
        folder = Path(name)
        script, tables = export(published, folder, reader)
        (folder / "load.sql").write_text(script, encoding="utf-8")
        try:
            done = subprocess.run(
                ["psql", "--no-psqlrc", "--quiet", "--no-password", "--file", str(folder / "load.sql")],
                env=os.environ | {"PGCLIENTENCODING": "UTF8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise NotCopied("psql is not installed (Debian: postgresql-client).") from None
    if done.returncode != 0:
        raise NotCopied(f"PostgreSQL was left as it was:\n{done.stderr[-2000:]}")
    return tables


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LENDING_HOME", "warehouse")))
    parser.add_argument("--reader", help="a role that may select from the tables")
    arguments = parser.parse_args()
    try:
        tables = copy(arguments.home, arguments.reader)
    except NotCopied as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"{tables} tables copied")
    return 0


if __name__ == "__main__":
    sys.exit(main())
