"""examples/ibrd_projects end to end: two World Bank statements through the warehouse, against the raw files."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, SHARED, Project, Warehouse
from example_runs import run_example, segments_that_do_not_cover_the_grid

DATA = SHARED / "data"
EXAMPLE = ROOT / "examples" / "ibrd_projects"
FIRST, LAST = date(2020, 11, 30), date(2022, 5, 31)
ENDED = ("Fully Repaid", "Fully Cancelled")
IFC = "INTERNATIONAL FINANCE CORPORATION"

Statement = dict[str, dict[str, str]]


def money(written: str) -> Decimal:
    # the file of 2020 carries floating-point noise: 0.000000000466 disbursed is nothing disbursed
    return Decimal(written.replace(",", "")).quantize(Decimal("0.01"))


def day(written: str) -> date | None:
    return datetime.strptime(written, "%m/%d/%Y %I:%M:%S %p").date() if written else None


@pytest.fixture(scope="module")
def statements() -> dict[date, Statement]:
    """The two files, read with nothing but the csv module: loan number to row."""
    read: dict[date, Statement] = {}
    for stated_on in (FIRST, LAST):
        file = DATA / "ibrd_loans" / f"ibrd_loans_{stated_on}.csv.gz"
        if not file.is_file():
            pytest.skip(f"the World Bank's statement is not at {file}: the example is not run")
        with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        read[stated_on] = {row["Loan Number"]: row for row in rows}
        assert len(read[stated_on]) == len(rows)
    return read


@pytest.fixture(scope="module")
def example(statements: dict[date, Statement], project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the example, built by its own command; tests only read it."""
    home = tmp_path_factory.mktemp("ibrd")
    done = run_example(project.folder, "ibrd_projects", "--data", str(DATA), "--home", str(home))
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Control totals of the two statements" in done.stdout
    return Warehouse(home)


def total(statement: Statement, column: str) -> Decimal:
    return sum((money(row[column]) for row in statement.values()), Decimal(0))


def test_says_when_a_file_is_missing(tmp_path: Path) -> None:
    done = run_example(ROOT, "ibrd_projects", "--data", str(tmp_path), "--home", str(tmp_path / "home"))
    assert done.returncode == 1
    assert "ibrd_loans_2020-11-30.csv.gz" in done.stdout and "--data" in done.stdout
    assert not (tmp_path / "home").exists()


def test_control_totals_of_both_statements_to_the_cent(example: Warehouse, statements: dict[date, Statement]) -> None:
    report = example.frame((EXAMPLE / "statements.sql").read_text(encoding="utf-8"))
    found = {pd.Timestamp(row.stated_on).date(): row for row in report.itertuples()}
    assert set(found) == {FIRST, LAST}
    for stated_on, statement in statements.items():
        assert found[stated_on].agreements == len(statement)
    columns = {
        "limit_amount": "Original Principal Amount",
        "x_cancelled_amount": "Cancelled Amount",
        "x_undisbursed_amount": "Undisbursed Amount",
        "x_disbursed_amount": "Disbursed Amount",
        "x_repaid_amount": "Repaid to IBRD",
        "x_obligation_amount": "Borrower's Obligation",
    }
    for stated_on, statement in statements.items():
        for column, written in columns.items():
            summed = example.value(
                f"select sum({column}) from staging.base_facilities where extracted_at = timestamp '{stated_on}'"
            )
            assert summed == total(statement, written), (stated_on, column)
        # what was drawn, as loans
        drawn = example.value(
            f"select sum(principal) from staging.base_loans where extracted_at = timestamp '{stated_on}'"
        )
        assert drawn == total(statement, "Disbursed Amount"), stated_on


def test_thousand_separators_become_no_nulls(example: Warehouse, statements: dict[date, Statement]) -> None:
    separated = sum("," in row["Original Principal Amount"] for row in statements[LAST].values())
    assert separated > 8000 and not any("," in row["Original Principal Amount"] for row in statements[FIRST].values())
    parsed = example.value("""
        select issues from quality.dq_issue_summary where table_name = 'facilities' and reason_code = 'W_PARSED'
    """)
    assert parsed == separated
    assert example.value("select sum(rows_without_amount) from quality.dq_amount_reconciliation") == 0


