"""Lifecycle of a client a second time: growth, repayment capacity and the decision table on top.

Section 6 of the specification; domain.md section 3d. The thresholds are written out here on purpose: the seeds of
conditions are what this module is to be compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import Any

from oracle import UNIT, Row, cents, month_end
from oracle_behaviour import Behaviour
from oracle_common import (
    Candidate,
    ClientMonth,
    Facts,
    add_months,
    both,
    months_back,
    months_between,
    newest,
    passes,
    share,
    six,
    variation,
)
from oracle_credit import Credit

# section 6, features: a statement speaks for two years after its period
STATEMENT_MAX_AGE_MONTHS = 24
# section 6, rule 30: the growth that is required, and what a fast-growing sector makes of it
GROWTH_REQUIRED = Decimal("0.20")
SECTOR_GROWTH_ABOVE = Decimal("0.20")
SECTOR_MULTIPLE = Decimal("1.5")
SECTOR_MINIMUM_CLIENTS = 10
HIGH_GROWTH_EMPLOYEES = 10
HIGH_GROWTH_ICR = Decimal(1)
HIGH_GROWTH_RUNWAY_MONTHS = Decimal(12)
# section 6, rule 10
DISTRESSED_DAYS_PAST_DUE = 90
# section 6, rule 20
STARTUP_AGE_MONTHS = 36
# section 6, rule 40
DECLINING_GROWTH = Decimal("-0.10")
# section 6, rules 50 and 60
MATURE_AGE_MONTHS = 60
MATURE_GROWTH_FROM, MATURE_GROWTH_BELOW = Decimal("-0.10"), Decimal("0.20")
MATURE_REVENUE_CV = Decimal("0.25")
MATURE_ICR, MATURE_DSCR = Decimal("1.5"), Decimal("1.2")
MATURE_TIER_RANK = 2
MATURE_ON_TIME_WHEN_UNRATED = Decimal("0.98")

# flows are converted at the average rate of the period's last month, stocks at its end (domain.md section 5b)
FLOWS = ("revenue", "ebitda", "interest_expense", "operating_cash_flow")
STOCKS = ("cash", "current_assets", "current_liabilities", "short_term_debt", "long_term_debt", "equity")
STATEMENT_FEATURES = [
    "cagr_3y",
    "cagr_2y",
    "growth_rate",
    "base_employees",
    "revenue_cv",
    "icr",
    "owes_no_interest",
    "dscr",
    "runway_months",
    "burns_cash",
    "has_negative_equity_and_cash_flow",
    "net_debt_to_ebitda",
    "current_ratio",
    "ocf_to_short_term_debt",
]


def growth(now: Decimal | None, then: Decimal | None, years: int) -> Decimal | None:
    """Yearly growth; unknown without a positive revenue at both ends."""
    if now is None or then is None or now <= 0 or then <= 0:
        return None
    return six(float(now / then) ** (1 / years) - 1)


def plus(*parts: Decimal | None) -> Decimal | None:
    return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))


def when_positive(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value > 0 else None


def is_below_zero(value: Decimal | None) -> bool | None:
    return None if value is None else value < 0


@dataclass(frozen=True)
class OtherAxes:
    """Final segments of a client and month on the axes that the lifecycle looks at."""

    tier: str
    tier_rank: int
    size: str


def is_distressed(row: Row) -> bool:
    return (
        row["is_non_performing"] is True
        or row["is_restricted"] is True
        or passes(row["max_dpd_12m"], lambda days: days > DISTRESSED_DAYS_PAST_DUE)
        or row["has_negative_equity_and_cash_flow"] is True
    )


def is_startup(row: Row) -> bool:
    return passes(row["age_months"], lambda months: months < STARTUP_AGE_MONTHS)


def is_high_growth(row: Row) -> bool:
    return (
        passes(row["growth_over_required"], lambda over: over >= 0)
        and passes(row["base_employees"], lambda persons: persons >= HIGH_GROWTH_EMPLOYEES)
        and row["is_restricted"] is False
        and (
            passes(row["icr"], lambda ratio: ratio >= HIGH_GROWTH_ICR)
            or passes(row["runway_months"], lambda months: months >= HIGH_GROWTH_RUNWAY_MONTHS)
            or row["burns_cash"] is False
            or row["owes_no_interest"] is True
        )
    )


def is_declining(row: Row) -> bool:
    return passes(row["cagr_2y"], lambda rate: rate <= DECLINING_GROWTH)


def is_mature(row: Row) -> bool:
    return (
        passes(row["age_months"], lambda months: months >= MATURE_AGE_MONTHS)
        and passes(row["growth_rate"], lambda rate: MATURE_GROWTH_FROM <= rate < MATURE_GROWTH_BELOW)
        and passes(row["revenue_cv"], lambda part: part <= MATURE_REVENUE_CV)
        and (
            passes(row["icr"], lambda ratio: ratio >= MATURE_ICR)
            or passes(row["dscr"], lambda ratio: ratio >= MATURE_DSCR)
            or row["owes_no_interest"] is True
        )
        and (
            row["tier_rank"] <= MATURE_TIER_RANK
            or passes(row["on_time_ratio_when_unrated"], lambda ratio: ratio >= MATURE_ON_TIME_WHEN_UNRATED)
        )
    )


def entry(row: Row) -> str:
    """The first rule of the decision table that is met."""
    if is_distressed(row):
        return "DISTRESSED"
    if is_startup(row):
        return "STARTUP"
    if is_high_growth(row):
        return "HIGH_GROWTH"
    if is_declining(row):
        return "DECLINING"
    if row["is_small_or_micro"] is True and is_mature(row):
        return "MATURE_STABLE_SMALL_MICRO"
    if row["is_medium_or_large"] is True and is_mature(row):
        return "MATURE_STABLE_MEDIUM_LARGE"
    if row["growth_rate"] is None or row["age_months"] is None:
        return "INSUFFICIENT_DATA"
    return "TRANSITIONAL"


class Lifecycle:
    """Features and candidate of the LIFECYCLE axis; the other axes are given with their final segments."""

    def __init__(
        self,
        facts: Facts,
        credit: Credit,
        behaviour: Behaviour,
        industry: Mapping[ClientMonth, str],
        others: Mapping[ClientMonth, OtherAxes],
    ) -> None:
        self.facts, self.credit, self.behaviour = facts, credit, behaviour
        self.industry, self.others = industry, others
        self._own: dict[ClientMonth, Row] = {}

    @cached_property
    def statements(self) -> dict[int, list[Row]]:
        """Usable yearly statements of the legal entity itself, in the lender's currency."""
        result: dict[int, list[Row]] = defaultdict(list)
        for client, rows in self.facts.by_client("stg_financial_statements").items():
            for row in rows:
                is_usable = not {"S_BALANCE", "S_UNIT"} & set(row["issues"])
                if row["period_type"] == "FY" and row["scope"] == "SOLO" and is_usable:
                    result[client].append(row | self.in_own_currency(row))
        return result

    def in_own_currency(self, row: Row) -> Row:
        amounts = {}
        for columns, average in [(FLOWS, True), (STOCKS, False)]:
            rate = UNIT[row["amount_unit"]] * self.facts.base.rate(row["currency"], row["period_end"], average)
            amounts |= {column: None if row[column] is None else cents(row[column] * rate) for column in columns}
        return amounts

    def years(self, client: int, month: date) -> dict[date, Row]:
        """By month of its end, each period as the latest filing known at a month end tells it."""
        filings: dict[date, list[Row]] = defaultdict(list)
        for row in self.statements.get(client, ()):
            if row["filed_on"] <= month:
                filings[row["period_end"]].append(row)
        latest = {period: newest(rows, "filed_on", self.facts) for period, rows in filings.items()}
        return {month_end(period): row for period, row in sorted(latest.items()) if row is not None}

    def statement_features(self, client: int, month: date) -> Row:
        known = self.years(client, month)
        last = max(known, default=None)
        if last is None or month > month_end(add_months(known[last]["period_end"], STATEMENT_MAX_AGE_MONTHS)):
            # a statement that is too old shows its date and nothing else
            dated = known[last]["period_end"] if last is not None else None
            return {"statement_period_end": dated} | dict.fromkeys(STATEMENT_FEATURES)
        now = known[last]
        then = {years: known.get(months_back(last, 12 * years), {}) for years in (1, 2, 3)}
        revenues = [now["revenue"], *(row.get("revenue") for row in then.values())]
        revenues = [revenue for revenue in revenues if revenue is not None]
        cash_flow, ebitda, interest = now["operating_cash_flow"], now["ebitda"], now["interest_expense"]
        short_term, long_term = now["short_term_debt"], now["long_term_debt"]
        debt = plus(short_term, long_term)
        three, two = (
            growth(now["revenue"], then[3].get("revenue"), 3),
            growth(now["revenue"], then[2].get("revenue"), 2),
        )
        burns_cash = is_below_zero(cash_flow)
        return {
            "statement_period_end": now["period_end"],
            "cagr_3y": three,
            "cagr_2y": two,
            "growth_rate": two if three is None else three,
            "base_employees": then[3].get("employees"),
            "revenue_cv": variation(revenues) if len(revenues) >= 3 else None,
            "icr": share(ebitda, when_positive(interest)),
            "owes_no_interest": None if interest is None else interest == 0,
            "dscr": share(ebitda, when_positive(plus(interest, short_term))),
            "runway_months": share(now["cash"], -cash_flow / 12) if burns_cash else None,
            "burns_cash": burns_cash,
            "has_negative_equity_and_cash_flow": both(is_below_zero(now["equity"]), burns_cash),
            "net_debt_to_ebitda": None
            if debt is None or now["cash"] is None
            else share(debt - now["cash"], when_positive(ebitda)),
            "current_ratio": share(now["current_assets"], when_positive(now["current_liabilities"])),
            "ocf_to_short_term_debt": share(cash_flow, when_positive(short_term)),
        }

    def own(self, client: int, month: date) -> Row:
        """What the client's own papers say."""
        if (client, month) not in self._own:
            registered = self.facts.base.knowledge[client, month].value("registered_on")
            age = None if registered is None else months_between(registered, month)
            self._own[client, month] = self.statement_features(client, month) | {"age_months": age}
        return self._own[client, month]

    @cached_property
    def sector_median(self) -> dict[tuple[str, date], Decimal]:
        """Median three-year growth by industry segment and month, where enough clients have one."""
        rates: dict[tuple[str, date], list[Decimal]] = defaultdict(list)
        for (client, month), sector in self.industry.items():
            rate = self.own(client, month)["cagr_3y"]
            if rate is not None:
                rates[sector, month].append(rate)
        return {key: six(median(values)) for key, values in rates.items() if len(values) >= SECTOR_MINIMUM_CLIENTS}

    def features(self, client: int, month: date) -> Row:
        own = self.own(client, month)
        middle = self.sector_median.get((self.industry[client, month], month))
        is_fast = middle is not None and middle > SECTOR_GROWTH_ABOVE
        required = six(SECTOR_MULTIPLE * middle) if is_fast else GROWTH_REQUIRED
        over = None if own["cagr_3y"] is None else own["cagr_3y"] - required
        return own | {
            "sector_median_growth": middle,
            "required_growth": required,
            "growth_over_required": over,
        }

    def candidate(self, client: int, month: date) -> Candidate:
        others, behaviour = self.others[client, month], self.behaviour.features(client, month)
        has_class = others.size not in ("UNKNOWN", "NOT_APPLICABLE")
        row: dict[str, Any] = self.features(client, month) | {
            "tier": others.tier,
            "tier_rank": others.tier_rank,
            "is_restricted": others.tier == "RESTRICTED",
            "is_non_performing": self.credit.status(client, month).is_non_performing,
            "max_dpd_12m": behaviour["max_dpd_12m"],
            "on_time_ratio_when_unrated": behaviour["on_time_ratio_12m"] if others.tier == "UNRATED" else None,
            "is_small_or_micro": others.size in ("SMALL", "MICRO") if has_class else None,
            "is_medium_or_large": others.size in ("MEDIUM", "LARGE") if has_class else None,
        }
        entered = entry(row)
        return Candidate(entered, f"LIFECYCLE_{entered}", row)
