"""What it costs to win clients and whether they pay it back, computed a second time.

Written from domain.md section 1f (acquisition efficiency, EL, approval rate), section 6 and from what mart_acquisition
says of itself in YAML. Loans, applications and costs are the accepted rows of staging; who was won, when and by what is
worked out here as well. Each campaign month is dealt out by itself. What a client earns in a month is that of
oracle_resource.py.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from oracle import Row, cents, month_end
from oracle_common import months_back, months_between
from oracle_portfolio import MINIMUM_CELL, ratio
from oracle_relationship import DECISION_WINDOW, share_of, shown
from oracle_resource import Resources

UNATTRIBUTED, UNKNOWN_CHANNEL = "UNATTRIBUTED", "UNKNOWN"
NONE = Decimal(0)
# channel, axis, segment, month
KEY = tuple[str, str, str, date]


@dataclass(frozen=True)
class Win:
    """The day on which a client drew for the first time, and the application behind it."""

    day: date
    loan_no: str
    amount: Decimal
    application_no: str | None
    application: Row

    @property
    def month(self) -> date:
        return month_end(self.day)

    @property
    def channel(self) -> str:
        return self.application.get("channel") or UNKNOWN_CHANNEL


@dataclass
class Borne:
    """What one client bears of the campaigns, or one month of those that won nobody."""

    cost: Decimal = NONE
    leads: int = 0
    is_of_known_leads: bool = False

    def take(self, cost: Decimal, leads: int | None) -> None:
        self.cost += cost
        self.leads += leads or 0
        self.is_of_known_leads |= leads is not None


@dataclass
class Cell:
    """What is added up in one row."""

    borne: Borne = field(default_factory=Borne)
    applications: int = 0
    approved: int = 0
    of_new: int = 0
    of_new_approved: int = 0
    of_new_won: int = 0
    won: int = 0
    won_amount: Decimal = NONE
    won_by_campaign: int = 0
    margins: list[Decimal] = field(default_factory=list)


def dealt(whole: int, parts: int) -> list[int]:
    """Equal parts; what is left over goes to the first ones, one each."""
    each, left = divmod(whole, parts)
    return [each + (place < left) for place in range(parts)]


class Acquisition:
    """Expected rows of int_client_acquisition and mart_acquisition."""

    def __init__(self, resources: Resources) -> None:
        self.resources, self.relationship, self.portfolio = resources, resources.relationship, resources.portfolio
        self.months, self.last_month = self.relationship.months, self.relationship.last_month
        staged = self.relationship.base.staging["stg_marketing_costs"]
        self.costs = [row for row in staged if month_end(row["month_end"]) <= self.last_month]

    def parameter(self, name: str, month: date) -> int:
        # months before the history follow the rules of its first month
        return int(self.resources.parameter(name, max(month, self.months[0]), "rule_relationship_parameter"))

    # who was won ------------------------------------------------------------------------------------------------

    @cached_property
    def applications(self) -> dict[str, Row]:
        return {row["application_no"]: row for row in self.relationship.base.staging["stg_loan_applications"]}

    @cached_property
    def applications_of_lines(self) -> dict[str, str | None]:
        lines = self.relationship.base.staging["stg_facilities"]
        return {row["facility_no"]: row["application_no"] for row in lines}

    def application_of(self, loan: Row) -> str | None:
        return loan["application_no"] or self.applications_of_lines.get(loan["facility_no"])

    @cached_property
    def wins(self) -> dict[int, Win]:
        """Of each client its first drawdown over all its registrations; a loan that only replaces another is none."""
        result = {}
        for client, loans in self.portfolio.loans_by_client.items():
            genuine = [(number, row) for number, row in loans if not self.portfolio.is_renewal(row, client)]
            if not genuine:
                continue
            day = min(row["disbursed_on"] for _, row in genuine)
            drawn = []
            for number, row in genuine:
                if row["disbursed_on"] == day:
                    amount = cents(row["principal"] * self.relationship.base.rate(row["currency"], day))
                    drawn.append((self.application_of(row) is None, -amount, number, row))
            *_, number, row = min(drawn, key=lambda item: item[:3])
            application = self.application_of(row)
            total = -sum((amount for _, amount, *_ in drawn), NONE)
            result[client] = Win(day, number, total, application, self.applications.get(application, {}))
        return result

    @cached_property
    def acquisitions(self) -> dict[int, Row]:
        """The rows of int_client_acquisition."""
        return {
            client: {
                "acquired_on": win.day,
                "acquired_month": win.month,
                "loan_no": win.loan_no,
                "first_drawn_amount": win.amount,
                "application_no": win.application_no,
            }
            | {name: win.application.get(name) for name in ("branch_code", "channel", "campaign", "submitted_at")}
            for client, win in self.wins.items()
        }

    # cost -------------------------------------------------------------------------------------------------------

    @cached_property
    def borne(self) -> tuple[dict[int, Borne], dict[tuple[str, date], Borne]]:
        """What each client of the history bears, and what stays with the channel in the month of the cost."""
        by_client: dict[int, Borne] = defaultdict(Borne)
        staying: dict[tuple[str, date], Borne] = defaultdict(Borne)
        for cost in self.costs:
            month = month_end(cost["month_end"])
            span = self.parameter("ATTRIBUTION_MONTHS", month)
            bearers = sorted(
                (win.day, client)
                for client, win in self.wins.items()
                if (win.channel, win.application.get("campaign")) == (cost["channel"], cost["campaign"])
                and 0 <= months_between(month, win.day) < span
                and win.month <= self.last_month
            )
            if not bearers:
                staying[cost["channel"], month].take(cost["cost"], cost["leads"])
                continue
            money = dealt(int(cost["cost"] * 100), len(bearers))
            leads = [None] * len(bearers) if cost["leads"] is None else dealt(cost["leads"], len(bearers))
            for (_, client), part, number in zip(bearers, money, leads, strict=True):
                # the months of who was won before the history are not shown: its part is not told to others
                is_shown = self.relationship.is_in_history(self.wins[client].month)
                bearer = by_client[client] if is_shown else staying[cost["channel"], month]
                bearer.take(Decimal(part) / 100, number)
        return by_client, staying

    @staticmethod
    def since(days: list[date]) -> date:
        """The first month of which something of a kind was delivered; before it, none is not known to be none."""
        return min((month_end(day) for day in days), default=date.max)

    @cached_property
    def first_cost_month(self) -> date:
        return self.since([row["month_end"] for row in self.costs])

    @cached_property
    def first_lead_month(self) -> date:
        return self.since([row["month_end"] for row in self.costs if row["leads"] is not None])

    @cached_property
    def first_application_month(self) -> date:
        return self.since([row["submitted_at"].date() for _, row, _ in self.relationship.applications])

    # margin -----------------------------------------------------------------------------------------------------

    def margin(self, client: int, won_in: date) -> Decimal | None:
        """Interest less its funding and the expected loss of the months after the win; None where a part is unknown."""
        total = NONE
        for number in range(1, self.parameter("MARGIN_MONTHS", won_in) + 1):
            month = months_back(won_in, -number)
            if month > self.last_month:
                return None
            earned = self.resources.values.get((client, month))
            if earned is None:
                # nothing owed and no line: it earns and risks nothing
                continue
            without_rate = earned["exposure_amount"] - earned["earning_exposure_amount"]
            if without_rate > earned["knocked_out_exposure_amount"] or earned["lines_of_unknown_worth"]:
                return None
            total += earned["interest_amount"] - earned["funding_cost_amount"] - earned["expected_loss_amount"]
        return total

    # rows -------------------------------------------------------------------------------------------------------

    @cached_property
    def cells(self) -> dict[KEY, Cell]:
        cells: dict[KEY, Cell] = defaultdict(Cell)
        by_client, staying = self.borne
        margins = {client: self.margin(client, win.month) for client, win in self.wins.items()}
        for axis, place in self.portfolio.placement.items():
            for client, win in self.wins.items():
                if self.relationship.is_in_history(win.month):
                    segment = self.relationship.by(place, client, win.month)
                    cell, borne = cells[win.channel, axis, segment, win.month], by_client.get(client, Borne())
                    cell.won += 1
                    cell.won_amount += win.amount
                    cell.won_by_campaign += borne.is_of_known_leads
                    cell.borne.take(borne.cost, borne.leads)
                    if margins[client] is not None:
                        cell.margins.append(margins[client])
            for client, row, _ in self.relationship.applications:
                day = row["submitted_at"].date()
                if self.relationship.is_in_history(month_end(day)):
                    segment = self.relationship.before(place, client, day)
                    cell = cells[row["channel"] or UNKNOWN_CHANNEL, axis, segment, month_end(day)]
                    self.count_application(cell, client, row)
            for (channel, month), borne in staying.items():
                cells[channel, axis, UNATTRIBUTED, month].borne.take(borne.cost, borne.leads)
        return cells

    def count_application(self, cell: Cell, client: int, row: Row) -> None:
        is_approved, win = row["decision"] == "APPROVED", self.wins.get(client)
        has_won = win is not None and win.application_no == row["application_no"]
        cell.applications += 1
        cell.approved += is_approved
        # its own drawdown does not make a client an old one
        if win is None or has_won or win.day >= row["submitted_at"].date():
            cell.of_new += 1
            cell.of_new_approved += is_approved
            cell.of_new_won += has_won

    @cached_property
    def rows(self) -> dict[KEY, Row]:
        """The rows of mart_acquisition."""
        return {key: self.row(key, cell) for key, cell in self.cells.items()}

    def row(self, key: KEY, cell: Cell) -> Row:
        channel, *_, month = key
        has_cost, has_leads = month >= self.first_cost_month, month >= self.first_lead_month
        has_applications = month >= self.first_application_month
        counts = {
            "applications": cell.applications,
            "approved": cell.approved,
            "new_client_applications": cell.of_new,
            "new_client_approved": cell.of_new_approved,
            "acquiring_applications": cell.of_new_won,
        }
        leads = cell.borne.leads if has_leads else None
        by_campaign = cell.won_by_campaign if has_leads else None
        cac = None
        # without a channel nobody knows whether a campaign won the client: that is no cost of zero
        if has_cost and cell.won and channel != UNKNOWN_CHANNEL:
            cac = cents(ratio(cell.borne.cost, cell.won))
        margin_months = self.parameter("MARGIN_MONTHS", month)
        client_months = len(cell.margins) * margin_months
        margin = cents(sum(cell.margins, NONE)) if cell.margins else None
        monthly = None if margin is None else cents(margin / client_months)
        observations = [cell.applications, cell.of_new] if has_applications else []
        observations += [leads] if has_leads else []
        span = self.parameter("ATTRIBUTION_MONTHS", month)
        gone = months_between(month, self.last_month)
        is_payback_mature = gone >= max(margin_months, span - 1) if cell.won else None
        is_payable = is_payback_mature and None not in (cac, monthly) and monthly > 0
        return (
            (counts if has_applications else dict.fromkeys(counts))
            | shown("approval_conversion", cell.approved, cell.applications)
            | shown("drawdown_conversion", cell.of_new_won, cell.of_new)
            | {
                "is_submission_mature": month + DECISION_WINDOW <= self.last_month if cell.applications else None,
                "cost_amount": cell.borne.cost if has_cost else None,
                "leads": leads,
                "first_drawdowns": cell.won,
                "first_drawdown_amount": cell.won_amount,
                "campaign_drawdowns": by_campaign,
                "lead_conversion_rate": share_of(by_campaign, leads) if has_leads else None,
                "cac_amount": cac,
                "margin_clients": len(cell.margins),
                "margin_client_months": client_months,
                "margin_amount": margin,
                "monthly_margin_amount": monthly,
                "payback_months": ratio(cac, monthly) if is_payable else None,
                "is_payback_mature": is_payback_mature,
                "is_suppressed": any(number < MINIMUM_CELL for number in observations),
                "is_mature": gone >= span - 1,
            }
        )
