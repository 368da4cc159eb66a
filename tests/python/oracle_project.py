"""Projects a second time: type, phase, slotting, coverage, and the PROJECT_TYPE candidate (specification section 7)."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from statistics import mean

from oracle import Row, month_end
from oracle_common import Candidate, ClientMonth, Facts, add_months, share, six
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

    # scheme -----------------------------------------------------------------------------------------------------

    def last_standing(self, project: Row) -> tuple[date | None, str | None]:
        """The last month of the history that saw the project, and its phase then; before all of them it was over."""
        seen = [(month, phase) for month in self.base.months if (phase := self.phase(project, month)) is not None]
        return seen[-1] if seen else (None, None if self.known_from(project) is None else "CLOSED")

    def operating(self, project: Row, month: date) -> Row:
        """Cover once the project earns: after completion, through the period in which the debt matures."""
        completed = project["actual_completion_on"]
        if completed is None or completed > month:
            completed = max(project["planned_completion_on"] or month, month)
        base = [row for row in self.periods(project, "BASE", month) if row["period_end"] > completed]
        matures = project["debt_matures_on"] or date.max
        ends = [row["period_end"] for row in self.periods(project, "BASE", month) if row["period_end"] >= matures]
        last = min(ends, default=matures)
        covers = [cover(row) for row in base if month < row["period_end"] <= last]
        behind = self.periods(project, "ACTUAL", month)
        earned = [cover(row) for row in behind if row["period_end"] > completed]
        owed = [(row["period_end"], row["debt_outstanding"]) for row in behind if row["debt_outstanding"] is not None]
        since, debt = owed[-1] if owed else (month, project["debt_amount"])
        cash = [(cash_available(row), row["period_end"]) for row in base if since < row["period_end"] <= last]
        llcr = None
        if cash and debt and all(amount is not None for amount, _ in cash):
            present = [
                float(amount) / (1 + PROJECT_DISCOUNT_RATE) ** ((end - since).days / 365) for amount, end in cash
            ]
            llcr = six(math.fsum(present) / float(debt))
        return {
            "dscr": min((ratio for ratio in covers if ratio is not None), default=None),
            "llcr": llcr,
            "last_actual": next((ratio for ratio in reversed(earned) if ratio is not None), None),
        }

    def reserve_months(self, project: Row, day: date) -> Decimal | None:
        """The newest reserve after completion, in months of the debt service planned for the year after it."""
        completed = project["actual_completion_on"]
        if completed is None or completed > self.base.months[-1]:
            return None
        reserves = [
            (row["period_end"], row["known_on"], row["reserve_balance"])
            for row in self.cashflows.get(project["project_no"], ())
            if row["scenario"] == "ACTUAL"
            and row["reserve_balance"] is not None
            and row["known_on"] <= day
            and completed < row["period_end"] <= day
        ]
        if not reserves:
            return None
        on, _, balance = max(reserves)
        year = month_end(add_months(on.replace(day=1), 12))
        service = [
            row["interest_due"] + row["principal_due"]
            for row in self.periods(project, "BASE", day)
            if on < row["period_end"] <= year and None not in (row["interest_due"], row["principal_due"])
        ]
        return share(12 * balance, sum(service)) if sum(service) > 0 else None

    def scheme(self, project: Row, regimes: Mapping[tuple[str, date], Row], sectors: Mapping[ClientMonth, str]) -> Row:
        """Section 1c: what the scheme asks against what there is; when the debt is over there is nothing to ask."""
        month, phase = self.last_standing(project)
        day = month or self.base.months[-1]
        kind = self.type_of(project)[0]
        offered = [row for row in self.facts.rules("rule_project_scheme", day) if row["project_type"] == kind]
        [asked] = [row for row in offered if row["revenue_model"] == project["revenue_model"]] or [
            row for row in offered if row["revenue_model"] == "UNKNOWN"
        ]
        names = ("dscr", "llcr", "gearing", "tenor_years", "tail_years", "reserve_months")
        room: dict[str, Decimal | None] = dict.fromkeys(names)
        is_locked_up = is_below_default = None
        if phase != "CLOSED":
            # a project that no month saw has a structure, and no cover yet
            covers = self.operating(project, month) if month else dict.fromkeys(("dscr", "llcr", "last_actual"))
            sector = sectors.get((self.party(project, "borrower"), month))
            regime = regimes.get((sector, month)) or regimes.get(("ALL", month)) or {"regime": "NEUTRAL"}
            cut = sum(
                (
                    Decimal(row["value"])
                    for row in self.facts.rules("rule_market_regime_effect", day)
                    if row["lever"] == "PROJECT_HAIRCUT_SHARE" and row["regime"] == regime["regime"]
                ),
                Decimal(0),
            )
            shape = self.coverage(project, day)

            def over(value: Decimal | None, least: str) -> Decimal | None:
                return None if value is None else value - Decimal(asked[least])

            def under(value: Decimal | None, most: str) -> Decimal | None:
                return None if value is None else Decimal(asked[most]) - value

            def hundredths(value: Decimal | None) -> Decimal | None:
                return None if value is None else value.quantize(Decimal("0.01"), ROUND_HALF_UP)

            room = {
                "dscr": over(None if covers["dscr"] is None else six(covers["dscr"] * (1 - cut)), "dscr_minimum"),
                "llcr": over(None if covers["llcr"] is None else six(covers["llcr"] * (1 - cut)), "llcr_minimum"),
                "gearing": under(shape["gearing"], "gearing_maximum"),
                "tenor_years": under(hundredths(shape["tenor_years"]), "tenor_years_maximum"),
                "tail_years": over(hundredths(shape["tail_years"]), "tail_years_minimum"),
                "reserve_months": over(self.reserve_months(project, day), "reserve_months_minimum"),
            }
            if covers["last_actual"] is not None:
                is_locked_up = covers["last_actual"] < Decimal(asked["dscr_lock_up"])
                is_below_default = covers["last_actual"] < Decimal(asked["dscr_default"])
        known = [value for value in room.values() if value is not None]
        breaches = sum(value < 0 for value in known)
        status = "BREACH" if breaches else "COMPLIANT" if known else "NOT_TESTABLE"
        return {
            "phase": phase,
            "status": "CLOSED" if phase == "CLOSED" else status,
            "scheme_rule_id": asked["rule_id"],
            "is_locked_up": is_locked_up,
            "is_below_default_cover": is_below_default,
            "breaches": breaches,
            "tested_levers": len(known),
        } | {f"{name}_headroom": value for name, value in room.items()}

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
