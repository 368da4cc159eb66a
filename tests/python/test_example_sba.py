"""examples/sba end to end: every third loan of the real file, against figures computed without the warehouse.

The whole file takes the same way (`make example-sba`), three times as long.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import ROOT, SHARED, Project, Warehouse
from example_runs import run_example, segments_that_do_not_cover_the_grid

LOAN_FILE = SHARED / "data" / "sba" / "sba_sample_30k.parquet"
EXAMPLE = ROOT / "examples" / "sba"

# Loans of the full file by status (README of the data); the sample has 15 000 of each.
FULL_FILE = {"CHGOFF": 157558, "PIF": 739609}

# Industries whose sector nobody doubts, by the first digits of their NAICS code.
SEGMENT_OF_NAICS = {
    "1121": "AGRICULTURE",
    "2111": "ENERGY",
    "2381": "CONSTRUCTION",
    "3118": "MANUFACTURING",
    "3327": "MANUFACTURING",
    "4231": "TRADE",
    "4411": "TRADE",
    "4841": "TRANSPORT",
    "5415": "TECHNOLOGY",
    "5312": "REAL_ESTATE",
    "6212": "SERVICES",
    "7211": "SERVICES",
    "7222": "SERVICES",
    "8111": "SERVICES",
}


@pytest.fixture(scope="module")
def loan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every third loan of either outcome: one in two of them failed, as in the whole file, in a third of its time."""
    if not LOAN_FILE.is_file():
        pytest.skip(f"the SBA loan file is not at {LOAN_FILE}: the example is not run")
    file = tmp_path_factory.mktemp("sba_file") / "every_third.parquet"
    with duckdb.connect() as conn:
        conn.execute(f"""
            copy (
                select * exclude (place) from (
                    select *, row_number() over (partition by MIS_Status order by LoanNr_ChkDgt) as place
                    from read_parquet('{LOAN_FILE}')
                ) where place % 3 = 0 order by LoanNr_ChkDgt
            ) to '{file}' (format parquet)
        """)
    return file


@pytest.fixture(scope="module")
def source(loan_file: Path) -> pd.DataFrame:
    """The loan file itself."""
    loans = pd.read_parquet(loan_file)
    # statuses and codes come as categories, which cannot be multiplied or cut
    categories = loans.select_dtypes("category").columns
    return loans.astype(dict.fromkeys(categories, object))


