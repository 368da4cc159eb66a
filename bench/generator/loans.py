"""Loans, schedules and payments of a block, simulated together so that every balance ties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator import clock, industries, policy
from generator.finances import rating_actions
from generator.population import CURES, NEVER, SLOWS, STOPS, Population, strata, stream
from generator.settings import DECLINING, DORM, HFO, HFS, HFX, HIGH_GROWTH, LAPSED, LARGE, OCC, POT, STARTUP, TERM

HISTORY = 12  # months before the window in which short loans already flow


@dataclass(frozen=True)
class Product:
    code: str
    low: float  # smallest and largest amount in 10 000 yuan
    high: float
    term_low: int
    term_high: int
    spreads: tuple[int, int, int]  # basis points over the LPR by tier HIGH, MEDIUM, ELEVATED
    scale: float  # amount over a year's lending capacity
    methods: tuple[str, ...]
    interval: int = 1  # months between instalments
    security: str = "GUARANTEED"  # what MEDIUM clients usually give


METHODS = ("EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY", "BULLET", "SCULPTED", "REVOLVING")
EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY, BULLET, SCULPTED, REVOLVING = range(6)
SECURITY = ("UNSECURED", "GUARANTEED", "MORTGAGED", "PLEDGED", "COMBINED")
UNSECURED, GUARANTEED, MORTGAGED, PLEDGED, COMBINED = range(5)

PRODUCTS = (
    Product("TECH_CREDIT", 50, 1000, 6, 24, (10, 50, 120), 0.10, ("INTEREST_ONLY", "REVOLVING"), security="UNSECURED"),
    Product("TECH_GROWTH", 500, 5000, 24, 60, (30, 80, 160), 0.7, ("EQUAL_PRINCIPAL",), 3, "PLEDGED"),
    Product("EQUIP_TERM", 300, 30000, 36, 96, (0, 40, 110), 0.9, ("EQUAL_PRINCIPAL",), 3, "MORTGAGED"),
    Product("UPGRADE_TERM", 200, 20000, 24, 84, (-10, 30, 100), 0.7, ("EQUAL_PRINCIPAL",), 3, "MORTGAGED"),
    Product("REVOLVE_WC", 10, 3000, 2, 12, (20, 60, 150), 0.10, ("REVOLVING",), security="PLEDGED"),
    Product("EMERG", 1, 50, 1, 6, (80, 150, 300), 0.03, ("BULLET", "EQUAL_INSTALMENT"), security="UNSECURED"),
    Product("LARGE_OPER", 50, 3000, 3, 12, (10, 50, 130), 0.16, ("INTEREST_ONLY",), security="MORTGAGED"),
    Product("PREAPPROVED", 20, 500, 3, 12, (30, 80, 180), 0.10, ("REVOLVING",), security="UNSECURED"),
    Product("FAST_SME", 10, 1000, 6, 36, (40, 90, 180), 0.25, ("EQUAL_INSTALMENT", "INTEREST_ONLY")),
    Product("PF_ENERGY", 5000, 500000, 120, 216, (20, 70, 150), 1.0, ("SCULPTED",), 6, "COMBINED"),
    Product("PF_TRANSPORT", 10000, 1000000, 180, 264, (10, 60, 140), 1.0, ("SCULPTED",), 6, "PLEDGED"),
    Product("PF_MANUF", 3000, 300000, 72, 120, (40, 100, 200), 1.0, ("EQUAL_PRINCIPAL",), 6, "MORTGAGED"),
    Product("SYNDIC", 100000, 2000000, 120, 240, (15, 60, 140), 1.0, ("SCULPTED",), 6, "COMBINED"),
    Product("SUPPLY_CHAIN", 5, 2000, 1, 6, (30, 70, 150), 0.08, ("BULLET",), security="PLEDGED"),
    Product("GREEN", 500, 100000, 24, 120, (-20, 20, 90), 0.9, ("EQUAL_PRINCIPAL",), 3, "MORTGAGED"),
    Product("MORT_OPER", 50, 2000, 12, 60, (0, 30, 80), 0.5, ("EQUAL_INSTALMENT", "INTEREST_ONLY"), 1, "MORTGAGED"),
    Product("RENEW", 1, 3000, 6, 12, (30, 80, 170), 0.2, ("INTEREST_ONLY",), security="GUARANTEED"),
    Product("BILL_DISC", 5, 2000, 1, 6, (-60, -30, 20), 0.05, ("BULLET",), security="PLEDGED"),
)
# the longest term and the largest amount of the catalogue, and the amount up to which it asks for no security
LONGEST = np.array([36, 60, 120, 96, 12, 6, 36, 12, 36, 216, 300, 120, 300, 12, 180, 120, 12, 6])
MOST = np.array(
    [1000, 5000, 30000, 20000, 3000, 50, 3000, 500, 1000, *[np.inf] * 4, 2000, 100000, 2000, np.inf, np.inf]
)
UNSECURED_SHARE = np.array([1, 0.4, 0.4, 0.4, 1, 1, 0.4, 1, 0.4, 1, 1, 1, 1, 0.4, 0.4, 0, 1, 0.4])
UNSECURED_UP_TO = np.array([0, 0, 0, 0, 0, 0, 500, 0, 300, *[0] * 9]) * 1e4
CODES = [product.code for product in PRODUCTS]
P = {code: position for position, code in enumerate(CODES)}
REVOLVING_LINES = np.array(
    [P[code] for code in ("TECH_CREDIT", "REVOLVE_WC", "LARGE_OPER", "PREAPPROVED", "SUPPLY_CHAIN")]
)
# products of which a loan now and then runs longer than the catalogue has it
TENOR_BREAKS = ("EMERG", "FAST_SME", "RENEW", "BILL_DISC")
PAID_FROM = ("OWN", "REFINANCE", "GUARANTOR", "COLLATERAL_SALE")
STATUSES = ("LIVE", "SETTLED", "WRITTEN_OFF", "TRANSFERRED", "CANCELLED")
FIVE_CLASSES = ("NORMAL", "SPECIAL_MENTION", "SUBSTANDARD", "DOUBTFUL", "LOSS")
CURRENCIES = ("CNY", "USD", "HKD", "EUR")
TO_YUAN = np.array([1.0, 7.1, 0.91, 7.8])


def _attribute(name: str) -> np.ndarray:
    return np.array([getattr(product, name) for product in PRODUCTS])


def runs(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For groups of the given sizes, laid end to end: the group of every element and its place in the group."""
    counts = np.asarray(counts, dtype=np.int64)
    group = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return group, np.arange(counts.sum()) - first[group]


@dataclass
class Instalments:
    loan: np.ndarray
    due_on: np.ndarray
    principal: np.ndarray  # cents
    interest: np.ndarray

    def take(self, chosen: np.ndarray) -> Instalments:
        return Instalments(self.loan[chosen], self.due_on[chosen], self.principal[chosen], self.interest[chosen])


