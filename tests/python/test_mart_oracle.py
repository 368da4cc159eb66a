"""The marts of performance and risk against a second computation (oracle_portfolio.py), row by row.

On the demo and on the generated portfolios of test_segment_oracle, whose warehouses are built once for both. Every
column of a mart is compared, so that a new one needs its place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Project, Warehouse
from generated_portfolios import GENERATED
from oracle import CENT, STAGING_TABLES, Oracle, Row
from oracle_acquisition import Acquisition
from oracle_monitoring import Monitoring
from oracle_policy import Policy
from oracle_portfolio import Portfolio
from oracle_project import project_key
from oracle_relationship import NOT_YET, Relationship
from oracle_resource import Resources, irb_capital_ratio
from oracle_warning import SIGNS, Warnings
from segment_oracle import AXES
from test_oracle import assert_same, dictionaries

MART_STAGING_TABLES = [
    *STAGING_TABLES,
    "stg_account_flows",
    "stg_bureau_reports",
    "stg_collateral_allocations",
    "stg_collaterals",
    "stg_credit_events",
    "stg_crm_interactions",
    "stg_digital_events",
    "stg_facilities",
    "stg_loan_applications",
    "stg_market_indicators",
    "stg_marketing_costs",
    "stg_monitoring_tasks",
    "stg_project_cashflows",
    "stg_satisfaction_surveys",
]
# what segment_oracle.py compares as evidence of an axis
EVIDENCE = """
    select
        client_key,
        as_of_month,
        project.evidence_role as role,
        behaviour.evidence_flow_months_12m as flow_months_12m,
        behaviour.evidence_inflow_12m as inflow_12m,
        lifecycle.evidence_statement_period_end as statement_period_end,
        lifecycle.evidence_is_statement_too_old as is_statement_too_old
    from segments.seg_behaviour as behaviour
    inner join segments.seg_lifecycle as lifecycle using (client_key, as_of_month)
    inner join segments.seg_project_type as project using (client_key, as_of_month)
