"""Effort, exposure at default, capital and return of each segment, computed a second time.

Written from domain.md section 1f (EL, EAD, RAROC, IRB K, Lorenz/Gini of effort against value), section 7 and from what
the tables say of themselves in YAML. Capital takes the normal distribution of Python's statistics; the coefficient of a
curve is the mean difference of all pairs, which needs no curve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

from oracle import OPEN_END, Row, cents, month_end
from oracle_common import ClientMonth, months_back, months_between, six
from oracle_portfolio import MINIMUM_CELL, ratio
from oracle_relationship import CELL, Relationship

NORMAL = NormalDist()
PD_FLOOR, CONFIDENCE = 0.0005, 0.999
UNATTRIBUTED = "UNATTRIBUTED"
NONE = Decimal(0)
# the columns of effort by kind, and the kinds known client by client
KINDS = {
    "MANAGER_TIME": "contact_minutes",
    "MARKETING_COST": "marketing_cost_amount",
    "CAPITAL": "capital_amount",
}
BY_CLIENT = ("MANAGER_TIME", "CAPITAL")
COUNTS = ("contacts", "contacts_without_minutes", "monitoring_tasks", "lines_of_unknown_worth")
# a curve: effort, None where it is unknown, and value of each unit by its key
Units = dict[Any, tuple[Decimal | None, Decimal]]


def irb_capital_ratio(pd: float, lgd: float, maturity: float) -> float:
    """K of the Basel framework for a corporate exposure without a size adjustment."""
    pd = max(pd, PD_FLOOR)
    weight = (1 - exp(-50 * pd)) / (1 - exp(-50))
    correlation = 0.12 * weight + 0.24 * (1 - weight)
    slope = (0.11852 - 0.05478 * log(pd)) ** 2
    stress = (NORMAL.inv_cdf(pd) + sqrt(correlation) * NORMAL.inv_cdf(CONFIDENCE)) / sqrt(1 - correlation)
    maturity = min(max(maturity, 1), 5)
    return lgd * (NORMAL.cdf(stress) - pd) * (1 + (maturity - 2.5) * slope) / (1 - 1.5 * slope)


def part(value: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if value is None or whole is None else ratio(value, whole)


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Unknown when one of them is."""
    found = list(values)
    return None if None in found else sum(found, NONE)


def of_year(amount: Decimal, days: int) -> Decimal:
    """Actual/360, to the cent."""
    return cents((amount * days / 360).quantize(Decimal("1e-10"), ROUND_HALF_UP))


def coefficient(units: Units) -> float:
    """Half the sum of |x_i y_j - x_j y_i| over all pairs, x and y the shares of value and of effort."""
    efforts = float(sum((effort for effort, _ in units.values()), NONE))
    values = float(sum((value for _, value in units.values()), NONE))
    shares = [(float(value) / values, float(effort) / efforts) for effort, value in units.values()]
    spent = [(x, y) for x, y in shares if y > 0]
    # a unit without effort differs from each other one by its value times the other's effort
    idle = sum(x for x, y in shares if y == 0)
    return idle + sum(abs(x * b - a * y) for x, y in spent for a, b in spent) / 2


