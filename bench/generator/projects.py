"""Financed projects: the project companies of a block, their sponsors, loans, grades and cash flows."""

from __future__ import annotations

import numpy as np

from generator import clock, industries
from generator.loans import PRODUCTS, P
from generator.population import NEVER, Population, stream
from generator.settings import DORM, LARGE, MEDIUM

GRADES = ("STRONG", "GOOD", "SATISFACTORY", "WEAK")
SUBFACTORS = (
    ("FINANCIAL_STRENGTH", "MARKET_CONDITIONS"),
    ("FINANCIAL_STRENGTH", "FINANCIAL_RATIOS"),
    ("FINANCIAL_STRENGTH", "STRESS_ANALYSIS"),
    ("FINANCIAL_STRENGTH", "FINANCIAL_STRUCTURE"),
    ("POLITICAL_AND_LEGAL", "POLITICAL_RISK"),
    ("POLITICAL_AND_LEGAL", "FORCE_MAJEURE"),
    ("POLITICAL_AND_LEGAL", "GOVERNMENT_SUPPORT"),
    ("POLITICAL_AND_LEGAL", "LEGAL_STABILITY"),
    ("POLITICAL_AND_LEGAL", "APPROVALS"),
    ("POLITICAL_AND_LEGAL", "ENFORCEABILITY"),
    ("TRANSACTION", "DESIGN_AND_TECHNOLOGY"),
    ("TRANSACTION", "CONSTRUCTION"),
    ("TRANSACTION", "OPERATIONS"),
    ("TRANSACTION", "REVENUE"),
    ("TRANSACTION", "SUPPLY"),
    ("SPONSOR", "FINANCIAL_STRENGTH"),
    ("SPONSOR", "TRACK_RECORD"),
    ("SPONSOR", "SUPPORT"),
    ("SECURITY", "ASSIGNMENT_OF_CONTRACTS"),
    ("SECURITY", "PLEDGE_OF_ASSETS"),
    ("SECURITY", "CONTROL_OF_CASH_FLOW"),
    ("SECURITY", "COVENANTS"),
    ("SECURITY", "RESERVE_FUNDS"),
)
OPERATING_COST, TAX, WORKING_CAPITAL = 0.28, 0.08, 0.02  # shares of revenue


