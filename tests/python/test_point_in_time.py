"""A month sees only what was known by its end: what came later may not change it.

One portfolio is built five times: as delivered at the end, and cut back to what was known at four earlier month ends.
Up to its month end each cut must give the same monthly tables. A sixth build takes the whole delivery but reports as
of the first month end: it must not look beyond that day either.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Project, Warehouse
from dbt_jobs import build_all

HISTORY_START = "2022-07"
CUTS = [date(2024, 3, 31), date(2024, 9, 30), date(2025, 3, 31), date(2025, 10, 31)]
MONTHLY = [
    "intermediate.int_client_month",
    "intermediate.int_client_credit_status_month",
    "intermediate.int_client_behaviour_month",
    "intermediate.int_client_lifecycle_month",
    "intermediate.int_client_warning_sign_month",
    "intermediate.int_project_month",
    "segments.seg_industry",
    "segments.seg_size",
    "segments.seg_credit",
    "segments.seg_lifecycle",
    "segments.seg_behaviour",
    "segments.seg_project_type",
    "marts.fct_client_segment_month",
    "marts.fct_client_segment_change",
    "marts.mart_segment_migration",
    "marts.mart_segment_stability",
    "marts.fct_loan_month",
    "marts.mart_segment_performance",
]
# what becomes known only after a month end, by design: all else of a row is known at the month end
OUTCOMES = {
    "marts.mart_segment_performance": [
        "defaulted",
        "is_default_mature",
        "default_rate",
        "default_wilson_lower",
        "default_wilson_upper",
        # of the applications of a month, what became of them so far
        "submitted_approved",
        "submitted_declined",
        "submitted_otherwise_decided",
        "submitted_decided_late",
        "submitted_undated",
        "submitted_undecided",
        "is_submission_mature",
        "submission_approval_rate",
        "submission_approval_wilson_lower",
        "submission_approval_wilson_upper",
        "is_retention_mature",
        "retention_clients",
        "retained_clients",
        "retention_rate",
        "retention_wilson_lower",
        "retention_wilson_upper",
    ],
    "marts.mart_segment_default_cohort": [
        "is_mature",
        "defaulted",
        "default_rate",
        "wilson_lower",
        "wilson_upper",
        "defaulted_exposure_amount",
        "default_rate_by_exposure",
        "against_benchmark",
    ],
}
MODELS = ["--select", "+mart_segment_performance", "+dim_client", "fct_loan_month", "+mart_segment_stability"]
MODELS += ["+mart_segment_default_cohort", "+mart_policy_compliance", "+mart_early_warning_signal"]
MODELS += ["--exclude-resource-type", "test", "unit_test"]

# When the lender knew a row. Every row carries the extracted_at of its last write, which for a fact says nothing about
# when it became known: a loan is rewritten when it is closed. Only versions of clients are dated by extracted_at.
KNOWN_ON = {
    "clients": "extracted_at",
    "client_identifiers": "extracted_at",
    "client_relationships": "valid_from",
    "financial_statements": "filed_on",
    "credit_ratings": "rated_on",
    "bureau_reports": "reported_on",
    "credit_events": "coalesce(known_on, occurred_on)",
    "loan_applications": "submitted_at",
    "facilities": "started_on",
    "loans": "disbursed_on",
    "loan_month_ends": "month_end",
    "repayment_schedules": "version_from",
    "payments": "value_on",
    "collaterals": "valued_on",
    "collateral_allocations": "valid_from",
    "project_risk_grades": "graded_on",
    "project_cashflows": "known_on",
    "digital_events": "occurred_at",
    "account_flows": "month_end",
    "crm_interactions": "occurred_at",
    "satisfaction_surveys": "answered_at",
    "marketing_costs": "month_end",
    "market_indicators": "released_on",
    "segment_overrides": "valid_from",
    "monitoring_tasks": "due_on",
    "policy_rollouts": "adopted_on",
}
# What a row says about a later day than its own is not known before that day.
LATER_COLUMNS = {
    "loans": {
        "closed_on": "closed_on",
        "restructured_on": "restructured_on",
        "written_off_on": "written_off_on",
        "written_off_amount": "written_off_on",
    },
    "loan_applications": {
        "completed_at": "completed_at",
        "decided_at": "decided_at",
        "approved_amount": "decided_at",
        "accepted_at": "accepted_at",
    },
    "monitoring_tasks": {"done_on": "done_on", "finding": "done_on"},
}


def generate(folder: Path) -> None:
    command = [
        sys.executable,
        str(ROOT / "bench" / "generate.py"),
        "--clients",
        "120",
        "--seed",
        "5",
        "--out",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def source_of(folder: Path, table: str) -> str:
    path = folder / f"{table}.parquet"
    return f"read_parquet('{path if path.exists() else folder / table / '*.parquet'}')"


def copy_table(source: str, target: Path) -> None:
    duckdb.sql(f"copy ({source}) to '{target}' (format parquet)")


def without_late_backfill(delivered: Path, folder: Path) -> None:
    """Leaves out registrations that were written after the first cut and reach back before the day they were written.

    Their past is learned later by design (is_backfilled, or a statement filed before), so no cut can know it.
    """
    folder.mkdir(parents=True)
    late = f"""
        select clients.source_system, clients.client_no
        from {source_of(delivered, "clients")} as clients
        left join {source_of(delivered, "financial_statements")} as statements using (source_system, client_no)
        group by all
        having cast(min(clients.extracted_at) as date) > date '{CUTS[0]}'
            and least(min(relationship_started_on), min(filed_on)) < cast(min(clients.extracted_at) as date)
    """
    for table in [*KNOWN_ON, "projects"]:
        rows = f"select * from {source_of(delivered, table)}"
        if table in ("clients", "client_identifiers"):
            rows += f" where (source_system, client_no) not in ({late})"
        copy_table(rows, folder / f"{table}.parquet")


def cut_back(whole: Path, folder: Path, month: date) -> None:
    """Writes what was known at a month end; what was written later carries that day."""
    folder.mkdir(parents=True)
    for table in [*KNOWN_ON, "projects"]:
        replaced = [f"least(extracted_at, timestamp '{month} 23:59:59') as extracted_at"]
        for column, known_on in LATER_COLUMNS.get(table, {}).items():
            replaced.append(f"case when cast({known_on} as date) <= date '{month}' then {column} end as {column}")
        if table == "loan_applications":
            # until it is decided an application is open
            still_open = f"cast(decided_at as date) > date '{month}'"
            replaced.append(f"case when {still_open} then 'PENDING' else decision end as decision")
        rows = f"select * replace ({', '.join(replaced)}) from read_parquet('{whole / f'{table}.parquet'}')"
        if table in KNOWN_ON:
            known_on = KNOWN_ON[table]
            rows += f" where {known_on} is null or cast({known_on} as date) <= date '{month}'"
        copy_table(rows, folder / f"{table}.parquet")


@pytest.fixture(scope="module")
def builds(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Warehouse]:
    """The whole delivery, each cut, and the whole delivery reported as of the first cut."""
    folder = tmp_path_factory.mktemp("point_in_time")
    generate(folder / "delivered")
    without_late_backfill(folder / "delivered", folder / "whole")
    cases = {"whole": ("whole", ""), "as_of": ("whole", str(CUTS[0]))}
    for month in CUTS:
        cut_back(folder / "whole", folder / f"cut_{month}", month)
        cases[str(month)] = (f"cut_{month}", str(month))

    settings = {}
    for name, (given, as_of) in cases.items():
        home = folder / f"home_{name}"
        settings[home] = {"LENDING_INPUT": str(folder / given), "LENDING_HISTORY_START": HISTORY_START}
        settings[home] |= {"LENDING_AS_OF_DATE": as_of} if as_of else {}
    build_all(project.folder, settings, *MODELS)
    return {name: Warehouse(folder / f"home_{name}") for name in cases}


def differences(one: Warehouse, other: Warehouse, rows: str) -> list[tuple[object, ...]]:
    """Rows of a query (with the database's name left open) that only one of two warehouses has."""
    with duckdb.connect() as conn:
        conn.execute(f"attach '{one.file}' as one (read_only)")
        conn.execute(f"attach '{other.file}' as other (read_only)")
        first, second = rows.format(database="one"), rows.format(database="other")
        sql = f"""
            select 'only in the first' as side, * from (({first}) except all ({second}))
            union all
            select 'only in the second', * from (({second}) except all ({first}))
        """
        return conn.execute(sql).fetchall()


def all_but_outcomes(table: str) -> str:
    return f"* exclude ({', '.join(OUTCOMES[table])})" if table in OUTCOMES else "*"


@pytest.mark.parametrize("table", MONTHLY)
@pytest.mark.parametrize("month", CUTS, ids=str)
def test_what_came_later_does_not_change_a_month(builds: dict[str, Warehouse], month: date, table: str) -> None:
    rows = f"select {all_but_outcomes(table)} from {{database}}.{table} where as_of_month <= date '{month}'"
    assert builds[str(month)].value(f"select count(distinct as_of_month) from {table}") >= 20
    found = differences(builds["whole"], builds[str(month)], rows)
    assert not found, f"{len(found)} rows, such as {found[:6]}"


@pytest.mark.parametrize("month", CUTS, ids=str)
def test_cohorts_learn_nothing_but_their_outcome(builds: dict[str, Warehouse], month: date) -> None:
    """Who performed, what it owed and the benchmark stand at the month end, the outcome twelve months later."""
    table = "marts.mart_segment_default_cohort"
    cut, whole = builds[str(month)], builds["whole"]
    found = differences(
        whole, cut, f"select {all_but_outcomes(table)} from {{database}}.{table} where cohort_month <= date '{month}'"
    )
    assert not found, f"{len(found)} rows, such as {found[:6]}"
    last_mature = f"cohort_month <= last_day(date '{month}' - interval 12 month)"
    found = differences(whole, cut, f"select * from {{database}}.{table} where {last_mature}")
    assert not found, f"{len(found)} rows, such as {found[:6]}"
    shown = cut.rows(f"""
        select {last_mature}, is_mature, count(*), count(default_rate), count(wilson_lower), count(against_benchmark)
        from {table} group by all order by all
    """)
    immature, mature = shown
    assert immature[:2] == (False, False) and immature[2] > 0 and immature[3:] == (0, 0, 0)
    assert mature[:2] == (True, True) and mature[2] > 0
    # early on hardly a segment has enough obligors for a rate
    assert month < CUTS[-1] or mature[3] > 0


@pytest.mark.parametrize("month", CUTS, ids=str)
def test_warnings_learn_nothing_but_their_outcome(builds: dict[str, Warehouse], month: date) -> None:
    """Who is flagged, by what and since when stands at the month end; what came of it is final after the year."""
    table = "marts.mart_early_warning_quality"
    known = "signal_code, cohort_month, performing, observed, flagged, new_warnings, decisive"
    cut, whole = builds[str(month)], builds["whole"]
    assert cut.value(f"select count(*) from {table} where flagged > 0") > 10
    found = differences(whole, cut, f"select {known} from {{database}}.{table} where cohort_month <= date '{month}'")
    assert not found, f"{len(found)} rows, such as {found[:6]}"
    over = f"select max(cohort_month) from {table} where is_mature"
    found = differences(
        whole, cut, f"select * from {{database}}.{table} where cohort_month <= date '{cut.value(over)}'"
    )
    assert not found, f"{len(found)} rows, such as {found[:6]}"


@pytest.mark.parametrize("month", CUTS, ids=str)
def test_application_cohorts_are_final_when_mature(builds: dict[str, Warehouse], month: date) -> None:
    """With a fixed window a late decision changes neither the counts of a mature cohort nor its rate."""
    table = "marts.mart_segment_performance"
    cut, whole = builds[str(month)], builds["whole"]
    last = cut.value(f"select max(as_of_month) from {table} where is_submission_mature")
    assert cut.value(f"select min(as_of_month) from {table} where not is_submission_mature") > last
    assert last < month
    columns = "axis, segment_code, as_of_month, submitted, submitted_approved, submitted_declined"
    columns += ", submitted_otherwise_decided, is_submission_mature, submission_approval_rate"
    found = differences(whole, cut, f"select {columns} from {{database}}.{table} where as_of_month <= date '{last}'")
    assert not found, f"{len(found)} rows, such as {found[:6]}"


@pytest.mark.parametrize("month", CUTS, ids=str)
def test_compliance_is_judged_by_the_day_of_decision(builds: dict[str, Warehouse], month: date) -> None:
    """A loan that was paid out is judged for good: neither later segments nor later valuations change it."""
    rows = f"""
        select compliance.*
        from {{database}}.marts.mart_policy_compliance as compliance
        inner join {{database}}.marts.fct_loan_decision as decisions using (loan_key)
        where decisions.disbursed_on <= date '{month}'
    """
    assert builds[str(month)].value("select count(distinct loan_key) from marts.mart_policy_compliance") > 50
    found = differences(builds["whole"], builds[str(month)], rows)
    assert not found, f"{len(found)} rows, such as {found[:6]}"


DATED_BY_THEMSELVES = [
    "marts.dim_client",
    "marts.mart_segment_default_cohort",
    "marts.mart_early_warning_quality",
    "marts.mart_early_warning_signal",
    "marts.mart_policy_compliance",
]


@pytest.mark.parametrize("table", [*MONTHLY, *DATED_BY_THEMSELVES])
def test_an_earlier_reporting_date_looks_no_further(builds: dict[str, Warehouse], table: str) -> None:
    found = differences(builds["as_of"], builds[str(CUTS[0])], f"select * from {{database}}.{table}")
    assert not found, f"{len(found)} rows, such as {found[:6]}"


def test_cut_keeps_identity(builds: dict[str, Warehouse]) -> None:
    """The comparison above is of facts, not of identities: who is who must be the same in the cuts of this input."""
    known = "select source_system, client_no, client_key from {database}.intermediate.int_client_identity"
    for month in CUTS:
        cut = str(builds[str(month)].file)
        with duckdb.connect(cut, read_only=True) as conn:
            conn.execute(f"attach '{builds['whole'].file}' as whole (read_only)")
            here = known.format(database=conn.execute("select current_database()").fetchone()[0])
            moved = conn.execute(f"({here}) except ({known.format(database='whole')})").fetchall()
        assert not moved, f"choose another seed: {moved}"