class Resources:
    """Expected rows of int_client_value_month, mart_resource_allocation and the marts of effort against value.

    `credit` are rows of seg_credit by client and month, `acquisitions` rows of int_client_acquisition. `capital` is the
    capital of int_client_value_month: compared by itself within what two normal distributions differ by, it is taken as
    it is from there on.
    """

    def __init__(
        self,
        relationship: Relationship,
        credit: Mapping[ClientMonth, Row],
        acquisitions: Iterable[Row],
        capital: Mapping[ClientMonth, Decimal],
    ) -> None:
        self.relationship, self.portfolio = relationship, relationship.portfolio
        self.facts, self.months = self.portfolio.facts, self.portfolio.months
        self.credit, self.acquisitions, self.capital = credit, list(acquisitions), capital
        self.credit_months: dict[int, list[date]] = defaultdict(list)
        for client, month in sorted(credit):
            self.credit_months[client].append(month)

    def parameter(self, name: str, month: date, seed: str = "rule_resource_parameter") -> Decimal:
        [value] = [row["parameter_value"] for row in self.facts.rules(seed, month) if row["parameter_id"] == name]
        return Decimal(value)

    # lines ------------------------------------------------------------------------------------------------------

    @cached_property
    def drawn(self) -> dict[tuple[str, date], Decimal]:
        result: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for (_, month), rows in self.portfolio.by_client_month.items():
            for row in rows:
                line = self.portfolio.loans[row["loan_no"]][1]["facility_no"]
                if line is not None:
                    result[line, month] += row["outstanding_amount"]
        return result

    def conversion_factor(self, line: Row, month: date) -> Decimal:
        names = {True: "CCF_COMMITTED", False: "CCF_CANCELLABLE", None: "CCF_UNSTATED"}
        return self.parameter(names[line["is_committed"]], month)

    @cached_property
    def lines(self) -> dict[ClientMonth, list[Row]]:
        """Open lines of a client at a month end."""
        result = defaultdict(list)
        for client, lines in self.facts.by_client("stg_facilities").items():
            for line in lines:
                for month in self.months:
                    if line["started_on"] <= month <= (line["expires_on"] or OPEN_END):
                        limit = cents(line["limit_amount"] * self.portfolio.base.rate(line["currency"], month))
                        drawn = self.drawn.get((line["facility_no"], month), NONE)
                        undrawn, factor = max(limit - drawn, NONE), self.conversion_factor(line, month)
                        result[client, month].append(
                            {
                                "facility_no": line["facility_no"],
                                "client_key": client,
                                "is_committed": line["is_committed"],
                                "limit_amount": limit,
                                "drawn_amount": drawn,
                                "undrawn_amount": undrawn,
                                "credit_conversion_factor": factor,
                                "converted_undrawn_amount": cents(undrawn * factor),
                            }
                        )
        return result

    # clients ----------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> dict[ClientMonth, Row]:
        """The rows of int_client_value_month."""
        result = {}
        for month in self.months[1:]:
            opening = months_back(month, 1)
            owing = {
                client
                for (client, when), rows in self.portfolio.by_client_month.items()
                if when == opening and any(row["outstanding_amount"] > 0 for row in rows)
            }
            for client in owing | {client for client, when in self.lines if when == opening}:
                result[client, month] = self.client_value(client, month, opening)
        return result

    def client_value(self, client: int, month: date, opening: date) -> Row:
        balances = [
            (row["outstanding_amount"], self.portfolio.loans[row["loan_no"]][1]["rate"])
            for row in self.portfolio.by_client_month.get((client, opening), ())
            if row["outstanding_amount"] > 0
        ]
        lines = self.lines.get((client, opening), [])
        exposure = sum((amount for amount, _ in balances), NONE)
        undrawn = sum((line["undrawn_amount"] for line in lines), NONE)
        # of who is no longer in the grid the last that was known
        known = [when for when in self.credit_months.get(client, ()) if when <= opening]
        rated = self.credit[client, known[-1]] if known else {"evidence_pd": None, "evidence_knock_out_reason": None}
        is_out = rated["evidence_knock_out_reason"] is not None or (rated["evidence_pd"] or 0) >= 1
        pd = rated["evidence_pd"] if rated["evidence_pd"] is not None else self.parameter("UNRATED_PD", month)
        loss_share = self.parameter("LOSS_GIVEN_DEFAULT", month, "rule_relationship_parameter")
        earning = converted = interest = NONE
        if not is_out:
            earning = sum((amount for amount, rate in balances if rate is not None), NONE)
            interest = sum((amount * rate for amount, rate in balances if rate is not None), NONE)
            converted = sum((line["converted_undrawn_amount"] for line in lines), NONE)
        at_default, days = earning + converted, (month - opening).days
        ratio_of_capital = 0.0
        if not is_out:
            maturity = self.parameter("EFFECTIVE_MATURITY_YEARS", month)
            ratio_of_capital = irb_capital_ratio(float(pd), float(loss_share), float(maturity))
        return {
            "exposure_amount": exposure,
            "earning_exposure_amount": earning,
            "knocked_out_exposure_amount": exposure if is_out else NONE,
            "undrawn_amount": undrawn,
            "lines_of_unknown_worth": 0,
            "converted_undrawn_amount": converted,
            "exposure_at_default_amount": at_default,
            "credit_month": known[-1] if known else None,
            "pd": None if is_out else pd,
            "interest_amount": of_year(interest, days),
            "funding_cost_amount": of_year(earning * self.parameter("FUNDING_RATE", month), days),
            "servicing_cost_amount": of_year(earning * self.parameter("SERVICING_COST_RATE", month), days),
            "expected_loss_amount": of_year(at_default * pd * loss_share, 30),
            "capital_amount": at_default * Decimal(repr(ratio_of_capital)),
        }

    @cached_property
    def effort(self) -> dict[ClientMonth, Row]:
        """The rows of int_client_effort_month."""
        cells: dict[ClientMonth, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        for client, rows in self.facts.by_client("stg_crm_interactions").items():
            for row in rows:
                cell = cells[client, month_end(row["occurred_at"].date())]
                cell["contacts"] += 1
                cell["contacts_without_minutes"] += row["minutes"] is None
                cell["contact_minutes"] += row["minutes"] or NONE
        for client, rows in self.facts.by_client("stg_monitoring_tasks").items():
            for row in rows:
                if row["done_on"] is not None:
                    cells[client, month_end(row["done_on"])]["monitoring_tasks"] += 1
        names = ("contacts", "contacts_without_minutes", "contact_minutes", "monitoring_tasks")
        return {key: {name: cell.get(name, 0) for name in names} for key, cell in cells.items()}

    @cached_property
    def campaigns(self) -> tuple[dict[int, Decimal], dict[date, Decimal]]:
        """What each client won has cost, and what won nobody by month."""
        by_client: dict[int, Decimal] = defaultdict(Decimal)
        by_month: dict[date, Decimal] = defaultdict(Decimal)
        # who was won before the history bears its part as well, and is not shown
        won = [row for row in self.acquisitions if row["acquired_month"] <= self.months[-1]]
        for cost in self.portfolio.base.staging["stg_marketing_costs"]:
            month = month_end(cost["month_end"])
            within = min(max(month, self.months[0]), self.months[-1])
            span = int(self.parameter("ATTRIBUTION_MONTHS", within, "rule_relationship_parameter"))
            bearers = sorted(
                (row["acquired_on"], row["client_key"])
                for row in won
                if (row["channel"] or "UNKNOWN", row["campaign"]) == (cost["channel"], cost["campaign"])
                and 0 <= months_between(month, row["acquired_month"]) < span
            )
            if not bearers:
                by_month[month] += cost["cost"]
                continue
            each, left = divmod(int(cost["cost"] * 100), len(bearers))
            for place, (_, client) in enumerate(bearers):
                by_client[client] += Decimal(each + (place < left)) / 100
        return by_client, by_month

    # segments ---------------------------------------------------------------------------------------------------

    @cached_property
    def sums(self) -> dict[CELL, dict[str, Any]]:
        """What stands in each segment and month, added up."""
        cells: dict[CELL, dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
        by_client, by_month = self.campaigns
        acquired_in = {row["client_key"]: row["acquired_month"] for row in self.acquisitions}
        for axis, place in self.portfolio.placement.items():
            for (client, month), row in self.effort.items():
                if self.relationship.is_in_history(month):
                    segment = self.relationship.by(place, client, months_back(month, 1))
                    self.add(cells[axis, segment, month], row)
            for (client, month), row in self.values.items():
                segment = self.relationship.by(place, client, months_back(month, 1))
                if row["exposure_amount"] > 0:
                    segment = place.flow(client, month)
                self.add(cells[axis, segment, month], row | {"capital_amount": self.capital[client, month]})
            for client, cost in by_client.items():
                month = acquired_in[client]
                if cost and self.relationship.is_in_history(month):
                    segment = self.relationship.by(place, client, month)
                    self.add(cells[axis, segment, month], {"marketing_cost_amount": cost})
            for month, cost in by_month.items():
                if cost and self.relationship.is_in_history(month):
                    self.add(cells[axis, UNATTRIBUTED, month], {"marketing_cost_amount": cost})
        return cells

    @staticmethod
    def add(cell: dict[str, Any], row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            if name not in ("credit_month", "pd"):
                cell[name] += value

    @cached_property
    def allocation(self) -> dict[CELL, Row]:
        """The rows of mart_resource_allocation."""
        rows = {key: self.priced(cell, key[2]) for key, cell in self.sums.items()}
        whole: dict[tuple[str, date], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        shared = {
            "hours_share": "contact_minutes",
            "revenue_share": "revenue_amount",
            "operating_cost_share": "operating_cost_amount",
            "capital_share": "capital_amount",
        }
        for (axis, _, month), row in rows.items():
            for name in shared.values():
                whole[axis, month][name] += row[name] or NONE
        for (axis, _, month), row in rows.items():
            for share, name in shared.items():
                row[share] = part(row[name], whole[axis, month][name])
            hours, revenue = six(row["hours_share"]), six(row["revenue_share"])
            row["effort_against_revenue"] = ratio(hours, revenue) if None not in (hours, revenue) else None
        return rows

    @cached_property
    def first_delivered(self) -> dict[str, date]:
        """From which day on effort is known, by its columns; without an entry never."""
        staging = self.portfolio.base.staging
        days = {
            "contacts": [row["occurred_at"].date() for row in staging["stg_crm_interactions"]],
            "monitoring_tasks": [
                row["done_on"] for row in staging["stg_monitoring_tasks"] if row["done_on"] is not None
            ],
            "marketing_cost_amount": [row["month_end"] for row in staging["stg_marketing_costs"]],
        }
        first = {name: min(found) for name, found in days.items() if found}
        if "contacts" in first:
            first |= dict.fromkeys(("contacts_without_minutes", "contact_minutes"), first["contacts"])
        return first

    def is_known(self, name: str, month: date) -> bool:
        return self.first_delivered.get(name, OPEN_END) <= month

    def priced(self, cell: Mapping[str, Any], month: date) -> Row:
        names = (
            "exposure_amount earning_exposure_amount knocked_out_exposure_amount undrawn_amount "
            "converted_undrawn_amount exposure_at_default_amount interest_amount funding_cost_amount "
            "marketing_cost_amount servicing_cost_amount expected_loss_amount capital_amount contact_minutes"
        ).split()
        row: Row = {name: cell.get(name, NONE) for name in names} | {name: cell.get(name, 0) for name in COUNTS}
        for name in ("contacts", "contacts_without_minutes", "contact_minutes", "monitoring_tasks"):
            row[name] = row[name] if self.is_known(name, month) else None
        if not self.is_known("marketing_cost_amount", month):
            row["marketing_cost_amount"] = None
        hurdle, capital = self.parameter("HURDLE_RATE", month), row["capital_amount"]
        row["revenue_amount"] = row["interest_amount"] - row["funding_cost_amount"]
        row["risk_adjusted_revenue_amount"] = row["revenue_amount"] - row["expected_loss_amount"]
        row["hurdle_rate"] = hurdle
        row["return_before_effort"] = ratio(12 * row["risk_adjusted_revenue_amount"], capital)
        unknown = ("manager_hours", "hours_cost_amount", "operating_cost_amount", "risk_adjusted_income_amount")
        row |= dict.fromkeys((*unknown, "risk_adjusted_return", "is_above_hurdle", "yearly_value_added_amount"))
        if row["contact_minutes"] is not None:
            hours = row["contact_minutes"] / 60
            row["manager_hours"] = cents(hours.quantize(Decimal("1e-10"), ROUND_HALF_UP))
            row["hours_cost_amount"] = cents(hours * self.parameter("HOUR_COST", month))
        paid = [row["hours_cost_amount"], row["marketing_cost_amount"], row["servicing_cost_amount"]]
        if None in paid:
            return row
        row["operating_cost_amount"] = sum(paid, NONE)
        income = row["risk_adjusted_revenue_amount"] - row["operating_cost_amount"]
        earned = ratio(12 * income, capital)
        return row | {
            "risk_adjusted_income_amount": income,
            "risk_adjusted_return": earned,
            "is_above_hurdle": None if earned is None else six(earned) >= hurdle,
            "yearly_value_added_amount": cents(12 * income - hurdle * capital),
        }

    # effort against value ---------------------------------------------------------------------------------------

    def kind(self, name: str, month: date) -> Row:
        [row] = [row for row in self.facts.rules("rule_effort_kind", month) if row["effort_kind"] == name]
        return {column: row[column] for column in ("name_en", "name_zh", "unit")}

    @cached_property
    def curves(self) -> dict[tuple[str, date, str], Units]:
        """Effort and value, below zero as it is, of each segment by axis, month and kind."""
        result: dict[tuple[str, date, str], Units] = defaultdict(dict)
        for (axis, segment, month), row in self.allocation.items():
            for kind, column in KINDS.items():
                result[axis, month, kind][segment] = (row[column], row["risk_adjusted_revenue_amount"])
        return result

    @cached_property
    def curve_points(self) -> dict[tuple[str, date, str, str], Row]:
        """The rows of mart_effort_curve."""
        result = {}
        for (axis, month, kind), segments in self.curves.items():
            units = {segment: (effort, max(value, NONE)) for segment, (effort, value) in segments.items()}
            efforts = total(effort for effort, _ in units.values())
            values = sum((value for _, value in units.values()), NONE)
            with_value = [segment for segment in units if units[segment][1] > 0]
            # the order says nothing where the effort is unknown
            order = sorted(with_value, key=lambda one: (float(units[one][0] or 0) / float(units[one][1]), one))  # noqa: B023
            order += sorted(segment for segment in units if units[segment][1] == 0)
            effort_so_far = value_so_far = NONE
            for place, segment in enumerate(order, start=1):
                effort, value = units[segment]
                effort_so_far = None if efforts is None else effort_so_far + effort
                value_so_far += value
                result[axis, month, kind, segment] = self.kind(kind, month) | {
                    "step_no": place,
                    "effort_amount": effort,
                    "total_effort_amount": efforts,
                    "effort_share": part(effort, efforts),
                    "value_amount": value,
                    "negative_value_amount": min(segments[segment][1], NONE),
                    "total_value_amount": values,
                    "value_share": ratio(value, values),
                    "cumulative_effort_amount": effort_so_far,
                    "cumulative_effort_share": part(effort_so_far, efforts),
                    "cumulative_value_amount": value_so_far,
                    "cumulative_value_share": ratio(value_so_far, values),
                }
        return result

    @cached_property
    def client_curves(self) -> dict[tuple[str, date, str], Units]:
        """The same with clients in the place of segments."""
        result: dict[tuple[str, date, str], Units] = defaultdict(dict)
        for client, month in {*self.effort, *self.values}:
            if not self.relationship.is_in_history(month):
                continue
            earned = self.values.get((client, month))
            value = capital = NONE
            if earned is not None:
                value = earned["interest_amount"] - earned["funding_cost_amount"] - earned["expected_loss_amount"]
                capital = self.capital[client, month]
            minutes = None
            if self.is_known("contact_minutes", month):
                minutes = Decimal(self.effort.get((client, month), {}).get("contact_minutes", NONE))
            for kind, effort in zip(BY_CLIENT, (minutes, capital), strict=True):
                result["CLIENT", month, kind][client] = (effort, value)
        return result

    @cached_property
    def concentrations(self) -> dict[tuple[str, date, str], Row]:
        """The rows of mart_effort_concentration."""
        curves: dict[tuple[str, date, str], Units] = {**self.curves, **self.client_curves}
        return {key: self.concentration(key, units) for key, units in curves.items()}

    def concentration(self, key: tuple[str, date, str], found: Units) -> Row:
        axis, month, kind = key
        units = {unit: (effort, max(value, NONE)) for unit, (effort, value) in found.items()}
        efforts = total(effort for effort, _ in units.values())
        values = sum((value for _, value in units.values()), NONE)
        idle = None if efforts is None else total(effort for effort, value in units.values() if value == 0)
        number = sum((effort or 0) > 0 or value > 0 for effort, value in units.values())
        reason = None
        if efforts is None:
            reason = "EFFORT_UNKNOWN"
        elif efforts == 0:
            reason = "NO_EFFORT"
        elif values == 0:
            reason = "NO_VALUE"
        elif number == 1:
            reason = "ONE_UNIT"
        elif axis == "CLIENT" and number < MINIMUM_CELL:
            reason = "TOO_FEW_CLIENTS"
        share = Decimal(repr(coefficient(units))) if reason is None else None
        span = int(self.parameter("ATTRIBUTION_MONTHS", month, "rule_relationship_parameter"))
        return self.kind(kind, month) | {
            "units": number,
            "units_with_negative_value": sum(value < 0 for _, value in found.values()),
            "effort_amount": efforts,
            "effort_without_value_amount": idle,
            "effort_without_value_share": part(idle, efforts),
            "value_amount": values,
            "negative_value_amount": sum((min(value, NONE) for _, value in found.values()), NONE),
            "area_under_curve": None if share is None else (1 - share) / 2,
            "concentration_coefficient": share,
            "is_mature": kind != "MARKETING_COST" or months_between(month, self.months[-1]) >= span - 1,
            "missing_reason": reason,
        }