def test_every_row_is_accounted_for_and_none_rejected(example: Warehouse, statements: dict[date, Statement]) -> None:
    assert example.rows("select table_name from quality.dq_reconciliation where rows_unexplained <> 0") == []
    assert example.rows("select distinct table_name from quality.dq_rejected_rows") == []
    assert example.value("select sum(abs(amount_unexplained)) from quality.dq_amount_reconciliation") == 0
    rows_in = dict(example.rows("select table_name, rows_in from quality.dq_reconciliation where rows_in > 0"))
    drawn = sum(money(row["Disbursed Amount"]) > 0 for statement in statements.values() for row in statement.values())
    assert rows_in["facilities"] == len(statements[FIRST]) + len(statements[LAST]) == 17859
    assert rows_in["loans"] == rows_in["loan_month_ends"] == drawn
    accepted = example.value("select count(*) from staging.stg_facilities")
    assert accepted == len(statements[FIRST].keys() | statements[LAST].keys())


def test_exposure_is_what_borrowers_owe(example: Warehouse, statements: dict[date, Statement]) -> None:
    """At both month ends, without the rests of up to one dollar."""
    for stated_on, statement in statements.items():
        owed = [money(row["Borrower's Obligation"]) for row in statement.values()]
        assert min(owed) > -1
        exposure, loans = example.rows(f"""
            select sum(outstanding_amount), count(*) filter (where outstanding_amount > 0)
            from marts.fct_loan_month where as_of_month = date '{stated_on}'
        """)[0]
        assert exposure == sum(amount for amount in owed if amount > 1), stated_on
        assert loans == sum(amount > 1 for amount in owed), stated_on


def test_agreements_that_were_never_drawn_are_no_loans(example: Warehouse, statements: dict[date, Statement]) -> None:
    drawn = {
        number
        for statement in statements.values()
        for number, row in statement.items()
        if money(row["Disbursed Amount"]) > 0
    }
    assert {row[0] for row in example.rows("select loan_no from staging.stg_loans")} == drawn
    never = (statements[FIRST].keys() | statements[LAST].keys()) - drawn
    notes = dict(example.rows(f"select what, found from read_parquet('{example.home}/notes/mapping_notes.parquet')"))
    assert notes["Agreements never drawn in either statement: lines, no loans"] == len(never)
    assert not any(statements[LAST].get(number, {}).get("Loan Status") == "Repaying" for number in never)


def test_vanished_loans_are_those_to_the_ifc_and_stay(example: Warehouse, statements: dict[date, Statement]) -> None:
    vanished = statements[FIRST].keys() - statements[LAST].keys()
    assert len(vanished) == 326
    assert {statements[FIRST][number]["Borrower"] for number in vanished} == {IFC}
    assert abs(sum(money(statements[FIRST][number]["Borrower's Obligation"]) for number in vanished)) < 1
    kept = example.rows("""
        select facility_no from staging.stg_facilities where extracted_at = timestamp '2020-11-30'
    """)
    assert {row[0] for row in kept} >= vanished


def test_status_migration_is_that_of_the_files(example: Warehouse, statements: dict[date, Statement]) -> None:
    expected = Counter(
        tuple(statements[stated_on].get(number, {}).get("Loan Status") for stated_on in (FIRST, LAST))
        for number in statements[FIRST].keys() | statements[LAST].keys()
    )
    report = example.rows((EXAMPLE / "status_migration.sql").read_text(encoding="utf-8"))
    assert {row[:2]: row[2] for row in report} == expected
    assert expected["Repaying", "Fully Repaid"] == 163


def test_repaid_and_disbursed_between_the_statements(example: Warehouse, statements: dict[date, Statement]) -> None:
    report = example.frame((EXAMPLE / "exposure_and_repayment.sql").read_text(encoding="utf-8"))

    ended = {number for number, row in statements[FIRST].items() if row["Loan Status"] in ENDED}

    def between(numbers: list[str], column: str) -> Decimal:
        first = statements[FIRST]
        more = (
            money(statements[LAST][number][column]) - (money(first[number][column]) if number in first else 0)
            for number in numbers
        )
        return sum(more, Decimal(0))

    for level, group, of_group in [
        ("PORTFOLIO", "ALL", list(statements[LAST])),
        *(
            ("REGION", region, [number for number, row in statements[LAST].items() if row["Region"] == region])
            for region in sorted({row["Region"] for row in statements[LAST].values()})
        ),
    ]:
        found = report[(report["level"] == level) & (report["group_name"] == group)].iloc[0]
        running = [number for number in of_group if number not in ended]
        past = [number for number in of_group if number in ended]
        assert f"{found['repaid_between']:.2f}" == f"{between(running, 'Repaid to IBRD'):.2f}", group
        assert f"{found['repaid_restated']:.2f}" == f"{between(past, 'Repaid to IBRD'):.2f}", group
        assert f"{found['disbursed_between']:.2f}" == f"{between(running, 'Disbursed Amount'):.2f}", group
        assert f"{found['disbursed_restated']:.2f}" == f"{between(past, 'Disbursed Amount'):.2f}", group
    for column in ("owed_first", "owed_last", "repaid_between", "disbursed_between", "exchange_and_other"):
        sums = report.groupby("level")[column].sum()
        assert (sums - sums["PORTFOLIO"]).abs().max() < 0.01, column
    parts = report.iloc[0]
    moved = parts["owed_first"] + parts["disbursed_between"] - parts["repaid_between"] + parts["exchange_and_other"]
    assert moved == pytest.approx(parts["owed_last"], abs=0.02)


