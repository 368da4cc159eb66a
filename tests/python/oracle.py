"""What the warehouse should say, computed a second time in plain Python.

Written from the domain reference (sections 1a, 1b, 1e, 1f, 5c) and the head of the input contract, not from the SQL:
money is walked through the instalments one by one instead of by running totals, a month looks at the versions one by
one instead of at spans. It starts from the accepted rows of staging and the seeds, and trusts only the identity map.
Amounts are Decimal; the lender's currency is the yuan.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, Any]
CENT = Decimal("0.01")
OPEN_END = date(9999, 1, 1)
UNIT = {None: 1, "YUAN": 1, "THOUSAND": 1_000, "WAN": 10_000, "MILLION": 1_000_000}
CLASSES = ["MICRO", "SMALL", "MEDIUM", "LARGE"]
STAGING_TABLES = [
    "stg_clients",
    "stg_client_relationships",
    "stg_financial_statements",
    "stg_loans",
    "stg_loan_month_ends",
    "stg_payments",
    "stg_projects",
    "stg_repayment_schedules",
]


def month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


def next_month_end(day: date) -> date:
    return month_end(month_end(day) + timedelta(days=1))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def seed_rows(seeds: Path, name: str) -> list[Row]:
    """A seed as dictionaries; an empty field is None."""
    with open(seeds / f"{name}.csv", encoding="utf-8", newline="") as handle:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(handle)]


def holds(row: Row, day: date) -> bool:
    """Half-open validity of a seed row."""
    return date.fromisoformat(row["valid_from"]) <= day < date.fromisoformat(row["valid_to"])


def longest_prefix(rows: Iterable[Row], code: str) -> Row | None:
    fitting = [row for row in rows if code.startswith(row["code_prefix"])]
    return max(fitting, key=lambda row: len(row["code_prefix"]), default=None)


@dataclass(frozen=True)
class Version:
    """A version of a registration and the first day on which the lender knew it."""

    row: Row
    known_from: date
    source_priority: int

    def has_left(self, month: date) -> bool:
        status = self.row["status"] or "ACTIVE"
        return status != "ACTIVE" and (self.row["status_changed_on"] or self.known_from) <= month


@dataclass
class Knowledge:
    """What is known of one client at one month end: the version that holds of each registration, best source first."""

    versions: list[Version]

    def value(self, column: str) -> Any:
        return self.holder(column).get(column)

    def holder(self, column: str) -> Row:
        """The row that decides an attribute: the best source that has a value."""
        return next((version.row for version in self.versions if version.row[column] is not None), {})


@dataclass(frozen=True)
class Size:
    segment: str
    basis: str
    employees: int | None
    revenue_wan: Decimal | None
    assets_wan: Decimal | None


@dataclass
class Waterfall:
    """Money walked through a schedule in the order of due dates, interest before principal."""

    oldest_open: date | None = None
    principal_paid: Decimal = Decimal(0)
    scheduled_principal: Decimal = Decimal(0)
    # shortfalls that are no arrears: the balance may be read with or without them
    tolerated: Decimal = Decimal(0)


@dataclass
class Oracle:
    """Expected rows of one build. `staging` holds the stg_ tables, `identity` int_client_identity."""

    seeds: Path
    staging: dict[str, list[Row]]
    identity: list[Row]
    as_of_date: date
    history_months: int = 48
    _fx: dict[tuple[str, date], tuple[Decimal, Decimal]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.client_of = {(row["source_system"], row["client_no"]): row["client_key"] for row in self.identity}
        for row in self.seed("reference", "ref_fx_rate"):
            day = date.fromisoformat(row["month_end"])
            self._fx[row["currency"], day] = (Decimal(row["rate_end"]), Decimal(row["rate_average"]))

    def seed(self, folder: str, name: str) -> list[Row]:
        return seed_rows(self.seeds / folder, name)

    # calendar ---------------------------------------------------------------------------------------------------

    @cached_property
    def months(self) -> list[date]:
        """The month ends of the history; the last one is the last that the reporting date has reached."""
        last = self.as_of_date
        if month_end(last) != last:
            last = last.replace(day=1) - timedelta(days=1)
        months = [last]
        while len(months) < self.history_months:
            months.append(months[-1].replace(day=1) - timedelta(days=1))
        return months[::-1]

    def rate(self, currency: str | None, day: date, average: bool = False) -> Decimal:
        """Yuan per unit of a currency in a month: at its end for stocks, on average for flows."""
        if currency in (None, "CNY"):
            return Decimal(1)
        yuan, foreign = self._fx["CNY", month_end(day)], self._fx[currency, month_end(day)]
        return (yuan[average] / foreign[average]).quantize(Decimal("1e-10"), ROUND_HALF_UP)

    # clients ----------------------------------------------------------------------------------------------------

    @cached_property
    def registrations(self) -> dict[int, list[list[Version]]]:
        """Per client its registrations, each with its versions in the order in which they were written."""
        priority = {
            row["source_system"]: int(row["source_priority"]) for row in self.seed("rules", "rule_source_priority")
        }
        written: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.staging["stg_clients"]:
            written[row["source_system"], row["client_no"]].append(row)
        result: dict[int, list[list[Version]]] = defaultdict(list)
        for (source, number), rows in sorted(written.items()):
            rows.sort(key=lambda row: row["extracted_at"])
            versions = []
            for position, row in enumerate(rows):
                known = row["extracted_at"].date()
                started = row["relationship_started_on"]
                # only the first version is taken back to the start of the relationship
                if position == 0 and started is not None and started < known:
                    known = started
                versions.append(Version(row, known, priority.get(source, 99)))
            result[self.client_of[source, number]].append(versions)
        return result

    @cached_property
    def knowledge(self) -> dict[tuple[int, date], Knowledge]:
        """The grid: every client and month end at which it was known and had not left, with what was known."""
        grid = {}
        for client, registrations in self.registrations.items():
            for month in self.months:
                held = []
                for versions in registrations:
                    known = [version for version in versions if version.known_from <= month]
                    if known:
                        held.append(known[-1])
                if not held or all(version.has_left(month) for version in held):
                    continue
                held.sort(key=lambda version: (version.row["source_system"], version.row["client_no"]))
                held.sort(key=lambda version: version.known_from, reverse=True)
                held.sort(key=lambda version: version.source_priority)
                grid[client, month] = Knowledge(held)
        return grid

    # industry ---------------------------------------------------------------------------------------------------

    def _listed(self, name: str) -> dict[tuple[str, str], list[Row]]:
        listed = defaultdict(list)
        for row in self.seed("reference", name):
            listed[row["code_system"], row["edition"]].append(row)
        return listed

    @cached_property
    def sectors(self) -> dict[tuple[str, str], list[Row]]:
        return self._listed("ref_industry_sector")

    @cached_property
    def hi_tech(self) -> dict[tuple[str, str], list[Row]]:
        return self._listed("ref_hi_tech_code")

    @cached_property
    def size_scopes(self) -> dict[tuple[str, str], list[Row]]:
        return self._listed("ref_size_scope")

    @staticmethod
    def code_of(known: Knowledge) -> tuple[tuple[str, str], str | None]:
        row = known.holder("resolved_industry_code")
        if not row:
            return ("", ""), None
        return (row["resolved_industry_system"], row["resolved_industry_edition"]), row["resolved_industry_code"]

    @cached_property
    def industry(self) -> dict[tuple[int, date], str]:
        """The industry segment: base sector, with technology laid over it by code list or certificate."""
        rules = self.seed("rules", "rule_industry_segment")
        listed_codes = {
            (row["code_system"], row["edition"], row["code"]): row["section_code"]
            for row in self.seed("reference", "ref_industry_code")
        }
        result = {}
        for (client, month), known in self.knowledge.items():
            listing, code = self.code_of(known)
            base = longest_prefix(self.sectors[listing], code) if code else None
            if base is None:
                result[client, month] = "UNKNOWN"
                continue
            section = base["section_code"] or listed_codes.get((*listing, code))
            rule = next(
                row
                for row in rules
                if row["sector_base"] == base["sector_base"]
                and row["section_code"] in (None, section)
                and holds(row, month)
            )
            by_code = rule["takes_hi_tech_code"] == "true" and any(
                code.startswith(row["code_prefix"]) for row in self.hi_tech[listing] if row["is_part"] == "false"
            )
            holder = known.holder("technology_certificate")
            expires = holder.get("technology_certificate_expires_on") or OPEN_END
            by_certificate = bool(holder) and expires >= month and rule["takes_certificate"] == "true"
            result[client, month] = "TECHNOLOGY" if by_code or by_certificate else rule["segment_code"]
        return result

    # size -------------------------------------------------------------------------------------------------------

    @cached_property
    def statements(self) -> dict[int, list[Row]]:
        """Usable yearly statements of the legal entity itself, per client."""
        result = defaultdict(list)
        for row in self.staging["stg_financial_statements"]:
            is_usable = not {"S_BALANCE", "S_UNIT"} & set(row["issues"])
            if row["period_type"] == "FY" and row["scope"] == "SOLO" and is_usable:
                result[self.client_of[row["source_system"], row["client_no"]]].append(row)
        return result

    def statement(self, client: int, month: date) -> Row | None:
        """The newest period known; of one period the last filing, which restates the earlier."""
        known = [row for row in self.statements.get(client, []) if row["filed_on"] <= month]
        return max(known, key=lambda row: (row["period_end"], row["filed_on"]), default=None)

    @cached_property
    def thresholds(self) -> dict[int, list[Row]]:
        result = defaultdict(list)
        for row in self.seed("reference", "ref_size_threshold"):
            result[int(row["size_row"])].append(row)
        return result

    def class_by(self, lower_bounds: list[Row], value: Decimal) -> str:
        """Lower bounds are inclusive; below the lowest is micro."""
        reached = [row["size_class"] for row in lower_bounds if value >= Decimal(row["lower_bound"])]
        return max(reached, key=CLASSES.index, default="MICRO")

    def own_size(self, client: int, month: date) -> Size:
        known = self.knowledge[client, month]
        listing, code = self.code_of(known)
        scope = longest_prefix(self.size_scopes[listing], code) if code else None
        statement = self.statement(client, month) or {}
        employees = statement.get("employees")
        if employees is None:
            employees = known.value("employees")
        values: dict[str, Any] = {"EMPLOYEES": employees, "REVENUE_WAN": None, "ASSETS_WAN": None}
        if statement:
            unit = UNIT[statement["amount_unit"]]
            for indicator, column, average in [("REVENUE_WAN", "revenue", True), ("ASSETS_WAN", "total_assets", False)]:
                if statement[column] is not None:
                    rate = self.rate(statement["currency"], statement["period_end"], average)
                    values[indicator] = statement[column] * unit * rate / 10_000
        if scope is None or scope["size_row"] is None:
            segment = "UNKNOWN"
        elif scope["size_row"] == "0":
            segment = "NOT_APPLICABLE"
        else:
            bounds = [row for row in self.thresholds[int(scope["size_row"])] if holds(row, month)]
            by_indicator = []
            for indicator in sorted({row["indicator"] for row in bounds}):
                value = values[indicator]
                rows = [row for row in bounds if row["indicator"] == indicator]
                by_indicator.append("UNKNOWN" if value is None else self.class_by(rows, Decimal(value)))
            # one missing indicator leaves the lowest class open
            if not by_indicator or "UNKNOWN" in by_indicator:
                segment = "UNKNOWN"
            else:
                segment = min(by_indicator, key=CLASSES.index)
        return Size(segment, "OWN", values["EMPLOYEES"], values["REVENUE_WAN"], values["ASSETS_WAN"])

    @cached_property
    def sponsors(self) -> dict[int, list[tuple[date, date, Decimal | None, int]]]:
        """Per project company its sponsors: first day, last day, share, sponsor."""
        result = defaultdict(list)
        for row in self.staging["stg_client_relationships"]:
            if row["relationship_type"] == "SPONSOR_OF":
                sponsor = self.client_of[row["from_source_system"], row["from_client_no"]]
                company = self.client_of[row["to_source_system"], row["to_client_no"]]
                edge = (row["valid_from"], row["valid_to"] or OPEN_END, row["ownership_share"], sponsor)
                result[company].append(edge)
        for row in self.staging["stg_projects"]:
            sponsor = self.client_of.get((row["sponsor_source_system"], row["sponsor_client_no"]))
            company = self.client_of.get((row["borrower_source_system"], row["borrower_client_no"]))
            if sponsor is not None and company is not None:
                result[company].append((row["financial_close_on"] or date(1900, 1, 1), OPEN_END, None, sponsor))
        return result

    def sponsor(self, company: int, month: date) -> int | None:
        """The largest owner among the sponsors that hold at the month end, the last day included."""
        holding = [
            (-1 if share is None else share, -first.toordinal(), -sponsor)
            for first, last, share, sponsor in self.sponsors.get(company, [])
            if first <= month <= last and sponsor != company
        ]
        return -max(holding)[2] if holding else None

    @cached_property
    def size(self) -> dict[tuple[int, date], Size]:
        """The size segment; a project company takes the size of its sponsor."""
        result = {}
        for (client, month), known in self.knowledge.items():
            if known.value("org_type") != "SPV":
                result[client, month] = self.own_size(client, month)
                continue
            sponsor = self.sponsor(client, month)
            at_sponsor = self.knowledge.get((sponsor, month)) if sponsor is not None else None
            if at_sponsor is None or at_sponsor.value("org_type") == "SPV":
                result[client, month] = Size("UNKNOWN", "SPONSOR", None, None, None)
            else:
                own = self.own_size(sponsor, month)
                result[client, month] = Size(own.segment, "SPONSOR", own.employees, own.revenue_wan, own.assets_wan)
        return result

    # loans ------------------------------------------------------------------------------------------------------

    @cached_property
    def _tolerance(self) -> tuple[Decimal, Decimal]:
        rule = self.seed("rules", "rule_days_past_due")[-1]
        return Decimal(rule["tolerance_amount"]), Decimal(rule["tolerance_share"])

    def walk(self, instalments: list[Row], money: Decimal) -> Waterfall:
        amount, share = self._tolerance
        result = Waterfall()
        left = max(money, Decimal(0))
        for row in instalments:
            due = row["principal_due"] + row["interest_due"]
            interest = min(left, row["interest_due"])
            principal = min(left - interest, row["principal_due"])
            left -= interest + principal
            shortfall = due - interest - principal
            tolerated = max(amount, share * due)
            if shortfall > tolerated and result.oldest_open is None:
                result.oldest_open = row["due_on"]
            elif shortfall > 0:
                result.tolerated += min(shortfall, tolerated)
            result.principal_paid += principal
            result.scheduled_principal += row["principal_due"]
        return result

    @cached_property
    def schedules(self) -> dict[str, list[tuple[date, list[Row]]]]:
        """Per loan the versions of its schedule in order, with the first day of each."""
        grouped: dict[str, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self.staging["stg_repayment_schedules"]:
            grouped[row["loan_no"]][row["schedule_version"]].append(row)
        result = {}
        for loan, versions in grouped.items():
            ordered = []
            for position, (_, rows) in enumerate(sorted(versions.items())):
                rows.sort(key=lambda row: (row["due_on"], row["instalment_no"]))
                dated = min((row["version_from"] for row in rows if row["version_from"]), default=rows[0]["due_on"])
                ordered.append((date.min if position == 0 else dated, rows))
            result[loan] = ordered
        return result

    def schedule(self, loan: str, day: date) -> list[Row]:
        versions = self.schedules.get(loan, [])
        return next((rows for first, rows in reversed(versions) if first <= day), [])

    @cached_property
    def money(self) -> dict[str, list[tuple[date, Decimal]]]:
        result = defaultdict(list)
        for row in self.staging["stg_payments"]:
            sign = 1 if row["reverses_payment_no"] is None else -1
            result[row["loan_no"]].append((row["value_on"], sign * row["amount"]))
        return {loan: sorted(bookings) for loan, bookings in result.items()}

    def paid(self, loan: str, until: date, after: date = date.min) -> Decimal:
        bookings = self.money.get(loan, [])
        return sum((amount for day, amount in bookings if after < day <= until), Decimal(0))

    @cached_property
    def balances(self) -> dict[str, list[Row]]:
        result = defaultdict(list)
        for row in self.staging["stg_loan_month_ends"]:
            result[row["loan_no"]].append(row)
        return {loan: sorted(rows, key=lambda row: row["month_end"]) for loan, rows in result.items()}

    def balance_source(self, loan: str) -> str:
        """Schedules and payments win where both exist."""
        if loan in self.schedules and (loan in self.money or loan not in self.balances):
            return "SCHEDULE"
        return "MONTH_ENDS" if loan in self.balances else "PRINCIPAL_ONLY"

    def _scale(self, name: str, days: int, day: date) -> Row:
        for row in self.seed_cache(name):
            in_range = int(row["days_past_due_from"]) <= days < int(row["days_past_due_below"])
            if in_range and ("valid_from" not in row or holds(row, day)):
                return row
        raise AssertionError(f"{name} has no row for {days} days at {day}")

    def seed_cache(self, name: str) -> list[Row]:
        cache = self.__dict__.setdefault("_seed_cache", {})
        if name not in cache:
            rows = self.seed("reference", name)
            cache[name] = [row for row in rows if row.get("days_past_due_from") is not None]
        return cache[name]

    def _standing(self, row: Row, month: date) -> tuple[Decimal, int | None, Decimal]:
        """Principal outstanding and days past due of a loan that has not ended, and the tolerance of the balance."""
        loan, source = row["loan_no"], self.balance_source(row["loan_no"])
        money = self.paid(loan, month)
        if source == "SCHEDULE":
            state = self.walk(self.schedule(loan, month), money)
            days = 0 if state.oldest_open is None else max((month - state.oldest_open).days, 0)
            amount, share = self._tolerance
            unscheduled = row["principal"] - state.scheduled_principal
            if 0 < unscheduled <= max(amount, share * row["principal"]):
                # a schedule that misses its principal by a rounding
                state.tolerated += unscheduled
            return max(row["principal"] - state.principal_paid, Decimal(0)), days, state.tolerated
        if source == "MONTH_ENDS":
            rows = self.balances[loan]
            position = bisect_right([balance["month_end"] for balance in rows], month)
            if position == 0:
                return row["principal"], None, Decimal(0)
            balance = rows[position - 1]
            days = balance["days_past_due"]
            if days:
                days += (month - balance["month_end"]).days
            return balance["outstanding_principal"], days, Decimal(0)
        left = max(row["principal"] - money, Decimal(0))
        return left, max((month - row["matures_on"]).days, 0) if left else 0, Decimal(0)

    @cached_property
    def loan_months(self) -> dict[tuple[str, date], Row]:
        result = {}
        for row in self.staging["stg_loans"]:
            if row["status"] == "CANCELLED":
                continue
            loan = row["loan_no"]
            source = self.balance_source(loan)
            ended = min(row["closed_on"] or OPEN_END, row["written_off_on"] or OPEN_END)
            before: Decimal | None = None
            for month in self.months:
                if month < month_end(row["disbursed_on"]) or month > month_end(ended):
                    continue
                if before is None and self.months[0] == month and month_end(row["disbursed_on"]) < month:
                    before = self._standing(row, month.replace(day=1) - timedelta(days=1))[0]
                outstanding, days, tolerated = self._standing(row, month)
                if ended <= month:
                    outstanding, days, tolerated = Decimal(0), 0, Decimal(0)
                # nobody booked its end: it is over once it is repaid and the month of its maturity has passed
                if (
                    outstanding <= tolerated
                    and before is not None
                    and before <= tolerated
                    and month > month_end(row["matures_on"])
                ):
                    break
                result[loan, month] = self._loan_month(row, month, source, ended, outstanding, days, tolerated, before)
                before = outstanding
        return result

    @staticmethod
    def last_due_on(loan: Row) -> date:
        """Until when instalments fall due: through the month in which the loan is paid off, none after a write-off."""
        paid_off = month_end(loan["closed_on"]) if loan["closed_on"] else OPEN_END
        return min(paid_off, loan["written_off_on"] or OPEN_END)

    def _loan_month(
        self,
        row: Row,
        month: date,
        source: str,
        ended: date,
        outstanding: Decimal,
        days: int | None,
        tolerated: Decimal,
        before: Decimal | None,
    ) -> Row:
        loan = row["loan_no"]
        rate = self.rate(row["currency"], month)
        first_day = month.replace(day=1)
        last_due = self.last_due_on(row)
        due, on_time, due_to_date = Decimal(0), Decimal(0), Decimal(0)
        # what fell due in the month, each instalment by the version of its own due date
        for version_day in sorted({item["due_on"] for _, rows in self.schedules.get(loan, []) for item in rows}):
            if not first_day <= version_day <= min(month, last_due):
                continue
            schedule = self.schedule(loan, version_day)
            earlier = sum(
                (i["principal_due"] + i["interest_due"] for i in schedule if i["due_on"] < version_day), Decimal(0)
            )
            today = sum(
                (i["principal_due"] + i["interest_due"] for i in schedule if i["due_on"] == version_day), Decimal(0)
            )
            due += today
            on_time += max(min(self.paid(loan, version_day) - earlier, today), Decimal(0))
        for item in self.schedule(loan, month):
            if item["due_on"] <= min(month, last_due):
                due_to_date += item["principal_due"] + item["interest_due"]
        paid_before = self.paid(loan, first_day - timedelta(days=1))
        paid_now = self.paid(loan, month, after=first_day - timedelta(days=1))
        collected = max(min(paid_now, due_to_date - paid_before), Decimal(0))
        is_written_off = row["written_off_on"] is not None and row["written_off_on"] <= month
        written_off = Decimal(0)
        if row["written_off_on"] is not None and month_end(row["written_off_on"]) == month:
            written_off = row["written_off_amount"]
            if written_off is None:
                written_off = row["principal"] if before is None else before
        if is_written_off:
            state = "WRITTEN_OFF"
        elif ended <= month:
            state = "CLOSED"
        else:
            state = "REPAID" if outstanding <= tolerated else "LIVE"
        # days that nobody knows are not zero days: they have no class
        five = {} if days is None else self._scale("ref_five_class", days, month)
        bucket = {} if days is None else self._scale("ref_dpd_bucket", days, month)
        stage = {} if days is None else self._scale("ref_stage", days, month)
        return {
            "client_key": self.client_of[row["source_system"], row["client_no"]],
            "months_on_book": (month.year - row["disbursed_on"].year) * 12 + month.month - row["disbursed_on"].month,
            "balance_source": source,
            "loan_state": state,
            "outstanding_amount": cents(outstanding * rate),
            "tolerated_amount": cents(tolerated * rate),
            "days_past_due": days,
            "bucket_code": "WRITTEN_OFF" if is_written_off else bucket.get("bucket_code"),
            "five_class": "LOSS" if is_written_off else five.get("class_code"),
            "is_non_performing": is_written_off or (five["is_non_performing"] == "true" if five else None),
            "five_class_rule_version": five.get("rule_version"),
            "stage": 3 if is_written_off else int(stage["stage"]) if stage else None,
            "due_amount": cents(due * rate),
            "paid_on_time_amount": cents(on_time * rate),
            "collected_amount": cents(collected * rate),
            "paid_amount": cents(paid_now * rate),
            "written_off_amount": cents(written_off * rate),
        }

    # performance ------------------------------------------------------------------------------------------------

    @staticmethod
    def performance(
        loan_months: Iterable[tuple[date, Row]], segments_by_axis: dict[str, dict[tuple[int, date], str]]
    ) -> dict[tuple[str, str, date], Row]:
        """The scorecard: stocks by the segment of the month end, flows by the segment of the month end before.

        Loan months and segments are arguments: a difference in one of them is not told a second time here.
        """
        by_client: dict[tuple[int, date], list[Row]] = defaultdict(list)
        for month, row in loan_months:
            by_client[row["client_key"], month].append(row)
        result: dict[tuple[str, str, date], Row] = defaultdict(lambda: defaultdict(Decimal))
        for axis, segments in segments_by_axis.items():
            held: dict[int, list[date]] = defaultdict(list)
            for client, month in sorted(segments):
                held[client].append(month)

            def segment(
                client: int,
                month: date,
                segments: dict[tuple[int, date], str] = segments,
                held: dict[int, list[date]] = held,
            ) -> str:
                """The segment of a month end; who has left keeps the last one, who came later has its first."""
                months = held.get(client)
                if not months:
                    return "UNKNOWN"
                return segments[client, months[max(bisect_right(months, month) - 1, 0)]]

            for (_, month), code in segments.items():
                result[axis, code, month]["clients"] += 1
            for (client, month), rows in by_client.items():
                stock = result[axis, segment(client, month), month]
                stock["borrowers"] += sum(row["outstanding_amount"] for row in rows) > 0
                stock["live_loans"] += sum(row["loan_state"] == "LIVE" for row in rows)
                for row in rows:
                    amount, days = row["outstanding_amount"], row["days_past_due"]
                    stock["exposure_amount"] += amount
                    for limit in (30, 60, 90):
                        stock[f"par{limit}_amount"] += amount if days is not None and days > limit else 0
                    stock["non_performing_amount"] += amount if row["is_non_performing"] else 0
                    stock["unknown_days_amount"] += amount if days is None else 0
                flow = result[axis, segment(client, month.replace(day=1) - timedelta(days=1)), month]
                for measure in ("due_amount", "paid_on_time_amount", "collected_amount", "written_off_amount"):
                    flow[measure] += sum((row[measure] for row in rows), Decimal(0))
        return result
