"""What the modules of the second segment computation share: days, rounding and facts sorted by client."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import mean, pstdev
from typing import Any

from oracle import Oracle, Row, holds, month_end

SIX = Decimal("0.000001")
ClientMonth = tuple[int, date]


@dataclass(frozen=True)
class Candidate:
    """What the rules of one axis say of one client and month, before confirmation, dwell and overrides."""

    entry_segment: str
    reason_code: str
    evidence: Row
    # the rule that gave the segment; without one it is the rule that rule_segment names for it
    rule_id: str | None = None
    # segments that a client who holds one of them keeps by its leave thresholds
    stay: frozenset[str] = field(default_factory=frozenset)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month when it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def months_back(month: date, months: int) -> date:
    """The month end some months before a month end."""
    return month_end(add_months(month.replace(day=1), -months))


def in_months(day: date, month: date, months: int) -> bool:
    """Whether a day lies in the window of some months that ends with a month end."""
    return months_back(month, months) < day <= month


def in_days(day: date, month: date, days: int) -> bool:
    return month - timedelta(days=days) < day <= month


def last_months(month: date, months: int) -> list[date]:
    """The month ends of a window, the newest first."""
    return [months_back(month, back) for back in range(months)]


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def six(value: Any) -> Decimal | None:
    """Six decimals, half away from zero: how the warehouse keeps a ratio, and how it compares it with a threshold."""
    if value is None:
        return None
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    elif isinstance(value, float):
        value = Decimal(repr(value))
    return Decimal(value).quantize(SIX, ROUND_HALF_UP)


def share(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """A fraction; unknown when a part is unknown or there is nothing to divide by."""
    if numerator is None or not denominator:
        return None
    return six(Decimal(numerator) / Decimal(denominator))


def variation(values: list[Decimal]) -> Decimal | None:
    """Population standard deviation over mean; unknown unless the mean is positive."""
    middle = mean(values)
    return six(pstdev(float(value) for value in values) / float(middle)) if middle > 0 else None


def passes(value: Any, test: Callable[[Any], bool], missing: bool = False) -> bool:
    """A condition of a decision table: an unknown value fails unless the table says that it passes."""
    return missing if value is None else test(value)


def both(first: bool | None, second: bool | None) -> bool | None:
    """AND where one known "no" is enough and an unknown part leaves the rest unknown."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


class Facts:
    """The accepted rows and seeds of an oracle, by client and by the month in which a rule is valid."""

    def __init__(self, base: Oracle) -> None:
        self.base = base
        self._seeds: dict[tuple[str, date], list[Row]] = {}
        self._all_rules: dict[str, list[Row]] = {}
        self._by_client: dict[tuple[str, str], dict[int, list[Row]]] = {}

    def rules(self, name: str, month: date, folder: str = "rules") -> list[Row]:
        """The rows of a seed that are in force at a month end."""
        if (name, month) not in self._seeds:
            if name not in self._all_rules:
                self._all_rules[name] = self.base.seed(folder, name)
            rows = self._all_rules[name]
            self._seeds[name, month] = [row for row in rows if "valid_from" not in row or holds(row, month)]
        return self._seeds[name, month]

    def by_client(self, table: str, prefix: str = "") -> dict[int, list[Row]]:
        """Rows of a staging table by client; rows that name no known registration belong to nobody."""
        if (table, prefix) not in self._by_client:
            grouped: dict[int, list[Row]] = defaultdict(list)
            for row in self.base.staging[table]:
                client = self.base.client_of.get((row[f"{prefix}source_system"], row[f"{prefix}client_no"]))
                if client is not None:
                    grouped[client].append(row)
            self._by_client[table, prefix] = dict(grouped)
        return self._by_client[table, prefix]

    def priority(self, source_system: str) -> int:
        """Trust in a source; the smaller the better."""
        if not hasattr(self, "_priority"):
            rows = self.base.seed("rules", "rule_source_priority")
            self._priority = {row["source_system"]: int(row["source_priority"]) for row in rows}
        return self._priority.get(source_system, 99)

    def by_trust(self, row: Row) -> tuple[int, str, str]:
        return self.priority(row["source_system"]), row["source_system"], row["client_no"]


def loans_of(facts: Facts) -> dict[int, list[Row]]:
    """Loans by client; a cancelled drawdown never was a loan."""
    loans = facts.by_client("stg_loans")
    return {client: [row for row in rows if row["status"] != "CANCELLED"] for client, rows in loans.items()}


def newest(rows: Iterable[Row], column: str, facts: Facts, *then: str) -> Row | None:
    """The row with the latest day; of several the one of the best source, then by further columns in order."""
    return min(
        rows,
        key=lambda row: (
            -row[column].toordinal(),
            facts.priority(row["source_system"]),
            *(row[name] for name in then),
            row["source_system"],
            row["client_no"],
        ),
        default=None,
    )