def plan(
    loan: np.ndarray,
    principal: np.ndarray,
    rate: np.ndarray,
    starts_on: np.ndarray,
    term: np.ndarray,
    interval: np.ndarray,
    method: np.ndarray,
    grace: np.ndarray,
    due_day: np.ndarray,
) -> Instalments:
    """The instalments of loans: cumulative shares rounded to the cent, so that principal sums exactly."""
    count = np.where(method == BULLET, 1, -(-term // interval))
    group, place = runs(count)
    position = place + 1
    of = count[group]
    is_last = position == of
    months_on = np.where(is_last, term[group], position * interval[group])
    due = clock.day_in_month(clock.month_of(starts_on)[group] + months_on, due_day[group])
    due = np.where(is_last, clock.add_months(starts_on, term)[group], due)
    period_rate = rate[group] / 12 * interval[group]
    kind = method[group]
    growth = (1 + period_rate) ** position
    annuity = (growth - 1) / ((1 + period_rate) ** of - 1)
    free = np.minimum(grace[group], of - 1)
    sculpted = (np.maximum(position - free, 0) / (of - free)) ** 1.12
    share = np.select(
        [kind == EQUAL_INSTALMENT, kind == EQUAL_PRINCIPAL, kind == SCULPTED],
        [annuity, np.maximum(position - free, 0) / (of - free), sculpted],
        0.0,
    )
    paid = np.where(is_last, principal[group], np.rint(principal[group] * share)).astype(np.int64)
    before = np.where(place == 0, 0, np.roll(paid, 1))
    previous_due = np.where(place == 0, starts_on[group], np.roll(due, 1))
    days = (due - previous_due).astype(np.int64)
    interest = np.rint((principal[group] - before) * rate[group] * days / 360).astype(np.int64)
    return Instalments(loan[group], due, paid - before, interest)


class Loans:
    """One entry a loan, in the order of their numbers: by client, then by day."""

    def __init__(self, people: Population, projects) -> None:
        self.people, self.projects = people, projects
        self.settings = people.settings
        self.end = self.settings.end
        self._line_of_client(stream(self.settings, people.block, 10))
        drawn = self._draws(stream(self.settings, people.block, 11))
        self._terms(stream(self.settings, people.block, 12), drawn)
        self._renewals(stream(self.settings, people.block, 13))
        self._order()
        self._facilities(stream(self.settings, people.block, 14))
        self._decisions(stream(self.settings, people.block, 18))
        self._contract(stream(self.settings, people.block, 15))
        self._repay(stream(self.settings, people.block, 16))
        self._outcome(stream(self.settings, people.block, 17))

    # -- who borrows when --------------------------------------------------------------------------

    def _line_of_client(self, rng: np.random.Generator) -> None:
        """The product that a client's credit line runs on, and whether an occasional borrower has a line at all."""
        people = self.people
        n = people.rows
        draw = rng.random(n)
        line = np.full(n, P["REVOLVE_WC"])
        line[np.isin(people.sector, (3, 7)) & (draw < 0.35)] = P["SUPPLY_CHAIN"]
        line[people.hi_tech & (draw < 0.75)] = P["TECH_CREDIT"]
        # the large loan for those who have been frequent and stable; the others began before they were known as such
        line[(people.behaviour == HFS) & (people.change_month < 0) & (rng.random(n) < 0.3)] = P["LARGE_OPER"]
        line[people.behaviour == POT] = P["PREAPPROVED"]
        self.line = line
        # large firms and those outside the size standard get no fast loan and no renewal without repayment
        self.is_small = (people.size > LARGE) & (people.size_row > 0)
        self.has_line = people.was_frequent | (people.behaviour == POT) | (rng.random(n) < 0.22)

    def _draws(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        people, months = self.people, self.people.months
        profile = self.settings.profile
        month = np.arange(-HISTORY, months)
        client = np.arange(people.rows)[:, None]
        behaviour = people.behaviour_at(client, month[None, :])
        rate = np.zeros(10)
        rate[[HFS, HFX, HFO, POT, OCC]] = 0.84, 0.76, 0.72, 0.02, profile.occasional_draws
        # half-years end with a rush; the lunar new year is quiet
        calendar = (self.settings.first_month + month) % 12
        season = np.array([0.95, 0.75, 1.15, 1.05, 1.0, 1.12, 0.95, 0.95, 1.1, 0.95, 1.0, 1.1])[calendar]
        probability = np.clip(rate[behaviour] * season, 0, 0.97)
        may = month >= people.start_month[:, None] + 1
        may &= month < people.leave_month[:, None] - 12
        onset, cure = people.onset_month[:, None], people.cure_month[:, None]
        may &= (month < onset) | (month > cure + 6)
        may &= ~people.is_project_company[:, None]
        quiet = np.isin(people.behaviour, (DORM, LAPSED))[:, None]
        may &= ~quiet | (month < people.change_month[:, None] - 2)
        drawn = may & (rng.random(probability.shape) < probability)
        # an occasional borrower borrows at least once a year
        lately = months - 2 - rng.integers(0, 10, people.rows)
        overdue = (people.behaviour == OCC) & ~drawn[:, HISTORY + months - 11 :].any(axis=1)
        overdue &= may[np.arange(people.rows), HISTORY + lately] & (rng.random(people.rows) < 0.92)
        drawn[np.flatnonzero(overdue), HISTORY + lately[overdue]] = True
        # who had loans once must have had one
        latest = people.change_month - 3
        one = np.where(quiet[:, 0] & ~people.is_project_company, np.maximum(people.start_month + 1, -HISTORY), NEVER)
        one = np.where(one <= np.minimum(latest, months - 1), one, NEVER)
        chosen = (one < NEVER) & ~drawn.any(axis=1)
        drawn[np.flatnonzero(chosen), one[chosen] + HISTORY] = True
        index, place = np.nonzero(drawn)
        return {"client": index, "month": place - HISTORY}

    def _terms(self, rng: np.random.Generator, drawn: dict[str, np.ndarray]) -> None:
        people, months = self.people, self.people.months
        client, month = drawn["client"], drawn["month"]
        behaviour = people.behaviour_at(client, month)
        size = len(client)
        # occasional borrowers without a line take a product for the need of the day
        need = rng.random(size)
        product = np.select(
            [need < 0.42, need < 0.72, need < 0.84, need < 0.92],
            [P["EMERG"], P["FAST_SME"], P["MORT_OPER"], P["BILL_DISC"]],
            P["REVOLVE_WC"],
        )
        product = np.where(people.hi_tech[client] & (need > 0.75), P["TECH_CREDIT"], product)
        product = np.where((product == P["FAST_SME"]) & ~self.is_small[client], P["MORT_OPER"], product)
        on_line = self.has_line[client] & ((behaviour != OCC) | (rng.random(size) < 0.8))
        product = np.where(on_line, self.line[client], product)
        product = np.where(behaviour == OCC, np.where(product == P["PREAPPROVED"], P["EMERG"], product), product)
        low, high = _attribute("term_low")[product], _attribute("term_high")[product]
        frequent = np.isin(behaviour, (HFS, HFX, HFO))
        high = np.where(frequent, np.minimum(high, 5), high)
        low = np.where(frequent, np.minimum(low, 2), low)
        term = low + np.floor(rng.random(size) * (high - low + 1)).astype(np.int64)
        # a client that went quiet had repaid by then
        quiet = np.isin(people.behaviour[client], (DORM, LAPSED))
        room = np.maximum(people.change_month[client] - month - 1, 1)
        term = np.where(quiet, np.minimum(term, room), term)
        day = rng.integers(2, 29, size)

        borrowers = np.flatnonzero((people.behaviour == TERM) & ~people.is_project_company & ~people.was_frequent)
        first = np.maximum(people.start_month[borrowers] + 1, -30)
        last = np.maximum(months - 14, first + 1)
        taken = first + (rng.random(len(borrowers)) * (last - first)).astype(np.int64)
        taken = np.minimum(taken, months - 2)
        able = taken < people.onset_month[borrowers]
        borrowers, taken = borrowers[able], taken[able]
        sector, tech = people.sector[borrowers], people.hi_tech[borrowers]
        wish = rng.random(len(borrowers))
        long_product = np.where(wish < 0.5, P["MORT_OPER"], P["FAST_SME"])
        long_product = np.where(
            np.isin(sector, (3, 8, 1)), np.where(wish < 0.6, P["EQUIP_TERM"], P["UPGRADE_TERM"]), long_product
        )
        long_product = np.where(tech & (people.growth[borrowers] == HIGH_GROWTH), P["TECH_GROWTH"], long_product)
        long_product = np.where(np.isin(sector, (2, 9, 12)), P["GREEN"], long_product)
        batteries = people.industry[borrowers] == industries.index_of("3841")
        long_product = np.where(batteries, P["GREEN"], long_product)
        micro = people.revenue[borrowers] < 8_000_000
        long_product = np.where(micro & (wish < 0.8), P["FAST_SME"], long_product)
        outsize = (long_product == P["FAST_SME"]) & ~self.is_small[borrowers]
        long_product = np.where(outsize, P["MORT_OPER"], long_product)
        low, high = _attribute("term_low")[long_product], _attribute("term_high")[long_product]
        long_term = low + np.floor(rng.random(len(borrowers)) * (high - low + 1)).astype(np.int64)
        still_running = rng.random(len(borrowers)) < 0.94
        # short products must have been taken lately to run on
        recent = np.minimum(months - high + rng.integers(2, 11, len(borrowers)), months - 14)
        taken = np.where(still_running, np.maximum(taken, recent), taken)
        still_running &= taken < people.onset_month[borrowers]
        taken = np.where(taken < people.onset_month[borrowers], taken, first[able])
        needed = months - taken + rng.integers(1, 18, len(borrowers))
        long_term = np.where(still_running, np.clip(needed, long_term, high), long_term)
        long_day = rng.integers(2, 29, len(borrowers))

        projects = self.projects
        self.client = np.concatenate([client, borrowers, projects.loan_client])
        self.product = np.concatenate([product, long_product, projects.loan_product])
        self.term = np.concatenate([term, long_term, projects.loan_term])
        self.project = np.concatenate([np.full(size + len(borrowers), -1), projects.loan_project])
        origin = self.settings.first_month
        month_all = np.concatenate([month, taken]) + origin
        day_all = clock.back_to_workday(clock.day_in_month(month_all, np.concatenate([day, long_day])))
        self.disbursed_on = np.concatenate([day_all, projects.loan_disbursed_on])
        # the register of a client's start is mid-month: nobody borrows before being a client
        started = people.started_on[self.client]
        self.disbursed_on = np.where(
            self.project < 0,
            np.maximum(self.disbursed_on, clock.back_to_workday(np.minimum(started + 20, self.end))),
            self.disbursed_on,
        )
        self.disbursed_on = np.minimum(self.disbursed_on, self.end)
        self.disbursed_on = self._within_28(self.disbursed_on)
        self._amounts(rng)
        self.grace = np.concatenate([np.zeros(size + len(borrowers), dtype=np.int64), projects.loan_grace])
        self.principal = np.where(self.project >= 0, 0, self.principal)
        self.principal[self.project >= 0] = projects.loan_principal
        self.renewed_from = np.full(len(self.client), -1)
        self.renewed_by = np.full(len(self.client), -1)

    @staticmethod
    def _within_28(days: np.ndarray) -> np.ndarray:
        """Days after the 28th become the 28th, so that adding months needs no clamping."""
        day = (days - days.astype("datetime64[M]").astype(clock.DAY)).astype(np.int64) + 1
        return days - np.maximum(day - 28, 0)

    def _amounts(self, rng: np.random.Generator) -> None:
        people, size = self.people, len(self.client)
        month = clock.month_of(self.disbursed_on) - self.settings.first_month
        capacity = people.revenue_at(self.client, month) * 0.22
        wish = capacity * _attribute("scale")[self.product] * np.exp(rng.normal(0, 0.35, size))
        # who wants less than the smallest or more than the largest amount takes about that
        least = _attribute("low")[self.product] * 1e4 * rng.uniform(1.0, 1.3, size)
        most = _attribute("high")[self.product] * 1e4 * rng.uniform(0.8, 1.0, size)
        wish = np.clip(wish, least, most)
        wish = wish * self._fitting(wish)[self.client]
        step = np.where(wish >= 3e6, 100_000, np.where(wish >= 3e5, 10_000, 1_000))
        self.principal = np.maximum(np.rint(wish / step) * step, 1_000).astype(np.int64) * 100

    def _fitting(self, wish: np.ndarray) -> np.ndarray:
        """By how much a client's loans are smaller than it wishes, so that their decisions keep to its limit."""
        people, size = self.people, len(self.client)
        rng = stream(self.settings, people.block, 19)
        is_borrower = np.bincount(self.client, minlength=people.rows) > 0
        self.ratings = rating_actions(people, is_borrower)
        self.flows = policy.flows_of(
            people, is_borrower, np.isin(people.behaviour, (POT, HFS)) | people.is_project_company
        )
        month = clock.month_of(self.disbursed_on) - self.settings.first_month
        begins, ends = (
            self.disbursed_on.astype(np.int64),
            clock.add_months(self.disbursed_on, self.term).astype(np.int64),
        )
        ordinary = self.project < 0
        # loans on a line are decided with the line, the others one by one
        on_line = ordinary & np.isin(self.product, REVOLVING_LINES) & (self.product == self.line[self.client])
        on_line &= self.has_line[self.client]
        first = np.full(people.rows, NEVER)
        np.minimum.at(first, self.client[on_line], month[on_line])
        period = np.where(people.behaviour[self.client] == HFX, 0, (month - first[self.client]) // 24)
        key = np.where(on_line, self.client * 1_000 + period, people.rows * 1_000 + np.arange(size))
        _, lead, decision = np.unique(key, return_index=True, return_inverse=True)
        decided = np.full(len(lead), np.iinfo(np.int64).max)
        np.minimum.at(decided, decision, begins)
        owner, product = self.client[lead], self.product[lead]
        # the highest sum of a decision, and what the client owes beside it when it is taken
        peak = np.zeros(len(lead))
        np.maximum.at(peak, decision, self._level(decision, begins, ends, wish))
        room = np.where(on_line[lead], self._headroom(owner, 1.3), 1.0)
        tier = self.ratings.known.tier_known(owner, decided.astype(clock.DAY) - 8)
        factor = policy.LIMIT_MULTIPLIER[tier]
        factor = np.where(people.behaviour[owner] == HFX, np.maximum(factor - 0.4, 0.3), factor)
        factor = factor * np.where(np.isin(people.growth[owner], (STARTUP, DECLINING)), 0.8, 1.0)
        capacity = policy.capacity_at(people, self.flows, owner, month[lead]) * factor
        owed = np.zeros(len(lead))
        by_client = np.argsort(self.client, kind="stable")
        low = np.searchsorted(self.client[by_client], owner, side="left")
        high = np.searchsorted(self.client[by_client], owner, side="right")
        which, place = runs(high - low)
        other = by_client[low[which] + place]
        beside = (decision[other] != which) & ordinary[other]
        beside &= (begins[other] < decided[which] - 20) & (ends[other] > decided[which] - 40)
        np.add.at(owed, which[beside], wish[other[beside]])
        asked = owed + peak * room
        share = np.minimum(capacity * rng.uniform(0.6, 0.95, len(lead)) / asked, MOST[product] * 9_000 / (peak * room))
        share = np.where(ordinary[lead], share, 1.0)
        result = np.ones(people.rows)
        np.minimum.at(result, owner, np.maximum(share, 0.01))
        return result

    @staticmethod
    def _level(group: np.ndarray, begins: np.ndarray, ends: np.ndarray, amount: np.ndarray) -> np.ndarray:
        """What is out in the group of each loan just after the loan has been paid out."""
        member = np.concatenate([group, group])
        when = np.concatenate([begins, ends])
        change = np.concatenate([amount, -amount])
        order = np.lexsort((change, when, member))
        running = np.cumsum(change[order])
        last = np.flatnonzero(np.diff(member[order], append=-1))
        base = np.concatenate([np.zeros(1, dtype=running.dtype), running[last][:-1]])
        turn = np.cumsum(np.concatenate([[0], np.diff(member[order]) != 0]))
        level = np.empty(len(member), dtype=running.dtype)
        level[order] = running - base[turn]
        return level[: len(group)]

    def _headroom(self, client: np.ndarray, spare: np.ndarray | float) -> np.ndarray:
        """The limit of a line over the highest sum on it."""
        target = np.maximum(self.people.utilisation[client], 0.3)
        tight = target > 0.8
        return np.where(tight, 1.02, spare) / np.where(tight, 1.0, target + 0.25).clip(0.4, 1.0)

    def _renewals(self, rng: np.random.Generator) -> None:
        """Loans that pay off another loan of the same amount on its last day (two rounds)."""
        people, settings = self.people, self.settings
        candidates = np.arange(len(self.client))
        for _ in range(2):
            ends_on = clock.add_months(self.disbursed_on, self.term)[candidates]
            client = self.client[candidates]
            month = clock.month_of(ends_on) - settings.first_month
            chance = np.where(people.behaviour_at(client, month) == HFX, 0.30, 0.0)
            plain = np.isin(self.product[candidates], [P["FAST_SME"], P["MORT_OPER"], P["REVOLVE_WC"], P["RENEW"]])
            chance = np.where(plain & (chance == 0), 0.10, chance)
            chance = np.where(np.isin(people.behaviour[client], (DORM, LAPSED, HFS)), 0.0, chance)
            fits = (ends_on < settings.end - 12) & (self.term[candidates] <= 24) & (self.project[candidates] < 0)
            fits &= (month < people.onset_month[client] - 1) & (month < people.leave_month[client] - 12)
            fits &= (month >= -6) & self.is_small[client]
            renewed = candidates[fits & (rng.random(len(candidates)) < chance)]
            if not len(renewed):
                break
            new = len(self.client) + np.arange(len(renewed))
            self.renewed_by[renewed] = new
            disbursed = clock.add_months(self.disbursed_on, self.term)[renewed]
            term = rng.integers(6, 13, len(renewed))
            add = {
                "client": self.client[renewed],
                "product": np.full(len(renewed), P["RENEW"]),
                "term": term,
                "project": np.full(len(renewed), -1),
                "disbursed_on": self._within_28(disbursed),
                "principal": self.principal[renewed],
                "grace": np.zeros(len(renewed), dtype=np.int64),
                "renewed_from": renewed,
                "renewed_by": np.full(len(renewed), -1),
            }
            for name, values in add.items():
                setattr(self, name, np.concatenate([getattr(self, name), values]))
            candidates = new

    def _order(self) -> None:
        order = np.lexsort((self.product, self.disbursed_on, self.client))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        for name in ("client", "product", "term", "project", "disbursed_on", "principal", "grace"):
            setattr(self, name, getattr(self, name)[order])
        for name in ("renewed_from", "renewed_by"):
            other = getattr(self, name)[order]
            setattr(self, name, np.where(other >= 0, place[other], -1))
        self.rows = len(order)
        self.month = clock.month_of(self.disbursed_on) - self.settings.first_month
        # every fourth renewal is booked as a new loan: the same sum on the day on which the other was paid off
        same_sum = self.principal == self.principal[np.maximum(self.renewed_from, 0)]
        renewals = np.flatnonzero((self.renewed_from >= 0) & same_sum)
        self.is_evergreen = np.zeros(self.rows, dtype=bool)
        self.is_evergreen[renewals[1::4]] = True

    # -- lines -------------------------------------------------------------------------------------

    def _facilities(self, rng: np.random.Generator) -> None:
        """Loans of a client on its line share a facility for two years; the limit holds their highest sum.

        The line of a client under stress runs on as it is: policy grants it no new one.
        """
        on_line = np.isin(self.product, REVOLVING_LINES) & (self.product == self.line[self.client])
        on_line &= self.has_line[self.client]
        index = np.flatnonzero(on_line)
        self.facility = np.full(self.rows, -1)
        if not len(index):
            self.facility_client = np.zeros(0, dtype=np.int64)
            return
        client = self.client[index]
        first = np.full(self.people.rows, NEVER)
        np.minimum.at(first, client, self.month[index])
        period = np.where(self.people.behaviour[client] == HFX, 0, (self.month[index] - first[client]) // 24)
        key, inverse = np.unique(client * 1_000 + period, return_inverse=True)
        self.facility[index] = inverse
        size = len(key)
        self.facility_client = key // 1_000
        first_day = np.full(size, np.iinfo(np.int64).max)
        np.minimum.at(first_day, inverse, self.disbursed_on[index].astype(np.int64))
        first_day = first_day.astype(clock.DAY)
        self.facility_started_on = clock.back_to_workday(first_day - rng.integers(3, 20, size))
        self.facility_started_on = np.maximum(self.facility_started_on, self.people.started_on[self.facility_client])
        self.facility_expires_on = clock.add_months(
            self._within_28(self.facility_started_on), rng.integers(25, 37, size)
        )
        latest = np.zeros(size, dtype=np.int64)
        np.maximum.at(latest, inverse, self.disbursed_on[index].astype(np.int64))
        self.facility_expires_on = np.maximum(self.facility_expires_on, latest.astype(clock.DAY) + 30)
        # highest sum outstanding at one time
        starts = self.disbursed_on[index].astype(np.int64)
        ends = clock.add_months(self.disbursed_on, self.term)[index].astype(np.int64)
        peak = np.zeros(size, dtype=np.int64)
        np.maximum.at(peak, inverse, self._level(inverse, starts, ends, self.principal[index]))
        limit = peak * self._headroom(self.facility_client, rng.uniform(1.05, 1.3, size))
        self.facility_limit = (np.ceil(limit / 100 / 10_000) * 10_000).astype(np.int64) * 100
        product = np.zeros(size, dtype=np.int64)
        product[inverse] = self.product[index]
        self.facility_product = product
        self.facility_committed = rng.random(size) < 0.35

    # -- terms of contract -------------------------------------------------------------------------

    def _decisions(self, rng: np.random.Generator) -> None:
        """What was known when each loan was decided, and in what its contract departs from policy."""
        lines, alone = len(self.facility_client), np.flatnonzero(self.facility < 0)
        self.decision = self.facility.copy()
        self.decision[alone] = lines + np.arange(len(alone))
        client = np.concatenate([self.facility_client, self.client[alone]])
        day = self.disbursed_on[alone]
        if lines:
            day = np.concatenate([self.facility_started_on, day])
        self.known_tier = self.ratings.known.tier_known(client, day - 4)[self.decision]
        shares = policy.DEVIATION_SHARES
        kind = np.concatenate(
            [strata(rng, count, shares) if count else np.zeros(0, int) for count in (lines, len(alone))]
        )
        excused = rng.random(len(client)) < policy.EXCUSED_SHARE
        self.deviation, self.is_excused = kind, excused
        departs = kind[self.decision]
        # a longer term than the product has, and a larger sum than the client can carry
        long = (departs == policy.TENOR) & np.isin(self.product, [P[code] for code in TENOR_BREAKS])
        long &= (self.facility < 0) & (self.renewed_by < 0)
        long &= ~np.isin(self.people.behaviour[self.client], (DORM, LAPSED))
        self.term = np.where(long, LONGEST[self.product] + rng.integers(1, 7, self.rows), self.term)
        over = (departs == policy.SIZE) & (self.project < 0) & (self.renewed_by < 0) & (self.renewed_from < 0)
        times = rng.uniform(2.0, 4.0, len(client))
        raised = np.rint(self.principal * times[self.decision] / 1e5).astype(np.int64) * 100_000
        self.principal = np.where(over, np.maximum(raised, 100_000), self.principal)
        raises = np.flatnonzero(kind[:lines] == policy.SIZE)
        self.facility_limit[raises] = (
            np.rint(self.facility_limit[raises] * times[raises] / 1e6).astype(np.int64) * 1_000_000
        )
        most = np.zeros(lines, dtype=np.int64)
        on_line = np.flatnonzero(self.facility >= 0)
        np.maximum.at(most, self.facility[on_line], self.principal[on_line])
        self.facility_limit = np.maximum(self.facility_limit, most)

    def _contract(self, rng: np.random.Generator) -> None:
        size = self.rows
        tier, departs = self.known_tier, self.deviation[self.decision]
        spreads = np.array([product.spreads for product in PRODUCTS])
        agreed = spreads[self.product, policy.PRICE_OF[tier]] + np.where(tier == policy.RESTRICTED, 60, 0)
        # before branches adopted the segmentation, prices followed the tier loosely
        adopted = self._adopted(self.client, self.disbursed_on)
        loose = np.where(adopted, 8.0, 32.0) if self.settings.effects else np.full(size, 20.0)
        premium = np.abs(rng.normal(0, 1, size)) * loose
        cut = rng.uniform(15, 50, len(self.deviation))[self.decision]
        self.spread_bp = np.rint((agreed + np.where(departs == policy.PRICE, -cut, premium)) / 5) * 5
        self.five_year = self.term > 60
        lpr = clock.lpr_bp(self.disbursed_on, self.five_year)
        self.rate_micro = np.rint(np.clip(lpr + self.spread_bp, 150, 1_500)).astype(np.int64) * 100
        self.floating = (self.term > 12) & (rng.random(size) < 0.6)
        self._methods(rng, tier, departs)
        self.interval = _attribute("interval")[self.product]
        if not self.settings.is_small:
            self.interval = np.where(self.interval == 3, 1, self.interval)
        self.interval = np.where((self.method == INTEREST_ONLY) & (self.term >= 9), 3, self.interval)
        self._security(rng, tier, departs)
        self.currency = np.zeros(size, dtype=np.int64)
        foreign = (self.facility < 0) & (self.project < 0) & (self.renewed_from < 0) & (self.renewed_by < 0)
        foreign &= np.isin(self.people.sector[self.client], (3, 7, 4)) & (self.term >= 6)
        wanted = min(1.0, self.settings.profile.foreign_loans * size / max(foreign.sum(), 1))
        foreign &= rng.random(size) < wanted
        self.currency[foreign] = rng.integers(1, 4, foreign.sum())
        converted = np.ceil(self.principal / 100 / TO_YUAN[self.currency] / 1_000) * 100_000
        self.principal = np.where(foreign, converted.astype(np.int64), self.principal)
        self.matures_on = clock.add_months(self.disbursed_on, self.term)
        draw = rng.random(size)
        self.is_cancelled = (
            (draw < (0.008 if self.settings.is_small else 0.003)) & (self.facility < 0) & (self.project < 0)
        )
        self.is_cancelled &= (self.renewed_from < 0) & (self.renewed_by < 0)

    def _methods(self, rng: np.random.Generator, tier: np.ndarray, departs: np.ndarray) -> None:
        """How loans are repaid: as the product has it, as far as the tier has it, too."""
        people, size = self.people, self.rows
        count = np.array([len(product.methods) for product in PRODUCTS])
        pick = (rng.random(size) * count[self.product]).astype(np.int64)
        table = np.full((len(PRODUCTS), 2), -1)
        for position, product in enumerate(PRODUCTS):
            for place, method in enumerate(product.methods):
                table[position, place] = METHODS.index(method)
        usual = table[self.product, pick]
        usual = np.where((self.product == P["EMERG"]) & (self.term <= 2), BULLET, usual)
        by_product = np.isin(self.product, [P["SUPPLY_CHAIN"], P["BILL_DISC"]]) | (self.project >= 0)
        sectors = [industries.SECTORS.index(name) for name in policy.REVOLVING_SECTORS]
        revolves = (tier == policy.HIGH) | (
            (tier == policy.MEDIUM) & (np.isin(people.sector, sectors) | people.hi_tech)[self.client]
        )
        method = np.where((usual == REVOLVING) & ~revolves, INTEREST_ONLY, usual)
        without = np.isin(method, (INTEREST_ONLY, BULLET))
        too_long = (tier == policy.MEDIUM) & (self.term > 12)
        in_parts = np.where(self.product == P["LARGE_OPER"], EQUAL_PRINCIPAL, EQUAL_INSTALMENT)
        method = np.where(without & ((tier >= policy.ELEVATED) | too_long), in_parts, method)
        # who may repay as it likes does not depart from anything
        other = np.where(self.term > 12, INTEREST_ONLY, np.where(tier >= policy.ELEVATED, INTEREST_ONLY, REVOLVING))
        method = np.where((departs == policy.METHOD) & (tier != policy.HIGH), other, method)
        self.method = np.where(by_product, usual, method)

    def _security(self, rng: np.random.Generator, tier: np.ndarray, departs: np.ndarray) -> None:
        people = self.people
        usual = np.array([SECURITY.index(product.security) for product in PRODUCTS])[self.product]
        draw = rng.random(len(self.deviation))[self.decision]
        amount = self.principal / 100.0
        on_line = self.facility >= 0
        if on_line.any():
            amount[on_line] = self.facility_limit[self.facility[on_line]] / 100.0
        # none, where neither the product nor the tier asks for any
        product_lets = (UNSECURED_SHARE[self.product] == 1) | (amount <= UNSECURED_UP_TO[self.product])
        technology = people.hi_tech[self.client] & (tier == policy.MEDIUM) & (amount <= policy.TECHNOLOGY_UNSECURED)
        free = product_lets & ((tier == policy.HIGH) | technology)
        secured = np.where(usual == UNSECURED, GUARANTEED, usual)
        assets = np.where(np.isin(secured, (MORTGAGED, PLEDGED)), secured, MORTGAGED)
        self.security = np.where(
            free,
            np.where(draw < 0.7, UNSECURED, usual),
            np.select([tier <= policy.MEDIUM, tier == policy.UNRATED], [secured, assets], COMBINED),
        )
        # less than policy asks: none at all, or assets that are worth too little (collaterals)
        bare = (departs == policy.SECURITY) & (draw < 0.5) & ~free
        self.security = np.where(bare, UNSECURED, self.security)
        self.security = np.where((self.project >= 0) & (tier <= policy.MEDIUM), usual, self.security)
        self.security = np.where(
            np.isin(self.product, (P["SUPPLY_CHAIN"], P["BILL_DISC"])) & (tier != 2), PLEDGED, self.security
        )
        least = np.maximum(policy.COVERAGE[tier], np.where(self.product == P["MORT_OPER"], 1.0, 0.0))
        self.coverage_asked = np.where(technology, np.where(self.product == P["MORT_OPER"], 1.0, 0.0), least)
        open_share = np.minimum(
            np.where(technology, 1.0, policy.UNSECURED_SHARE[tier]),
            np.where(product_lets, 1.0, UNSECURED_SHARE[self.product]),
        )
        self.secured_share_asked = 1.0 - open_share
        self.is_short_of_security = departs == policy.SECURITY

    def _adopted(self, client: np.ndarray, days: np.ndarray) -> np.ndarray:
        adopted_on = self.people.adopted_on[client]
        return ~np.isnat(adopted_on) & (days >= adopted_on)

    # -- repayment ---------------------------------------------------------------------------------

    def _repay(self, rng: np.random.Generator) -> None:
        index = np.flatnonzero(~self.is_cancelled)
        due_day = np.where(np.isin(self.method, (INTEREST_ONLY, REVOLVING)), 21, 20)
        self.first_plan = plan(
            index,
            self.principal[index],
            self.rate_micro[index] / 1e6,
            self.disbursed_on[index],
            self.term[index],
            self.interval[index],
            self.method[index],
            self.grace[index],
            due_day[index],
        )
        rows = self.first_plan
        paid_on, partial = self._payment_days(rng, rows, np.zeros(self.rows, dtype=bool))
        amended_on, is_prepaid = self._amendments(rng)
        self.amended_on, self.is_prepaid = amended_on, is_prepaid
        has_amendment = ~np.isnat(amended_on)
        partial = np.where(has_amendment[rows.loan], 0.0, partial)
        kept = ~has_amendment[rows.loan] | (~np.isnat(paid_on) & (paid_on < amended_on[rows.loan]))
        # what the amendment carries over
        over = np.flatnonzero(~kept)
        remaining = np.zeros(self.rows, dtype=np.int64)
        np.add.at(remaining, rows.loan[over], rows.principal[over])
        arrears = np.zeros(self.rows, dtype=np.int64)
        overdue = over[rows.due_on[over] < amended_on[rows.loan[over]]]
        np.add.at(arrears, rows.loan[overdue], rows.interest[overdue])
        # an amendment of nothing is none
        void = has_amendment & (remaining == 0)
        amended_on[void] = clock.NOT_A_DAY
        changed = np.flatnonzero(has_amendment & ~void)
        last_due = self.disbursed_on.copy()
        for_last = np.flatnonzero(kept & has_amendment[rows.loan])
        np.maximum.at(last_due.view(np.int64), rows.loan[for_last], rows.due_on[for_last].astype(np.int64))
        amended = self._within_28(amended_on[changed])
        early = is_prepaid[changed]
        second_term = np.where(early, 1, rng.integers(12, 37, len(changed)))
        second = plan(
            changed,
            remaining[changed],
            self.rate_micro[changed] / 1e6,
            np.where(early, clock.add_months(amended, np.full(len(changed), -1)), amended),
            second_term,
            np.where(second_term > 24, 3, 1),
            np.where(early, BULLET, EQUAL_PRINCIPAL),
            np.zeros(len(changed), dtype=np.int64),
            np.full(len(changed), 20),
        )
        # interest of the time before the amendment falls due with its first instalment
        first_row = np.flatnonzero(np.diff(second.loan, prepend=-1))
        accrued_days = (amended - last_due[changed]).astype(np.int64)
        accrued = np.rint(remaining[changed] * (self.rate_micro[changed] / 1e6) * accrued_days / 360).astype(np.int64)
        second.interest[first_row] = np.where(
            early, np.maximum(accrued, 0), second.interest[first_row] + arrears[changed]
        )
        self.second_plan = second
        recovered = rng.random(self.rows) < 0.6
        second_paid, second_partial = self._payment_days(rng, second, recovered)
        second_paid = np.where(self.is_prepaid[second.loan], second.due_on, second_paid)
        restructured = has_amendment & ~void & ~is_prepaid
        self.restructured_on = np.where(restructured, amended_on, clock.NOT_A_DAY)
        self.amended_on = amended_on
        self.kept = kept
        last = np.flatnonzero(np.diff(second.loan, append=-1))
        extended = self.matures_on.copy()
        extended[second.loan[last]] = second.due_on[last]
        self.matures_on = np.where(restructured, extended, self.matures_on)

        # the rows that count at the end: kept ones and those of the amendment
        resolved = np.where(kept, paid_on, amended_on[rows.loan])
        self._defaults(rows, resolved, second, second_paid)
        final = rows.take(kept)
        self.final = Instalments(
            *(
                np.concatenate([getattr(final, name), getattr(second, name)])
                for name in ("loan", "due_on", "principal", "interest")
            )
        )
        self.final_paid_on = np.concatenate([paid_on[kept], second_paid])
        self.final_partial = np.concatenate([partial[kept], second_partial])
        late_to_pay = self.final_paid_on > self.end
        self.final_paid_on[late_to_pay] = clock.NOT_A_DAY

    def _payment_days(
        self, rng: np.random.Generator, rows: Instalments, is_recovered: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The day each instalment is paid in full (none if never) and the share paid in part."""
        people, size = self.people, len(rows.loan)
        client = self.client[rows.loan]
        month = clock.month_of(rows.due_on) - self.settings.first_month
        onset, cure = people.onset_month[client], people.cure_month[client]
        draw = rng.random(size)
        is_late = draw < people.late_share[client]
        nervous = (month >= onset - 4) & (month < onset)
        is_late |= nervous & (draw < 0.40)
        scale = np.where(nervous, 12.0, people.late_days[client])
        late_by = np.minimum(1 + np.floor(rng.exponential(1.0, size) * scale), np.where(scale < 3, 6, 70))
        early_by = np.where(rng.random(size) < 0.4, np.floor(rng.random(size) * 3), 0)
        delay = np.where(is_late, late_by, -early_by).astype(np.int64)
        paid_on = rows.due_on + delay
        broken = (month >= onset) & (month < cure) & ~is_recovered[rows.loan]
        kind = people.failure[client]
        slow_by = np.minimum(28 + 13 * (month - onset) + np.floor(rng.random(size) * 12), 160).astype(np.int64)
        paid_on = np.where(broken & (kind == SLOWS), rows.due_on + slow_by, paid_on)
        cure_day = clock.day_in_month(np.where(cure < NEVER, cure, 0) + self.settings.first_month, 11)
        paid_on = np.where(broken & (kind == CURES), np.maximum(cure_day, rows.due_on), paid_on)
        stopped = broken & (kind == STOPS)
        paid_on = np.where(stopped, clock.NOT_A_DAY, paid_on)
        first_stopped = stopped & ~np.roll(stopped & (np.diff(rows.loan, append=-1) == 0), 1)
        partial = np.where(first_stopped & (rng.random(size) < 0.3), np.round(0.2 + 0.5 * rng.random(size), 2), 0.0)
        # refinanced loans end on their last day
        refinanced = (self.renewed_by[rows.loan] >= 0) & (rows.due_on == self.matures_on[rows.loan])
        paid_on = np.where(refinanced, rows.due_on, paid_on)
        return paid_on, np.where(refinanced, 0.0, partial)

    def _amendments(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Early settlement and restructuring: the schedule is written anew from a day on."""
        people, size = self.people, self.rows
        onset = people.onset_month[self.client]
        life = (self.matures_on - self.disbursed_on).astype(np.int64)
        draw = rng.random(size)
        prepaid_on = self.disbursed_on + np.floor(life * rng.uniform(0.35, 0.85, size)).astype(np.int64)
        prepaid = (draw < 0.03) & (self.term >= 5) & (self.project < 0) & (self.renewed_by < 0)
        prepaid &= clock.month_of(prepaid_on) - self.settings.first_month < np.minimum(onset, NEVER) - 1
        prepaid &= (prepaid_on < self.end - 40) & ((prepaid_on - self.disbursed_on).astype(np.int64) > 45)
        restructured_on = clock.day_in_month(
            np.where(onset < NEVER, onset, 0) + rng.integers(3, 8, size) + self.settings.first_month, 15
        )
        failing = (onset < NEVER) & np.isin(people.failure[self.client], (SLOWS, STOPS))
        restructured = failing & (self.term >= 9) & (rng.random(size) < 0.30) & (restructured_on < self.end - 40)
        restructured &= (self.disbursed_on < restructured_on - 120) & (self.matures_on > restructured_on - 60)
        restructured &= self.renewed_by < 0
        amended_on = np.where(prepaid, prepaid_on, np.where(restructured, restructured_on, clock.NOT_A_DAY))
        return self._within_28_or_none(amended_on), prepaid

    def _within_28_or_none(self, days: np.ndarray) -> np.ndarray:
        known = ~np.isnat(days)
        days[known] = self._within_28(days[known])
        return days

    def _defaults(self, rows: Instalments, resolved: np.ndarray, second: Instalments, second_paid: np.ndarray) -> None:
        """First day on which a loan is more than 90 days past due."""
        loan = np.concatenate([rows.loan, second.loan])
        due = np.concatenate([rows.due_on, second.due_on])
        done = np.concatenate([resolved, second_paid])
        unpaid = np.isnat(done) | (done > due + 90)
        day = due + 91
        hit = np.flatnonzero(unpaid & (day <= self.end))
        first = np.full(self.rows, np.iinfo(np.int64).max)
        np.minimum.at(first, loan[hit], day[hit].astype(np.int64))
        known = first < np.iinfo(np.int64).max
        self.defaulted_on = np.where(known, np.where(known, first, 0).astype(clock.DAY), clock.NOT_A_DAY)

    # -- how it ended ------------------------------------------------------------------------------

    def _outcome(self, rng: np.random.Generator) -> None:
        size, end = self.rows, self.end
        final, paid_on = self.final, self.final_paid_on
        is_open = np.isnat(paid_on)
        part = np.rint((final.principal + final.interest) * self.final_partial).astype(np.int64)
        part = np.where(final.due_on <= end, part, 0)
        part_principal = np.maximum(part - final.interest, 0)
        outstanding = np.zeros(size, dtype=np.int64)
        np.add.at(outstanding, final.loan[is_open], (final.principal - part_principal)[is_open])
        remaining_due = np.zeros(size, dtype=np.int64)
        np.add.at(remaining_due, final.loan[is_open], (final.principal + final.interest - part)[is_open])
        far = np.iinfo(np.int64).max
        oldest = np.full(size, far)
        hit = np.flatnonzero(is_open & (final.due_on <= end))
        np.minimum.at(oldest, final.loan[hit], final.due_on[hit].astype(np.int64))
        overdue = oldest < far
        oldest_due = np.where(overdue, np.where(overdue, oldest, 0).astype(clock.DAY), clock.NOT_A_DAY)
        self.days_past_due = np.where(overdue, (end - oldest_due).astype(np.int64), 0)
        open_rows = np.bincount(final.loan[is_open], minlength=size)
        last_paid = np.zeros(size, dtype=np.int64)
        np.maximum.at(last_paid, final.loan[~is_open], paid_on[~is_open].astype(np.int64))
        settled = (open_rows == 0) & ~self.is_cancelled
        lost = (self.days_past_due > 380) & (self.project < 0)
        draw = rng.random(size)
        written_off = lost & (draw < 0.55)
        transferred = lost & (draw > 0.90)
        room = np.maximum(self.days_past_due - 365, 1)
        left_on = np.where(lost, oldest_due, end) + 362 + np.floor(rng.random(size) * room).astype(np.int64)
        left_on = np.minimum(left_on, end)
        self.status = np.select([self.is_cancelled, settled, written_off, transferred], [4, 1, 2, 3], 0)
        self.closed_on = np.where(settled, last_paid.astype(clock.DAY), clock.NOT_A_DAY)
        self.closed_on = np.where(transferred, left_on, self.closed_on)
        self.closed_on = np.where(self.is_cancelled, np.minimum(self.disbursed_on + 2, end), self.closed_on)
        self.written_off_on = np.where(written_off, left_on, clock.NOT_A_DAY)
        self.written_off_amount = np.where(written_off, outstanding, 0)
        self.outstanding = np.where(self.status == 0, outstanding, 0)
        bounds = np.searchsorted((1, 91, 271, 361), self.days_past_due, side="right")
        self.five_class = np.where(self.status == 0, bounds, np.where(self.status == 2, 4, -1))
        # what the bank got back later: guarantors and the sale of collateral
        recovering = lost & (self.status != 3) & (rng.random(size) < 0.45)
        index = np.flatnonzero(recovering)
        day = oldest_due[index] + rng.integers(200, 620, len(index))
        share = rng.uniform(0.08, 0.45, len(index))
        amount = np.rint(remaining_due[index] * share / 100_000).astype(np.int64) * 100_000
        fits = (day < end) & (amount > 0)
        source = np.where(np.isin(self.security[index], (MORTGAGED, PLEDGED, COMBINED)), 3, 2)
        self.recoveries = (index[fits], day[fits], amount[fits], source[fits])
        self._bookings(rng, part)

    def _bookings(self, rng: np.random.Generator, part: np.ndarray) -> None:
        """Payments: one booking an instalment, some split in two, some reversed."""
        final, paid_on, end = self.final, self.final_paid_on, self.end
        full = np.flatnonzero(~np.isnat(paid_on))
        amount = (final.principal + final.interest)[full]
        some = full[amount > 0]
        amount = amount[amount > 0]
        is_split = (rng.random(len(some)) < 0.015) & (amount > 100_000)
        first_part = np.where(is_split, np.rint(amount * 0.6 / 100_000).astype(np.int64) * 100_000, 0)
        refinanced = (self.renewed_by[final.loan[some]] >= 0) & (
            final.due_on[some] == self.matures_on[final.loan[some]]
        )
        is_split &= ~refinanced & (first_part > 0)
        split = np.flatnonzero(is_split)
        loan = [final.loan[some], final.loan[some][split]]
        day = [paid_on[some], paid_on[some][split] - 1]
        value = [amount - np.where(is_split, first_part, 0), first_part[split]]
        source = [np.where(refinanced, 1, 0), np.zeros(len(split), dtype=np.int64)]
        partial = np.flatnonzero((part > 0) & np.isnat(paid_on))
        partial_day = final.due_on[partial] + rng.integers(0, 12, len(partial))
        in_time = partial_day <= end
        loan.append(final.loan[partial[in_time]])
        day.append(partial_day[in_time])
        value.append(part[partial[in_time]])
        source.append(np.zeros(int(in_time.sum()), dtype=np.int64))
        recovered = self.recoveries
        loan.append(recovered[0])
        day.append(recovered[1])
        value.append(recovered[2])
        source.append(recovered[3])
        loan, day, value, source = (np.concatenate(x) for x in (loan, day, value, source))
        day = np.maximum(day, self.disbursed_on[loan])
        # who pays several instalments on one day pays them in one sum
        order = np.lexsort((source, day, loan))
        loan, day, value, source = loan[order], day[order], value[order], source[order]
        starts = np.flatnonzero(
            (np.diff(loan, prepend=-1) != 0)
            | (np.diff(day.astype(np.int64), prepend=-1) != 0)
            | (np.diff(source, prepend=-1) != 0)
        )
        value = np.add.reduceat(value, starts) if len(starts) else value
        loan, day, source = loan[starts], day[starts], source[starts]
        reversed_from = np.full(len(loan), -1)
        # a booking made twice by mistake and taken back a few days later
        mistaken = np.flatnonzero((rng.random(len(loan)) < 0.0025) & (day < end - 6))
        if len(mistaken):
            again = len(loan) + np.arange(len(mistaken))
            loan = np.concatenate([loan, loan[mistaken], loan[mistaken]])
            reversed_from = np.concatenate([reversed_from, np.full(len(mistaken), -1), again])
            value = np.concatenate([value, value[mistaken], value[mistaken]])
            source = np.concatenate([source, source[mistaken], source[mistaken]])
            day = np.concatenate([day, day[mistaken], day[mistaken] + rng.integers(1, 5, len(mistaken))])
        order = np.lexsort((np.arange(len(loan)), day, loan))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        self.payment_loan = loan[order]
        self.payment_day = day[order]
        self.payment_amount = value[order]
        self.payment_source = source[order]
        reversed_from = reversed_from[order]
        self.payment_reverses = np.where(reversed_from >= 0, place[reversed_from], -1)
        slow = np.where(rng.random(len(loan)) < 0.02, rng.integers(1, 8, len(loan)), 0)
        self.payment_booked_at = np.minimum(
            clock.office_time(rng, self.payment_day + slow), clock.at_time(end, 18 * 3_600)
        )