def test_days_past_due_only_where_the_term_is_over(example: Warehouse, statements: dict[date, Statement]) -> None:
    for stated_on, statement in statements.items():
        expected = {
            number: (stated_on - ended).days
            for number, row in statement.items()
            if (ended := day(row["Last Repayment Date"]))
            and ended < stated_on
            and money(row["Borrower's Obligation"]) >= 500
        }
        found = dict(
            example.rows(f"""
                select loan_no, days_past_due from marts.fct_loan_month
                where as_of_month = date '{stated_on}' and loan_state = 'LIVE' and outstanding_amount > 0
                    and days_past_due is not null
            """)
        )
        assert found == expected, stated_on
        zimbabwe = [number for number in expected if statement[number]["Country"] == "Zimbabwe"]
        assert len(zimbabwe) == 18


def test_projects_are_those_that_loans_name(example: Warehouse, statements: dict[date, Statement]) -> None:
    named = {row["Project ID"] for statement in statements.values() for row in statement.values()} - {""}
    file = pd.read_parquet(DATA / "wb_projects" / "wb_projects_2024-08-29.parquet").set_index("id")
    found = example.frame("select project_no, sector_text, debt_amount, borrower_client_no from staging.stg_projects")
    found = found.set_index("project_no")
    assert set(found.index) == named
    sectors = file[["sector1", "sector2", "sector3"]].reindex(found.index)
    expected = sectors.apply(lambda row: "; ".join(row.dropna()) or None, axis=1)
    assert found["sector_text"].where(found["sector_text"].notna(), None).to_dict() == expected.to_dict()
    assert found["borrower_client_no"].notna().all()
    # what was agreed, each loan as its newest statement has it
    newest = statements[FIRST] | statements[LAST]
    agreed = sum(money(row["Original Principal Amount"]) for row in newest.values() if row["Project ID"])
    assert example.value("select sum(debt_amount) from staging.stg_projects") == agreed


def test_project_types_when_they_are_built(example: Warehouse) -> None:
    if ("marts", "dim_project") not in example.tables("marts"):
        pytest.skip("this warehouse has no projects by type")
    # projects of one sector whose type nobody doubts
    expected = {
        "Railways": "TRANSPORT",
        "Ports/Waterways": "TRANSPORT",
        "Energy Transmission and Distribution": "ENERGY",
        "Health": "SOCIAL",
        "Primary Education": "SOCIAL",
        "Sanitation": "WATER",
    }
    found = example.rows("""
        select stated.sector_text, projects.project_type, count(*)
        from staging.stg_projects as stated
        inner join marts.dim_project as projects on stated.project_no = projects.project_no
        group by all
    """)
    types: dict[str, set[str]] = {}
    for sector, project_type, _ in found:
        types.setdefault(sector, set()).add(project_type)
    assert {sector: types[sector] for sector in expected} == {sector: {kind} for sector, kind in expected.items()}


def test_clients_are_borrowers_and_guarantors(example: Warehouse, statements: dict[date, Statement]) -> None:
    rows = [row for statement in statements.values() for row in statement.values()]
    countries = {row["Guarantor Country Code"] for row in rows} - {""}
    countries |= {row["Country Code"] for row in rows if not row["Borrower"]}
    members = {
        row[0] for row in example.rows("select client_no from staging.stg_clients where client_no like 'MEMBER-%'")
    }
    # Namibia's code is NA
    assert members == {f"MEMBER-{code}" for code in countries} and "MEMBER-NA" in members
    keys, registrations = example.rows(
        "select count(distinct client_key), count(*) from intermediate.int_client_identity"
    )[0]
    assert keys == registrations, "nothing in these files lets the warehouse join two registrations"
    ministries = example.value("""
        select count(distinct client_no) from staging.stg_clients where lower(client_name) = 'ministry of finance'
    """)
    assert ministries > 20, "a ministry of finance in each of many countries"


def test_every_client_stands_on_every_axis(example: Warehouse) -> None:
    assert segments_that_do_not_cover_the_grid(example) == {}
    assert example.value("select count(distinct as_of_month) from intermediate.int_client_month") == 19