@pytest.fixture(scope="module")
def example(loan_file: Path, project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the example, built by its own command; tests only read it."""
    home = tmp_path_factory.mktemp("sba")
    done = run_example(project.folder, "sba", "--data", str(loan_file), "--home", str(home))
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Charge-off rate by NAICS sector" in done.stdout
    return Warehouse(home)


@pytest.fixture(scope="module")
def rates(example: Warehouse) -> pd.DataFrame:
    """What charge_off_by_sector.sql answers."""
    return example.frame((EXAMPLE / "charge_off_by_sector.sql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def accepted(source: pd.DataFrame) -> pd.DataFrame:
    """The loans that staging must accept: those that were disbursed."""
    return source[source["DisbursementDate"].notna()]


def to_the_cent(amounts: pd.Series) -> Decimal:
    return sum((Decimal(repr(amount)) for amount in amounts.tolist()), Decimal(0)).quantize(Decimal("0.01"))


def test_says_when_the_file_is_missing(tmp_path: Path) -> None:
    done = run_example(ROOT, "sba", "--data", str(tmp_path / "absent.parquet"), "--home", str(tmp_path / "home"))
    assert done.returncode == 1
    assert "absent.parquet" in done.stdout and "--data" in done.stdout
    assert not (tmp_path / "home").exists()


def test_every_row_is_accounted_for(source: pd.DataFrame, example: Warehouse) -> None:
    unexplained = example.rows("select table_name from quality.dq_reconciliation where rows_unexplained <> 0")
    assert unexplained == []
    rows_in = dict(example.rows("select table_name, rows_in from quality.dq_reconciliation where rows_in > 0"))
    assert rows_in == {
        "clients": len(source),
        "facilities": len(source),
        "loans": len(source),
        "loan_month_ends": source["DisbursementDate"].notna().sum(),
        "credit_events": source["ChgOffDate"].notna().sum(),
    }


def test_rejected_loans_are_the_known_ones(source: pd.DataFrame, accepted: pd.DataFrame, example: Warehouse) -> None:
    rejected = {row[0] for row in example.rows("select loan_no from staging.base_loans where row_status <> 'ACCEPTED'")}
    assert rejected == set(source["LoanNr_ChkDgt"]) - set(accepted["LoanNr_ChkDgt"])
    reasons = dict(
        example.rows("""
            select reason_code, count(*) from quality.dq_row_issue
            where table_name = 'loans' and row_status = 'REJECTED' and column_name in ('disbursed_on', 'client_no')
            group by all
        """)
    )
    assert reasons == {"Q_REQUIRED": source["DisbursementDate"].isna().sum()}


def test_control_totals_to_the_cent(source: pd.DataFrame, example: Warehouse) -> None:
    totals = {
        (table, column): (amount, unexplained)
        for table, column, amount, unexplained in example.rows("""
            select table_name, column_name, amount_in, amount_unexplained from quality.dq_amount_reconciliation
            where amount_in > 0 and currency = 'USD'
        """)
    }
    charged_off = source[source["ChgOffDate"].notna()]
    disbursed = source[source["DisbursementDate"].notna()]
    assert totals == {
        ("facilities", "limit_amount"): (to_the_cent(source["GrAppv"]), 0),
        ("loans", "principal"): (to_the_cent(source["DisbursementGross"]), 0),
        ("loans", "written_off_amount"): (to_the_cent(charged_off["ChgOffPrinGr"]), 0),
        ("loan_month_ends", "outstanding_principal"): (to_the_cent(disbursed["DisbursementGross"]), 0),
    }


def test_clients_are_names_in_one_state_and_postal_code(source: pd.DataFrame, example: Warehouse) -> None:
    names = source["Name"].str.upper().str.replace("[^A-Z0-9]", "", regex=True)
    clients = pd.DataFrame({"name": names, "state": source["State"], "zip": source["Zip"]}).drop_duplicates()
    delivered = example.value("select count(distinct client_no) from staging.base_clients")
    assert delivered == len(clients)
    keys, registrations = example.rows(
        "select count(distinct client_key), count(*) from intermediate.int_client_identity"
    )[0]
    assert keys == registrations, "nothing in this file lets the warehouse join two registrations"


def expected_rates(loans: pd.DataFrame, by: pd.Series, source: pd.DataFrame) -> pd.DataFrame:
    """Reweighted rates with the design's weights, computed without the warehouse."""
    weights = {status: total / (source["MIS_Status"] == status).sum() for status, total in FULL_FILE.items()}
    counts = pd.crosstab(by, loans["MIS_Status"]).reindex(columns=["CHGOFF", "PIF"], fill_value=0)
    written_off = (loans["ChgOffPrinGr"] * (loans["MIS_Status"] == "CHGOFF")).groupby(by).sum() * weights["CHGOFF"]
    disbursed = (loans["DisbursementGross"] * loans["MIS_Status"].map(weights)).groupby(by).sum()
    charged_off = counts["CHGOFF"] * weights["CHGOFF"]
    return pd.DataFrame(
        {
            "charged_off_in_sample": counts["CHGOFF"],
            "paid_in_sample": counts["PIF"],
            "charge_off_rate": charged_off / (charged_off + counts["PIF"] * weights["PIF"]),
            "charge_off_amount_rate": written_off / disbursed,
        }
    )


def compare(actual: pd.DataFrame, expected: pd.DataFrame) -> None:
    actual = actual.set_index("group_code").sort_index()
    assert sorted(actual.index) == sorted(expected.index)
    for column in ("charged_off_in_sample", "paid_in_sample"):
        assert (actual[column] == expected[column].reindex(actual.index)).all(), column
    for column in ("charge_off_rate", "charge_off_amount_rate"):
        difference = (actual[column].astype(float) - expected[column].reindex(actual.index)).abs()
        assert difference.max() < 1e-6, column


def naics_sector(code: Any) -> str:
    joined = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}
    return "NONE" if code == "0" else joined.get(code[:2], code[:2])


def test_reweighted_rates_by_naics_sector(source: pd.DataFrame, accepted: pd.DataFrame, rates: pd.DataFrame) -> None:
    by = accepted["NAICS"].map(naics_sector).rename("sector")
    compare(rates[rates["level"] == "NAICS_SECTOR"], expected_rates(accepted, by, source))