class Projects:
    def __init__(self, people: Population) -> None:
        self.people = people
        rng = stream(people.settings, people.block, 5)
        kinds = industries.PROJECT_KINDS
        self.client = np.flatnonzero(people.is_project_company)
        self.rows = n = len(self.client)
        self.kind = people.project_kind[self.client]
        stays = people.leave_month == NEVER
        sponsors = np.flatnonzero((people.size <= MEDIUM) & ~people.is_project_company & stays)
        best = sponsors[people.size[sponsors] == LARGE]
        pool = best if len(best) >= 8 else sponsors
        self.sponsor = pool[rng.integers(0, len(pool), n)] if len(pool) else np.zeros(n, dtype=np.int64)
        self.share = np.round(rng.choice((0.51, 0.6, 0.7, 0.8, 1.0), n), 2)
        low = np.array([kind[6] for kind in kinds])[self.kind]
        high = np.array([kind[7] for kind in kinds])[self.kind]
        cost = np.exp(np.log(low) + rng.random(n) * (np.log(high) - np.log(low))) * 1e8
        self.total_cost = np.rint(cost / 1e6).astype(np.int64) * 100_000_000
        quality = people.quality[self.client]
        gearing = np.clip(0.74 - 0.03 * quality + rng.normal(0, 0.04, n), 0.5, 0.80)
        gearing = np.where(np.isin(self.kind, (7, 8)), np.minimum(gearing, 0.66), gearing)
        self.debt = np.rint(self.total_cost / 1e8 * gearing).astype(np.int64) * 100_000_000
        # financial close falls after the company was registered; a client's relationship begins with it
        origin, months = people.settings.first_month, people.months
        start = np.maximum(people.start_month[self.client], people.registered_month[self.client] + 1)
        start = np.maximum(start, -84)
        self.close_month = np.minimum(start + rng.integers(1, 5, n), months - 2)
        self.building_months = rng.integers(12, 34, n)
        self.financial_close_on = clock.back_to_workday(
            clock.day_in_month(origin + self.close_month, rng.integers(8, 25, n))
        )
        self.planned_on = clock.month_end(origin + self.close_month + self.building_months)
        overrun = np.where(rng.random(n) < 0.35, rng.integers(1, 10, n), 0)
        actual = clock.month_end(origin + self.close_month + self.building_months + overrun)
        self.is_complete = actual <= people.settings.end
        self.completed_on = np.where(self.is_complete, actual, clock.NOT_A_DAY)
        self.operation_month = self.close_month + self.building_months + overrun + 1
        self.base_cover = np.clip(
            np.array([1.38, 1.34, 1.7, 1.75, 1.5, 1.24, 1.5, 1.65, 1.85, 1.26, 1.3, 1.4])[self.kind]
            + 0.10 * quality
            + rng.normal(0, 0.08, n),
            1.05,
            2.4,
        )
        self._loans(rng)

    def _loans(self, rng: np.random.Generator) -> None:
        n, people = self.rows, self.people
        product = np.array(
            [
                P[{"TRANSPORT": "PF_TRANSPORT", "MANUFACTURING": "PF_MANUF"}.get(kind[0], "PF_ENERGY")]
                for kind in industries.PROJECT_KINDS
            ]
        )[self.kind]
        syndicated = (self.debt > 1_500_000_000 * 100) & (rng.random(n) < 0.6)
        product = np.where(syndicated, P["SYNDIC"], product)
        low = np.array([item.term_low for item in PRODUCTS])[product]
        high = np.array([item.term_high for item in PRODUCTS])[product]
        term = low + np.floor(rng.random(n) * ((high - low) // 12 + 1)).astype(np.int64) * 12
        term = np.minimum(term, high)
        # who closed so long ago has a loan of the shortest term, and has repaid it within the window
        repays = np.isin(self.kind, industries.SHORT_PROJECTS) & (self.close_month < -34)
        term = np.where(repays, low, term)
        self.matures_on = clock.add_months(self.financial_close_on, term)
        self.concession_ends_on = clock.add_months(self.financial_close_on, term + rng.integers(1, 6, n) * 12)
        # the first part at close, the second, where there is one, half a year later
        second = (rng.random(n) < 0.55) & (self.close_month + 6 < people.months - 1)
        later = np.flatnonzero(second)
        part = np.where(second, 0.6, 1.0)
        first_amount = np.rint(self.debt * part / 1e8).astype(np.int64) * 100_000_000
        self.loan_project = np.concatenate([np.arange(n), later])
        self.loan_client = self.client[self.loan_project]
        self.loan_product = product[self.loan_project]
        self.loan_term = np.concatenate([term, term[later] - 6])
        self.loan_disbursed_on = np.concatenate(
            [self.financial_close_on, clock.add_months(self.financial_close_on[later], np.full(len(later), 6))]
        )
        self.loan_principal = np.concatenate([first_amount, (self.debt - first_amount)[later]])
        grace = -(-self.building_months // 6)
        # a company whose project is repaid has no further business with the bank
        repaid = clock.month_of(self.matures_on) - people.settings.first_month
        done = repaid < people.months - 3
        people.behaviour[self.client[done]] = DORM
        people.change_month[self.client[done]] = repaid[done] + 1
        self.loan_grace = np.concatenate([grace, np.maximum(grace - 1, 0)[later]])

    def cash_flows(self, loans) -> dict[str, np.ndarray]:
        """Half-yearly periods of three scenarios; the debt service is that of the loans' schedules."""
        people, end = self.people, self.people.settings.end
        rng = stream(people.settings, people.block, 6)
        first = self._half_year(self.financial_close_on)
        last = self._half_year(self.matures_on)
        count = last - first + 1
        project = np.repeat(np.arange(self.rows), count)
        half = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[project]
        period_end = clock.month_end(half * 6 + 5)
        offset = np.cumsum(count) - count

        rows = loans.first_plan
        of_project = loans.project[rows.loan]
        index = np.flatnonzero(of_project >= 0)
        cell = offset[of_project[index]] + self._half_year(rows.due_on[index]) - first[of_project[index]]
        cell = np.minimum(cell, offset[of_project[index]] + count[of_project[index]] - 1)
        principal = np.zeros(len(project), dtype=np.int64)
        interest = np.zeros(len(project), dtype=np.int64)
        np.add.at(principal, cell, rows.principal[index])
        np.add.at(interest, cell, rows.interest[index])
        lent = np.zeros(len(project), dtype=np.int64)
        loan = np.flatnonzero(loans.project >= 0)
        cell = offset[loans.project[loan]] + self._half_year(loans.disbursed_on[loan]) - first[loans.project[loan]]
        np.add.at(lent, cell, loans.principal[loan])
        running = np.cumsum(lent - principal)
        before = np.concatenate([[0], running])[offset]
        debt = running - before[project]

        service = (principal + interest) / 100
        month = clock.month_of(period_end) - people.settings.first_month
        operating = month >= self.operation_month[project]
        building = ~operating
        level = np.where(principal > 0, service, 0.0)
        # before the first repayment an operating project earns as much as a little later
        typical = np.zeros(self.rows)
        repaying = np.bincount(project, weights=(principal > 0), minlength=self.rows)
        np.add.at(typical, project, level)
        typical = typical / np.maximum(repaying, 1)
        level = np.where(principal > 0, 0.55 * level + 0.45 * typical[project], typical[project])
        available = level * self.base_cover[project] * np.exp(rng.normal(0, 0.03, len(project)))
        revenue = np.where(operating, available / (1 - OPERATING_COST - TAX - WORKING_CAPITAL), 0.0)
        spent_periods = np.maximum(np.bincount(project, weights=building, minlength=self.rows), 1)
        spending = np.where(building, self.total_cost[project] / 100 / spent_periods[project], 0.0)

        onset = people.onset_month[self.client][project]
        drift = np.exp(rng.normal(0, 0.07, len(project)) + 0.02 * people.quality[self.client][project])
        drift = np.where(month >= onset - 6, drift * 0.62, drift)
        drift = np.where(self._in_downturn(month) & np.isin(self.kind[project], (2, 4, 6, 8)), drift * 0.88, drift)
        actual = period_end + 45 <= end
        result: dict[str, list] = {}
        # every third project's base case was revised two years after close, for the periods then still ahead
        revised_on = clock.month_end(clock.month_of(self.financial_close_on) + 24)[project]
        revised = (self.people.global_index[self.client[project]] % 3 == 0) & (period_end > revised_on)
        revised &= (revised_on <= end) & (revised_on > people.settings.start)
        for scenario, chosen, factor, known in (
            (0, np.ones(len(project), dtype=bool), np.ones(len(project)), self.financial_close_on[project]),
            (0, revised, np.full(len(project), 0.93), revised_on),
            (1, np.ones(len(project), dtype=bool), np.full(len(project), 0.84), self.financial_close_on[project]),
            (2, actual, drift, period_end + 45),
        ):
            income = revenue * factor
            cost = income * OPERATING_COST if scenario == 2 else revenue * OPERATING_COST
            pieces = {
                "project": project,
                "scenario": np.full(len(project), scenario),
                "period_end": period_end,
                "known_on": known,
                "revenue": income,
                "operating_cost": cost,
                "tax": income * TAX,
                "working_capital_change": income * WORKING_CAPITAL,
                "capital_expenditure": spending * np.where(scenario == 1, 1.08, 1.0),
                "interest_due": interest,
                "principal_due": principal,
                "debt_outstanding": np.maximum(debt, 0),
                "reserve_balance": np.where(operating & (debt > 0), service * np.minimum(factor, 1.0), 0.0),
            }
            for name, values in pieces.items():
                result.setdefault(name, []).append(values[chosen])
        columns = {name: np.concatenate(parts) for name, parts in result.items()}
        order = np.lexsort((columns["known_on"], columns["period_end"], columns["scenario"], columns["project"]))
        self.revenue_by_half = (project, half, revenue * np.where(actual, drift, 1.0))
        return {name: values[order] for name, values in columns.items()}

    def _in_downturn(self, month: np.ndarray) -> np.ndarray:
        first, last = self.people.settings.downturn
        return (month >= first) & (month <= last)

    @staticmethod
    def _half_year(days: np.ndarray) -> np.ndarray:
        return clock.month_of(days) // 6

    def grades(self) -> dict[str, np.ndarray]:
        """A grade of every sub-factor at financial close, and again two years later or when things went wrong."""
        people, end = self.people, self.people.settings.end
        rng = stream(people.settings, people.block, 7)
        quality = people.quality[self.client] + (self.base_cover - 1.5)
        size = len(SUBFACTORS)
        base = 1.75 - 0.45 * quality[:, None] + rng.normal(0, 0.6, (self.rows, size))
        origin = people.settings.first_month
        second_on = clock.add_months(self.financial_close_on, np.full(self.rows, 24))
        onset = people.onset_month[self.client]
        failed = onset < NEVER
        failed_on = clock.day_in_month(np.where(failed, onset, 0) + origin, 25)
        second_on = np.where(failed, np.maximum(failed_on, self.financial_close_on + 30), second_on)
        worse = np.where(failed, 1.1, -0.1)[:, None]
        project, factor, day, grade = [], [], [], []
        for when, shift, chosen in (
            (self.financial_close_on, 0.0, np.ones(self.rows, dtype=bool)),
            (second_on, worse, second_on <= end),
        ):
            value = np.clip(np.floor(base + shift), 0, 3).astype(np.int64)[chosen]
            index = np.flatnonzero(chosen)
            project.append(np.repeat(index, size))
            factor.append(np.tile(np.arange(size), len(index)))
            day.append(np.repeat(when[chosen], size))
            grade.append(value.ravel())
        return {
            "project": np.concatenate(project),
            "subfactor": np.concatenate(factor),
            "graded_on": np.concatenate(day),
            "grade": np.concatenate(grade),
        }
