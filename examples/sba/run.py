"""The US SBA loan file through the warehouse: map, build, print what came out.

    python examples/sba/run.py [--data FILE] [--home FOLDER] [dbt build arguments]

    --data   the loan file (../shared/data/sba/sba_sample_30k.parquet beside the project)
    --home   LENDING_HOME of the example (warehouse/sba): input/ holds the mapped tables, build.duckdb the warehouse

Steps: mapping.sql writes the contract's tables as Parquet, `dbt build` makes the warehouse from them in US dollars,
charge_off_by_sector.sql and a few counts are printed from it. Exit code: that of dbt, or 1 without the loan file.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import REASONS, ROOT, SEGMENTS, Answer, Example, run  # noqa: E402

FOLDER = Path(__file__).resolve().parent

# The month end that closes the file: its newest date is a charge-off of 2014-08-29. Given and not read from the data,
# like every reporting date of the warehouse.
AS_OF_DATE = "2014-08-31"

BOOK = """
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
"""

EXAMPLE = Example(
    folder=FOLDER,
    description=__doc__ or "",
    what="The loan file",
    files={"sba_file": "sba/sba_sample_30k.parquet"},
    variables={
        "industry_code_file": ROOT / "seeds" / "reference" / "ref_industry_code.csv",
        "file_end_on": AS_OF_DATE,
    },
    settings={
        "LENDING_CURRENCY": "USD",
        "LENDING_HISTORY_START": "2000-01",
        "LENDING_AS_OF_DATE": AS_OF_DATE,
    },
    answers=[
        SEGMENTS,
        REASONS,
        Answer(
            "The book at year ends: disbursed amounts of loans not known to have ended, an upper bound of the balance",
            BOOK,
        ),
        Answer(
            "Charge-off rate by NAICS sector and industry segment (charge_off_by_sector.sql)",
            FOLDER / "charge_off_by_sector.sql",
            columns="group_code, group_name, charged_off_in_sample, paid_in_sample, raw_rate, "
            "charge_off_rate, interval_low, interval_high, charge_off_amount_rate",
        ),
    ],
)

if __name__ == "__main__":
    sys.exit(run(EXAMPLE))
