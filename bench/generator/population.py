"""The true clients of a block: who they are, how they behave, how they grow and when they fail."""

from __future__ import annotations

import numpy as np

from generator import clock, industries, names
from generator.settings import (
    DECLINING,
    DISTRESSED,
    DORM,
    EFFECTS,
    HFO,
    HFS,
    HFX,
    HIGH_GROWTH,
    LAPSED,
    LARGE,
    MATURE,
    MEDIUM,
    MICRO,
    NEW,
    OCC,
    POT,
    PROSPECT,
    SMALL,
    STARTUP,
    TERM,
    TRANSITIONAL,
    Settings,
)  # fmt: skip

NEVER = 10_000  # a month that does not come
BRANCHES = 40
STOPS, SLOWS, CURES = range(3)
STAFF_PER_REVENUE = 0.7  # a firm of twice the revenue has 2 ** 0.7 times the staff

# Share of clients who came to their final behaviour from another one inside the window, and from which.
EARLIER_BEHAVIOUR = {
    HFS: (0.35, OCC),
    HFX: (0.45, HFS),
    HFO: (0.40, OCC),
    POT: (0.75, PROSPECT),
    OCC: (0.25, PROSPECT),
    DORM: (1.0, OCC),
    LAPSED: (1.0, OCC),
}


def stream(settings: Settings, block: int, theme: int) -> np.random.Generator:
    """A random stream for one theme of one block, so that work on a theme leaves the others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([settings.seed, block, theme])))


def strata(rng: np.random.Generator, rows: int, shares) -> np.ndarray:
    """Classes in exactly the given shares, in random order: a small portfolio has every class, too."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    return np.searchsorted(edges / edges[-1], (rng.permutation(rows) + 0.5) / rows, side="right")


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