"""
# the warehouse keeps ratios with six decimals
SIXTH_DECIMAL = Decimal("0.000001")
# hours have four decimals, and a quantile between two of them is rounded once more
HOURS = Decimal("0.0001")
# days have one decimal
LEAD_DAYS = dict.fromkeys(("median_lead_days", "p10_lead_days", "p90_lead_days"), Decimal("0.05"))
VALUES = ("policy_value", "contract_value")
# of the exposure, what capital may differ by: two normal distributions, a billionth each, and K kept with ten decimals
CAPITAL_RATIO = Decimal("0.000000005")


class MartComparison:
    """A built warehouse and the second computation over what other oracles have already compared."""

    def __init__(self, seeds: Path, file: Path, is_generated: bool = False) -> None:
        self.file, self.is_generated = file, is_generated
        with duckdb.connect(str(file), read_only=True) as conn:
            staging = {name: dictionaries(conn, f"select * from staging.{name}") for name in MART_STAGING_TABLES}
            identity = dictionaries(conn, "select * from intermediate.int_client_identity")
            loan_months = dictionaries(conn, "select * from marts.fct_loan_month")
            segments = {
                axis: {
                    (client, month): segment
                    for client, month, segment in conn.execute(
                        f"select client_key, as_of_month, final_segment from segments.seg_{axis.lower()}"
                    ).fetchall()
                }
                for axis in AXES
            }
            evidence = {(row["client_key"], row["as_of_month"]): row for row in dictionaries(conn, EVIDENCE)}
            prime_rates = dictionaries(conn, "select * from staging.stg_loan_prime_rate")
            credit = dictionaries(
                conn, "select client_key, as_of_month, evidence_pd, evidence_knock_out_reason from segments.seg_credit"
            )
            acquisitions = dictionaries(conn, "select * from intermediate.int_client_acquisition")
            capital = dictionaries(
                conn, "select client_key, as_of_month, capital_amount from intermediate.int_client_value_month"
            )
            [as_of_date] = conn.execute("select as_of_date from staging.stg_reporting_window").fetchone()
        self.base = Oracle(seeds, staging, identity, as_of_date)
        self.portfolio = Portfolio(self.base, loan_months, segments)
        self.relationship = Relationship(self.portfolio)
        self.resources = Resources(
            self.relationship,
            {(row["client_key"], row["as_of_month"]): row for row in credit},
            acquisitions,
            {(row["client_key"], row["as_of_month"]): row["capital_amount"] for row in capital},
        )
        self.acquisition = Acquisition(self.resources)
        self.warnings = Warnings(self.portfolio)
        by_number = {(row["loan_no"], row["as_of_month"]): row for row in loan_months}
        self.policy = Policy(self.base, segments, evidence, self.portfolio.exposure, prime_rates, by_number)
        self.monitoring = Monitoring(self.policy, self.relationship)

    def actual(self, table: str, *keys: str) -> dict[Any, Row]:
        with duckdb.connect(str(self.file), read_only=True) as conn:
            rows = dictionaries(conn, f"select * from {table}")
        result = {tuple(row[key] for key in keys): row for row in rows}
        assert len(result) == len(rows), f"{table} is not unique in {keys}"
        return result

    @cached_property
    def loan_numbers(self) -> dict[int, str]:
        with duckdb.connect(str(self.file), read_only=True) as conn:
            return dict(conn.execute("select loan_key, loan_no from intermediate.int_loan").fetchall())


def is_ratio(actual: Mapping[Any, Row], name: str) -> bool:
    return any(isinstance(row[name], Decimal) for row in actual.values() if row[name] is not None)


def assert_all_columns(
    expected: Mapping[Any, Row], actual: Mapping[Any, Row], keys: int, margins: Mapping[str, Decimal] | None = None
) -> None:
    """Row by row, and no column of the table left out; ratios within the sixth decimal."""
    columns = list(next(iter(actual.values())))[keys:]
    assert set(columns) == set(next(iter(expected.values()))), "columns that only one of the two has"
    ratios = {name: SIXTH_DECIMAL for name in columns if is_ratio(actual, name) and not name.endswith("_amount")}
    assert_same(expected, actual, ratios | dict(margins or {}))


@pytest.fixture(scope="session", params=["demo", *(seed for seed, *_ in GENERATED)], ids=str)
def marts(request: pytest.FixtureRequest, project: Project) -> MartComparison:
    if request.param == "demo":
        warehouse: Warehouse = request.getfixturevalue("demo")
    else:
        warehouse = request.getfixturevalue("generated_segments")[request.param]
    return MartComparison(project.folder / "seeds", warehouse.file, is_generated=request.param != "demo")


def test_defaults(marts: MartComparison) -> None:
    """The episodes on which cohorts, vintages and early warnings stand."""
    expected = {
        (client, number): {"defaulted_on": episode.defaulted_on, "ended_on": episode.ended_on}
        for client, episodes in marts.portfolio.episodes.items()
        for number, episode in enumerate(episodes, start=1)
    }
    # a small portfolio may be spared; the demo is not
    assert expected or marts.is_generated
    assert_same(expected, marts.actual("intermediate.int_client_default", "client_key", "episode_no"))


def test_obligors(marts: MartComparison) -> None:
    """Who performed at a month end and what became of it, before anything is added up."""
    expected = {
        key: {
            "exposure_amount": obligor.exposure,
            "is_performing": obligor.is_performing,
            "defaulted_on": obligor.defaulted_on,
            "is_mature": obligor.is_mature,
            "benchmark_rate": obligor.benchmark,
        }
        for key, obligor in marts.portfolio.obligors.items()
    }
    assert len(expected) > 500
    assert_same(expected, marts.actual("intermediate.int_client_default_cohort", "client_key", "as_of_month"))


def test_default_cohorts(marts: MartComparison) -> None:
    actual = marts.actual("marts.mart_segment_default_cohort", "axis", "segment_code", "cohort_month")
    assert_all_columns(marts.portfolio.default_cohorts, actual, keys=3)


def test_maturities(marts: MartComparison) -> None:
    numbers = marts.loan_numbers
    actual = {numbers[key]: row for (key,), row in marts.actual("intermediate.int_loan_maturity", "loan_key").items()}
    assert len(actual) > 50
    assert_same(marts.portfolio.maturities, actual)


def test_performance(marts: MartComparison) -> None:
    """Every column: what follows from loans, applications, answers and what clients use."""
    actual = marts.actual("marts.mart_segment_performance", "axis", "segment_code", "as_of_month")
    # a cell may stand there for its applications or answers alone
    services = marts.relationship.cells
    scores = marts.portfolio.performance(services)
    expected = {key: row | marts.relationship.services(key) for key, row in scores.items()}
    hours = {name: HOURS for name in ("median_business_hours", "p90_business_hours")}
    assert_all_columns(expected, actual, keys=3, margins=hours)


def test_vintages(marts: MartComparison) -> None:
    actual = marts.actual("marts.mart_segment_vintage", "axis", "segment_code", "origination_quarter", "months_on_book")
    assert_all_columns(marts.portfolio.vintages, actual, keys=4)


def test_concentration(marts: MartComparison) -> None:
    actual = marts.actual("marts.mart_segment_concentration", "axis", "segment_code", "as_of_month")
    assert_all_columns(marts.portfolio.concentrations, actual, keys=3)


def test_early_warnings(marts: MartComparison) -> None:
    """Who is flagged and by what, before anything is said about it."""
    found = marts.actual("marts.mart_early_warning", "client_key", "as_of_month")
    expected = {
        key: {
            "signals": ", ".join(sorted(borrower.shown, key=lambda code: (-SIGNS[code].weight, code))),
            "signal_count": len(borrower.shown),
            "score": borrower.score,
        }
        for key, borrower in marts.warnings.borrowers.items()
        if borrower.raises("EARLY_WARNING_SCORE")
    }
    assert expected or marts.is_generated
    assert_same(expected, found)


def test_early_warning_quality(marts: MartComparison) -> None:
    """Precision, lift, recall, false positives and lead time, month by month."""
    actual = marts.actual("marts.mart_early_warning_quality", "signal_code", "cohort_month")
    assert {row["is_mature"] for row in actual.values()} == {True, False}
    assert_all_columns(marts.warnings.quality, actual, keys=2, margins=LEAD_DAYS)


def test_early_warning_signals(marts: MartComparison) -> None:
    """The same over all months that are over: what each signal is worth."""
    actual = marts.actual("marts.mart_early_warning_signal", "signal_code")
    assert sum(row["mature_warnings"] or 0 for row in actual.values()) > 10
    assert_all_columns(marts.warnings.signals, actual, keys=1, margins=LEAD_DAYS)


def test_market_share(marts: MartComparison) -> None:
    actual = marts.actual("marts.mart_market_share", "sector", "as_of_month")
    assert_all_columns(marts.portfolio.market_shares, actual, keys=2)


def test_market_regimes(marts: MartComparison) -> None:
    """From indicators released by the month end."""
    assert_same(marts.policy.regimes, marts.actual("segments.seg_market_regime", "sector", "as_of_month"))


def test_loan_decisions(marts: MartComparison) -> None:
    """What was known on the day of a decision, and nothing later."""
    numbers = marts.loan_numbers
    actual = {numbers[key]: row for (key,), row in marts.actual("marts.fct_loan_decision", "loan_key").items()}
    expected = {
        number: {
            "client_key": decision.client,
            "decided_on": decision.decided_on,
            "decision_basis": decision.basis,
            "segment_month": decision.segment_month,
            "has_segments": decision.segments is not None,
            "regime": decision.regime,
        }
        | {f"{axis.lower()}_segment": decision.segments[axis] if decision.segments else NOT_YET for axis in AXES}
        for number, decision in marts.policy.decisions.items()
    }
    assert_same(expected, actual)


def test_policy_levers(marts: MartComparison) -> None:
    """The rules applied one after the other, for every case that a loan or a client of today has."""
    cases = marts.actual("marts.mart_policy_case", "policy_case_key")
    found = marts.actual("marts.mart_policy_case_lever", "policy_case_key", "lever")
    expected = {}
    for (key,), case in cases.items():
        segments = {axis: case[f"{axis.lower()}_segment"] for axis in AXES}
        # a segment of another axis alone is shown on the reference tier
        segments["CREDIT"] = segments["CREDIT"] or marts.policy.reference_tier(case["policy_from"])
        levers = marts.policy.levers(segments, case["regime"], case["policy_from"])
        expected |= {(key, lever): {"lever_value": value} for lever, value in levers.items()}
    assert_same(expected, found, {"lever_value": SIXTH_DECIMAL})


def test_offers(marts: MartComparison) -> None:
    """Limit, products and price of every client of today; a green loan for a known green use alone."""
    actual = marts.actual("marts.mart_client_policy", "client_key")
    expected = marts.policy.offers
    green = {row["has_green_use"] for row in expected.values()}
    assert green == {True, False} or marts.is_generated
    assert_same(expected, actual, {"limit_amount": CENT, "indicative_rate": SIXTH_DECIMAL})


def test_policy_compliance(marts: MartComparison) -> None:
    """Each loan and lever: what policy asked at the decision, what the contract has, breach or excused."""
    actual = {
        (row["loan_no"], lever): row
        for (_, lever), row in marts.actual("marts.mart_policy_compliance", "loan_key", "lever").items()
    }
    assert {row["status"] for row in actual.values()} == {"COMPLIANT", "BREACH", "EXCUSED", "NOT_TESTABLE"}
    expected = dict(marts.policy.compliance)
    for key, row in expected.items():
        # of what cannot be tested the values are shown as far as they are known
        if row["status"] == "NOT_TESTABLE":
            expected[key] = {name: value for name, value in row.items() if name not in VALUES}
    # money of policy is kept in cents
    assert_same(expected, actual, dict.fromkeys(VALUES, CENT))


def test_project_schemes(marts: MartComparison) -> None:
    """What the scheme asks of every project against what it has; a closed one is asked nothing."""
    projects = marts.policy.projects
    expected = {}
    for project in marts.base.staging["stg_projects"]:
        known_from = projects.known_from(project)
        if known_from is None or known_from <= marts.base.months[-1]:
            scheme = projects.scheme(project, marts.policy.regimes, marts.portfolio.segments["INDUSTRY"])
            expected[(project_key(project["project_no"]),)] = scheme
    assert {"BREACH", "CLOSED"} <= {row["status"] for row in expected.values()} or marts.is_generated
    actual = marts.actual("marts.mart_project_scheme", "project_key")
    margins = {name: SIXTH_DECIMAL for name in next(iter(expected.values())) if name.endswith("_headroom")}
    assert_same(expected, actual, margins)


def test_client_monitoring(marts: MartComparison) -> None:
    """How long ago each client that owes was looked at, against what policy asked of its loans."""
    actual = marts.actual("intermediate.int_client_monitoring_month", "client_key", "as_of_month", "requirement")
    statuses = {row["status"] for row in actual.values()}
    assert statuses >= {"IN_TIME", "OVERDUE", "NOT_YET_DUE", "NO_POLICY"}
    assert_same(marts.monitoring.client_months, actual)


def test_drawing_checks(marts: MartComparison) -> None:
    numbers = marts.loan_numbers
    actual = {numbers[key]: row for (key,), row in marts.actual("intermediate.int_drawing_check", "loan_key").items()}
    assert_same(marts.monitoring.drawings, actual)


def test_monitoring_compliance(marts: MartComparison) -> None:
    """Tasks on time of those due, clients and drawings looked at of those tested, every column."""
    actual = marts.actual("marts.mart_monitoring_compliance", "axis", "segment_code", "as_of_month", "requirement")
    assert any(row["on_time_rate_12m"] is not None for row in actual.values()) or marts.is_generated
    assert_all_columns(marts.monitoring.compliance, actual, keys=4)


def test_application_months(marts: MartComparison) -> None:
    """Decisions, backlog and submissions; hours on the business clock and on the wall."""
    actual = marts.actual("intermediate.int_segment_application_month", "axis", "segment_code", "as_of_month")
    margins = {name: HOURS for name in next(iter(actual.values())) if name.endswith("_hours")}
    assert_all_columns(marts.relationship.application_months, actual, keys=3, margins=margins)


def test_survey_months(marts: MartComparison) -> None:
    actual = marts.actual("intermediate.int_segment_survey_month", "axis", "segment_code", "as_of_month")
    assert_all_columns(marts.relationship.survey_months, actual, keys=3)


def test_stickiness_months(marts: MartComparison) -> None:
    actual = marts.actual("intermediate.int_segment_stickiness_month", "axis", "segment_code", "as_of_month")
    assert_all_columns(marts.relationship.stickiness_months, actual, keys=3)


def test_retention_months(marts: MartComparison) -> None:
    actual = marts.actual("intermediate.int_segment_retention_month", "axis", "segment_code", "as_of_month")
    assert_all_columns(marts.relationship.retention_months, actual, keys=3)


def test_capital_formula() -> None:
    """domain.md section 7, so that the second computation of capital is right before it judges the first."""
    assert round(irb_capital_ratio(0.01, 0.40, 2.5) * 10_000_000) == 656_475
    assert round(12.5 * irb_capital_ratio(0.05, 0.40, 2.5), 6) == 1.332039


def test_lines(marts: MartComparison) -> None:
    """What is left of each open line, and how much of it is exposure at default."""
    actual = marts.actual("intermediate.int_facility_month", "facility_no", "as_of_month")
    expected = {
        (line["facility_no"], month): {name: value for name, value in line.items() if name != "facility_no"}
        for (_, month), lines in marts.resources.lines.items()
        for line in lines
    }
    assert expected
    assert_same(expected, actual)


def test_client_effort(marts: MartComparison) -> None:
    actual = marts.actual("intermediate.int_client_effort_month", "client_key", "as_of_month")
    assert_same(marts.resources.effort, actual)


def test_client_values(marts: MartComparison) -> None:
    """Balances, exposure at default, PD, income, loss and capital of each client."""
    actual = marts.actual("intermediate.int_client_value_month", "client_key", "as_of_month")
    expected = marts.resources.values
    columns = set(next(iter(expected.values())))
    assert columns == set(next(iter(actual.values()))) - {"client_key", "as_of_month"}
    assert_same(
        {key: {**row, "capital_amount": actual[key]["capital_amount"]} for key, row in expected.items()}, actual
    )
    for key, row in expected.items():
        margin = CENT + CAPITAL_RATIO * row["exposure_at_default_amount"]
        assert abs(row["capital_amount"] - actual[key]["capital_amount"]) <= margin, (key, row, actual[key])


def test_resource_allocation(marts: MartComparison) -> None:
    """Hours, cost, exposure, capital and return of each segment, every column."""
    actual = marts.actual("marts.mart_resource_allocation", "axis", "segment_code", "as_of_month")
    assert_all_columns(marts.resources.allocation, actual, keys=3)


def test_effort_curves(marts: MartComparison) -> None:
    actual = marts.actual("marts.mart_effort_curve", "axis", "as_of_month", "effort_kind", "segment_code")
    assert_all_columns(marts.resources.curve_points, actual, keys=4)


def test_effort_concentration(marts: MartComparison) -> None:
    """The coefficient from all pairs of segments and of clients, against the area under the curve."""
    actual = marts.actual("marts.mart_effort_concentration", "axis", "as_of_month", "effort_kind")
    expected = marts.resources.concentrations
    assert {axis for axis, *_ in expected} == {*AXES, "CLIENT"}
    assert_all_columns(expected, actual, keys=3, margins={"area_under_curve": Decimal("0.000000001")})


def test_acquisitions(marts: MartComparison) -> None:
    """Who was won, when, by which loan and through which application."""
    actual = marts.actual("intermediate.int_client_acquisition", "client_key")
    assert_all_columns({(client,): row for client, row in marts.acquisition.acquisitions.items()}, actual, keys=1)


def test_acquisition(marts: MartComparison) -> None:
    """Cost, leads, conversion, margin and payback of each channel and segment, every column."""
    actual = marts.actual("marts.mart_acquisition", "channel", "axis", "segment_code", "as_of_month")
    rows = actual.values()
    # what is compared is there: cost that is borne and that stays, a margin that pays back and one that does not
    assert {bool(row["first_drawdowns"]) for row in rows if row["cost_amount"]} == {True, False}
    judged = [row for row in rows if row["margin_clients"] and row["cac_amount"]]
    assert {row["payback_months"] is None for row in judged} == {True, False}
    # a small portfolio may have won nobody of late
    assert {row["is_payback_mature"] for row in rows} == {True, False, None} or marts.is_generated
    assert_all_columns(marts.acquisition.rows, actual, keys=4)
