"""What the examples share: map real data with a SQL script, run dbt build on it, print what came out.

An example is a folder with mapping.sql (the data onto the input contract), queries over the built warehouse and a
run.py that names them. Nothing here knows a data set.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

# The same questions to every example: what came in, what became of it, and where the clients stand.
ACCOUNTS = {
    "Rows of each delivered table": """
        select table_name, rows_in, rows_accepted, rows_rejected, rows_duplicate, rows_superseded, rows_unexplained
        from quality.dq_reconciliation
        where rows_in > 0
        order by table_name
    """,
    "Amounts": """
        select table_name, column_name, currency, amount_in, amount_accepted, amount_rejected, amount_unexplained
        from quality.dq_amount_reconciliation
        where amount_in <> 0
        order by table_name, column_name, currency
    """,
    "Issues": """
        select table_name, reason_code, effect, issues, rows_with_issue
        from quality.dq_issue_summary
        order by table_name, reason_code
    """,
    "Why rows were rejected": """
        select table_name, array_to_string(reason_columns, ', ') as reasons, count(*) as rejected
        from quality.dq_rejected_rows
        group by all
        order by table_name, rejected desc, reasons
    """,
    "Clients by segment in the last month": """
        select axis, segment_code, clients, borrowers
        from marts.mart_segment_performance
        where as_of_month = (select max(as_of_month) from marts.mart_segment_performance) and clients > 0
        order by axis, clients desc, segment_code
    """,
}


@dataclass
class Answer:
    """A query of an example: printed, and saved as CSV in the example's home when it has a file name. It is left out
    when the warehouse does not have the tables that it needs."""

    title: str
    query: str | Path
    needs: Sequence[str] = ()
    columns: str = "*"
    save_as: str = ""

    def sql(self) -> str:
        return self.query.read_text(encoding="utf-8") if isinstance(self.query, Path) else self.query


# Every example shows it; a warehouse without the table of all axes leaves it out.
SEGMENTS = Answer(
    "Clients by credit, lifecycle, behaviour and project type segment in the last month (segments.sql)",
    Path(__file__).resolve().parent / "segments.sql",
    needs=["marts.fct_client_segment_month"],
)
REASONS = Answer(
    "Why the clients stand there, all axes, last month (reasons.sql)",
    Path(__file__).resolve().parent / "reasons.sql",
    needs=["marts.mart_client_explanation"],
)


@dataclass
class Example:
    """Everything that differs between two examples. The files are named below the folder of the data sets."""

    folder: Path
    description: str
    what: str
    files: dict[str, str]
    settings: dict[str, str]
    answers: list[Answer]
    variables: dict[str, str | Path] = field(default_factory=dict)


def set_variables(conn: duckdb.DuckDBPyConnection, example: Example, files: dict[str, Path], home: Path) -> None:
    """Files, folders and days reach a query as variables: getvariable('sales_file')."""
    folders = {"output_folder": home / "input", "notes_folder": home / "notes"}
    for name, value in {**files, **example.variables, **folders}.items():
        text = str(value).replace("'", "''")
        conn.execute(f"set variable {name} = '{text}'")


def map_tables(example: Example, files: dict[str, Path], home: Path) -> None:
    """Runs mapping.sql, which writes the contract's tables as Parquet into home/input."""
    for folder in (home / "input", home / "notes"):
        folder.mkdir(parents=True, exist_ok=True)
        # a table that an earlier mapping wrote and this one does not would be read as input
        for written in folder.glob("*.parquet"):
            written.unlink()
    with duckdb.connect() as conn:
        set_variables(conn, example, files, home)
        conn.execute((example.folder / "mapping.sql").read_text(encoding="utf-8"))


def build(home: Path, settings: dict[str, str], arguments: Sequence[str]) -> int:
    """Runs dbt build over the mapped tables of home/input; returns its exit code."""
    settings = {
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "LENDING_INPUT": str(home / "input"),
        "LENDING_HOME": str(home),
        **settings,
    }
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode


def print_table(answer: duckdb.DuckDBPyRelation) -> None:
    """Prints an answer with as wide columns as its values need, numbers to the right."""
    rows = [["" if value is None else str(value) for value in row] for row in answer.fetchall()]
    widths = [max(map(len, column)) for column in zip(answer.columns, *rows, strict=True)]
    is_text = [str(kind) in ("VARCHAR", "DATE") for kind in answer.types]
    for row in [answer.columns, *rows]:
        cells = zip(row, widths, is_text, strict=True)
        print("  " + "  ".join(f"{value:{'<' if text else '>'}{width}}" for value, width, text in cells).rstrip())


def missing_tables(conn: duckdb.DuckDBPyConnection, needs: Sequence[str]) -> list[str]:
    there = conn.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return [table for table in needs if (table,) not in there]


def print_answers(example: Example, files: dict[str, Path], home: Path) -> None:
    """Prints the figures that the README of the example shows, from the built warehouse."""
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as conn:
        set_variables(conn, example, files, home)
        for answer in [*(Answer(title, query) for title, query in ACCOUNTS.items()), *example.answers]:
            absent = missing_tables(conn, answer.needs)
            if absent:
                print(f"\n{answer.title}: left out, this warehouse has no {' and no '.join(absent)}")
                continue
            print(f"\n{answer.title}")
            table = conn.sql(answer.sql())
            print_table(table.select(answer.columns))
            if answer.save_as:
                table.write_csv(str(home / answer.save_as))


def run(example: Example) -> int:
    """The command of an example: map, build, print. Exit code: that of dbt, or 1 when a data file is not there."""
    parser = argparse.ArgumentParser(
        description=example.description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    # one file is given by its own path, several by the folder of the data sets
    is_one_file = len(example.files) == 1
    default = SHARED_DATA / next(iter(example.files.values())) if is_one_file else SHARED_DATA
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--home", type=Path, default=ROOT / "warehouse" / example.folder.name)
    options, dbt_arguments = parser.parse_known_args()
    data, home = options.data.resolve(), options.home.resolve()
    files = {name: data if is_one_file else data / path for name, path in example.files.items()}
    absent = [file for file in files.values() if not file.is_file()]
    if absent:
        print(f"{example.what} is not at {absent[0]}; give its place with --data.", file=sys.stderr)
        return 1
    map_tables(example, files, home)
    code = build(home, example.settings, dbt_arguments)
    if code == 0:
        print_answers(example, files, home)
    return code