class Population:
    """Arrays with one entry a true client. Months count from 0, the first month of the window."""

    def __init__(self, settings: Settings, block: int) -> None:
        self.settings = settings
        self.block = block
        self.rows = n = settings.block_size(block)
        self.months = settings.months
        self.global_index = names.global_index(block, n)
        rng = stream(settings, block, 1)
        self._classes(rng)
        self._industry_and_place(rng)
        self._relationship(rng)
        self._size(rng)
        self._credit(stream(settings, block, 2))
        self._leaving(stream(settings, block, 3))

    # -- who ---------------------------------------------------------------------------------------

    def _classes(self, rng: np.random.Generator) -> None:
        n, profile, months = self.rows, self.settings.profile, self.months
        self.is_project_company = strata(rng, n, (profile.project_companies, 1 - profile.project_companies)) == 0
        self.behaviour = np.full(n, TERM)
        ordinary = ~self.is_project_company
        self.behaviour[ordinary] = strata(rng, int(ordinary.sum()), profile.behaviour)
        self.growth = strata(rng, n, profile.growth)
        # a client with potential grows; a stressed borrower rarely does; a new or prospective one is rarely failing
        potential = self.behaviour == POT
        self.growth[potential] = np.where(rng.random(potential.sum()) < 0.7, HIGH_GROWTH, STARTUP)
        calm = np.isin(self.behaviour, (HFS, NEW)) & np.isin(self.growth, (DISTRESSED, DECLINING))
        self.growth[calm] = np.where(rng.random(calm.sum()) < 0.5, MATURE, TRANSITIONAL)
        # who has gone quiet has been a borrower before, so it is no young firm
        quiet = np.isin(self.behaviour, (DORM, LAPSED)) & (self.growth == STARTUP)
        self.growth[quiet] = np.where(rng.random(quiet.sum()) < 0.6, MATURE, DECLINING)
        self.growth[self.is_project_company] = TRANSITIONAL
        self.size = strata(rng, n, profile.size)
        startup = self.growth == STARTUP
        self.size[startup] = np.maximum(self.size[startup], np.where(rng.random(startup.sum()) < 0.25, MEDIUM, SMALL))
        # growth counts from a real base: a firm of a few people does not show it
        growing = self.growth == HIGH_GROWTH
        self.size[growing] = np.minimum(self.size[growing], SMALL)
        self.size[self.is_project_company] = MICRO
        # before its month of change a client behaved differently
        self.earlier_behaviour = self.behaviour.copy()
        self.change_month = np.full(n, -NEVER)
        for final, (share, earlier) in EARLIER_BEHAVIOUR.items():
            chosen = (self.behaviour == final) & (rng.random(n) < share) & ordinary
            self.earlier_behaviour[chosen] = earlier
            low, high = (6, months - 16) if final in (DORM, LAPSED) else (months // 4, months - 14)
            self.change_month[chosen] = rng.integers(low, max(low + 1, high), chosen.sum())

    def _industry_and_place(self, rng: np.random.Generator) -> None:
        n, ordinary = self.rows, ~self.is_project_company
        # every third class or so of the demo must still be there: the weights are flattened for small portfolios
        weight = industries.column("weight") ** (0.45 if n < 2_000 else 1.0)
        self.industry = np.zeros(n, dtype=np.int64)
        self.industry[ordinary] = strata(rng, int(ordinary.sum()), weight)
        kinds = industries.PROJECT_KINDS
        self.project_kind = np.full(n, -1)
        companies = int(self.is_project_company.sum())
        if companies:
            self.project_kind[self.is_project_company] = strata(rng, companies, [kind[4] for kind in kinds])
            of_kind = np.array([industries.index_of(kind[2]) for kind in kinds])
            self.industry[self.is_project_company] = of_kind[self.project_kind[self.is_project_company]]
        self.size_row = industries.column("size_row")[self.industry]
        self.hi_tech = industries.column("hi_tech")[self.industry]
        sectors = industries.column("sector")
        self.sector = np.array([industries.SECTORS.index(sector) for sector in sectors])[self.industry]
        self.margin = industries.column("margin")[self.industry] * np.exp(rng.normal(0, 0.25, n))
        self.turnover = industries.column("turnover")[self.industry] * np.exp(rng.normal(0, 0.25, n))
        self.season = industries.column("season")[self.industry]
        self.region = rng.integers(0, len(names.REGIONS), n)
        self.core = rng.integers(0, len(names.CORE_FIRST) * len(names.CORE_SECOND), n)
        # branches have their districts: a client is served by one of the branches of its region
        self.branch = (self.region * 7 + rng.integers(0, 4, n) * 11) % BRANCHES
        self.org_type = self._org_types(rng)
        self.has_certificate = (rng.random(n) < np.where(self.hi_tech, 0.55, 0.04)) & ordinary
        self.has_certificate &= np.isin(industries.column("size_row")[self.industry], (2, 11, 12, 16))

    def _org_types(self, rng: np.random.Generator) -> np.ndarray:
        n = self.rows
        kind = {name: position for position, name in enumerate(names.ORG_TYPES)}
        draw = rng.random(n)
        result = np.full(n, kind["LIMITED"])
        result[(self.size <= MEDIUM) & (draw < 0.35)] = kind["JOINT_STOCK"]
        result[(self.size == LARGE) & (draw > 0.60)] = kind["STATE_OWNED"]
        result[(self.size <= MEDIUM) & (draw > 0.92)] = kind["FOREIGN"]
        result[(self.size == SMALL) & (draw > 0.97)] = kind["FOREIGN"]
        result[(self.size == MICRO) & (draw < 0.16)] = kind["SOLE_TRADER"]
        result[(self.size >= SMALL) & (draw > 0.90) & (draw < 0.93)] = kind["PARTNERSHIP"]
        result[(self.sector == 0) & (draw > 0.80)] = kind["OTHER"]
        result[self.is_project_company] = kind["SPV"]
        return result

    # -- since when --------------------------------------------------------------------------------

    def _relationship(self, rng: np.random.Generator) -> None:
        n, months = self.rows, self.months
        start = -rng.integers(1, 120, n)
        arrives = rng.random(n) < np.where(np.isin(self.behaviour, (PROSPECT, POT, OCC)), 0.42, 0.22)
        arrives &= ~np.isin(self.behaviour, (DORM, LAPSED))
        latest = np.where(self.change_month > 0, self.change_month, months - 9)
        start = np.where(arrives, (rng.random(n) * np.maximum(latest, 1)).astype(np.int64), start)
        new = self.behaviour == NEW
        start[new] = rng.integers(months - 3, months, new.sum())
        # what a class is known by needs time: account flows of eighteen months, a loan taken a year ago
        start = np.where(self.behaviour == POT, np.minimum(start, months - 22), start)
        start = np.where(self.behaviour == TERM, np.minimum(start, months - 16), start)
        # some project companies are old enough to have repaid within the window
        repays = np.isin(self.project_kind, industries.SHORT_PROJECTS) & (rng.random(n) < 0.6)
        start = np.where(repays, -rng.integers(40, 68, n), start)
        # Start-ups are younger than three years at the end of the window.
        startup = self.growth == STARTUP
        age_at_end = np.exp(rng.normal(2.55, 0.55, n)) + 3.2
        age_at_end = np.where(self.growth == HIGH_GROWTH, rng.uniform(4.2, 14, n), age_at_end)
        age_at_end = np.where(startup, rng.uniform(0.5, 2.9, n), age_at_end)
        age_at_end = np.where(startup & (self.behaviour == POT), rng.uniform(2.3, 2.9, n), age_at_end)
        age_at_end = np.where(startup & (self.behaviour == TERM), rng.uniform(1.9, 2.9, n), age_at_end)
        registered = months - 1 - np.round(age_at_end * 12).astype(np.int64)
        registered = np.where(startup | new, registered, np.minimum(registered, start - 2))
        start = np.where(startup, np.maximum(start, registered + 1 + rng.integers(0, 6, n)), start)
        self.start_month = np.minimum(np.maximum(start, registered + 1), months - 1)
        self.change_month = np.where(
            self.change_month > 0, np.maximum(self.change_month, self.start_month + 2), self.change_month
        )
        self.registered_month = np.minimum(registered, self.start_month - 1)
        origin = self.settings.first_month
        self.registered_on = clock.day_in_month(origin + self.registered_month, rng.integers(1, 29, n))
        self.started_on = clock.back_to_workday(clock.day_in_month(origin + self.start_month, rng.integers(3, 27, n)))

    # -- how large and how fast growing ------------------------------------------------------------

    def _size(self, rng: np.random.Generator) -> None:
        n, months = self.rows, self.months
        bounds = np.zeros((17, 3, 3))
        for row, indicators in industries.SIZE_ROWS.items():
            for position, indicator in enumerate("XYZ"):
                bounds[row, position] = indicators.get(indicator, (0, 0, 0))
        # rows outside the standard take the figures of industry, so that such firms have a plausible size as well
        bounds[0] = bounds[2]
        own = bounds[self.size_row]
        values = np.full((n, 3), np.nan)
        for position in range(3):
            large, medium, small = own[:, position].T
            low = np.choose(self.size, (large, medium, small, small * 0.12))
            high = np.choose(self.size, (large * 5, large, medium, small))
            drawn = np.exp(
                np.log(np.maximum(low, 1e-9))
                + rng.beta(1.3, 1.7, n) * np.log(np.maximum(high, 1e-9) / np.maximum(low, 1e-9))
            )
            values[:, position] = np.where(large > 0, np.clip(drawn, low * 1.02, high * 0.97), np.nan)
        people, revenue, assets = values.T
        revenue_wan = np.where(np.isnan(revenue), np.nan, revenue)
        revenue_wan = np.where(np.isnan(revenue_wan), assets * self.turnover, revenue_wan)
        revenue_wan = np.where(np.isnan(revenue_wan), people * np.exp(rng.normal(np.log(60), 0.4, n)), revenue_wan)
        people = np.where(np.isnan(people), revenue_wan / np.exp(rng.normal(np.log(90), 0.4, n)), people)
        self.employees = np.maximum(1, np.round(people)).astype(np.int64)
        self.revenue = revenue_wan * 10_000.0  # yuan a year at the end of the window
        self.assets = np.where(np.isnan(assets), revenue_wan / self.turnover, assets) * 10_000.0
        self.employees[self.is_project_company] = rng.integers(2, 10, self.is_project_company.sum())

        trade = industries.column("growth")[self.industry]
        late = np.choose(
            self.growth,
            (
                rng.uniform(0.20, 0.65, n),
                rng.uniform(0.30, 0.46, n),
                rng.normal(0.03, 0.035, n),
                rng.uniform(-0.24, -0.13, n),
                rng.uniform(-0.22, -0.02, n),
                rng.choice((-0.06, 0.05, 0.08), n) + rng.normal(0, 0.02, n),
            ),
        )
        late = np.where(self.behaviour == POT, rng.uniform(0.32, 0.50, n), late)
        self.growth_late = np.where(np.isin(self.growth, (HIGH_GROWTH, DECLINING)), late, late + trade * 0.5)
        # a life cycle: some were in another phase earlier in the window
        turned = rng.random(n) < np.where(self.growth == STARTUP, 0.0, 0.30)
        earlier = np.where(
            np.isin(self.growth, (DECLINING, DISTRESSED)), rng.normal(0.02, 0.03, n), rng.uniform(0.10, 0.35, n)
        )
        self.growth_early = np.where(turned, earlier, self.growth_late)
        # growth is measured over three years: those who must show it have grown that long
        turn = rng.integers(2, max(3, months - 40), n)
        self.growth_turn = np.where(np.isin(self.growth, (HIGH_GROWTH,)), np.minimum(turn, 6), turn + 4)
        self.volatility = np.where(
            self.growth == TRANSITIONAL, 0.18, np.where(self.growth == HIGH_GROWTH, 0.05, 0.05 + 0.025 * self.hi_tech)
        )
        self.flow_noise = np.where(self.hi_tech, 0.30, 0.14) * np.where(self.growth == TRANSITIONAL, 1.6, 1.0)
        self.flow_noise = np.where(self.behaviour == POT, 0.10, self.flow_noise)
        # staff grows with revenue: enough people now to have had more than ten three years ago
        staff = np.ceil(11.5 * np.power(1 + self.growth_late, 3.5 * STAFF_PER_REVENUE)).astype(np.int64)
        growing = (self.growth == HIGH_GROWTH) & ~self.is_project_company
        self.employees = np.where(growing, np.maximum(self.employees, staff), self.employees)

    def revenue_at(self, index: np.ndarray, month: np.ndarray) -> np.ndarray:
        """Yearly revenue level of clients in a month of the window, before noise and season."""
        end = self.months - 1
        turn = self.growth_turn[index]
        late = np.log1p(self.growth_late[index]) / 12
        early = np.log1p(self.growth_early[index]) / 12
        log_level = -late * (end - np.maximum(month, turn)) - early * np.maximum(turn - month, 0)
        onset = self.onset_month[index]
        # business falls away around a failure: a little before, a lot after
        log_level = log_level - 0.025 * np.clip(month - onset + 7, 0, 7) - 0.05 * np.clip(month - onset, 0, 12)
        cyclical = np.isin(self.sector[index], (3, 6, 7, 10))
        first, last = self.settings.downturn
        in_downturn = (month >= first) & (month <= last + 3)
        log_level = log_level - np.where(in_downturn, np.where(cyclical, 0.09, 0.04), 0.0)
        return self.revenue[index] * np.exp(np.clip(log_level, -3.5, 2.0))

    # -- how good ----------------------------------------------------------------------------------

    def _credit(self, rng: np.random.Generator) -> None:
        n, months, settings = self.rows, self.months, self.settings
        stable, stressed = self.behaviour == HFS, self.behaviour == HFX
        self.quality = rng.normal(0, 1, n) + np.where(stable, 0.3, 0.0) - np.where(stressed, 0.3, 0.0)
        self.quality += np.where(self.behaviour == POT, 0.7, 0.0)
        self.leverage = np.clip(sigmoid(0.25 - 0.55 * self.quality + rng.normal(0, 0.6, n)), 0.12, 0.93)
        self.leverage = np.where(self.growth == DISTRESSED, np.clip(self.leverage + 0.25, 0, 1.15), self.leverage)
        self.leverage[self.is_project_company] = rng.uniform(0.62, 0.80, self.is_project_company.sum())
        self.utilisation = np.clip(rng.beta(4, 3, n), 0.08, 0.95)
        self.utilisation = np.where(stressed, rng.uniform(0.82, 0.99, n), self.utilisation)
        log_odds = (
            -4.55
            + EFFECTS["default_log_odds_per_quality_sd"] * self.quality
            + EFFECTS["default_log_odds_per_leverage"] * (self.leverage - 0.55)
            + EFFECTS["default_log_odds_per_utilisation"] * (self.utilisation - 0.55)
            + np.where(stressed, EFFECTS["default_log_odds_stressed"], 0.0)
            + np.where(stable, EFFECTS["default_log_odds_stable"], 0.0)
            + np.choose(self.growth, (0.45, -0.3, -0.6, 0.8, 2.4, 0.1))
            + np.choose(self.size, (-0.7, -0.25, 0.0, 0.2))
        )
        log_odds[self.is_project_company] = -4.4 - 0.5 * self.quality[self.is_project_company]
        self.default_propensity = sigmoid(log_odds)
        # what the bank believes: the truth, seen through noise
        self.assessed_propensity = sigmoid(log_odds + rng.normal(0, 0.35, n))

        hazard_year = self.default_propensity if settings.effects else np.full(n, self.default_propensity.mean())
        hazard = 1 - (1 - hazard_year[:, None]) ** (1 / 12)
        month = np.arange(months)
        first, last = settings.downturn
        factor = np.where((month >= first) & (month <= last), EFFECTS["downturn_default_factor"], 1.0)
        fails = rng.random((n, months)) < hazard * factor * settings.profile.failure_factor
        fails &= month >= np.maximum(self.start_month, 0)[:, None] + 3
        self.onset_month = np.where(fails.any(axis=1), fails.argmax(axis=1), NEVER)
        self.failure = strata(rng, n, (0.55, 0.22, 0.23))
        self.failure[self.growth == DISTRESSED] = STOPS
        cure = self.onset_month + rng.integers(4, 10, n)
        self.cure_month = np.where((self.failure == CURES) & (self.onset_month < NEVER), cure, NEVER)
        # a failing client does not draw on to the end: what is left is the loan that it no longer repays
        self.was_frequent = np.isin(self.behaviour, (HFS, HFX, HFO))
        gone = self.was_frequent & (self.onset_month < months - 9) & (self.failure != CURES)
        self.earlier_behaviour = np.where(gone, self.behaviour, self.earlier_behaviour)
        self.change_month = np.where(gone, self.onset_month, self.change_month)
        self.behaviour = np.where(gone, TERM, self.behaviour)
        self.late_share = np.clip(0.008 + 0.6 * hazard_year + rng.exponential(0.006, n), 0.0, 0.35)
        self.late_days = np.where(rng.random(n) < 0.75, 4.0, 14.0)
        if settings.effects:
            self.late_share[stable] = EFFECTS["late_share_stable"]
            self.late_days[stable] = 2.0
            self.late_share[stressed] = EFFECTS["late_share_stressed"]
            self.late_days[stressed] = 22.0
        other = self.behaviour == HFO
        self.late_share[other] = 0.015
        self.late_days[other] = 6.0

    def tier_at(self, index: np.ndarray) -> np.ndarray:
        """Credit tier that the bank sees, 0 HIGH to 3 RESTRICTED, before a failure."""
        return np.searchsorted((0.0026, 0.022, 0.11), self.assessed_propensity[index], side="right")

    # -- until when --------------------------------------------------------------------------------

    def _leaving(self, rng: np.random.Generator) -> None:
        n, months = self.rows, self.months
        self.leave_month = np.full(n, NEVER)
        quiet = np.isin(self.behaviour, (DORM, LAPSED, PROSPECT)) & ~self.is_project_company
        rate = self.settings.profile.leaving / max(quiet.mean(), 0.01)
        leaves = quiet & (rng.random(n) < rate)
        earliest = np.maximum(np.maximum(self.start_month, self.change_month) + 15, 4)
        leaves &= earliest < months - 1
        span = np.maximum(months - 1 - earliest, 1)
        self.leave_month[leaves] = (earliest + (rng.random(n) * span).astype(np.int64))[leaves]
        # firms that failed for good lose their licence a year or two later
        gone = (self.failure == STOPS) & (self.onset_month < months - 20) & (rng.random(n) < 0.35)
        gone &= ~self.is_project_company
        self.leave_month[gone] = (self.onset_month + rng.integers(17, 20, n))[gone]
        self.left_as = np.where(gone, 2, np.where(rng.random(n) < 0.5, 1, 3))  # REVOKED, CANCELLED, MIGRATED_OUT
        self.left_as = np.where(self.leave_month < NEVER, self.left_as, 0)
        day = rng.integers(1, 29, n)
        month = np.where(self.leave_month < NEVER, self.leave_month, 0) + self.settings.first_month
        left_on = clock.day_in_month(month, day)
        self.left_on = np.where(self.leave_month < NEVER, left_on, clock.NOT_A_DAY)

    # -- when which behaviour ----------------------------------------------------------------------

    def behaviour_at(self, index: np.ndarray, month: np.ndarray) -> np.ndarray:
        changed = month >= self.change_month[index]
        return np.where(changed, self.behaviour[index], self.earlier_behaviour[index])

    def is_client_at(self, index: np.ndarray, month: np.ndarray) -> np.ndarray:
        return (month >= self.start_month[index]) & (month < self.leave_month[index])


def branch_codes() -> list[str]:
    return [f"BR{number:03d}" for number in range(1, BRANCHES + 1)]


def adoption(settings: Settings) -> np.ndarray:
    """Day on which each branch adopted the segmentation; the controls have none."""
    rng = stream(settings, 0, 90)
    adopters = rng.permutation(BRANCHES)[: BRANCHES // 2]
    offsets = rng.permutation(len(adopters)) % 7 - 3
    days = np.full(BRANCHES, clock.NOT_A_DAY)
    days[adopters] = clock.day_in_month(settings.first_month + settings.adoption_month + offsets, 1)
    return days