def test_reweighted_rate_of_the_portfolio(source: pd.DataFrame, accepted: pd.DataFrame, rates: pd.DataFrame) -> None:
    portfolio = rates[rates["level"] == "PORTFOLIO"]
    compare(portfolio, expected_rates(accepted, pd.Series("ALL", index=accepted.index), source))
    # the sample says one half, the file says less than a fifth
    assert 0.499 < float(portfolio["raw_rate"].iloc[0]) < 0.501
    assert abs(float(portfolio["charge_off_rate"].iloc[0]) - 157558 / (157558 + 739609)) < 0.001


def test_segments_add_up_to_the_portfolio(rates: pd.DataFrame) -> None:
    sums = rates.groupby("level")[["charged_off_in_sample", "paid_in_sample"]].sum()
    assert len(sums.drop_duplicates()) == 1


def test_interval_is_wilsons_on_the_effective_sample(source: pd.DataFrame, rates: pd.DataFrame) -> None:
    delivered = source["MIS_Status"].value_counts()
    for row in rates[(rates["charged_off_in_sample"] > 0) & (rates["paid_in_sample"] > 0)].itertuples():
        rate = float(row.charge_off_rate)
        variance = (
            1 / row.charged_off_in_sample - 1 / delivered["CHGOFF"] + 1 / row.paid_in_sample - 1 / delivered["PIF"]
        )
        loans = 1 / (rate * (1 - rate) * variance)
        assert float(row.effective_loans) == pytest.approx(loans, rel=1e-3, abs=0.06), row.group_code
        middle = (rate + 1.959964**2 / (2 * loans)) / (1 + 1.959964**2 / loans)
        half = 1.959964 / (1 + 1.959964**2 / loans) * (rate * (1 - rate) / loans + (1.959964 / (2 * loans)) ** 2) ** 0.5
        assert float(row.interval_low) == pytest.approx(middle - half, abs=1e-5), row.group_code
        assert float(row.interval_high) == pytest.approx(middle + half, abs=1e-5), row.group_code
        assert row.interval_low < row.charge_off_rate < row.interval_high


def test_known_industries_stand_in_their_segment(source: pd.DataFrame, example: Warehouse) -> None:
    """Clients with one loan, so that the code of the loan is the code of the client."""
    segments = example.frame("""
        select clients.client_no, segments.final_segment
        from (
            select source_system, client_no from staging.stg_clients group by all having count(*) = 1
        ) as clients
        inner join intermediate.int_client_identity as identity
            on clients.source_system = identity.source_system and clients.client_no = identity.client_no
        inner join segments.seg_industry as segments on identity.client_key = segments.client_key
        where segments.as_of_month = date '2014-08-31'
    """)
    # the number of a client's first loan is the client's number
    known = source.assign(expected=source["NAICS"].str[:4].map(SEGMENT_OF_NAICS)).dropna(subset="expected")
    compared = known.merge(segments, left_on="LoanNr_ChkDgt", right_on="client_no")
    assert len(compared) > 1300
    wrong = compared[compared["expected"] != compared["final_segment"]]
    assert wrong.empty, wrong[["NAICS", "expected", "final_segment"]].drop_duplicates().to_string()
    assert set(compared["NAICS"].str[:4]) == set(SEGMENT_OF_NAICS)


def test_every_client_stands_on_every_axis(example: Warehouse) -> None:
    assert segments_that_do_not_cover_the_grid(example) == {}


def test_no_days_past_due_are_invented(example: Warehouse) -> None:
    invented = example.value(
        "select count(*) from marts.fct_loan_month where loan_state = 'LIVE' and days_past_due is not null"
    )
    assert invented == 0


def test_mapping_runs_by_itself(loan_file: Path, source: pd.DataFrame, tmp_path: Path) -> None:
    """mapping.sql is plain SQL: four variables and one script, nothing of the project's code."""
    variables = {
        "sba_file": loan_file,
        "industry_code_file": ROOT / "seeds" / "reference" / "ref_industry_code.csv",
        "file_end_on": "2014-08-31",
        "output_folder": tmp_path,
    }
    with duckdb.connect() as conn:
        for name, value in variables.items():
            conn.execute(f"set variable {name} = '{value}'")
        conn.execute((EXAMPLE / "mapping.sql").read_text(encoding="utf-8"))
    written = sorted(file.name for file in tmp_path.iterdir())
    assert written == [
        "clients.parquet",
        "credit_events.parquet",
        "facilities.parquet",
        "loan_month_ends.parquet",
        "loans.parquet",
    ]
    loans = pd.read_parquet(tmp_path / "loans.parquet")
    assert loans["loan_no"].is_unique and len(loans) == len(source)
