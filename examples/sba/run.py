"""The US SBA loan file through the warehouse: map, build, print what came out.

    python examples/sba/run.py [--data FILE] [--home FOLDER] [dbt build arguments]

    --data   the loan file (../shared/data/sba/sba_sample_30k.parquet beside the project)
    --home   LENDING_HOME of the example (warehouse/sba): input/ holds the mapped tables, build.duckdb the warehouse

Steps: mapping.sql writes the contract's tables as Parquet, `dbt build` makes the warehouse from them in US dollars,
charge_off_by_sector.sql and a few counts are printed from it. Exit code: that of dbt, or 1 without the loan file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import duckdb

EXAMPLE = Path(__file__).resolve().parent
ROOT = EXAMPLE.parents[1]
DATA = ROOT.parent / "shared" / "data" / "sba" / "sba_sample_30k.parquet"

# The month end that closes the file: its newest date is a charge-off of 2014-08-29. Given and not read from the data,
# like every reporting date of the warehouse.
AS_OF_DATE = "2014-08-31"
HISTORY_START = "2000-01"

FIGURES = {
    "Rows of each delivered table": """
        select table_name, rows_in, rows_accepted, rows_rejected, rows_duplicate, rows_superseded, rows_unexplained
        from quality.dq_reconciliation
        where rows_in > 0
        order by table_name
    """,
    "Amounts in US dollars": """
        select table_name, column_name, amount_in, amount_accepted, amount_rejected, amount_unexplained
        from quality.dq_amount_reconciliation
        where amount_in > 0
        order by table_name, column_name
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
    "Clients by industry and size segment in the last month": """
        select axis, segment_code, clients, borrowers
        from marts.mart_segment_performance
        where as_of_month = (select max(as_of_month) from marts.mart_segment_performance)
        order by axis, clients desc, segment_code
    """,
    "The book at year ends: disbursed amounts of loans not known to have ended, an upper bound of the balance": """
        select
            as_of_month,
            count(*) filter (where loan_state = 'LIVE') as live_loans,
            sum(outstanding_amount) as disbursed_and_open_amount,
            sum(outstanding_amount) filter (where days_past_due is null) as of_it_with_unknown_days_past_due,
            count(*) filter (where loan_state = 'WRITTEN_OFF') as written_off_in_month
        from marts.fct_loan_month
        where (month(as_of_month) = 12 and year(as_of_month) % 2 = 0)
            or as_of_month = (select max(as_of_month) from marts.fct_loan_month)
        group by as_of_month
        order by as_of_month
    """,
}


def map_loans(data: Path, tables: Path) -> None:
    """Writes the contract's tables as Parquet files."""
    tables.mkdir(parents=True, exist_ok=True)
    variables = {
        "sba_file": data,
        "industry_code_file": ROOT / "seeds" / "reference" / "ref_industry_code.csv",
        "file_end_on": AS_OF_DATE,
        "output_folder": tables,
    }
    with duckdb.connect() as conn:
        for name, value in variables.items():
            text = str(value).replace("'", "''")
            conn.execute(f"set variable {name} = '{text}'")
        conn.execute((EXAMPLE / "mapping.sql").read_text(encoding="utf-8"))


def build(tables: Path, home: Path, arguments: list[str]) -> int:
    """Runs dbt build over the mapped tables; returns its exit code."""
    settings = {
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "LENDING_INPUT": str(tables),
        "LENDING_HOME": str(home),
        "LENDING_CURRENCY": "USD",
        "LENDING_HISTORY_START": HISTORY_START,
        "LENDING_AS_OF_DATE": AS_OF_DATE,
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


def print_figures(warehouse: Path) -> None:
    """Prints the figures that the README shows, from the built warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as conn:
        for title, query in FIGURES.items():
            print(f"\n{title}")
            print_table(conn.sql(query))
        print("\nCharge-off rate by NAICS sector and industry segment (charge_off_by_sector.sql)")
        rates = conn.sql((EXAMPLE / "charge_off_by_sector.sql").read_text(encoding="utf-8"))
        print_table(
            rates.select(
                "group_code, group_name, charged_off_in_sample, paid_in_sample, raw_rate, "
                "charge_off_rate, interval_low, interval_high, charge_off_amount_rate"
            )
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--home", type=Path, default=ROOT / "warehouse" / "sba")
    options, dbt_arguments = parser.parse_known_args()
    data, home = options.data.resolve(), options.home.resolve()
    if not data.is_file():
        print(f"The loan file is not at {data}; give its place with --data.", file=sys.stderr)
        return 1
    tables = home / "input"
    map_loans(data, tables)
    code = build(tables, home, dbt_arguments)
    if code == 0:
        print_figures(home / "build.duckdb")
    return code


if __name__ == "__main__":
    sys.exit(main())
