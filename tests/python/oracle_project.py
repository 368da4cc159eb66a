"""Projects a second time: type, phase, slotting, coverage, and the PROJECT_TYPE candidate (specification section 7)."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from statistics import mean

from oracle import Row
from oracle_common import Candidate, Facts, add_months, share, six
from oracle_credit import Credit

# section 7, phases
RAMP_UP_MONTHS = 12
# section 7, slotting (domain.md section 1c)
SLOTTING_MINIMUM_WEIGHT = Fraction(60, 100)
DEFAULT_GRADE = "DEFAULT"
# section 7, coverage
PROJECT_DISCOUNT_RATE = 0.045
DAYS_OF_YEAR = Decimal("365.25")
PROJECT_TYPES = ("ENERGY", "TRANSPORT", "MANUFACTURING", "SOCIAL", "WATER", "OTHER")
# where a type may be read from when no code gives it, in this order
TEXTS = [("project_subtype", "SUBTYPE"), ("sector_text", "TEXT"), ("project_name", "NAME")]


def project_key(project_no: str) -> int:
    """The surrogate key of the warehouse: it breaks ties, so it is needed here too."""
    return int(hashlib.md5(project_no.encode()).hexdigest()[:15], 16)


@dataclass(frozen=True)
class Standing:
    """A project at a month end."""

    phase: str
    slotting_score: Decimal | None
    slotting_grade: str | None
    coverage: Row


def cash_available(row: Row) -> Decimal | None:
    """CFADS; revenue and operating cost must be known, the other parts count as nothing when they are not there."""
    if row["revenue"] is None or row["operating_cost"] is None:
        return None
    others = (row[column] or Decimal(0) for column in ("tax", "working_capital_change", "capital_expenditure"))
    return row["revenue"] - row["operating_cost"] - sum(others, Decimal(0))


def cover(row: Row) -> Decimal | None:
    """DSCR of one period; unknown, not zero, where nothing is due."""
    if row["interest_due"] is None or row["principal_due"] is None:
        return None
    service = row["interest_due"] + row["principal_due"]
    return share(cash_available(row), service) if service > 0 else None


def years_between(first: date | None, last: date | None) -> Decimal | None:
    return None if first is None or last is None else six(Decimal((last - first).days) / DAYS_OF_YEAR)


class Projects:
    """Projects by month, and the candidate of the PROJECT_TYPE axis by client and month."""

    def __init__(self, facts: Facts, loan_months: Mapping[tuple[str, date], Row], credit: Credit) -> None:
        self.facts, self.base, self.credit = facts, facts.base, credit
        self.loans: dict[str, list[Row]] = defaultdict(list)
        for row in self.base.staging["stg_loans"]:
            if row["project_no"] and row["status"] != "CANCELLED":
                self.loans[row["project_no"]].append(row)
        self.live = {key for key, row in loan_months.items() if row["loan_state"] == "LIVE"}
        self._standing: dict[tuple[str, date], Standing | None] = {}

    def party(self, project: Row, role: str) -> int | None:
        return self.base.client_of.get((project[f"{role}_source_system"], project[f"{role}_client_no"]))

    @cached_property
    def roles(self) -> dict[tuple[int, str], list[Row]]:
        """Projects by client and role."""
        result: dict[tuple[int, str], list[Row]] = defaultdict(list)
        for project in self.base.staging["stg_projects"]:
            for role in ("borrower", "sponsor"):
                client = self.party(project, role)
                if client is not None:
                    result[client, role].append(project)
        return result

    def type_of(self, project: Row) -> tuple[str, str]:
        """Type and what it was read from: a code of the axis, else the keyword that comes first."""
        if project["project_type"] in PROJECT_TYPES:
            return project["project_type"], "CODE"
        keywords = self.facts.rules("rule_project_keyword", self.base.months[-1])
        for column, basis in TEXTS:
            text = (project[column] or "").lower()
            found = [row for row in keywords if row["keyword"].lower() in text]
            if found:
                first = min(found, key=lambda row: int(row["match_order"]))
                return first["project_type"], f"KEYWORD_{basis}"
        return "OTHER", "NONE"

    def known_from(self, project: Row) -> date | None:
        """Financial close or first drawdown, whichever came first; without either it was never active."""
        days = [loan["disbursed_on"] for loan in self.loans.get(project["project_no"], ())]
        if project["financial_close_on"] is not None:
            days.append(project["financial_close_on"])
        return min(days, default=None)

    # phase ------------------------------------------------------------------------------------------------------

    def is_closed(self, project: Row, month: date) -> bool:
        loans = [loan for loan in self.loans.get(project["project_no"], ()) if loan["disbursed_on"] <= month]
        is_live = any((loan["loan_no"], month) in self.live for loan in loans)
        if project["debt_matures_on"] is not None:
            return project["debt_matures_on"] < month and not is_live
        return bool(loans) and not is_live

    def phase(self, project: Row, month: date) -> str | None:
        """None before the project is known and after the month in which it closed."""
        known_from = self.known_from(project)
        if known_from is None or known_from > month:
            return None
        earlier = [end for end in self.base.months if known_from <= end < month]
        if any(self.is_closed(project, end) for end in earlier):
            return None
        if self.is_closed(project, month):
            return "CLOSED"
        completed = project["actual_completion_on"]
        if completed is None or completed > month:
            return "CONSTRUCTION"
        return "RAMP_UP" if month < add_months(completed, RAMP_UP_MONTHS) else "OPERATION"

    # slotting ---------------------------------------------------------------------------------------------------

    @cached_property
    def grades(self) -> dict[str, list[Row]]:
        result: dict[str, list[Row]] = defaultdict(list)
        for row in self.base.staging["stg_project_risk_grades"]:
            result[row["project_no"]].append(row)
        return result

    def slotting(self, project: Row, month: date) -> tuple[Decimal | None, str | None]:
        """Weighted mean of the factors that have a grade, and its slot; default overrides the slot."""
        numbers = {row["grade"]: int(row["category_number"]) for row in self.facts.rules("rule_slotting_grade", month)}
        weights = {row["factor"]: Fraction(row["weight"]) for row in self.facts.rules("rule_slotting_weight", month)}
        latest: dict[tuple[str, str], Row] = {}
        for row in sorted(self.grades.get(project["project_no"], ()), key=lambda row: row["graded_on"]):
            if row["graded_on"] <= month:
                latest[row["factor"], row["subfactor"]] = row
        by_factor: dict[str, list[int]] = defaultdict(list)
        for (factor, _), row in latest.items():
            if factor in weights:
                by_factor[factor].append(numbers[row["grade"]])
        carried = sum((weights[factor] for factor in by_factor), Fraction(0))
        score = None
        if carried >= SLOTTING_MINIMUM_WEIGHT:
            means = {factor: Fraction(sum(found), len(found)) for factor, found in by_factor.items()}
            score = sum((weights[factor] * middle for factor, middle in means.items()), Fraction(0)) / carried
        borrower = self.party(project, "borrower")
        if (borrower, month) in self.base.knowledge and self.credit.status(borrower, month).is_knocked_out:
            return six(score), DEFAULT_GRADE
        if score is None:
            return None, None
        rounded = math.floor(score + Fraction(1, 2))
        return six(score), next(grade for grade, number in numbers.items() if number == rounded)

    # coverage ---------------------------------------------------------------------------------------------------

    @cached_property
    def cashflows(self) -> dict[str, list[Row]]:
        result: dict[str, list[Row]] = defaultdict(list)
        for row in self.base.staging["stg_project_cashflows"]:
            result[row["project_no"]].append(row)
        return result

    def periods(self, project: Row, scenario: str, month: date) -> list[Row]:
        """Per period the figures known last, in the order of the periods."""
        latest: dict[date, Row] = {}
        for row in sorted(self.cashflows.get(project["project_no"], ()), key=lambda row: row["known_on"]):
            if row["scenario"] == scenario and row["known_on"] <= month:
                latest[row["period_end"]] = row
        return [latest[end] for end in sorted(latest)]

    def coverage(self, project: Row, month: date) -> Row:
        matures = project["debt_matures_on"]
        ahead = [
            row
            for row in self.periods(project, "BASE", month)
            if row["period_end"] > month and (matures is None or row["period_end"] <= matures)
        ]
        covers = [ratio for ratio in map(cover, ahead) if ratio is not None]
        behind = self.periods(project, "ACTUAL", month)
        actual = [ratio for ratio in map(cover, behind) if ratio is not None]
        debts = [row["debt_outstanding"] for row in behind if row["debt_outstanding"] is not None]
        debt = debts[-1] if debts else project["debt_amount"]
        available = [(cash_available(row), row["period_end"]) for row in ahead]
        present = [
            float(cash) / (1 + PROJECT_DISCOUNT_RATE) ** ((end - month).days / 365)
            for cash, end in available
            if cash is not None
        ]
        amount, equity, cost = project["debt_amount"], project["equity_amount"], project["total_cost"]
        financed = None if amount is None or equity is None else amount + equity
        return {
            "dscr_minimum": min(covers, default=None),
            "dscr_average": six(mean(covers)) if covers else None,
            "dscr_last_actual": actual[-1] if actual else None,
            "llcr": six(math.fsum(present) / float(debt)) if present and debt else None,
            "gearing": share(amount, financed) if financed else share(amount, cost),
            "tenor_years": years_between(project["financial_close_on"], matures),
            "tail_years": years_between(matures, project["concession_ends_on"]),
        }

    def standing(self, project: Row, month: date) -> Standing | None:
        key = (project["project_no"], month)
        if key not in self._standing:
            phase = self.phase(project, month)
            self._standing[key] = (
                Standing(phase, *self.slotting(project, month), self.coverage(project, month)) if phase else None
            )
        return self._standing[key]

    # candidate --------------------------------------------------------------------------------------------------

    def candidate(self, client: int, month: date) -> Candidate:
        for role in ("borrower", "sponsor"):
            active = [
                (project, standing)
                for project in self.roles.get((client, role), ())
                if (standing := self.standing(project, month)) is not None and standing.phase != "CLOSED"
            ]
            if active:
                project, standing = min(active, key=lambda pair: self.importance(pair[0]))
                return self.of_project(project, standing, role.upper(), len(active))
        names = ["project_key", "role", "revenue_model", "phase", "slotting_score", "slotting_grade", "type_basis"]
        names += ["dscr_minimum", "dscr_average", "llcr", "gearing", "tenor_years", "tail_years"]
        return Candidate("NOT_APPLICABLE", "NO_PROJECT", dict.fromkeys(names) | {"projects": 0})

    def importance(self, project: Row) -> tuple[bool, Decimal, date, int]:
        """The largest debt in the lender's currency first, then the longest known."""
        debt = project["debt_amount_converted"]
        known_from = self.known_from(project) or date.max
        return debt is None, -(debt or Decimal(0)), known_from, project_key(project["project_no"])

    def of_project(self, project: Row, standing: Standing, role: str, projects: int) -> Candidate:
        project_type, basis = self.type_of(project)
        coverage = {name: value for name, value in standing.coverage.items() if name != "dscr_last_actual"}
        evidence = coverage | {
            "project_key": project_key(project["project_no"]),
            "role": role,
            "projects": projects,
            "revenue_model": project["revenue_model"],
            "phase": standing.phase,
            "slotting_score": standing.slotting_score,
            "slotting_grade": standing.slotting_grade,
            "type_basis": basis,
        }
        return Candidate(project_type, role, evidence)
