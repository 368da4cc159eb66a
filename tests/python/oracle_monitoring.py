"""Monitoring after lending, review and check of the use of funds, computed a second time.

Written from domain.md (section 4c), the seed rule_monitoring_requirement and the descriptions of
mart_monitoring_compliance, not from its SQL: one client, one month end and one requirement at a time. What policy asked
of each loan comes from oracle_policy.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from oracle import Row, month_end
from oracle_common import ClientMonth, add_months, months_back
from oracle_policy import Policy
from oracle_portfolio import wilson
from oracle_relationship import Relationship

CELL = tuple[str, str, date, str]
INTERVALS = {"MONITORING": "MONITORING_INTERVAL_MONTHS", "REVIEW": "REVIEW_INTERVAL_MONTHS"}
TASKS = ("tasks_due", "tasks_on_time", "tasks_late", "tasks_overdue", "tasks_not_yet_due")
SUBJECTS = ("subjects_unknown", "subjects_not_asked", "subjects_not_yet_due", "subjects_tested", "subjects_kept")
PLACE_OF = {
    "NOT_DELIVERED": "subjects_unknown",
    "NO_POLICY": "subjects_unknown",
    "NOT_ASKED": "subjects_not_asked",
    "NOT_YET_DUE": "subjects_not_yet_due",
}
KEPT = ("IN_TIME", "CHECKED")


def later(day: date, months: Decimal) -> date:
    """Whole months by the calendar, then weeks: four to a month."""
    whole = int(months)
    return add_months(day, whole) + timedelta(weeks=int((months - whole) * 4))


class Monitoring:
    """Expected rows of int_client_monitoring_month, int_drawing_check and mart_monitoring_compliance."""

    def __init__(self, policy: Policy, relationship: Relationship) -> None:
        self.policy, self.relationship = policy, relationship
        self.portfolio = relationship.portfolio
        self.as_of = policy.base.as_of_date
        self.tasks = policy.facts.by_client("stg_monitoring_tasks")

    def kinds(self, requirement: str, day: date) -> set[str]:
        [row] = [
            row for row in self.policy.rules("rule_monitoring_requirement", day) if row["requirement"] == requirement
        ]
        return set(row["task_types"].split(";"))

    def done(self, task: Row) -> date | None:
        """By the reporting date."""
        return task["done_on"] if task["done_on"] is not None and task["done_on"] <= self.as_of else None

    @cached_property
    def first_task(self) -> dict[str, date | None]:
        """From which day on tasks of a requirement were delivered."""
        result = {}
        for requirement in (*INTERVALS, "USE_OF_FUNDS"):
            days = [
                min(task["due_on"], self.done(task) or task["due_on"])
                for rows in self.tasks.values()
                for task in rows
                if task["task_type"] in self.kinds(requirement, task["due_on"])
            ]
            result[requirement] = min(days, default=None)
        return result

    def checks(self, client: int, requirement: str) -> list[date]:
        days = [(task["task_type"], self.done(task)) for task in self.tasks.get(client, ())]
        return sorted(day for kind, day in days if day is not None and kind in self.kinds(requirement, day))

    # clients ----------------------------------------------------------------------------------------------------

    @cached_property
    def lever_of_loan(self) -> Callable[[str], Any]:
        """What policy asked of a loan at its decision, or None without segments."""
        kept: dict[str, Any] = {}

        def levers(number: str) -> Any:
            if number not in kept:
                decision = self.policy.decisions[number]
                kept[number] = (
                    self.policy.levers(decision.segments, decision.regime, decision.decided_on)
                    if decision.segments
                    else None
                )
            return kept[number]

        return levers

    @cached_property
    def client_months(self) -> dict[tuple[int, date, str], Row]:
        """The rows of int_client_monitoring_month."""
        result = {}
        owing = {key for key, amount in self.portfolio.exposure.items() if amount > 0}
        for client, month in owing:
            since = month
            while (client, months_back(since, 1)) in owing:
                since = months_back(since, 1)
            loans = [
                self.lever_of_loan(row["loan_no"])
                for row in self.portfolio.by_client_month[client, month]
                if row["outstanding_amount"] > 0
            ]
            asked = [levers for levers in loans if levers is not None]
            for requirement, lever in INTERVALS.items():
                interval = min((levers[lever] for levers in asked if levers[lever] is not None), default=None)
                result[client, month, requirement] = self.client_month(
                    client, month, requirement, since, bool(asked), interval
                )
        return result

    def client_month(
        self, client: int, month: date, requirement: str, since: date, has_policy: bool, interval: Decimal | None
    ) -> Row:
        first = self.first_task[requirement]
        watched = max(since, first) if first else since
        last = max((day for day in self.checks(client, requirement) if day <= month), default=None)
        starts = [watched] if last is None else [watched, last]
        if first is None or first > month:
            status = "NOT_DELIVERED"
        elif not has_policy:
            status = "NO_POLICY"
        elif interval is None:
            status = "NOT_ASKED"
        elif last is not None and later(last, interval) >= month:
            status = "IN_TIME"
        else:
            status = "NOT_YET_DUE" if later(watched, interval) >= month else "OVERDUE"
        return {
            "interval_months": interval,
            "watched_from": watched,
            "last_check_on": last,
            "due_by": None if interval is None else max(later(start, interval) for start in starts),
            "status": status,
        }

    # drawings ---------------------------------------------------------------------------------------------------

    @cached_property
    def drawings(self) -> dict[str, Row]:
        """The rows of int_drawing_check."""
        result = {}
        for number, decision in self.policy.decisions.items():
            client, loan = self.policy.loans[number]
            if self.policy.is_renewal(client, loan):
                continue
            day = loan["disbursed_on"]
            [rule] = [
                row
                for row in self.policy.rules("rule_monitoring_requirement", day)
                if row["requirement"] == "USE_OF_FUNDS"
            ]
            until = add_months(day, int(rule["check_months"]))
            kinds = set(rule["task_types"].split(";"))
            done = [self.done(task) for task in self.tasks.get(client, ()) if task["task_type"] in kinds]
            checked = min((each for each in done if each is not None and day <= each <= until), default=None)
            levers, first = self.lever_of_loan(number), self.first_task["USE_OF_FUNDS"]
            if first is None or first > day:
                status = "NOT_DELIVERED"
            elif levers is None:
                status = "NO_POLICY"
            elif until >= self.as_of:
                status = "NOT_YET_DUE"
            else:
                status = "CHECKED" if checked else "NOT_CHECKED"
            result[number] = {
                "client_key": decision.client,
                "asked_share": levers["USE_OF_FUNDS_SHARE"] if levers else None,
                "check_by": until,
                "checked_on": checked,
                "status": status,
            }
        return result

    # segments ---------------------------------------------------------------------------------------------------

    def outcome(self, task: Row) -> str:
        done = self.done(task)
        if done is not None:
            return "tasks_on_time" if done <= task["due_on"] else "tasks_late"
        return "tasks_overdue" if task["due_on"] < self.as_of else "tasks_not_yet_due"

    @cached_property
    def client_counts(self) -> dict[tuple[ClientMonth, str], dict[str, Decimal]]:
        counts: dict[tuple[ClientMonth, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for client, rows in self.tasks.items():
            for task in rows:
                for requirement in (*INTERVALS, "USE_OF_FUNDS"):
                    if task["task_type"] in self.kinds(requirement, task["due_on"]):
                        cell = counts[(client, month_end(task["due_on"])), requirement]
                        outcome = self.outcome(task)
                        cell[outcome] += 1
                        cell["tasks_due"] += outcome != "tasks_not_yet_due"
        for (client, month, requirement), row in self.client_months.items():
            self.add(counts[(client, month), requirement], row["status"], Decimal(1))
        for number, row in self.drawings.items():
            month = month_end(self.policy.loans[number][1]["disbursed_on"])
            self.add(counts[(row["client_key"], month), "USE_OF_FUNDS"], row["status"], row["asked_share"])
        return counts

    @staticmethod
    def add(cell: dict[str, Decimal], status: str, asked: Decimal | None) -> None:
        place = PLACE_OF.get(status, "subjects_tested")
        cell["subjects"] += 1
        cell[place] += 1
        if place == "subjects_tested":
            cell["subjects_kept"] += status in KEPT
            cell["subjects_asked"] += asked

    @cached_property
    def compliance(self) -> dict[CELL, Row]:
        """The rows of mart_monitoring_compliance."""
        cells: dict[CELL, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for ((client, month), requirement), counts in self.client_counts.items():
            if not self.relationship.is_in_history(month):
                continue
            for axis, place in self.portfolio.placement.items():
                segment = self.relationship.by(place, client, months_back(month, 1))
                cell = cells[axis, segment, month, requirement]
                for name, count in counts.items():
                    cell[name] += count
        return {key: self.shown(key, cells) for key in cells}

    def shown(self, key: CELL, cells: dict[CELL, dict[str, Decimal]]) -> Row:
        axis, segment, month, requirement = key
        cell, first = cells[key], self.first_task[requirement]
        least = next(
            int(row["parameter_value"])
            for row in self.policy.rules("rule_risk_parameter", month)
            if row["parameter_id"] == "MINIMUM_CELL"
        )
        [rule] = [
            row for row in self.policy.rules("rule_monitoring_requirement", month) if row["requirement"] == requirement
        ]
        is_known = first is not None and first <= month
        row: Row = {name: rule[name] for name in ("subject", "name_en", "name_zh")}
        row |= {name: int(cell.get(name, 0)) if is_known else None for name in TASKS}
        row |= {name: int(cell.get(name, 0)) for name in ("subjects", *SUBJECTS)}
        row["subjects_kept"] = row["subjects_kept"] if is_known else None
        row["subjects_asked"] = cell.get("subjects_asked", Decimal(0))
        for name in ("tasks_due", "tasks_on_time"):
            year = [(axis, segment, months_back(month, back), requirement) for back in range(12)]
            row[f"{name}_12m"] = sum(int(cells[at].get(name, 0)) for at in year if at in cells) if is_known else None
        for name, events, trials in (
            ("on_time", row["tasks_on_time"], row["tasks_due"]),
            ("on_time_12m", row["tasks_on_time_12m"], row["tasks_due_12m"]),
            ("kept", row["subjects_kept"], row["subjects_tested"]),
        ):
            rate = "on_time_rate_12m" if name == "on_time_12m" else f"{name}_rate"
            is_shown = trials is not None and trials >= least
            row[f"is_{name}_suppressed"] = not is_shown
            row[rate] = Decimal(events) / trials if is_shown else None
            ends = wilson(events, trials) if is_shown else (None, None)
            row[f"{name}_wilson_lower"], row[f"{name}_wilson_upper"] = ends
        is_shown = row["subjects_tested"] >= least
        row["asked_rate"] = row["subjects_asked"] / row["subjects_tested"] if is_shown else None
        return row
