"""Behaviour of a client a second time: draws, repayment, events, account flows, and the decision table on top.

Section 5 of the specification; domain.md sections 3b and 3c. The thresholds are written out here on purpose: the seeds
of conditions are what this module is to be compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from statistics import mean, median
from typing import Any

from oracle import Row, month_end
from oracle_common import (
    Candidate,
    ClientMonth,
    Facts,
    in_days,
    in_months,
    last_months,
    loans_of,
    months_back,
    months_between,
    newest,
    passes,
    share,
    six,
    variation,
)
from oracle_credit import Credit

# section 5, features
EARLY_DAYS = 5
# section 5, rule 10: too new to judge
NEW_TENURE_MONTHS = 3
# section 5, rules 20 to 40: a high frequency, and how far it may fall before the segment is left
FREQUENT_DRAWS, FREQUENT_DRAWS_LEAVE = 6, 4
# section 5, rule 20: stress
STRESSED_DAYS_PAST_DUE = 30
STRESSED_ON_TIME = Decimal("0.95")
STRESSED_LENDERS = 5
STRESSED_RENEWAL_SHARE = Decimal("0.50")
# section 5, rule 30: stable
STABLE_ACTIVE_MONTHS = 6
STABLE_LAST_DRAW_DAYS, FREQUENT_LAST_DRAW_DAYS_LEAVE = 60, 120
STABLE_ON_TIME, STABLE_ON_TIME_LEAVE = Decimal("0.98"), Decimal("0.96")
STABLE_DAYS_PAST_DUE = 7
STABLE_LENDERS = 3
# section 5, rule 50: potential
POTENTIAL_DRAWS = 2
POTENTIAL_GROWTH, POTENTIAL_GROWTH_LEAVE = Decimal("0.20"), Decimal("0.10")
POTENTIAL_ACTIVE_DAYS = 20
POTENTIAL_PD, POTENTIAL_PD_LEAVE = Decimal("0.03"), Decimal("0.04")
# section 5, rule 80: hardly active online
DORMANT_ACTIVE_DAYS, DORMANT_ACTIVE_DAYS_LEAVE = 3, 6

SPENDING = ("SUPPLIER_OUT", "TAX_OUT", "PAYROLL_OUT", "UTILITY_OUT", "OTHER_OUT")
COUNTED_EVENTS = {
    "rate_quotes_90d": "RATE_QUOTE",
    "limit_checks_90d": "LIMIT_CHECK",
    "applications_started_90d": "APPLICATION_STARTED",
    "applications_abandoned_90d": "APPLICATION_ABANDONED",
    "documents_uploaded_90d": "DOCUMENT_UPLOADED",
}
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Rule:
    """A line of the decision table: when it is entered, and when who holds it stays."""

    segment: str
    enters: Test
    stays: Test = lambda row: False


def is_frequent(row: Row) -> bool:
    return row["draws_12m"] >= FREQUENT_DRAWS


def is_stressed(row: Row) -> bool:
    return is_frequent(row) and (
        passes(row["max_dpd_12m"], lambda days: days > STRESSED_DAYS_PAST_DUE)
        or passes(row["on_time_ratio_12m"], lambda ratio: ratio < STRESSED_ON_TIME)
        or passes(row["lenders_6m"], lambda lenders: lenders > STRESSED_LENDERS)
        or passes(row["renewal_share_12m"], lambda part: part > STRESSED_RENEWAL_SHARE)
    )


def is_stable(row: Row) -> bool:
    return (
        is_frequent(row)
        and row["active_months_12m"] >= STABLE_ACTIVE_MONTHS
        and passes(row["days_since_last_draw"], lambda days: days <= STABLE_LAST_DRAW_DAYS)
        and passes(row["on_time_ratio_12m"], lambda ratio: ratio >= STABLE_ON_TIME)
        and passes(row["max_dpd_12m"], lambda days: days <= STABLE_DAYS_PAST_DUE)
        and passes(row["lenders_6m"], lambda lenders: lenders <= STABLE_LENDERS, missing=True)
    )


def stays_frequent(row: Row) -> bool:
    return row["draws_12m"] >= FREQUENT_DRAWS_LEAVE and passes(
        row["days_since_last_draw"], lambda days: days <= FREQUENT_LAST_DRAW_DAYS_LEAVE
    )


def stays_stable(row: Row) -> bool:
    return stays_frequent(row) and passes(row["on_time_ratio_12m"], lambda ratio: ratio >= STABLE_ON_TIME_LEAVE)


def is_free_of_trouble(row: Row) -> bool:
    """No knock-out here, no bad loan elsewhere as far as known, and consent to be contacted."""
    return (
        row["is_knocked_out"] is False and not row["is_non_performing_elsewhere"] and row["consents_to_contact"] is True
    )


def is_potential(row: Row) -> bool:
    return (
        row["draws_12m"] <= POTENTIAL_DRAWS
        and passes(row["inflow_growth_6m_yoy"], lambda growth: growth >= POTENTIAL_GROWTH)
        and passes(row["active_days_90d"], lambda days: days >= POTENTIAL_ACTIVE_DAYS)
        and passes(row["pd"], lambda pd: pd <= POTENTIAL_PD)
        and is_free_of_trouble(row)
    )


def stays_potential(row: Row) -> bool:
    return (
        passes(row["inflow_growth_6m_yoy"], lambda growth: growth >= POTENTIAL_GROWTH_LEAVE)
        and passes(row["pd"], lambda pd: pd <= POTENTIAL_PD_LEAVE)
        and is_free_of_trouble(row)
    )


def is_dormant(row: Row, active_days: int = DORMANT_ACTIVE_DAYS) -> bool:
    return (
        row["has_ever_borrowed"]
        and passes(row["active_days_90d"], lambda days: days < active_days, missing=True)
        and row["draws_12m"] == 0
        and row["balance_amount"] == 0
    )


# the first rule that is met gives the entry segment
DECISION_TABLE = [
    Rule(
        "INSUFFICIENT_DATA",
        lambda row: (
            passes(row["tenure_months"], lambda months: months < NEW_TENURE_MONTHS, missing=True)
            and not row["has_ever_borrowed"]
        ),
    ),
    Rule("HIGH_FREQUENCY_STRESSED", is_stressed),
    Rule("HIGH_FREQUENCY_STABLE", is_stable, stays_stable),
    Rule("HIGH_FREQUENCY_OTHER", is_frequent, stays_frequent),
    Rule("POTENTIAL_QUALITY", is_potential, stays_potential),
    Rule("OCCASIONAL", lambda row: row["draws_12m"] >= 1),
    Rule("TERM_BORROWER", lambda row: row["balance_amount"] > 0),
    Rule("DORMANT", is_dormant, lambda row: is_dormant(row, DORMANT_ACTIVE_DAYS_LEAVE)),
    Rule("LAPSED_ACTIVE", lambda row: row["has_ever_borrowed"]),
    Rule("PROSPECT", lambda row: True),
]


class Behaviour:
    """Features and candidate of the BEHAVIOUR axis by client and month."""

    def __init__(self, facts: Facts, loan_months: Mapping[tuple[str, date], Row], credit: Credit) -> None:
        self.facts, self.base, self.credit = facts, facts.base, credit
        self.loans = loans_of(facts)
        self.loan_months = loan_months
        self.by_client_month = credit.by_client_month
        self._features: dict[ClientMonth, Row] = {}

    # loans ------------------------------------------------------------------------------------------------------

    @staticmethod
    def is_renewal(loan: Row, loans_of_client: list[Row]) -> bool:
        """Named as one, restructured from its first day on, or the same amount again on the day another was closed."""
        if loan["renewed_from_loan_no"] is not None:
            return True
        if loan["restructured_on"] is not None and loan["restructured_on"] <= loan["disbursed_on"]:
            return True
        return any(
            other["loan_no"] != loan["loan_no"]
            and other["closed_on"] == loan["disbursed_on"]
            and other["principal"] == loan["principal"]
            and (other["currency"] or "CNY") == (loan["currency"] or "CNY")
            for other in loans_of_client
        )

    @cached_property
    def drawn(self) -> dict[int, tuple[list[date], list[date]]]:
        """Per client the days of genuine draws (one per facility and day) and the days of renewals."""
        result = {}
        for client, loans in self.loans.items():
            genuine, renewals = set(), []
            for loan in loans:
                if self.is_renewal(loan, loans):
                    renewals.append(loan["disbursed_on"])
                else:
                    line = ("line", loan["facility_no"]) if loan["facility_no"] else ("loan", loan["loan_no"])
                    genuine.add((loan["disbursed_on"], line))
            result[client] = (sorted(day for day, _ in genuine), sorted(renewals))
        return result

    def draw_features(self, client: int, month: date) -> Row:
        genuine, renewals = self.drawn.get(client, ([], []))
        draws = [day for day in genuine if in_months(day, month, 12)]
        renewed = [day for day in renewals if in_months(day, month, 12)]
        before = [day for day in genuine if day <= month]
        days = sorted({day for day in genuine if in_months(day, month, 24)})
        gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
        return {
            "draws_12m": len(draws),
            "renewals_12m": len(renewed),
            "renewal_share_12m": share(len(renewed), len(renewed) + len(draws)),
            "active_months_12m": len({month_end(day) for day in draws}),
            "days_since_last_draw": (month - max(before)).days if before else None,
            "median_interdraw_days": median(gaps) if len(days) >= 3 else None,
            "has_ever_borrowed": any(day <= month for day in [*genuine, *renewals]),
        }

    @cached_property
    def instalments(self) -> dict[int, list[tuple[date, Decimal, Decimal]]]:
        """Per client what fell due by day and loan: day, amount, part paid early; in the lender's currency."""
        result: dict[int, list[tuple[date, Decimal, Decimal]]] = defaultdict(list)
        for client, loans in self.loans.items():
            for loan in loans:
                number = loan["loan_no"]
                if self.base.balance_source(number) != "SCHEDULE":
                    continue
                last_due = self.base.last_due_on(loan)
                days = {item["due_on"] for _, rows in self.base.schedules.get(number, []) for item in rows}
                for day in sorted(day for day in days if day <= min(last_due, self.base.months[-1])):
                    dated = [
                        (item["due_on"], item["principal_due"] + item["interest_due"])
                        for item in self.base.schedule(number, day)
                    ]
                    due = sum((amount for due_on, amount in dated if due_on == day), Decimal(0))
                    earlier = sum((amount for due_on, amount in dated if due_on < day), Decimal(0))
                    # more than EARLY_DAYS before
                    money = self.base.paid(number, day - timedelta(days=EARLY_DAYS + 1))
                    early = max(min(money - earlier, due), Decimal(0))
                    if due:
                        rate = self.base.rate(loan["currency"], day)
                        result[client].append((day, due * rate, early * rate))
        return result

    def repayment_features(self, client: int, month: date) -> Row:
        rows = [row for end in last_months(month, 12) for row in self.by_client_month.get((client, end), ())]
        due = sum((row["due_amount"] for row in rows), Decimal(0))
        on_time = sum((row["paid_on_time_amount"] for row in rows), Decimal(0))
        instalments = [item for item in self.instalments.get(client, ()) if in_months(item[0], month, 12)]
        return {
            "on_time_ratio_12m": share(on_time, due),
            "max_dpd_12m": max(
                (row["days_past_due"] for row in rows if row["days_past_due"] is not None), default=None
            ),
            "early_repay_ratio_12m": share(
                sum((early for _, _, early in instalments), Decimal(0)),
                sum((amount for _, amount, _ in instalments), Decimal(0)),
            ),
        }

    @cached_property
    def facility_loans(self) -> set[str]:
        return {row["loan_no"] for row in self.base.staging["stg_loans"] if row["facility_no"]}

    @cached_property
    def drawn_on_facilities(self) -> dict[ClientMonth, Decimal]:
        result: dict[ClientMonth, Decimal] = defaultdict(Decimal)
        for (loan, month), row in self.loan_months.items():
            if loan in self.facility_loans:
                result[row["client_key"], month] += row["outstanding_amount"]
        return result

    def utilisation(self, client: int, month: date) -> Decimal | None:
        """Average of drawn over limit at the month ends of the history with a limit."""
        used = []
        for end in last_months(month, 6):
            if end < self.base.months[0]:
                continue
            limit = sum(
                (
                    line["limit_amount"] * self.base.rate(line["currency"], end)
                    for line in self.facts.by_client("stg_facilities").get(client, ())
                    if line["started_on"] <= end and (line["expires_on"] is None or line["expires_on"] >= end)
                ),
                Decimal(0),
            )
            if limit:
                used.append(self.drawn_on_facilities.get((client, end), Decimal(0)) / limit)
        return six(mean(used)) if used else None

    # bureau and events --------------------------------------------------------------------------------------------

    def bureau_report(self, client: int, month: date) -> Row:
        """The latest report of the last six months."""
        reports = self.facts.by_client("stg_bureau_reports").get(client, ())
        recent = [row for row in reports if in_months(row["reported_on"], month, 6)]
        return newest(recent, "reported_on", self.facts, "bureau") or {}

    @cached_property
    def events(self) -> dict[int, dict[date, list[str]]]:
        """Per client and day the types of its events."""
        result: dict[int, dict[date, list[str]]] = defaultdict(lambda: defaultdict(list))
        for client, rows in self.facts.by_client("stg_digital_events").items():
            for row in rows:
                result[client][row["occurred_at"].date()].append(row["event_type"])
        return result

    @cached_property
    def first_event_on(self) -> date | None:
        """Since when online events are delivered at all, of visitors nobody knows too."""
        return min((row["occurred_at"].date() for row in self.base.staging["stg_digital_events"]), default=None)

    def event_features(self, client: int, month: date) -> Row:
        """A day with more events than a person makes is a machine's and does not count."""
        if self.first_event_on is None or self.first_event_on > month:
            return dict.fromkeys(["active_days_90d", *COUNTED_EVENTS])
        most = int(self.facts.rules("rule_quality_limit", month)[-1]["events_per_day"])
        days = [
            types
            for day, types in self.events.get(client, {}).items()
            if in_days(day, month, 90) and len(types) <= most
        ]
        counted = {name: sum(types.count(event_type) for types in days) for name, event_type in COUNTED_EVENTS.items()}
        return {"active_days_90d": len(days)} | counted

    # account flows ------------------------------------------------------------------------------------------------

    @cached_property
    def flows(self) -> dict[ClientMonth, list[Row]]:
        result: dict[ClientMonth, list[Row]] = defaultdict(list)
        for client, rows in self.facts.by_client("stg_account_flows").items():
            for row in rows:
                result[client, month_end(row["month_end"])].append(row)
        return result

    def growth(self, client: int, month: date, categories: set[str]) -> Decimal | None:
        """The last six months against the same months a year before, when there are flows in all twelve."""
        recent, year_before = last_months(month, 6), last_months(months_back(month, 12), 6)
        if not all((client, end) in self.flows for end in [*recent, *year_before]):
            return None
        now, then = (self.flow_sum(client, ends, categories) for ends in (recent, year_before))
        return six(now / then - 1) if then > 0 else None

    def flow_sum(self, client: int, ends: list[date], categories: set[str]) -> Decimal:
        return sum(
            (
                row["amount"]
                for end in ends
                for row in self.flows.get((client, end), ())
                if row["category"] in categories
            ),
            Decimal(0),
        )

    def flow_features(self, client: int, month: date) -> Row:
        inflows = {
            row["category"]
            for row in self.facts.rules("rule_account_flow_category", month)
            if row["counts_as_inflow"] == "true"
        }
        year = last_months(month, 12)
        delivered = [end for end in year if (client, end) in self.flows]

        def total(*categories: str) -> Decimal | None:
            return self.flow_sum(client, year, set(categories)) if delivered else None

        sales = [row for end in year for row in self.flows.get((client, end), ()) if row["category"] == "SALES_IN"]
        buyers = [row for row in sales if row["top_counterparty_share"] is not None]
        weighted = sum((row["amount"] * row["top_counterparty_share"] for row in buyers), Decimal(0))
        has_year = len(delivered) == len(year)
        return {
            "inflow_12m": total(*inflows),
            "flow_months_12m": len(delivered),
            "inflow_growth_6m_yoy": self.growth(client, month, inflows),
            "inflow_cv_12m": variation([self.flow_sum(client, [end], inflows) for end in year]) if has_year else None,
            "supplier_paid_12m": total("SUPPLIER_OUT"),
            "tax_paid_12m": total("TAX_OUT"),
            "payroll_paid_12m": total("PAYROLL_OUT"),
            "utility_paid_12m": total("UTILITY_OUT"),
            "spending_12m": total(*SPENDING),
            "spending_growth_6m_yoy": self.growth(client, month, set(SPENDING)),
            "counterparties_12m": max(
                (row["counterparties"] for row in sales if row["counterparties"] is not None), default=None
            ),
            "top_counterparty_share_12m": share(weighted, sum((row["amount"] for row in buyers), Decimal(0))),
        }

    # all together -------------------------------------------------------------------------------------------------

    def tenure_months(self, client: int, month: date) -> int:
        versions = self.base.knowledge[client, month].versions
        started = [row["relationship_started_on"] for row in (version.row for version in versions)]
        known = [day for day in started if day is not None] or [version.known_from for version in versions]
        return months_between(min(known), month)

    def features(self, client: int, month: date) -> Row:
        if (client, month) not in self._features:
            report = self.bureau_report(client, month)
            status = self.credit.status(client, month)
            self._features[client, month] = {
                **self.draw_features(client, month),
                **self.repayment_features(client, month),
                "lenders_6m": report.get("lenders"),
                "inquiries_3m": report.get("inquiries_3m"),
                "util_avg_6m": self.utilisation(client, month),
                **self.event_features(client, month),
                **self.flow_features(client, month),
                "tenure_months": self.tenure_months(client, month),
                "balance_amount": status.exposure or Decimal(0),
                "consents_to_contact": self.base.knowledge[client, month].value("consent_marketing"),
                "is_non_performing_elsewhere": report.get("non_performing_elsewhere"),
            }
        return self._features[client, month]

    def candidate(self, client: int, month: date) -> Candidate:
        row: dict[str, Any] = self.features(client, month) | {
            "pd": self.credit.candidate(client, month).evidence["pd"],
            "is_knocked_out": self.credit.status(client, month).is_knocked_out,
        }
        entered = next(rule.segment for rule in DECISION_TABLE if rule.enters(row))
        stay = frozenset(rule.segment for rule in DECISION_TABLE if rule.stays(row))
        return Candidate(entered, f"BEHAVIOUR_{entered}", row, stay=stay)
