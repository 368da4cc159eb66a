"""Applications, satisfaction, stickiness and retention of each segment, computed a second time.

Written from domain.md section 1f and from what the tables say of themselves in YAML. Business time is walked day by
day; segments are those of a month end before what is counted, never a later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from oracle import OPEN_END, Oracle, Row, cents, month_end
from oracle_common import ClientMonth, Facts, in_days, months_back
from oracle_portfolio import MINIMUM_CELL, Placement, Portfolio, ratio, wilson

NOT_YET = "NOT_YET_CLIENT"
# domain.md section 1f: NPS and CSAT
PROMOTERS, DETRACTORS, SATISFIED = 9, 6, 4
# approval rate by application cohort: what is decided in so many days after the submission
DECISION_WINDOW = timedelta(days=60)
CELL = tuple[str, str, date]


def hours(span: timedelta) -> Decimal:
    """With the four decimals that the warehouse keeps."""
    return (Decimal(span // timedelta(microseconds=1)) / 3_600_000_000).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def quantile(values: list[Decimal], share: Decimal) -> Decimal | None:
    """Interpolated between the two neighbours."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


class BusinessClock:
    """Opening hours by weekday; a listed day is off or worked whatever its weekday."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.listed = {
            date.fromisoformat(row["holiday_on"]): row["is_workday"] == "true"
            for row in facts.base.seed("reference", "ref_holiday")
        }

    def weekday(self, day: date) -> Row:
        rows = self.facts.rules("rule_business_hours", day)
        return next(row for row in rows if int(row["weekday"]) == day.isoweekday())

    def opening(self, day: date) -> tuple[datetime, datetime] | None:
        rule = self.weekday(day)
        if not self.listed.get(day, rule["is_workday"] == "true"):
            return None
        start = datetime.combine(day, time.min)
        return tuple(start + timedelta(hours=float(rule[name])) for name in ("opens_hour", "closes_hour"))

    def between(self, begin: datetime, end: datetime) -> Decimal:
        """Open hours between two moments."""
        total, day = timedelta(0), begin.date()
        while day <= end.date():
            opening = self.opening(day)
            if opening is not None:
                total += max(min(end, opening[1]) - max(begin, opening[0]), timedelta(0))
            day += timedelta(days=1)
        return hours(total)

    def length(self, day: date) -> Decimal:
        """Hours of the day if it were worked."""
        rule = self.weekday(day)
        return Decimal(rule["closes_hour"]) - Decimal(rule["opens_hour"])


@dataclass(frozen=True)
class Timing:
    """How long a decision took, the time spent waiting for the client left out; None where it cannot be told."""

    business: Decimal | None
    calendar: Decimal | None


def decided_at(application: Row) -> datetime | None:
    """An application that is still open has no moment of decision, whatever was delivered."""
    return None if application["decision"] == "PENDING" else application["decided_at"]


def timing(clock: BusinessClock, application: Row) -> Timing:
    begin, end = application["completed_at"], decided_at(application)
    if begin is None or end is None or begin > end:
        return Timing(None, None)
    waited = max(application["waiting_hours"] or Decimal(0), Decimal(0))
    return Timing(*(max(spent - waited, Decimal(0)) for spent in (clock.between(begin, end), hours(end - begin))))


class Relationship:
    """Expected rows of the inputs of mart_segment_performance that do not come from loans."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        self.base: Oracle = portfolio.base
        self.facts = portfolio.facts
        self.months, self.last_month = self.base.months, self.base.months[-1]
        self.clock = BusinessClock(self.facts)

    def before(self, place: Placement, client: int, day: date) -> str:
        """The segment of the last month end before a day; who has left keeps the last, who comes later has none yet."""
        month = months_back(month_end(day), 1)
        return self.by(place, client, month)

    @staticmethod
    def by(place: Placement, client: int, month: date) -> str:
        months = place.held.get(client)
        if not months or months[0] > month:
            return NOT_YET
        return place.stock(client, month)

    # applications -----------------------------------------------------------------------------------------------

    @cached_property
    def applications(self) -> list[tuple[int, Row, Timing]]:
        found = self.facts.by_client("stg_loan_applications")
        return [(client, row, timing(self.clock, row)) for client, rows in found.items() for row in rows]

    def amount(self, application: Row, column: str) -> Decimal:
        """In yuan, at the rate of the month of submission."""
        value = application[column]
        if value is None:
            return Decimal(0)
        return cents(value * self.base.rate(application["currency"], self.day_of(application)))

    @staticmethod
    def day_of(application: Row) -> date:
        return application["submitted_at"].date()

    @cached_property
    def application_months(self) -> dict[CELL, Row]:
        """The rows of int_segment_application_month."""
        cells: dict[CELL, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        times: dict[CELL, list[Timing]] = defaultdict(list)
        for axis, place in self.portfolio.placement.items():
            for client, row, taken in self.applications:
                self.count_decision(cells, times, axis, place, client, row, taken)
                self.count_waiting(cells, axis, place, client, row)
                self.count_submission(cells, axis, place, client, row)
        return {key: self.application_row(cell, times[key]) for key, cell in cells.items()}

    def is_in_history(self, month: date) -> bool:
        return self.months[0] <= month <= self.last_month

    def count_decision(
        self,
        cells: dict[CELL, dict[str, Any]],
        times: dict[CELL, list[Timing]],
        axis: str,
        place: Placement,
        client: int,
        row: Row,
        taken: Timing,
    ) -> None:
        moment = decided_at(row)
        if moment is None or not self.is_in_history(month_end(moment.date())):
            return
        key = (axis, self.before(place, client, moment.date()), month_end(moment.date()))
        cell, decision = cells[key], row["decision"]
        cell["decided"] += 1
        cell["counter_offered" if decision == "COUNTER_OFFERED" else decision.lower()] += 1
        asked = self.amount(row, "requested_amount")
        cell["requested_amount"] += asked
        if decision in ("APPROVED", "DECLINED"):
            cell[f"{decision.lower()}_requested_amount"] += asked
        if decision == "APPROVED":
            cell["approved_amount"] += self.amount(row, "approved_amount")
        if decision in ("APPROVED", "DECLINED", "COUNTER_OFFERED") and taken.business is not None:
            times[key].append(taken)

    def count_waiting(
        self, cells: dict[CELL, dict[str, Any]], axis: str, place: Placement, client: int, row: Row
    ) -> None:
        moment = decided_at(row)
        for month in self.months:
            # decided, but nobody knows when: it is not open either
            is_open = row["submitted_at"].date() <= month and (
                row["decision"] == "PENDING" or (moment is not None and moment.date() > month)
            )
            if is_open:
                cell = cells[axis, self.by(place, client, month), month]
                cell["pending"] += 1
                cell["pending_amount"] += self.amount(row, "requested_amount")
                cell["oldest_pending_days"] = max(cell["oldest_pending_days"], (month - self.day_of(row)).days)

    def count_submission(
        self, cells: dict[CELL, dict[str, Any]], axis: str, place: Placement, client: int, row: Row
    ) -> None:
        month = month_end(self.day_of(row))
        if not self.is_in_history(month):
            return
        cell = cells[axis, self.before(place, client, self.day_of(row)), month]
        cell["submitted"] += 1
        cell[f"submitted_{self.became(row)}"] += 1
        # the window of the last day of the month is over
        cell["is_submission_mature"] = month + DECISION_WINDOW <= self.last_month

    def became(self, row: Row) -> str:
        """What an application became in its window."""
        moment, names = decided_at(row), {"APPROVED": "approved", "DECLINED": "declined"}
        if row["decision"] == "PENDING":
            return "undecided"
        if moment is None:
            return "undated"
        if moment.date() - self.day_of(row) > DECISION_WINDOW:
            return "decided_late"
        return names.get(row["decision"], "otherwise_decided")

    @staticmethod
    def application_row(cell: Mapping[str, Any], times: list[Timing]) -> Row:
        counts = (
            "decided approved declined withdrawn expired counter_offered requested_amount approved_requested_amount "
            "declined_requested_amount approved_amount pending pending_amount submitted submitted_approved "
            "submitted_declined submitted_otherwise_decided submitted_decided_late submitted_undated "
            "submitted_undecided"
        ).split()
        business, calendar = [item.business for item in times], [item.calendar for item in times]
        return {name: cell.get(name, 0) for name in counts} | {
            "oldest_pending_days": cell["oldest_pending_days"] if cell.get("pending") else None,
            "is_submission_mature": cell["is_submission_mature"] if cell.get("submitted") else None,
            "timed_decisions": len(times),
            "median_business_hours": quantile(business, Decimal("0.5")),
            "p90_business_hours": quantile(business, Decimal("0.9")),
            "median_calendar_hours": quantile(calendar, Decimal("0.5")),
            "p90_calendar_hours": quantile(calendar, Decimal("0.9")),
        }

    # satisfaction -----------------------------------------------------------------------------------------------

    @cached_property
    def survey_months(self) -> dict[CELL, Row]:
        """The rows of int_segment_survey_month: of a client its latest answer of a month."""
        latest: dict[ClientMonth, Row] = {}
        for client, rows in self.facts.by_client("stg_satisfaction_surveys").items():
            for row in sorted(rows, key=lambda row: (row["answered_at"], row["response_no"])):
                latest[client, month_end(row["answered_at"].date())] = row
        cells: dict[CELL, list[Row]] = defaultdict(list)
        for (client, month), row in latest.items():
            if self.is_in_history(month):
                for axis, place in self.portfolio.placement.items():
                    cells[axis, self.by(place, client, months_back(month, 1)), month].append(row)
        return {key: self.survey_row(rows) for key, rows in cells.items()}

    @staticmethod
    def survey_row(rows: list[Row]) -> Row:
        nps = [row["nps"] for row in rows if row["nps"] is not None]
        csat = [row["csat"] for row in rows if row["csat"] is not None]
        return {
            "responses": len(rows),
            "nps_answers": len(nps),
            "promoters": sum(answer >= PROMOTERS for answer in nps),
            "detractors": sum(answer <= DETRACTORS for answer in nps),
            "csat_answers": len(csat),
            "csat_4_5": sum(answer >= SATISFIED for answer in csat),
        }

    # stickiness -------------------------------------------------------------------------------------------------

    @cached_property
    def online_days(self) -> dict[int, list[date]]:
        """Days with online events, those of a machine left out."""
        events: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for client, rows in self.facts.by_client("stg_digital_events").items():
            for row in rows:
                events[client][row["occurred_at"].date()] += 1
        result = {}
        for client, days in events.items():
            most = int(self.facts.rules("rule_quality_limit", self.last_month)[-1]["events_per_day"])
            result[client] = [day for day, number in days.items() if number <= most]
        return result

    @cached_property
    def first_event_on(self) -> date | None:
        return min((row["occurred_at"].date() for row in self.base.staging["stg_digital_events"]), default=None)

    @cached_property
    def draws(self) -> dict[int, list[date]]:
        """Genuine drawdowns of a client: what was drawn from one line on one day is one."""
        result = {}
        for client, loans in self.portfolio.loans_by_client.items():
            acts = {
                (row["disbursed_on"], row["facility_no"] or number)
                for number, row in loans
                if not self.portfolio.is_renewal(row, client)
            }
            result[client] = [day for day, _ in acts]
        return result

    @cached_property
    def products(self) -> set[str]:
        return {row["product_code"] for row in self.base.seed("rules", "rule_product")}

    def held_products(self, client: int, month: date) -> set[str]:
        """Products of live loans and of open lines."""
        held = {
            row["product_code"]
            for row in self.portfolio.by_client_month.get((client, month), ())
            if row["outstanding_amount"] > 0
        }
        held |= {
            row["product_code"]
            for row in self.facts.by_client("stg_facilities").get(client, ())
            if row["started_on"] <= month <= (row["expires_on"] or OPEN_END)
        }
        return held & self.products

    @cached_property
    def stickiness_months(self) -> dict[CELL, Row]:
        """The rows of int_segment_stickiness_month: every client of the grid under the segment of the month before."""
        grid = self.portfolio.grid
        cells: dict[CELL, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for client, month in grid:
            one = self.client_stickiness(client, month)
            for axis, place in self.portfolio.placement.items():
                cell = cells[axis, self.by(place, client, months_back(month, 1)), month]
                for name, value in one.items():
                    cell[name] += value
        result = {}
        for key, cell in cells.items():
            month = key[2]
            is_online = self.first_event_on is not None and self.first_event_on <= month
            is_mature = months_back(self.last_month, 12) >= month
            result[key] = {
                "clients": cell["clients"],
                "active_days_30": cell["active_days_30"] if is_online else None,
                "borrowers": cell["borrowers"],
                "repeat_borrowers": cell["repeat_borrowers"],
                "product_holders": cell["product_holders"],
                "products_held": cell["products_held"],
                "is_retention_mature": is_mature,
                "retention_clients": cell["clients"] if is_mature else None,
                "retained": cell["retained"] if is_mature else None,
            }
        return result

    def client_stickiness(self, client: int, month: date) -> dict[str, int]:
        year = months_back(month, 12)
        draws = sum(year < day <= month for day in self.draws.get(client, ()))
        products = self.held_products(client, month)
        later = month_end(months_back(month, -12))
        return {
            "clients": 1,
            "active_days_30": sum(in_days(day, month, 30) for day in self.online_days.get(client, ())),
            "borrowers": int(draws >= 1),
            "repeat_borrowers": int(draws >= 2),
            "product_holders": int(bool(products)),
            "products_held": len(products),
            "retained": int((client, later) in self.portfolio.grid),
        }

    @cached_property
    def retention_months(self) -> dict[CELL, Row]:
        """The rows of int_segment_retention_month: by the month in which the year ended."""
        result = {}
        for (axis, segment, month), row in self.stickiness_months.items():
            if row["is_retention_mature"]:
                result[axis, segment, months_back(month, -12)] = {
                    "cohort_month": month,
                    "clients": row["retention_clients"],
                    "retained": row["retained"],
                }
        return result

    # scorecard --------------------------------------------------------------------------------------------------

    @cached_property
    def cells(self) -> set[CELL]:
        """Where the scorecard has something of applications, answers or clients held before."""
        return {*self.application_months, *self.survey_months, *self.stickiness_months}

    def services(self, key: CELL) -> Row:
        """The columns of mart_segment_performance that do not come from loans."""
        return self.approvals(key) | self.satisfaction(key) | self.ties(key)

    def is_delivered(self, cells: Mapping[CELL, Row], key: CELL) -> bool:
        """Whether the delivery has something of a kind by then; before it, none is not known to be none."""
        return any(month <= key[2] for _, _, month in cells)

    def approvals(self, key: CELL) -> Row:
        row = self.application_months.get(key) or self.application_row({}, [])
        decisions = row["approved"] + row["declined"]
        asked = row["approved_requested_amount"] + row["declined_requested_amount"]
        done = row["submitted_approved"] + row["submitted_declined"] if row["is_submission_mature"] else 0
        names = (
            "decided approved declined withdrawn expired counter_offered approved_requested_amount "
            "declined_requested_amount timed_decisions pending submitted submitted_approved submitted_declined "
            "submitted_otherwise_decided submitted_decided_late submitted_undated submitted_undecided"
        ).split()
        is_timed = row["timed_decisions"] >= MINIMUM_CELL
        counted = row if self.is_delivered(self.application_months, key) else dict.fromkeys(names)
        return (
            {name: counted[name] for name in names}
            | shown("approval", row["approved"], decisions)
            | shown("submission_approval", row["submitted_approved"], done)
            | {
                "oldest_pending_days": row["oldest_pending_days"],
                "approval_rate_by_amount": ratio(row["approved_requested_amount"], asked)
                if decisions >= MINIMUM_CELL
                else None,
                "median_business_hours": row["median_business_hours"] if is_timed else None,
                "p90_business_hours": row["p90_business_hours"] if is_timed else None,
                "is_submission_mature": row["is_submission_mature"],
            }
        )

    def satisfaction(self, key: CELL) -> Row:
        row = self.survey_months.get(key) or self.survey_row([])
        counts = {
            "survey_responses": row["responses"],
            "nps_answers": row["nps_answers"],
            "promoters": row["promoters"],
            "detractors": row["detractors"],
            "csat_answers": row["csat_answers"],
            "csat_satisfied": row["csat_4_5"],
        }
        return (
            (counts if self.is_delivered(self.survey_months, key) else dict.fromkeys(counts))
            | {"net_promoter_share": share_of(row["promoters"] - row["detractors"], row["nps_answers"])}
            | shown("csat", row["csat_4_5"], row["csat_answers"])
        )

    def ties(self, key: CELL) -> Row:
        row = self.stickiness_months.get(key, {})
        held, days = row.get("clients", 0), row.get("active_days_30")
        drawing, again = row.get("borrowers", 0), row.get("repeat_borrowers", 0)
        holders, products = row.get("product_holders", 0), row.get("products_held", 0)
        clients, retained = row.get("retention_clients"), row.get("retained")
        return (
            {
                "clients_held_before": held,
                "active_days_30": days,
                "active_day_share": None if days is None else share_of(days, held, of_each=30),
                "clients_drawing_12m": drawing,
                "clients_drawing_again_12m": again,
                "product_holders": holders,
                "products_held": products,
                "products_per_holder": share_of(products, holders),
                "is_retention_mature": months_back(self.last_month, 12) >= key[2] if held else None,
                "retention_clients": clients,
                "retained_clients": retained,
            }
            | shown("repeat_borrow", again, drawing)
            | shown("retention", retained or 0, clients or 0)
        )


def share_of(numerator: int, denominator: int, of_each: int = 1) -> Decimal | None:
    """A share that is shown when enough observations stand behind it."""
    return ratio(numerator, denominator * of_each) if denominator >= MINIMUM_CELL else None


def shown(name: str, numerator: int, denominator: int) -> Row:
    """A rate with its interval."""
    lower = upper = None
    if denominator >= MINIMUM_CELL:
        lower, upper = wilson(numerator, denominator)
    return {
        f"{name}_rate": share_of(numerator, denominator),
        f"{name}_wilson_lower": lower,
        f"{name}_wilson_upper": upper,
    }
