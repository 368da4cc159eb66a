"""Statements, ratings, bureau reports and credit events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from generator import clock, names
from generator.policy import Ratings, tier_of
from generator.population import CURES, NEVER, STAFF_PER_REVENUE, STOPS, Population, stream
from generator.registrations import CORE, Registrations
from generator.settings import DISTRESSED, HFO, HFS, HFX, HIGH_GROWTH, LARGE, MEDIUM, POT, STARTUP
from generator.tables import Coded, Nullable, batch_columns, latest, number

PERIODS = ("FY", "H1")
SCOPES = ("SOLO", "CONSOLIDATED")
INTERNAL_SYMBOLS = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D")
# upper bounds of the yearly default probability of the internal symbols
INTERNAL_BOUNDS = np.array([0.0012, 0.0026, 0.0075, 0.022, 0.048, 0.11, 0.20, 0.35, 0.60])
DOMESTIC_SYMBOLS = ("AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB", "BB", "B", "CCC", "C")
DOMESTIC_BOUNDS = np.array([0.0026, 0.0044, 0.0075, 0.013, 0.025, 0.05, 0.08, 0.12, 0.2, 0.3, 0.6])
GLOBAL_SYMBOLS = ("AA", "A+", "A", "A-", "BBB+", "BBB", "BBB-", "BB+", "BB", "BB-", "B+", "B", "B-", "CCC+")
GLOBAL_BOUNDS = np.array(
    [0.0003, 0.0005, 0.0009, 0.0012, 0.0015, 0.0026, 0.0044, 0.0075, 0.013, 0.022, 0.037, 0.063, 0.11]
)
ACTIONS = ("NEW", "AFFIRMED", "UPGRADED", "DOWNGRADED", "WITHDRAWN")
OTHER_GLOBAL_SYMBOLS = ("Aa2", "A1", "A2", "A3", "Baa1", "Baa2", "Baa3", "Ba1", "Ba2", "Ba3", "B1", "B2", "B3", "Caa1")
# the score of the last one is calibrated nowhere
AGENCIES = ("INTERNAL", "DOMESTIC_ONE", "GLOBAL_ONE", "SME_SCORE", "GLOBAL_TWO", "UNTRIED_SCORE")
SCALES = ("INTERNAL", "CN_DOMESTIC", "GLOBAL", "BUREAU", "GLOBAL", "BUREAU")
# Actions that are all a client has, so that what a rule does with each can be seen: agency, symbol, is withdrawn.
SINGLE_ACTIONS = (
    (1, "NR", True),
    (1, "A+", True),
    (0, "BBB", False),  # the stale one
    (1, "A-1", False),
    (2, "P-1", False),
    (1, "AAA-", False),
    (5, "", False),
    (1, "AA", False),
    (2, "AA", False),
)
STALE = 2
BUREAUS = ("CREDIT_CENTRE", "MARKET_BUREAU")


@dataclass
class RatingActions:
    """Rating actions by client, agency and day, drawn before the contracts that are priced by them."""

    client: np.ndarray
    agency: np.ndarray
    day: np.ndarray
    symbol: np.ndarray
    score: np.ndarray
    action: np.ndarray
    labels: tuple[str, ...]
    stated: np.ndarray  # whether the last day of validity is stated

    known: Ratings


def rating_actions(people: Population, is_borrower: np.ndarray) -> RatingActions:
    settings = people.settings
    rng = stream(settings, people.block, 41)
    n, months = people.rows, people.months
    rated = is_borrower & (rng.random(n) < 0.95) | (rng.random(n) < np.where(people.behaviour == POT, 0.98, 0.25))
    rated &= people.start_month < months - 2
    client, month, agency, propensity = [], [], [], []
    # a client is rated when it comes, before it borrows
    first = np.maximum(people.start_month, -14 + rng.integers(0, 12, n))
    until = np.minimum(np.minimum(people.leave_month, months), 10**6)
    # the internal rating: yearly, sometimes late, at once when a client fails
    for round_number in range(6):
        # whom the bank wants to win it rates in time
        wanted = people.behaviour == POT
        late = (rng.random(n) < 0.12) & ~wanted
        when = first + round_number * 12 + np.where(late, rng.integers(1, 7, n), 0)
        missed = rng.random(n) < np.where((round_number == 0) | wanted, 0.0, 0.06)
        chosen = np.flatnonzero(rated & (when < until) & ~missed)
        client.append(chosen)
        month.append(when[chosen])
        agency.append(np.zeros(len(chosen), dtype=np.int64))
    failed = np.flatnonzero(rated & (people.onset_month < months - 4) & (rng.random(n) < 0.8))
    client.append(failed)
    month.append(people.onset_month[failed] + rng.integers(2, 4, len(failed)))
    agency.append(np.zeros(len(failed), dtype=np.int64))
    # agencies rate the large, a bureau scores the small
    for code, chance in (
        (1, np.choose(people.size, (0.75, 0.18, 0.0, 0.0))),
        (2, np.choose(people.size, (0.15, 0.0, 0.0, 0.0))),
        (3, np.choose(people.size, (0.0, 0.02, 0.10, 0.12))),
        (4, np.choose(people.size, (0.12, 0.0, 0.0, 0.0))),
    ):
        covered = rng.random(n) < chance
        for round_number in range(4):
            when = first + 3 + round_number * 12
            chosen = np.flatnonzero(covered & (when < until) & ~people.is_project_company)
            client.append(chosen)
            month.append(when[chosen])
            agency.append(np.full(len(chosen), code))
    special, special_kind = _single_actions(people, rng, client)
    client.append(special)
    month.append(np.where(special_kind == STALE, months - 20, months - 1 - rng.integers(2, 9, len(special))))
    agency.append(np.array([agency_of for agency_of, _, _ in SINGLE_ACTIONS], dtype=np.int64)[special_kind])
    client, month, agency = np.concatenate(client), np.concatenate(month), np.concatenate(agency)
    size = len(client)
    single = np.append(np.full(size - len(special), -1), special_kind)
    log_odds = np.log(people.assessed_propensity[client] / (1 - people.assessed_propensity[client]))
    near = np.clip((month - people.onset_month[client] + 5) / 4.0, 0.0, 1.0)
    if not settings.effects:
        # a rating that sees a failure coming would tell tiers apart
        near = near * (month >= people.onset_month[client])
    cured = month > people.cure_month[client] + 3
    log_odds += rng.normal(0, 0.18, size) + 0.9 * near * ~cured
    propensity = 1 / (1 + np.exp(-log_odds))
    bad = (month >= people.onset_month[client] + 2) & ~cured & (people.failure[client] == STOPS)
    propensity = np.where(bad & (agency == 0), np.maximum(propensity, 0.25), propensity)
    dead = (month >= people.onset_month[client] + 5) & ~cured & (people.failure[client] == STOPS)
    grade = np.searchsorted(INTERNAL_BOUNDS, propensity)
    grade = np.where(dead & (agency == 0), 9, grade)
    domestic = np.searchsorted(DOMESTIC_BOUNDS, propensity)
    world = np.searchsorted(GLOBAL_BOUNDS, propensity)
    symbol = np.where(agency == 0, grade, np.where(agency == 1, 10 + domestic, 22 + world))
    extra = tuple(symbol_of for _, symbol_of, _ in SINGLE_ACTIONS)
    labels = INTERNAL_SYMBOLS + DOMESTIC_SYMBOLS + GLOBAL_SYMBOLS + OTHER_GLOBAL_SYMBOLS + extra + ("NR",)
    symbol = np.where(agency == 4, 36 + world, symbol)
    withdrawn = (agency == 1) & (rng.random(size) < 0.03)
    scored = np.isin(agency, (3, 5))
    symbol = np.where(withdrawn, len(labels) - 1, np.where(scored, -1, symbol))
    symbol = np.where((single >= 0) & ~scored, len(labels) - 1 - len(extra) + single, symbol)
    score = np.where(scored, np.clip(np.rint(487.12 - 28.85 * log_odds), 300, 850), np.nan)
    day = clock.back_to_workday(clock.day_in_month(settings.first_month + month, rng.integers(3, 28, size)))
    day = np.maximum(day, people.started_on[client])
    # one action a client, agency and day
    order = np.lexsort((day, agency, client))
    same = np.zeros(size, dtype=bool)
    a, b = order[1:], order[:-1]
    same[a] = (client[a] == client[b]) & (agency[a] == agency[b]) & (day[a] == day[b])
    order = order[~same[order] & (day[order] <= settings.end)]
    client, agency, day, symbol, score = client[order], agency[order], day[order], symbol[order], score[order]
    single, propensity = single[order], propensity[order]
    first_of = np.append(True, (np.diff(client) != 0) | (np.diff(agency) != 0)) if len(order) else np.zeros(0, bool)
    step = np.append(0, np.diff(symbol)) if len(order) else np.zeros(0, int)
    gone = np.append([entry[2] for entry in SINGLE_ACTIONS], False)[single] | (symbol == len(labels) - 1)
    action = np.select([gone, first_of, step > 0, step < 0], [4, 0, 3, 2], 1)
    stated = rng.random(len(order)) < 0.7
    # a year from the day, stated or not, and a month until the lapse is confirmed; single actions mean nothing here
    counts = (single < 0) & ~gone
    rank = np.array([0, 1, 1, 2, 1, 2])[agency]
    known = Ratings(client[counts], day[counts], rank[counts], tier_of(propensity[counts]), day[counts] + 396)
    return RatingActions(client, agency, day, symbol, score, action, labels, stated, known)


def _single_actions(
    people: Population, rng: np.random.Generator, rated: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Sound clients that no other action is on, one for each of SINGLE_ACTIONS (more in a large portfolio)."""
    free = (people.onset_month == NEVER) & (people.leave_month == NEVER) & ~people.is_project_company
    free &= (people.start_month < people.months - 22) & (people.behaviour != POT)
    free[np.concatenate(rated)] = False
    chosen = rng.permutation(np.flatnonzero(free))[: len(SINGLE_ACTIONS) * max(1, people.rows // 2_000)]
    return chosen, np.arange(len(chosen)) % len(SINGLE_ACTIONS)


class Finances:
    def __init__(self, people: Population, registrations: Registrations, loans) -> None:
        self.people, self.registrations, self.loans = people, registrations, loans
        self.settings = people.settings
        self.is_borrower = np.bincount(loans.client, minlength=people.rows) > 0

    # -- statements --------------------------------------------------------------------------------

    def statements(self) -> dict[str, Any]:
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 40)
        n = people.rows
        share = settings.profile.statement_share
        files = rng.random(n) < np.where(
            self.is_borrower | (people.behaviour == 3), min(1.0, share * 1.25), share * 0.55
        )
        files |= people.is_project_company | (people.size <= MEDIUM)
        # growth that no statement shows is not growth that anybody can find
        growing = people.growth == HIGH_GROWTH
        files |= growing & (rng.random(n) < 0.97)
        last_year = int(str(settings.end)[:4]) - 1
        years = np.arange(last_year - 7, last_year + 1)
        client = np.repeat(np.arange(n), len(years))
        year = np.tile(years, n)
        months_of_year = (year - 1970) * 12 + 11 - settings.first_month
        keep = files[client] & (months_of_year >= people.registered_month[client] + 4)
        # the bank collects statements from three or four years before the first loan on
        keep &= months_of_year >= np.maximum(people.start_month[client] - 48, -44)
        keep &= (months_of_year - 12 < people.leave_month[client]) & (
            rng.random(len(client)) > np.where(growing[client], 0.005, 0.03)
        )
        client, year = client[keep], year[keep]
        kind = np.zeros(len(client), dtype=np.int64)
        # large and medium firms file half-years as well
        half = (people.size[client] <= MEDIUM) & (rng.random(n) < 0.35)[client] & (year >= last_year - 2)
        client = np.concatenate([client, client[half]])
        year = np.concatenate([year, year[half]])
        kind = np.concatenate([kind, np.ones(int(half.sum()), dtype=np.int64)])
        size = len(client)
        end_month = (year - 1970) * 12 + np.where(kind == 0, 11, 5)
        period_end = clock.month_end(end_month)
        month = end_month - settings.first_month
        middle = month - np.where(kind == 0, 6, 3)

        noise = np.exp(rng.normal(0, 1, size) * people.volatility[client])
        revenue = people.revenue_at(client, middle) * np.where(kind == 0, 1.0, 0.47) * noise
        # in its first year a firm earns for a part of it
        age = month - people.registered_month[client]
        revenue *= np.clip(age / 12.0, 0.1, 1.0)
        revenue = np.where(people.is_project_company[client], 0.0, revenue)
        level = people.revenue_at(client, month) / people.revenue[client]
        assets = people.assets[client] * np.power(level, 0.8) * np.exp(rng.normal(0, 0.06, size))
        projects = self.loans.projects
        spv_debt = np.zeros(n)
        spv_debt[projects.client] = projects.total_cost / 100.0
        opened = np.zeros(n)
        opened[projects.client] = projects.close_month
        built = np.clip((month - opened[client]) / 24.0, 0.05, 1.0)
        assets = np.where(people.is_project_company[client], spv_debt[client] * built, assets)
        operating = np.full(n, NEVER)
        operating[projects.client] = projects.operation_month
        earns = people.is_project_company[client] & (month >= operating[client] + 6)
        revenue = np.where(earns, assets * 0.14 * noise, revenue)

        distress = np.clip((month - people.onset_month[client] + 9) / 12.0, 0.0, 1.0)
        chronic = (people.growth[client] == DISTRESSED) & (month > 12)
        leverage = people.leverage[client] + 0.22 * distress + rng.normal(0, 0.02, size) + np.where(chronic, 0.10, 0.0)
        leverage = np.clip(leverage, 0.08, 1.30)
        margin = people.margin[client] * (1 - 0.9 * distress) + rng.normal(0, 0.012, size)
        margin = np.where(chronic, margin - 0.10, margin)
        margin = np.where(people.growth[client] == STARTUP, margin - 0.06, margin)
        margin = np.where(people.is_project_company[client], np.where(earns, 0.62, 0.0), margin)
        ebitda = revenue * margin
        debt = assets * leverage * np.where(people.is_project_company[client], 0.95, 0.48)
        short_share = np.where(
            people.is_project_company[client], 0.05, np.where(people.size[client] <= MEDIUM, 0.55, 0.75)
        )
        interest = debt * 0.044 * np.where(kind == 0, 1.0, 0.5)
        interest = np.where(people.is_project_company[client] & ~earns, interest * 0.1, interest)
        depreciation = assets * 0.028 * np.where(kind == 0, 1.0, 0.5)
        profit = (ebitda - interest - depreciation) * np.where(ebitda > interest + depreciation, 0.78, 1.0)
        cash_flow = ebitda * 0.82 - interest * 0.3 + revenue * rng.normal(0, 0.02, size) - chronic * revenue * 0.06
        spending = depreciation * np.exp(rng.normal(0.0, 0.5, size)) * np.where(people.sector[client] == 3, 1.5, 1.0)
        spending = np.where(people.is_project_company[client] & ~earns, assets * 0.35, spending)
        research = np.where(people.hi_tech[client], revenue * rng.uniform(0.03, 0.16, size), 0.0)

        # restated periods come in a second time, months later, with other figures
        restated = np.flatnonzero((rng.random(size) < 0.04) & (period_end < settings.end - 420))
        factor = rng.choice((0.86, 0.93, 0.97, 1.04), len(restated))
        lag = np.where(kind == 0, rng.integers(75, 150, size), rng.integers(40, 75, size))
        filed_on = period_end + lag
        again_on = filed_on[restated] + rng.integers(120, 260, len(restated))
        # groups also file for all their companies together
        grouped = np.flatnonzero((people.size[client] == LARGE) & (rng.random(n) < 0.35)[client] & (kind == 0))

        def stacked(values: np.ndarray, restate: float = 1.0, group: float = 1.9) -> np.ndarray:
            changed = values[restated] * (1 + (factor - 1) * restate)
            return np.concatenate([values, changed, values[grouped] * group])

        revenue, ebitda, profit = stacked(revenue), stacked(ebitda, 1.6), stacked(profit, 1.8)
        interest, cash_flow, spending = stacked(interest, 0), stacked(cash_flow, 1.2), stacked(spending, 0)
        research, assets, debt = stacked(research, 0), stacked(assets, 0.3), stacked(debt, 0)
        short_share, leverage = stacked(short_share, 0, 1), stacked(leverage, -0.15, 0.97)
        client = np.concatenate([client, client[restated], client[grouped]])
        kind = np.concatenate([kind, kind[restated], kind[grouped]])
        scope = np.repeat([0, 0, 1], [size, len(restated), len(grouped)])
        period_end = np.concatenate([period_end, period_end[restated], period_end[grouped]])
        filed_on = np.concatenate([filed_on, again_on, filed_on[grouped] + 3])
        month = np.concatenate([month, month[restated], month[grouped]])
        staff = people.employees[client] * np.power(
            people.revenue_at(client, month) / people.revenue[client], STAFF_PER_REVENUE
        )
        staff = np.where(people.is_project_company[client], people.employees[client], np.maximum(np.rint(staff), 1))
        audited = (rng.random(n) < np.choose(people.size, (1.0, 0.95, 0.5, 0.12)))[client]

        step = 100 * max(settings.profile.amount_step, 1)

        def cents(values: np.ndarray) -> np.ndarray:
            return np.rint(values * 100 / step).astype(np.int64) * step

        assets = cents(assets)
        liabilities = np.minimum(cents(assets / 100 * leverage), (assets * 1.4).astype(np.int64))
        short, long = cents(debt * short_share), cents(debt * (1 - short_share))
        long = np.minimum(long, np.maximum(liabilities - short, 0))
        short = np.minimum(short, liabilities)
        current = np.minimum(liabilities - long, np.maximum(short, cents(liabilities / 100 * 0.72)))
        draw = rng.random(len(client))
        current_assets = cents(assets / 100 * (0.35 + 0.3 * draw))
        cash = cents(assets / 100 * (0.03 + 0.10 * rng.random(len(client))))
        shown = (filed_on <= settings.end) & (filed_on >= settings.start - 1_200)
        order = np.flatnonzero(shown)
        order = order[np.lexsort((filed_on[order], scope[order], kind[order], period_end[order], client[order]))]

        def cells(values: np.ndarray) -> np.ndarray:
            return values[order]

        thin = rng.random(len(client)) < np.where(growing[client], 0.0, 0.05)
        columns = {
            **self.registrations.keys(cells(client), CORE),
            "period_end": cells(period_end),
            "period_type": Coded(cells(kind), PERIODS),
            "scope": Coded(cells(scope), SCOPES),
            "filed_on": cells(filed_on),
            "currency": "CNY",
            "amount_unit": "YUAN",
            "audited": cells(audited),
            "employees": Nullable(cells(staff).astype(np.int64), cells(thin)),
            "revenue": cells(cents(revenue)),
            "ebitda": Nullable(cells(cents(ebitda)), cells(thin)),
            "interest_expense": cells(cents(interest)),
            "net_profit": cells(cents(profit)),
            "operating_cash_flow": Nullable(cells(cents(cash_flow)), cells(thin)),
            "capital_expenditure": Nullable(cells(cents(spending)), cells(thin)),
            "research_expense": Nullable(cells(cents(research)), cells(research) == 0),
            "total_assets": cells(assets),
            "current_assets": cells(current_assets),
            "cash": cells(np.minimum(cash, current_assets)),
            "total_liabilities": cells(liabilities),
            "current_liabilities": cells(current),
            "short_term_debt": cells(short),
            "long_term_debt": cells(long),
            "equity": cells(assets - liabilities),
            **batch_columns(np.maximum(cells(filed_on), settings.start)),
        }
        return columns

    # -- ratings -----------------------------------------------------------------------------------

    def ratings(self) -> dict[str, Any]:
        drawn = self.loans.ratings
        scored = np.isin(drawn.agency, (3, 5))
        return {
            **self.registrations.keys(drawn.client),
            "agency": Coded(drawn.agency, AGENCIES),
            "rating_scale": Coded(drawn.agency, SCALES),
            "rated_on": drawn.day,
            "symbol": Coded(drawn.symbol, drawn.labels),
            "score": drawn.score,
            "valid_to": Nullable(drawn.day + 365, ~drawn.stated),
            "action": Coded(np.where(scored, -1, drawn.action), ACTIONS),
            **batch_columns(drawn.day),
        }

    # -- bureau ------------------------------------------------------------------------------------

    def bureau_reports(self) -> dict[str, Any]:
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 42)
        n, months = people.rows, people.months
        frequent = people.was_frequent
        covered = self.is_borrower & (rng.random(n) < settings.profile.bureau_share) | frequent
        covered |= (people.behaviour == 3) | (rng.random(n) < 0.08)
        interval = np.where(frequent, 6, 12)
        client, month = [], []
        start = np.maximum(people.start_month, 0) + rng.integers(0, 6, n)
        for round_number in range(9):
            when = start + round_number * interval
            chosen = np.flatnonzero(covered & (when < np.minimum(months, people.leave_month)))
            client.append(chosen)
            month.append(when[chosen])
        client, month = np.concatenate(client), np.concatenate(month)
        size = len(client)
        behaviour = people.behaviour_at(client, month)
        near = np.clip((month - people.onset_month[client] + 6) / 5.0, 0.0, 1.0)
        cured = month > people.cure_month[client] + 2
        near = np.where(cured, 0.0, near)
        lenders = np.choose(np.searchsorted((0.4, 0.75, 0.93), rng.random(size)), (0, 1, 2, 3))
        lenders = np.where(behaviour == HFX, rng.integers(5, 10, size), lenders)
        lenders = np.where(behaviour == HFO, rng.integers(4, 6, size), lenders)
        lenders = np.where(behaviour == HFS, np.minimum(lenders, 2), lenders)
        lenders = lenders + np.rint(near * rng.integers(0, 4, size)).astype(np.int64)
        inquiries = rng.poisson(0.6 + 0.5 * lenders + 3.0 * near)
        capacity = people.revenue_at(client, month) * 0.12
        other = np.rint(lenders * capacity * np.exp(rng.normal(-0.7, 0.5, size)) / 10_000).astype(np.int64) * 1_000_000
        late = np.where(
            near > 0.8, rng.integers(5, 160, size), np.where(rng.random(size) < 0.05, rng.integers(1, 30, size), 0)
        )
        late = np.where(lenders == 0, 0, late)
        risk = people.assessed_propensity[client] * (1 + 2 * near)
        score = np.clip(np.rint(487.12 - 28.85 * np.log(risk) + rng.normal(0, 12, size)), 300, 850)
        day = clock.day_in_month(settings.first_month + month, rng.integers(2, 28, size))
        day = np.maximum(day, people.started_on[client])
        order = np.lexsort((day, client))
        order = order[day[order] <= settings.end]
        return {
            **self.registrations.keys(client[order]),
            "bureau": Coded((people.global_index % 5 == 0).astype(int)[client[order]], BUREAUS),
            "reported_on": day[order],
            "score": score[order],
            "lenders": lenders[order],
            "inquiries_3m": inquiries[order],
            "other_debt": other[order],
            "max_days_past_due_elsewhere": late[order],
            "non_performing_elsewhere": (late > 90)[order],
            **batch_columns(day[order]),
        }

    # -- events ------------------------------------------------------------------------------------

    def credit_events(self, loan_numbers) -> dict[str, Any]:
        people, settings, loans = self.people, self.settings, self.loans
        rng = stream(settings, people.block, 43)
        index = np.flatnonzero(~np.isnat(loans.defaulted_on))
        index = index[np.lexsort((loans.defaulted_on[index], loans.client[index]))]
        first = index[np.flatnonzero(np.diff(loans.client[index], prepend=-1))]
        self.default_day = np.full(people.rows, clock.NOT_A_DAY)
        self.default_day[loans.client[first]] = loans.defaulted_on[first]
        recorded = first[rng.random(len(first)) < 0.88]
        pieces = [(loans.client[recorded], recorded, np.zeros(len(recorded), int), loans.defaulted_on[recorded])]
        # unlikely to pay is seen before the ninety days are over
        doubted = first[rng.random(len(first)) < 0.3]
        pieces.append((loans.client[doubted], doubted, np.ones(len(doubted), int), loans.defaulted_on[doubted] - 45))
        broke = first[(people.failure[loans.client[first]] == STOPS) & (rng.random(len(first)) < 0.22)]
        pieces.append(
            (loans.client[broke], np.full(len(broke), -1), np.full(len(broke), 2), loans.defaulted_on[broke] + 120)
        )
        quiet = np.flatnonzero(
            ~self.is_borrower & (people.onset_month < people.months - 2) & (rng.random(people.rows) < 0.5)
        )
        day = clock.day_in_month(settings.first_month + np.where(people.onset_month < NEVER, people.onset_month, 0), 18)
        pieces.append((quiet, np.full(len(quiet), -1), np.full(len(quiet), 3), day[quiet]))
        cured = first[
            (people.failure[loans.client[first]] == CURES)
            | (loans.days_past_due[first] == 0) & (loans.status[first] < 2)
        ]
        cure = np.where(people.cure_month < NEVER, people.cure_month, people.months + 1) + settings.first_month + 3
        cured_on = np.maximum(clock.day_in_month(cure, 12)[loans.client[cured]], loans.defaulted_on[cured] + 92)
        pieces.append((loans.client[cured], cured, np.full(len(cured), 4), cured_on))
        # who pays again leaves the blacklist; a word of cure does not undo a bankruptcy
        freed = quiet[(rng.random(len(quiet)) < 0.4)]
        pieces.append((freed, np.full(len(freed), -1), np.full(len(freed), 4), day[freed] + 150))
        too_late = broke[rng.random(len(broke)) < 0.3]
        of = loans.client[too_late]
        pieces.append((of, np.full(len(of), -1), np.full(len(of), 4), loans.defaulted_on[too_late] + 200))
        client, loan, kind, day = (np.concatenate([piece[i] for piece in pieces]) for i in range(4))
        keep = day <= settings.end
        client, loan, kind, day = client[keep], loan[keep], kind[keep], day[keep]
        order = np.lexsort((kind, client, day))
        client, loan, kind, day = client[order], loan[order], kind[order], day[order]
        known = np.minimum(day + np.where(rng.random(len(day)) < 0.3, rng.integers(1, 25, len(day)), 0), settings.end)
        if not len(day):
            return {}
        return {
            "event_no": number("E", names.numbers(people.block, settings.number_width, len(day))),
            **self.registrations.keys(client),
            "loan_no": loan_numbers.take(pa.array(np.maximum(loan, 0), mask=loan < 0)),
            "event_type": Coded(kind, ("DEFAULT", "UNLIKELY_TO_PAY", "BANKRUPTCY", "BLACKLISTED", "CURED")),
            "occurred_on": day,
            "known_on": known,
            **batch_columns(latest(day, known)),
        }
