"""The small-firm credit data of CUMCM 2020 C through the warehouse: map, build, print what came out.

    python examples/cumcm_sme/run.py [--data FOLDER] [--home FOLDER] [dbt build arguments]

    --data   the folder that holds cumcm_sme/ (../shared/data beside the project)
    --home   LENDING_HOME of the example (warehouse/cumcm_sme): input/ holds the mapped tables, notes/ what the mapping
             counted, build.duckdb the warehouse

Steps: mapping.sql writes the contract's tables as Parquet, `dbt build` makes the warehouse from them, the queries of
this folder are printed from it. Exit code: that of dbt, or 1 when a file is not there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import REASONS, SEGMENTS, Answer, Example, run  # noqa: E402

FOLDER = Path(__file__).resolve().parent

# Invoices run from 2016-10-04 to 2020-02-21. The month end that closes them is the reporting date: ratings and defaults
# have no date of their own and count from the day of the newest invoice, which only this month end sees. The history
# starts with the first invoice.
FILE_END_ON = "2020-02-21"
AS_OF_DATE = "2020-02-29"

EXAMPLE = Example(
    folder=FOLDER,
    description=__doc__ or "",
    what="A file of the small-firm data",
    files={
        "firm_file": "cumcm_sme/credit_enterprises.csv",
        "purchase_file": "cumcm_sme/credit_input_invoices.parquet",
        "sales_file": "cumcm_sme/credit_output_invoices.parquet",
        "churn_file": "cumcm_sme/rate_churn_2019.csv",
    },
    variables={"file_end_on": FILE_END_ON, "as_of_date": AS_OF_DATE},
    settings={
        "LENDING_CURRENCY": "CNY",
        "LENDING_HISTORY_START": "2016-10",
        "LENDING_AS_OF_DATE": AS_OF_DATE,
    },
    answers=[
        Answer(
            "What became of the delivered invoices",
            "from read_parquet(getvariable('notes_folder') || '/invoice_rows.parquet')",
        ),
        Answer(
            "What could have been read otherwise",
            "from read_parquet(getvariable('notes_folder') || '/mapping_notes.parquet')",
        ),
        Answer("Firms by the bank's rating (rating_and_invoices.sql)", FOLDER / "rating_and_invoices.sql"),
        Answer("Invoiced sales by year (yearly_sales.sql)", FOLDER / "yearly_sales.sql"),
        Answer(
            "Clients lost to the rate (rate_sensitivity.sql)",
            FOLDER / "rate_sensitivity.sql",
            save_as="rate_sensitivity.csv",
        ),
        SEGMENTS,
        REASONS,
        Answer(
            "Rating, default and segments (tier_of_rating.sql)",
            FOLDER / "tier_of_rating.sql",
            needs=["marts.fct_client_segment_month"],
        ),
        Answer(
            "The policy that results, and the clients that its price costs (policy.sql)",
            FOLDER / "policy.sql",
            needs=["marts.mart_client_policy", "marts.mart_segment_policy"],
        ),
    ],
)

if __name__ == "__main__":
    sys.exit(run(EXAMPLE))
