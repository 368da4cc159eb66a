"""World Bank (IBRD) loans and their projects through the warehouse: map, build, print what came out.

    python examples/ibrd_projects/run.py [--data FOLDER] [--home FOLDER] [dbt build arguments]

    --data   the folder that holds ibrd_loans/ and wb_projects/ (../shared/data beside the project)
    --home   LENDING_HOME of the example (warehouse/ibrd_projects): input/ holds the mapped tables, notes/ what the
             mapping counted, build.duckdb the warehouse

Steps: mapping.sql writes the contract's tables as Parquet, `dbt build` makes the warehouse from them in US dollars, the
queries of this folder are printed from it. Exit code: that of dbt, or 1 when a file is not there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import REASONS, SEGMENTS, Answer, Example, run  # noqa: E402

FOLDER = Path(__file__).resolve().parent

EXAMPLE = Example(
    folder=FOLDER,
    description=__doc__ or "",
    what="A file of the World Bank data",
    files={
        "loans_2020_file": "ibrd_loans/ibrd_loans_2020-11-30.csv.gz",
        "loans_2022_file": "ibrd_loans/ibrd_loans_2022-05-31.csv.gz",
        "projects_file": "wb_projects/wb_projects_2024-08-29.parquet",
    },
    variables={"projects_written_on": "2024-08-29"},
    # From the first statement to the second: between them no balance is known, before and after them nothing is.
    settings={
        "LENDING_CURRENCY": "USD",
        "LENDING_HISTORY_START": "2020-11",
        "LENDING_AS_OF_DATE": "2022-05-31",
    },
    answers=[
        Answer(
            "What the mapping left out or set aside",
            "select * exclude (line) from read_parquet(getvariable('notes_folder') || '/mapping_notes.parquet')",
        ),
        Answer("Control totals of the two statements, US dollars (statements.sql)", FOLDER / "statements.sql"),
        Answer(
            "Owed and repaid by region and first sector, US dollars (exposure_and_repayment.sql)",
            FOLDER / "exposure_and_repayment.sql",
        ),
        Answer("Status of the agreements in both statements (status_migration.sql)", FOLDER / "status_migration.sql"),
        Answer("Owed after the last repayment date (past_last_repayment.sql)", FOLDER / "past_last_repayment.sql"),
        Answer(
            "Projects by type (project_types.sql)",
            FOLDER / "project_types.sql",
            needs=["marts.dim_project"],
        ),
        SEGMENTS,
        REASONS,
        Answer(
            "Owed by the segment of the client at both statements, US dollars (exposure_by_segment.sql)",
            FOLDER / "exposure_by_segment.sql",
            needs=["marts.fct_client_segment_month"],
        ),
    ],
)

if __name__ == "__main__":
    sys.exit(run(EXAMPLE))
