"""One block of the portfolio: every table of the contract, and the truth behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from generator import clock, finances, industries, market, names, policy
from generator.engagement import Engagement
from generator.lending_tables import LendingTables
from generator.loans import CURRENCIES, LONGEST, Loans
from generator.population import CURES, NEVER, Population, adoption
from generator.projects import GRADES, SUBFACTORS, Projects
from generator.registrations import LINKS, SYSTEMS, Registrations
from generator.settings import BEHAVIOURS, DISTRESSED, GROWTH_CLASSES, HIGH_GROWTH, SIZE_CLASSES, Settings
from generator.tables import Coded, Column, Nullable, batch_columns, build, latest, number

SCENARIOS = ("BASE", "DOWNSIDE", "ACTUAL")
# Tables that do not belong to single clients come with the first block only.
COMMON = {
    "market_indicators": market.indicators,
    "marketing_costs": market.marketing_costs,
    "policy_rollouts": market.policy_rollouts,
}


def make_block(
    settings: Settings, block: int, contract: dict[str, list[Column]]
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    people = Population(settings, block)
    people.adopted_on = adoption(settings)[people.branch]
    projects = Projects(people)
    registrations = Registrations(people)
    loans = Loans(people, projects)
    lending = LendingTables(loans, registrations, projects)
    cash_flows = projects.cash_flows(loans)
    money = finances.Finances(people, registrations, loans)
    engagement = Engagement(people, registrations, loans)
    applications = lending.applications()
    collaterals, allocations = lending.collaterals()
    columns: dict[str, dict[str, Any]] = {
        "clients": registrations.clients(),
        "client_identifiers": registrations.identifiers(),
        "client_relationships": registrations.relationships(projects, loans),
        "financial_statements": money.statements(),
        "credit_ratings": money.ratings(),
        "bureau_reports": money.bureau_reports(),
        "credit_events": money.credit_events(lending.loan_numbers),
        "loan_applications": applications,
        "facilities": lending.facilities(),
        "loans": lending.loan_rows(),
        "loan_month_ends": lending.month_ends(),
        "repayment_schedules": lending.schedules(),
        "payments": lending.payments(),
        "collaterals": collaterals,
        "collateral_allocations": allocations,
        "projects": project_rows(projects, lending, registrations),
        "project_risk_grades": grade_rows(projects, lending),
        "project_cashflows": cash_flow_rows(projects, lending, cash_flows),
        "digital_events": engagement.digital_events(),
        "account_flows": engagement.account_flows(),
        "crm_interactions": engagement.interactions(),
        "satisfaction_surveys": engagement.surveys(lending.survey_basis),
        "segment_overrides": engagement.overrides(),
        "monitoring_tasks": engagement.monitoring(),
    }
    if block == 0:
        columns.update({table: make(settings) for table, make in COMMON.items()})
    tables = {}
    for table, specification in contract.items():
        values = columns.get(table)
        if values is None:
            continue
        rows = len(next(iter(_arrays(values)))) if values else 0
        tables[table] = build(specification, values, rows)
    return tables, {
        "clients": truth(people, registrations, money, projects),
        "departures": departures(loans, lending),
    }


def _arrays(values: dict[str, Any]):
    for value in values.values():
        if isinstance(value, Coded):
            yield value.codes
        elif isinstance(value, Nullable):
            yield value.values
        elif not isinstance(value, str) and value is not None:
            yield value


def project_rows(projects: Projects, lending: LendingTables, registrations: Registrations) -> dict[str, Any]:
    if not projects.rows:
        return {}
    people, settings = projects.people, projects.people.settings
    kinds = industries.PROJECT_KINDS
    types = sorted({kind[0] for kind in kinds})
    subtypes = sorted({kind[1] for kind in kinds})
    models = sorted({kind[3] for kind in kinds})
    # the type of every ninth project is only said in words of its own
    turn = np.arange(projects.rows) % 9
    untyped = turn == 4
    # or only by its subtype, or by its name
    by_subtype, by_name = turn == 1, turn == 7
    uncoded = untyped | by_subtype | by_name
    unnamed = untyped | by_name
    equity = projects.total_cost - projects.debt
    label = names.label_text(projects.kind, [kind[5] for kind in kinds])
    prefix = names.label_text(people.region[projects.client], [p for _, p, _ in names.REGIONS])
    core = names.label_text(people.core[projects.client] // len(names.CORE_SECOND), names.CORE_FIRST)
    second = names.label_text(people.core[projects.client] % len(names.CORE_SECOND), names.CORE_SECOND)
    known = latest(projects.financial_close_on, projects.completed_on)
    return {
        "project_no": lending.project_numbers,
        "project_name": names.joined(prefix, core, second, label, "项目"),
        "project_type": Coded(np.where(uncoded, -1, [types.index(kinds[k][0]) for k in projects.kind]), types),
        "project_subtype": Coded(np.where(unnamed, -1, [subtypes.index(kinds[k][1]) for k in projects.kind]), subtypes),
        "sector_text": Coded(np.where(untyped, projects.kind, -1), industries.PROJECT_TEXTS),
        **registrations.keys(projects.client, prefix="borrower_"),
        **registrations.keys(projects.sponsor, prefix="sponsor_"),
        "revenue_model": Coded(np.array([models.index(kinds[k][3]) for k in projects.kind]), models),
        "region_code": Coded(people.region[projects.client], [code for code, _, _ in names.REGIONS]),
        "total_cost": projects.total_cost,
        "debt_amount": projects.debt,
        "equity_amount": equity,
        "currency": Coded(np.zeros(projects.rows, dtype=int), CURRENCIES),
        "financial_close_on": projects.financial_close_on,
        "planned_completion_on": projects.planned_on,
        "actual_completion_on": projects.completed_on,
        "debt_matures_on": projects.matures_on,
        "concession_ends_on": projects.concession_ends_on,
        "is_green": np.array([kind[8] for kind in kinds])[projects.kind],
        **batch_columns(np.maximum(known, settings.start)),
    }


def grade_rows(projects: Projects, lending: LendingTables) -> dict[str, Any]:
    if not projects.rows:
        return {}
    values = projects.grades()
    factors = sorted({factor for factor, _ in SUBFACTORS})
    of = np.array([factors.index(factor) for factor, _ in SUBFACTORS])
    return {
        "project_no": lending.project_numbers.take(pa.array(values["project"])),
        "factor": Coded(of[values["subfactor"]], factors),
        "subfactor": Coded(values["subfactor"], [name for _, name in SUBFACTORS]),
        "graded_on": values["graded_on"],
        "grade": Coded(values["grade"], GRADES),
        **batch_columns(np.maximum(values["graded_on"], projects.people.settings.start)),
    }


def cash_flow_rows(projects: Projects, lending: LendingTables, values: dict[str, np.ndarray]) -> dict[str, Any]:
    if not projects.rows:
        return {}
    settings = projects.people.settings
    columns: dict[str, Any] = {
        "project_no": lending.project_numbers.take(pa.array(values["project"])),
        "scenario": Coded(values["scenario"], SCENARIOS),
        "period_end": values["period_end"],
        "known_on": values["known_on"],
    }
    step = 10_000 if settings.number_width == 6 else 100
    for name in (
        "revenue",
        "operating_cost",
        "tax",
        "working_capital_change",
        "capital_expenditure",
        "reserve_balance",
    ):
        columns[name] = np.rint(values[name] / step).astype(np.int64) * step * 100
    for name in ("interest_due", "principal_due", "debt_outstanding"):
        columns[name] = values[name].astype(np.int64)
    return {**columns, **batch_columns(np.maximum(values["known_on"], settings.start))}


def truth(people: Population, registrations: Registrations, money: finances.Finances, projects: Projects) -> pa.Table:
    """What the warehouse must find out by itself: one row a registration."""
    client = registrations.client
    true_numbers = number("", names.numbers(people.block, people.settings.number_width, people.rows))
    basis = np.where(people.is_project_company, 2, np.where(registrations.has_parent, 1, 0))
    default_on = money.default_day[client]
    onset = np.where(people.onset_month < NEVER, people.onset_month, 0) + people.settings.first_month
    onset_on = np.where(people.onset_month < NEVER, clock.day_in_month(onset, 1), clock.NOT_A_DAY)
    lookalike = registrations.lookalike_of[client]
    # a code of the high-technology lists, or a certificate that is still valid where certificates count
    certified = people.has_certificate & (registrations.certificate_expires_on >= people.settings.end)
    is_technology = people.hi_tech | (certified & industries.takes_certificate()[people.industry])
    # a growing firm that has failed for good is no growing firm at the end
    failed = (people.onset_month < people.months - 6) & (people.failure != CURES)
    growth = np.where((people.growth == HIGH_GROWTH) & failed, DISTRESSED, people.growth)
    # outside the size standard there is no size; a project company counts by its sponsor
    size = np.where(people.size_row == 0, len(SIZE_CLASSES), people.size)
    size[projects.client] = size[projects.sponsor]
    columns: dict[str, Any] = {
        "true_client_id": true_numbers.take(pa.array(client)),
        "source_system": Coded(registrations.system, SYSTEMS),
        "client_no": registrations.number,
        "linked_by": Coded(np.where(registrations.is_first, -1, registrations.link), LINKS),
        "lookalike_of": true_numbers.take(pa.array(np.maximum(lookalike, 0), mask=lookalike < 0)),
        "growth_class": Coded(growth[client], GROWTH_CLASSES),
        "behaviour_class": Coded(people.behaviour[client], BEHAVIOURS),
        "size_class": Coded(size[client], (*SIZE_CLASSES, "NOT_APPLICABLE")),
        "size_basis": Coded(basis[client], ("OWN", "GROUP", "SPONSOR")),
        "is_technology": is_technology[client],
        "default_propensity": np.round(people.default_propensity[client], 6),
        "distress_began_on": Nullable(onset_on[client], np.isnat(onset_on[client])),
        "defaulted_on": Nullable(default_on, np.isnat(default_on)),
        "is_adopted_branch": ~np.isnat(people.adopted_on)[client],
    }
    types = {
        "is_technology": pa.bool_(), "is_adopted_branch": pa.bool_(), "default_propensity": pa.float64(),
        "distress_began_on": pa.date32(), "defaulted_on": pa.date32(),
    }  # fmt: skip
    specification = [Column(name, types.get(name, pa.string()), "optional") for name in columns]
    return build(specification, columns, registrations.rows)


def departures(loans: Loans, lending: LendingTables) -> pa.Table:
    """Loans whose contract was drawn against the policy of the tier known at the decision, and in what."""
    kind = loans.deviation[loans.decision]
    # one method of repayment suits a HIGH client as well as another, and a project has its own
    idle = (kind == policy.METHOD) & ((loans.known_tier == policy.HIGH) | (loans.project >= 0))
    idle |= (kind == policy.SECURITY) & (loans.coverage_asked == 0) & (loans.secured_share_asked == 0)
    idle |= (kind == policy.TENOR) & (loans.term <= LONGEST[loans.product])
    idle |= np.isin(kind, (policy.COMPLIANT, policy.SIZE)) | loans.is_cancelled
    shown = np.flatnonzero(~idle)
    columns: dict[str, Any] = {
        "loan_no": lending.loan_numbers.take(pa.array(shown)),
        "departs_in": Coded(kind[shown], policy.DEPARTURES),
        "is_excused": (loans.is_excused[loans.decision] & (kind < policy.TRACK))[shown],
    }
    types = {"is_excused": pa.bool_()}
    specification = [Column(name, types.get(name, pa.string()), "optional") for name in columns]
    return build(specification, columns, len(shown))
