"""Early warnings and whether they were right, computed a second time.

Written from domain.md (section 1f and section 6 number 21) and from what the marts say of themselves in YAML. The
signals are written out here on purpose: the seed rule_early_warning_signal is what they are to be compared with. Every
borrower is followed month by month, one signal after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from oracle import Row
from oracle_behaviour import Behaviour
from oracle_common import ClientMonth, months_back, months_between, share
from oracle_credit import Credit
from oracle_lifecycle import Lifecycle
from oracle_portfolio import MINIMUM_CELL, Portfolio, ratio, wilson
from oracle_relationship import quantile

WHOLE_SCORE, SCORE_LIMIT = "EARLY_WARNING_SCORE", 50


@dataclass(frozen=True)
class Sign:
    """A signal: what it looks at, when that is a sign, and how much."""

    feature: str
    is_sign: Callable[[Any], bool]
    weight: int


SIGNS = {
    "LATE_31_DAYS": Sign("par30_share", lambda part: part > 0, 50),
    "KNOCKED_OUT": Sign("is_knocked_out", lambda flag: flag, 50),
    "NON_PERFORMING_ELSEWHERE": Sign("is_non_performing_elsewhere", lambda flag: flag, 50),
    "LATE_WITHIN_YEAR": Sign("on_time_ratio_12m", lambda part: part < Decimal("0.9"), 25),
    "MANY_LENDERS": Sign("lenders_6m", lambda number: number >= 5, 25),
    "MANY_INQUIRIES": Sign("inquiries_3m", lambda number: number >= 6, 20),
    "LIMIT_DRAWN": Sign("util_avg_6m", lambda part: part >= Decimal("0.9"), 15),
    "INFLOW_FALLS": Sign("inflow_growth_6m_yoy", lambda growth: growth <= Decimal("-0.3"), 25),
    "MOSTLY_RENEWALS": Sign("renewal_share_12m", lambda part: part > Decimal("0.5"), 25),
    "INTEREST_NOT_EARNED": Sign("icr", lambda times: times < 1, 25),
}


@dataclass
class Borrower:
    """A performing obligor at a month end: which signals it could show, which it shows, and what became of it."""

    known: set[str]
    shown: set[str]
    defaulted_on: date | None

    @property
    def score(self) -> int:
        return sum(SIGNS[code].weight for code in self.shown)

    def raises(self, code: str) -> bool:
        return self.score >= SCORE_LIMIT if code == WHOLE_SCORE else code in self.shown

    def hangs_on(self, code: str) -> bool:
        """Flagged, and not without this signal."""
        if not self.raises(code) or self.score < SCORE_LIMIT:
            return False
        return code == WHOLE_SCORE or self.score - SIGNS[code].weight < SCORE_LIMIT


def observed_rate(events: int | None, trials: int | None) -> Decimal | None:
    """A rate of enough observations, when both parts are known."""
    if events is None or trials is None or trials < MINIMUM_CELL:
        return None
    return ratio(events, trials)


def with_interval(name: str, events: int | None, trials: int | None) -> Row:
    value = observed_rate(events, trials)
    lower, upper = (None, None) if value is None else wilson(events, trials)
    return {f"{name}_rate": value, f"{name}_wilson_lower": lower, f"{name}_wilson_upper": upper}


def lead_time(days: list[int]) -> Row:
    """Tenths of the days between a warning and its default; of too few they are not shown."""
    values = [Decimal(number) for number in days]
    names = {"median_lead_days": "0.5", "p10_lead_days": "0.1", "p90_lead_days": "0.9"}
    is_shown = len(values) >= MINIMUM_CELL
    return {name: quantile(values, Decimal(part)) if is_shown else None for name, part in names.items()}


class Warnings:
    """Expected rows of mart_early_warning_quality and mart_early_warning_signal."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio, self.months, self.last_month = portfolio, portfolio.months, portfolio.last_month
        loan_months = {(loan, month): row for loan, rows in portfolio.by_loan.items() for month, row in rows.items()}
        self.credit = Credit(portfolio.facts, loan_months)
        self.behaviour = Behaviour(portfolio.facts, loan_months, self.credit)
        self.lifecycle = Lifecycle(portfolio.facts, self.credit, self.behaviour, {}, {})

    def features(self, client: int, month: date) -> Row:
        rows = self.portfolio.by_client_month[client, month]
        late = [row for row in rows if row["days_past_due"] is not None and row["days_past_due"] > 30]
        return self.behaviour.features(client, month) | {
            "par30_share": share(
                sum((row["outstanding_amount"] for row in late), Decimal(0)), self.portfolio.exposure[client, month]
            ),
            "is_knocked_out": self.credit.status(client, month).is_knocked_out,
            "icr": self.lifecycle.statement_features(client, month)["icr"],
        }

    def borrower(self, client: int, month: date, defaulted_on: date | None) -> Borrower:
        values = self.features(client, month)
        known = {code for code, sign in SIGNS.items() if values[sign.feature] is not None}
        shown = {code for code in known if SIGNS[code].is_sign(values[SIGNS[code].feature])}
        return Borrower(known | {WHOLE_SCORE}, shown, defaulted_on)

    @cached_property
    def borrowers(self) -> dict[ClientMonth, Borrower]:
        return {
            (client, month): self.borrower(client, month, obligor.defaulted_on)
            for (client, month), obligor in self.portfolio.obligors.items()
            if obligor.is_performing
        }

    @cached_property
    def by_month(self) -> dict[date, dict[int, Borrower]]:
        result: dict[date, dict[int, Borrower]] = defaultdict(dict)
        for (client, month), borrower in self.borrowers.items():
            result[month][client] = borrower
        return result

    def is_over(self, month: date) -> bool:
        return months_between(month, self.last_month) >= 12

    def is_new(self, code: str, client: int, month: date) -> bool:
        before = self.borrowers.get((client, months_back(month, 1)))
        return before is None or not before.raises(code)

    def lead_days(self, code: str, month: date) -> list[int]:
        """Of the warnings that begin in a month and were right."""
        return [
            (borrower.defaulted_on - month).days
            for client, borrower in self.by_month[month].items()
            if borrower.raises(code) and self.is_new(code, client, month) and borrower.defaulted_on is not None
        ]

    @cached_property
    def codes(self) -> list[str]:
        return [*SIGNS, WHOLE_SCORE]

    @cached_property
    def quality(self) -> dict[tuple[str, date], Row]:
        """The rows of mart_early_warning_quality."""
        return {(code, month): self.month_quality(code, month) for month in self.by_month for code in self.codes}

    def month_quality(self, code: str, month: date) -> Row:
        borrowers, is_over = self.by_month[month], self.is_over(month)
        observed = sum(code in borrower.known for borrower in borrowers.values())
        flagged = {client: borrower for client, borrower in borrowers.items() if borrower.raises(code)}
        new = [borrower for client, borrower in flagged.items() if self.is_new(code, client, month)]
        decisive = [borrower for borrower in flagged.values() if borrower.hangs_on(code)]
        defaulted = _defaults(borrowers.values()) if is_over else None
        row: Row = {
            "is_mature": is_over,
            "minimum_cell": MINIMUM_CELL,
            "performing": len(borrowers),
            "observed": observed,
            "flagged": len(flagged) if observed else None,
            "new_warnings": len(new) if observed else None,
            "decisive": len(decisive) if observed else None,
            "is_suppressed": len(new) < MINIMUM_CELL,
            "defaulted": defaulted,
            "not_defaulted": len(borrowers) - defaulted if is_over else None,
        }
        has_outcome = is_over and observed > 0
        row["mature_warnings"] = len(new) if has_outcome else None
        row["correct_warnings"] = _defaults(new) if has_outcome else None
        row["flagged_defaulted"] = _defaults(flagged.values()) if has_outcome else None
        row["flagged_not_defaulted"] = len(flagged) - _defaults(flagged.values()) if has_outcome else None
        row["decisive_defaulted"] = _defaults(decisive) if has_outcome else None
        row["base_rate"] = observed_rate(defaulted, len(borrowers))
        row["flagged_default_rate"] = observed_rate(row["flagged_defaulted"], row["flagged"])
        precision = observed_rate(row["correct_warnings"], row["mature_warnings"])
        row["lift"] = precision * len(borrowers) / defaulted if precision is not None and defaulted else None
        return row | self.rates(row) | lead_time(self.lead_days(code, month) if has_outcome else [])

    @staticmethod
    def rates(row: Row) -> Row:
        """What a month and all months together have in common."""
        return {
            **with_interval("precision", row["correct_warnings"], row["mature_warnings"]),
            **with_interval("recall", row["flagged_defaulted"], row["defaulted"]),
            "false_positive_rate": observed_rate(row["flagged_not_defaulted"], row["not_defaulted"]),
            "decisive_default_rate": observed_rate(row["decisive_defaulted"], row["decisive"]),
        }

    @cached_property
    def signals(self) -> dict[tuple[str], Row]:
        """The rows of mart_early_warning_signal."""
        return {(code,): self.signal_quality(code) for code in self.codes}

    def signal_quality(self, code: str) -> Row:
        months = {
            month: row
            for (other, month), row in self.quality.items()
            if other == code and row["is_mature"] and row["observed"] > 0
        }
        # no default stands in two of them
        yearly = [row for month, row in months.items() if month.month == self.last_month.month]
        row: Row = {
            "is_whole_score": code == WHOLE_SCORE,
            "is_in_force": True,
            "weight": None if code == WHOLE_SCORE else SIGNS[code].weight,
            "minimum_cell": MINIMUM_CELL,
            "first_cohort_month": min(months, default=None),
            "last_cohort_month": max(months, default=None),
            "cohort_months": len(months),
            "yearly_cohorts": len(yearly),
            "mature_warnings": _total("mature_warnings", months.values()),
            "correct_warnings": _total("correct_warnings", months.values()),
        }
        counts = (
            "performing observed flagged defaulted flagged_defaulted flagged_not_defaulted not_defaulted decisive "
            "decisive_defaulted"
        ).split()
        row |= {name: _total(name, yearly) for name in counts}
        expected = [Decimal(one["mature_warnings"] * one["defaulted"]) / one["performing"] for one in months.values()]
        # rates follow from what is shown, which has six decimals
        shown = sum(expected, Decimal(0)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        row["expected_defaults"] = shown if months else None
        warnings = row["mature_warnings"] or 0
        is_shown = warnings >= MINIMUM_CELL
        row["is_suppressed"] = not is_shown
        row["base_rate"] = row["expected_defaults"] / warnings if is_shown else None
        row["lift"] = ratio(row["correct_warnings"], row["expected_defaults"]) if is_shown else None
        row |= self.rates(row)
        days = [number for month in months for number in self.lead_days(code, month)]
        row |= lead_time(days)
        row["against_base"] = None
        if is_shown:
            above, below = row["precision_wilson_lower"] > row["base_rate"], row["precision_wilson_upper"]
            row["against_base"] = "ABOVE" if above else "BELOW" if below < row["base_rate"] else "NOT_DISTINGUISHABLE"
        return row


def _defaults(borrowers: Iterable[Borrower]) -> int:
    return sum(borrower.defaulted_on is not None for borrower in borrowers)


def _total(name: str, rows: Iterable[Row]) -> int | None:
    """Of nothing nothing is known."""
    values = [row[name] for row in rows]
    return sum(values) if values else None
