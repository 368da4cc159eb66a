"""What became of the loans of each segment, computed a second time: scorecard, defaults, cohorts, vintages, shares.

Written from domain.md (sections 1e, 1f and 7) and from what the marts say of themselves in YAML, not from their SQL. It
starts from accepted rows of staging and from tables that have an oracle of their own: the loan months (oracle.py) and
the segments of each month end (segment_oracle.py). Clients are followed one by one, months one after the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from math import sqrt

from oracle import OPEN_END, Oracle, Row, cents, month_end
from oracle_common import ClientMonth, Facts, add_months, loans_of, months_back, months_between, six

# domain.md section 1f: no rate of fewer observations than this
MINIMUM_CELL = 30
# section 1e: more than a tenth of the debt non-performing makes all of it so; probation of three months
CONTAGION_SHARE = Decimal("0.10")
PROBATION_MONTHS = 3
OUTCOME_MONTHS = 12
# two sides of 95 %
Z = 1.959963984540054
# terms in days become years of the calendar, leap days spread
DAYS_OF_A_YEAR = Decimal("365.25")
PAR_DAYS = (30, 60, 90)
VINTAGE_MONTHS = 36
# a loan of a vintage: first months late, whether it is a renewal, principal
Member = tuple[dict[str, int], bool, Decimal]
FLOWS = ("due_amount", "paid_on_time_amount", "collected_amount", "written_off_amount")


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """Not rounded: the comparison allows for the six decimals of the warehouse."""
    return Decimal(numerator) / Decimal(denominator) if denominator else None


def wilson(events: int, trials: int) -> tuple[Decimal, Decimal]:
    """The interval of Wilson at 95 %, in [0, 1]."""
    share = events / trials
    centre = share + Z * Z / (2 * trials)
    half = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    whole = 1 + Z * Z / trials
    return tuple(Decimal(repr(min(max(end / whole, 0.0), 1.0))) for end in (centre - half, centre + half))


def concentration(amounts: Iterable[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """HHI of the parts of a sum, and what is shown of it between 0 and 1, which one part alone does not have."""
    held = [amount for amount in amounts if amount > 0]
    total = sum(held, Decimal(0))
    if not total:
        return None, None
    hhi = sum(((amount / total) ** 2 for amount in held), Decimal(0))
    least = Decimal(1) / len(held)
    return hhi, None if len(held) == 1 else (six(hhi) - least) / (1 - least)


def yearly_loss(rate: Decimal | None, years: Decimal | None) -> Decimal | None:
    """CGAP: what the rate shown loses in a year of the term shown; half of a loan is out on average."""
    if rate is None or not years:
        return None
    return max(1 - six(rate), Decimal(0)) / six(years) * 2


@dataclass(frozen=True)
class Signal:
    """A reason to be in default, from the day on which it is known to the first day without it."""

    opened_on: date
    ended_on: date
    kind: str


@dataclass(frozen=True)
class Episode:
    defaulted_on: date
    ended_on: date | None
    signals: int

    def covers(self, day: date) -> bool:
        return self.defaulted_on <= day < (self.ended_on or OPEN_END)


@dataclass(frozen=True)
class Obligor:
    """A client of the grid that owes something at a month end, and what became of it."""

    exposure: Decimal
    is_performing: bool
    defaulted_on: date | None
    is_mature: bool
    benchmark: Decimal | None


@dataclass(frozen=True)
class FallenDue:
    """What fell due on a loan in a month, and how much of it its money had covered by each month end since."""

    client: int
    due_month: date
    due: Decimal
    term_days: int
    covered: dict[date, Decimal]

    def changed_in(self) -> list[date]:
        """The months in which money for it came or was taken back, and the one in which it fell due."""
        before, result = Decimal(0), [self.due_month]
        for month, covered in sorted(self.covered.items()):
            if covered != before:
                result.append(month)
            before = covered
        return result


class Placement:
    """The segment in which a client counts; who has left keeps the last one, who comes later has its first."""

    def __init__(self, segments: Mapping[ClientMonth, str]) -> None:
        self.segments = segments
        self.held: dict[int, list[date]] = defaultdict(list)
        for client, month in sorted(segments):
            self.held[client].append(month)

    def stock(self, client: int, month: date) -> str:
        months = self.held.get(client)
        if not months:
            return "UNKNOWN"
        return self.segments[client, months[max(bisect_right(months, month) - 1, 0)]]

    def flow(self, client: int, month: date) -> str:
        """What happens in a month belongs to the segment that the client had before it."""
        return self.stock(client, months_back(month, 1))


class Portfolio:
    """Expected rows of the marts of performance and risk.

    `loan_months` are rows of fct_loan_month, `segments` the final segments by axis, `knowledge` the grid.
    """

    def __init__(
        self,
        base: Oracle,
        loan_months: Iterable[Row],
        segments: Mapping[str, Mapping[ClientMonth, str]],
    ) -> None:
        self.base, self.facts = base, Facts(base)
        self.months = base.months
        self.last_month = base.months[-1]
        self.segments = segments
        self.placement = {axis: Placement(held) for axis, held in segments.items()}
        self.by_client_month: dict[ClientMonth, list[Row]] = defaultdict(list)
        self.by_loan: dict[str, dict[date, Row]] = defaultdict(dict)
        for row in loan_months:
            self.by_client_month[row["client_key"], row["as_of_month"]].append(row)
            self.by_loan[row["loan_no"]][row["as_of_month"]] = row
        self.grid = set(next(iter(segments.values())))

    @cached_property
    def loans(self) -> dict[str, tuple[int, Row]]:
        """Accepted loans with their client."""
        return {row["loan_no"]: (client, row) for client, rows in loans_of(self.facts).items() for row in rows}

    @cached_property
    def exposure(self) -> dict[ClientMonth, Decimal]:
        return {
            key: sum((row["outstanding_amount"] for row in rows), Decimal(0))
            for key, rows in self.by_client_month.items()
        }

    # default ----------------------------------------------------------------------------------------------------

    def event_signals(self, client: int) -> list[Signal]:
        """Events that are a default, as far as they are known by the last month end."""
        defaults = {row["event_type"] for row in self.facts.rules("rule_default_event", self.last_month)}
        kinds = {row["event_type"]: row for row in self.facts.rules("rule_credit_event", self.last_month)}
        events = [
            (row["event_type"], row["occurred_on"], row["known_on"] or row["occurred_on"])
            for row in self.facts.by_client("stg_credit_events").get(client, ())
        ]
        events += [
            ("WRITTEN_OFF", row["written_off_on"], row["written_off_on"])
            for _, row in self.loans_by_client.get(client, ())
            if row["written_off_on"] is not None
        ]
        events = [event for event in events if event[2] <= self.last_month]
        cures = [event for event in events if kinds.get(event[0], {}).get("effect") == "CURES"]
        signals = []
        for kind, occurred_on, known_on in events:
            if kind not in defaults:
                continue
            ended_on = OPEN_END
            if kinds[kind]["is_curable"] == "true":
                ended_on = min((known for _, cured, known in cures if occurred_on <= cured), default=OPEN_END)
            if ended_on > known_on:
                signals.append(Signal(known_on, ended_on, kind))
        return signals

    @cached_property
    def loans_by_client(self) -> dict[int, list[tuple[str, Row]]]:
        result = defaultdict(list)
        for number, (client, row) in self.loans.items():
            result[client].append((number, row))
        return result

    def contagion_signals(self, client: int) -> list[Signal]:
        """Months in which too much of the debt is non-performing, each lasting until the probation after it is over."""
        signals: list[Signal] = []
        opened_on, clean = None, 0
        for month in self.months:
            rows = self.by_client_month.get((client, month), [])
            owed = sum((row["outstanding_amount"] for row in rows), Decimal(0))
            bad = sum((row["outstanding_amount"] for row in rows if row["is_non_performing"]), Decimal(0))
            if owed > 0 and bad / owed > CONTAGION_SHARE:
                opened_on, clean = opened_on or month, 0
            elif opened_on is not None:
                clean += 1
                if clean == PROBATION_MONTHS:
                    signals.append(Signal(opened_on, month, "NON_PERFORMING"))
                    opened_on, clean = None, 0
        if opened_on is not None:
            signals.append(Signal(opened_on, OPEN_END, "NON_PERFORMING"))
        return signals

    @cached_property
    def episodes(self) -> dict[int, list[Episode]]:
        """Per client the times in default: signals that touch belong together."""
        clients = {client for client, _ in self.by_client_month} | set(self.facts.by_client("stg_credit_events"))
        clients |= set(self.loans_by_client)
        result = {}
        for client in clients:
            signals = sorted(
                self.event_signals(client) + self.contagion_signals(client), key=lambda signal: signal.opened_on
            )
            episodes: list[Episode] = []
            for signal in signals:
                last = episodes[-1] if episodes else None
                if last is not None and (last.ended_on is None or signal.opened_on <= last.ended_on):
                    ended_on = max(last.ended_on or OPEN_END, signal.ended_on)
                    episodes[-1] = Episode(
                        last.defaulted_on, None if ended_on == OPEN_END else ended_on, last.signals + 1
                    )
                else:
                    ended = None if signal.ended_on == OPEN_END else signal.ended_on
                    episodes.append(Episode(signal.opened_on, ended, 1))
            if episodes:
                result[client] = episodes
        return result

    def is_in_default(self, client: int, day: date) -> bool:
        return any(episode.covers(day) for episode in self.episodes.get(client, ()))

    # cohorts ----------------------------------------------------------------------------------------------------

    @cached_property
    def indicators(self) -> dict[tuple[str, str, str, str], list[Row]]:
        """Published values by indicator, sector, size and population."""
        result = defaultdict(list)
        for row in self.base.staging["stg_market_indicators"]:
            key = (row["indicator"], row["sector"], row["size_class"] or "ALL", row["population"] or "ALL")
            result[key].append(row)
        return result

    def published(self, indicator: str, sector: str, size: str, population: str, month: date) -> Row | None:
        """The newest period published by the month end; of its releases the last."""
        known = [
            row for row in self.indicators.get((indicator, sector, size, population), ()) if row["released_on"] <= month
        ]
        return max(known, key=lambda row: (row["period_end"], row["released_on"]), default=None)

    def benchmark(self, client: int, month: date) -> Decimal | None:
        sector, size = self.segments["INDUSTRY"][client, month], self.segments["SIZE"][client, month]
        for of_sector, of_size in ((sector, size), (sector, "ALL"), ("ALL", "ALL")):
            row = self.published("DEFAULT_RATE_12M", of_sector, of_size, "ALL", month)
            if row is not None:
                return row["value"]
        return None

    @cached_property
    def obligors(self) -> dict[ClientMonth, Obligor]:
        result = {}
        for (client, month), exposure in self.exposure.items():
            if exposure <= 0 or (client, month) not in self.grid:
                continue
            until = month_end(add_months(month.replace(day=1), OUTCOME_MONTHS))
            after = [
                episode.defaulted_on
                for episode in self.episodes.get(client, ())
                if month < episode.defaulted_on <= until
            ]
            result[client, month] = Obligor(
                exposure,
                not self.is_in_default(client, month),
                min(after, default=None),
                until <= self.last_month,
                self.benchmark(client, month),
            )
        return result

    @cached_property
    def default_cohorts(self) -> dict[tuple[str, str, date], Row]:
        """The rows of mart_segment_default_cohort."""
        members: dict[tuple[str, str, date], list[Obligor]] = defaultdict(list)
        for (client, month), obligor in self.obligors.items():
            if obligor.is_performing:
                for axis, segments in self.segments.items():
                    members[axis, segments[client, month], month].append(obligor)
        return {key: self.default_cohort(obligors) for key, obligors in members.items()}

    @staticmethod
    def default_cohort(obligors: list[Obligor]) -> Row:
        defaulted = [obligor for obligor in obligors if obligor.defaulted_on is not None]
        exposure = sum((obligor.exposure for obligor in obligors), Decimal(0))
        lost = sum((obligor.exposure for obligor in defaulted), Decimal(0))
        known = [obligor.benchmark for obligor in obligors if obligor.benchmark is not None]
        benchmark = None
        if len(known) >= MINIMUM_CELL:
            benchmark = sum(known, Decimal(0)) / len(known)
        [is_mature] = {obligor.is_mature for obligor in obligors}
        is_suppressed = len(obligors) < MINIMUM_CELL
        is_shown = is_mature and not is_suppressed
        lower = upper = against = None
        if is_shown:
            lower, upper = wilson(len(defaulted), len(obligors))
            if benchmark is not None:
                against = "BELOW" if upper < benchmark else "ABOVE" if lower > benchmark else "NOT_DISTINGUISHABLE"
        return {
            "is_mature": is_mature,
            "is_suppressed": is_suppressed,
            "performing": len(obligors),
            "defaulted": len(defaulted),
            "default_rate": ratio(len(defaulted), len(obligors)) if is_shown else None,
            "wilson_lower": lower,
            "wilson_upper": upper,
            "exposure_amount": exposure,
            "defaulted_exposure_amount": lost,
            "default_rate_by_exposure": ratio(lost, exposure) if is_shown else None,
            "benchmark_obligors": len(known),
            "benchmark_defaults": sum(known, Decimal(0)),
            "benchmark_rate": benchmark,
            "against_benchmark": against,
        }

    # maturities -------------------------------------------------------------------------------------------------

    def is_repaid_on_time(self, loan: str, row: Row) -> bool:
        """Nothing is left to pay on the day of maturity, and nobody had to write off or restructure before."""
        day = row["matures_on"]
        for bad_on in (row["written_off_on"], row["restructured_on"]):
            if bad_on is not None and bad_on <= day:
                return False
        if row["closed_on"] is not None and row["closed_on"] <= day:
            return True
        if self.base.balance_source(loan) != "SCHEDULE":
            owed = self.by_loan[loan].get(month_end(day))
            return owed is None or owed["outstanding_amount"] == 0
        state = self.base.walk(self.base.schedule(loan, day), self.base.paid(loan, day))
        return state.oldest_open is None and row["principal"] - state.principal_paid <= state.tolerated

    @cached_property
    def maturities(self) -> dict[str, Row]:
        """Loans that matured within the history."""
        result = {}
        for loan, (client, row) in self.loans.items():
            month = month_end(row["matures_on"])
            if self.months[0] <= month <= self.last_month:
                result[loan] = {
                    "client_key": client,
                    "matured_month": month,
                    "term_days": (row["matures_on"] - row["disbursed_on"]).days,
                    "is_repaid_on_time": self.is_repaid_on_time(loan, row),
                }
        return result

    # repayment to date ------------------------------------------------------------------------------------------

    @cached_property
    def fallen_due(self) -> list[FallenDue]:
        """Section 1f (c): what fell due within the history, of loans of which instalments and payments are known."""
        result = []
        for loan, (client, row) in self.loans.items():
            if self.base.balance_source(loan) != "SCHEDULE":
                continue
            term_days = (row["matures_on"] - row["disbursed_on"]).days
            last_due = self.base.last_due_on(row)
            for first_day, instalments in self.base.schedules[loan]:
                # each instalment by the version of its own due date
                due_here = {
                    position: month_end(item["due_on"])
                    for position, item in enumerate(instalments)
                    if first_day <= item["due_on"] <= last_due
                    and month_end(item["due_on"]) in self.known_months
                    and self.base.schedule(loan, item["due_on"]) is instalments
                }
                if due_here:
                    result += self.repaid_to_date(loan, client, term_days, row["currency"], instalments, due_here)
        return result

    @cached_property
    def known_months(self) -> set[date]:
        return set(self.months)

    def repaid_to_date(
        self,
        loan: str,
        client: int,
        term_days: int,
        currency: str | None,
        instalments: list[Row],
        due_here: Mapping[int, date],
    ) -> list[FallenDue]:
        """The money of the loan is walked through its instalments in order, anew at every month end."""
        amounts = [item["principal_due"] + item["interest_due"] for item in instalments]
        covered: dict[date, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        due: dict[date, Decimal] = defaultdict(Decimal)
        for position, due_month in due_here.items():
            due[due_month] += amounts[position]
        for month in self.months:
            left = max(self.base.paid(loan, month), Decimal(0))
            for position, amount in enumerate(amounts):
                part = min(left, amount)
                left -= part
                due_month = due_here.get(position)
                # paid ahead is paid when it falls due
                if due_month is not None and due_month <= month:
                    covered[due_month][month] += part
        rates = {due_month: self.base.rate(currency, due_month) for due_month in due}
        return [
            FallenDue(
                client,
                due_month,
                cents(amount * rates[due_month]),
                term_days,
                {month: cents(part * rates[due_month]) for month, part in covered[due_month].items()},
            )
            for due_month, amount in due.items()
            if amount > 0
        ]

    # scorecard --------------------------------------------------------------------------------------------------

    def performance(self, also: Iterable[tuple[str, str, date]] = ()) -> dict[tuple[str, str, date], Row]:
        """The rows of mart_segment_performance, as far as they follow from loans.

        `also` are cells without a client or a loan of their own; what had fallen due before is to be seen in them.
        """
        counted: dict[tuple[str, str, date], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for axis, segments in self.segments.items():
            for (_, month), segment in segments.items():
                counted[axis, segment, month]["clients"] += 1
            place = self.placement[axis]
            for (client, month), rows in self.by_client_month.items():
                self.count_stock(counted[axis, place.stock(client, month), month], rows)
                self.count_flow(counted[axis, place.flow(client, month), month], rows)
            for loan in self.maturities.values():
                cell = counted[axis, place.flow(loan["client_key"], loan["matured_month"]), loan["matured_month"]]
                cell["matured_loans"] += 1
                cell["repaid_on_time_loans"] += loan["is_repaid_on_time"]
                cell["matured_days"] += loan["term_days"]
        for key in also:
            counted[key]["clients"] += 0
        # to date: the segment before it fell due, whenever it is paid
        owed: dict[tuple[str, str], list[FallenDue]] = defaultdict(list)
        for axis, place in self.placement.items():
            for item in self.fallen_due:
                segment = place.flow(item.client, item.due_month)
                owed[axis, segment].append(item)
                for month in item.changed_in():
                    counted[axis, segment, month]["clients"] += 0
        result = {}
        for axis, segment, month in counted:
            total: dict[str, Decimal] = defaultdict(Decimal)
            for item in owed[axis, segment]:
                if item.due_month <= month:
                    total["due_amount"] += item.due
                    total["due_days"] += item.due * item.term_days
                    total["collected_amount"] += item.covered[month]
            cell = counted[axis, segment, month]
            result[axis, segment, month] = self.score(cell, total) | self.score_of_defaults(axis, segment, month)
        return result

    @staticmethod
    def count_stock(cell: dict[str, Decimal], rows: list[Row]) -> None:
        cell["borrowers"] += sum(row["outstanding_amount"] for row in rows) > 0
        for row in rows:
            amount, days = row["outstanding_amount"], row["days_past_due"]
            cell["live_loans"] += amount > 0
            cell["exposure_amount"] += amount
            for limit in PAR_DAYS:
                cell[f"par{limit}_amount"] += amount if days is not None and days > limit else 0
            cell["non_performing_amount"] += amount if row["is_non_performing"] else 0
            cell["unknown_days_amount"] += amount if days is None else 0

    @staticmethod
    def count_flow(cell: dict[str, Decimal], rows: list[Row]) -> None:
        for row in rows:
            for measure in FLOWS:
                cell[measure] += row[measure]
            cell["due_days"] += row["due_amount"] * (row["matures_on"] - row["disbursed_on"]).days

    @staticmethod
    def score(cell: Mapping[str, Decimal], total: Mapping[str, Decimal]) -> Row:
        row: Row = {name: cell[name] for name in ("clients", "borrowers", "live_loans", "exposure_amount", *FLOWS)}
        for limit in PAR_DAYS:
            row[f"par{limit}_amount"] = cell[f"par{limit}_amount"]
            row[f"par{limit}_rate"] = ratio(cell[f"par{limit}_amount"], cell["exposure_amount"])
        row["non_performing_amount"] = cell["non_performing_amount"]
        row["non_performing_rate"] = ratio(cell["non_performing_amount"], cell["exposure_amount"])
        row["unknown_days_amount"] = cell["unknown_days_amount"]

        years = ratio(cell["due_days"], cell["due_amount"] * DAYS_OF_A_YEAR)
        row["due_term_years"] = years
        for rate, loss, numerator in (
            ("on_time_rate", "on_time_yearly_loss", "paid_on_time_amount"),
            ("current_repayment_rate", "current_yearly_loss", "collected_amount"),
        ):
            row[rate] = ratio(cell[numerator], cell["due_amount"])
            row[loss] = yearly_loss(row[rate], years)

        row["cumulative_due_amount"] = total["due_amount"]
        row["cumulative_collected_amount"] = total["collected_amount"]
        row["cumulative_repayment_rate"] = ratio(total["collected_amount"], total["due_amount"])
        row["cumulative_term_years"] = ratio(total["due_days"], total["due_amount"] * DAYS_OF_A_YEAR)
        row["cumulative_yearly_loss"] = yearly_loss(row["cumulative_repayment_rate"], row["cumulative_term_years"])

        matured = cell["matured_loans"]
        row["matured_loans"] = matured
        row["repaid_on_time_loans"] = cell["repaid_on_time_loans"]
        row["is_loan_count_suppressed"] = matured < MINIMUM_CELL
        row["matured_term_years"] = ratio(cell["matured_days"], matured * DAYS_OF_A_YEAR)
        shown = None if matured < MINIMUM_CELL else ratio(cell["repaid_on_time_loans"], matured)
        row["loan_count_repayment_rate"] = shown
        row["loan_count_yearly_loss"] = yearly_loss(shown, row["matured_term_years"])
        return row

    def score_of_defaults(self, axis: str, segment: str, month: date) -> Row:
        cohort = self.default_cohorts.get((axis, segment, month), {})
        return {
            "performing": cohort.get("performing", 0),
            "defaulted": cohort.get("defaulted", 0),
            "is_default_mature": cohort.get("is_mature"),
            "is_default_suppressed": cohort.get("is_suppressed", True),
            "default_rate": cohort.get("default_rate"),
            "default_wilson_lower": cohort.get("wilson_lower"),
            "default_wilson_upper": cohort.get("wilson_upper"),
            "default_benchmark_rate": cohort.get("benchmark_rate"),
        }

    # vintages ---------------------------------------------------------------------------------------------------

    def is_renewal(self, loan: Row, client: int) -> bool:
        """It only replaces a loan: named so, restructured at birth, or the same amount on the day another closed."""
        if loan["renewed_from_loan_no"] is not None:
            return True
        if loan["restructured_on"] is not None and loan["restructured_on"] <= loan["disbursed_on"]:
            return True
        return any(
            number != loan["loan_no"]
            and other["closed_on"] == loan["disbursed_on"]
            and other["principal"] == loan["principal"]
            and (other["currency"] or "CNY") == (loan["currency"] or "CNY")
            for number, other in self.loans_by_client[client]
        )

    def late_months(self, loan: str, client: int, row: Row) -> dict[str, int]:
        """Months on book at which a loan first was 30 and 90 days late, and its client in default while it ran."""
        first: dict[str, int] = {}
        for month, state in sorted(self.by_loan.get(loan, {}).items()):
            age = months_between(row["disbursed_on"], month)
            is_written_off = state["loan_state"] == "WRITTEN_OFF"
            days = state["days_past_due"] or 0
            if days > 30 or is_written_off:
                first.setdefault("ever_30", age)
            if days > 90 or is_written_off:
                first.setdefault("ever_90", age)
        ended = min(row["closed_on"] or OPEN_END, row["written_off_on"] or OPEN_END)
        defaults = [
            episode.defaulted_on
            for episode in self.episodes.get(client, ())
            if row["disbursed_on"] < episode.defaulted_on <= min(ended, self.last_month)
        ]
        if row["written_off_on"] is not None and row["written_off_on"] <= self.last_month:
            defaults.append(row["written_off_on"])
        if defaults:
            first["defaulted"] = months_between(row["disbursed_on"], min(defaults))
        return first

    @cached_property
    def vintages(self) -> dict[tuple[str, str, date, int], Row]:
        """The rows of mart_segment_vintage."""
        members: dict[tuple[str, str, date], list[Member]] = defaultdict(list)
        first_day = self.months[0].replace(day=1)
        for loan, (client, row) in self.loans.items():
            if not first_day <= row["disbursed_on"] <= self.last_month:
                continue
            disbursed = row["disbursed_on"]
            quarter = month_end(date(disbursed.year, (disbursed.month + 2) // 3 * 3, 1))
            amount = (row["principal"] * self.base.rate(row["currency"], disbursed)).quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )
            member = (self.late_months(loan, client, row), self.is_renewal(row, client), amount)
            for axis, place in self.placement.items():
                members[axis, place.stock(client, disbursed.replace(day=1) - timedelta(days=1)), quarter].append(member)
        result = {}
        for (axis, segment, quarter), loans in members.items():
            genuine = [member for member in loans if not member[1]]
            for age in range(VINTAGE_MONTHS + 1):
                result[axis, segment, quarter, age] = self.vintage(quarter, age, genuine, len(loans) - len(genuine))
        return result

    def vintage(
        self, quarter: date, age: int, loans: list[tuple[Row, dict[str, int], bool, Decimal]], renewed: int
    ) -> Row:
        is_observable = months_between(quarter, self.last_month) >= age
        row: Row = {
            "is_observable": is_observable,
            "is_suppressed": len(loans) < MINIMUM_CELL,
            "loans": len(loans),
            "loans_renewed": renewed,
            "principal_amount": sum((amount for *_, amount in loans), Decimal(0)),
        }
        for measure in ("ever_30", "ever_90", "defaulted"):
            late = [amount for first, _, amount in loans if first.get(measure, 10**6) <= age]
            row[f"{measure}_loans"] = len(late) if is_observable else None
            row[f"{measure}_amount"] = sum(late, Decimal(0)) if is_observable else None
            shown = is_observable and len(loans) >= MINIMUM_CELL
            row[f"{measure}_rate"] = ratio(len(late), len(loans)) if shown else None
        return row

    # concentration and market share -----------------------------------------------------------------------------

    @cached_property
    def concentrations(self) -> dict[tuple[str, str, date], Row]:
        """The rows of mart_segment_concentration."""
        result = {}
        for axis, place in self.placement.items():
            owed: dict[date, dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
            for (client, month), exposure in self.exposure.items():
                if exposure > 0:
                    owed[month][place.stock(client, month)].append(exposure)
            for month, by_segment in owed.items():
                sums = {segment: sum(amounts, Decimal(0)) for segment, amounts in by_segment.items()}
                book = sum(sums.values(), Decimal(0))
                axis_hhi, axis_normalised = concentration(sums.values())
                for segment, amounts in by_segment.items():
                    hhi, normalised = concentration(amounts)
                    top_ten = sum(sorted(amounts, reverse=True)[:10], Decimal(0))
                    result[axis, segment, month] = {
                        "obligors": len(amounts),
                        "exposure_amount": sums[segment],
                        "book_amount": book,
                        "book_share": sums[segment] / book,
                        "top_ten_amount": top_ten,
                        "top_ten_share": top_ten / sums[segment],
                        "obligor_hhi": hhi,
                        "obligor_hhi_normalised": normalised,
                        "axis_segments": len(sums),
                        "axis_hhi": axis_hhi,
                        "axis_hhi_normalised": axis_normalised,
                    }
        return result

    @cached_property
    def own_balances(self) -> dict[tuple[str, date], tuple[Decimal, Decimal]]:
        """By sector and month end what its clients owe, and of that those of the tier HIGH."""
        sums: dict[tuple[str, date], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for (client, month), exposure in self.exposure.items():
            cell = sums[self.placement["INDUSTRY"].stock(client, month), month]
            cell[0] += exposure
            if self.placement["CREDIT"].stock(client, month) == "HIGH":
                cell[1] += exposure
        return {key: (own, quality) for key, (own, quality) in sums.items()}

    @cached_property
    def market_shares(self) -> dict[tuple[str, date], Row]:
        """The rows of mart_market_share."""
        sectors = {sector for sector, _ in self.own_balances}
        sectors |= {key[1] for key in self.indicators if key[0] == "LOAN_BALANCE" and key[1] != "ALL"}
        result = {}
        for sector in sectors:
            for month in self.months:
                own = self.own_balances.get((sector, month), (Decimal(0), Decimal(0)))
                markets = [
                    self.published("LOAN_BALANCE", sector, "ALL", population, month) for population in ("ALL", "HIGH")
                ]
                if own[0] == 0 and markets == [None, None]:
                    continue
                row: Row = {"own_balance_amount": own[0], "own_quality_balance_amount": own[1]}
                names = (
                    ("market_period_end", "own_balance_then_amount", "market_balance_amount", "market_share"),
                    (
                        "market_quality_period_end",
                        "own_quality_balance_then_amount",
                        "market_quality_balance_amount",
                        "quality_market_share",
                    ),
                )
                for position, (period, then, balance, part) in enumerate(names):
                    market = markets[position]
                    day = market["period_end"] if market else None
                    is_seen = day is not None and day in self.months
                    value = market["value"] if market else None
                    held = self.own_balances.get((sector, day), (Decimal(0), Decimal(0)))[position] if is_seen else None
                    row[period], row[then], row[balance] = day, held, value
                    row[part] = held / value if is_seen and value else None
                result[sector, month] = row
        return result
