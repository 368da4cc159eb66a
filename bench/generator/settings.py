"""What a run is asked for, and the shares that describe its portfolio."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# Clients are generated in blocks of this size, each from its own random streams. Nothing reaches over the edge of a
# block, so memory and the way the blocks are spread over processes and files never change the data.
BLOCK_CLIENTS = 10_000
# Every business number carries its block in the leading digits.
NUMBERS_PER_BLOCK = 1_000_000

BEHAVIOURS = (
    "HIGH_FREQUENCY_STABLE",
    "HIGH_FREQUENCY_STRESSED",
    "HIGH_FREQUENCY_OTHER",
    "POTENTIAL_QUALITY",
    "OCCASIONAL",
    "TERM_BORROWER",
    "DORMANT",
    "LAPSED_ACTIVE",
    "PROSPECT",
    "INSUFFICIENT_DATA",
)
HFS, HFX, HFO, POT, OCC, TERM, DORM, LAPSED, PROSPECT, NEW = range(10)

GROWTH_CLASSES = ("STARTUP", "HIGH_GROWTH", "MATURE", "DECLINING", "DISTRESSED", "TRANSITIONAL")
STARTUP, HIGH_GROWTH, MATURE, DECLINING, DISTRESSED, TRANSITIONAL = range(6)

SIZE_CLASSES = ("LARGE", "MEDIUM", "SMALL", "MICRO")
LARGE, MEDIUM, SMALL, MICRO = range(4)

TIERS = ("HIGH", "MEDIUM", "ELEVATED", "RESTRICTED")


@dataclass(frozen=True)
class Profile:
    """How a portfolio is put together. Shares need not sum to one; they are normalised."""

    # shares of the planted behaviour at the end of the window, in the order of BEHAVIOURS
    behaviour: tuple[float, ...]
    growth: tuple[float, ...]
    size: tuple[float, ...]
    project_companies: float
    second_registrations: float
    third_registrations: float
    lookalikes: float
    # monthly probability that an occasional borrower draws
    occasional_draws: float
    # how many times likelier failures are than the planted propensity says
    failure_factor: float
    leaving: float
    # share of clients with account flows, by whether they borrow
    flows_borrowers: float
    flows_others: float
    # probability that a client's file carries suppliers and wages / taxes and utilities beside its sales
    flows_detail: float
    flows_small: float
    event_factor: float
    crm_factor: float
    survey_share: float
    bureau_share: float
    statement_share: float
    legacy_loans: float
    foreign_loans: float
    amount_step: int


SCALE = Profile(
    behaviour=(0.007, 0.0035, 0.0035, 0.028, 0.125, 0.29, 0.10, 0.05, 0.37, 0.012),
    growth=(0.09, 0.12, 0.52, 0.10, 0.03, 0.14),
    size=(0.02, 0.10, 0.44, 0.44),
    project_companies=0.010,
    second_registrations=0.24,
    third_registrations=0.06,
    lookalikes=0.01,
    occasional_draws=0.095,
    failure_factor=1.0,
    leaving=0.06,
    flows_borrowers=0.48,
    flows_others=0.14,
    flows_detail=0.55,
    flows_small=0.45,
    event_factor=0.8,
    crm_factor=1.0,
    survey_share=0.10,
    bureau_share=0.45,
    statement_share=0.62,
    legacy_loans=0.012,
    foreign_loans=0.004,
    amount_step=1,
)

# The committed demo: few clients, every class there, so that each rule of the warehouse meets a case.
DEMO = Profile(
    behaviour=(0.050, 0.045, 0.035, 0.075, 0.19, 0.20, 0.10, 0.07, 0.21, 0.04),
    growth=(0.12, 0.19, 0.46, 0.12, 0.06, 0.05),
    size=(0.12, 0.22, 0.38, 0.28),
    project_companies=0.09,
    second_registrations=0.24,
    third_registrations=0.07,
    lookalikes=0.04,
    occasional_draws=0.095,
    failure_factor=2.2,
    leaving=0.06,
    flows_borrowers=0.62,
    flows_others=0.18,
    flows_detail=0.10,
    flows_small=0.06,
    event_factor=0.35,
    crm_factor=1.4,
    survey_share=0.30,
    bureau_share=0.65,
    statement_share=0.80,
    legacy_loans=0.02,
    foreign_loans=0.012,
    amount_step=100,
)


@dataclass(frozen=True)
class Settings:
    clients: int
    seed: int
    months: int = 48
    end: np.datetime64 = field(default_factory=lambda: np.datetime64("2026-06-30"))
    dirt: float = 0.0
    effects: bool = True
    profile: Profile = SCALE

    @property
    def end_month(self) -> int:
        """Months since 1970-01 of the last month of the window."""
        return int(self.end.astype("datetime64[M]").astype(int))

    @property
    def first_month(self) -> int:
        return self.end_month - self.months + 1

    @property
    def start(self) -> np.datetime64:
        """First day of the window."""
        return np.datetime64(self.first_month, "M").astype("datetime64[D]")

    @property
    def blocks(self) -> int:
        return -(-self.clients // BLOCK_CLIENTS)

    def block_size(self, block: int) -> int:
        return min(BLOCK_CLIENTS, self.clients - block * BLOCK_CLIENTS)

    @property
    def is_small(self) -> bool:
        """A small portfolio is thinner in rows per client and fuller in kinds of client."""
        return self.clients <= 2_000

    @property
    def number_width(self) -> int:
        """Digits of a business number: short ones keep the committed demo small."""
        return 6 if self.is_small else 10

    @property
    def downturn(self) -> tuple[int, int]:
        """First and last month (from 0) of the planted market downturn: months 19 to 27 of a window of 48."""
        return round(self.months * 19 / 48) - 1, round(self.months * 27 / 48) - 1

    @property
    def adoption_month(self) -> int:
        """The month around which branches adopted the segmentation."""
        return self.months // 2


# Planted effect sizes. --no-effects sets them to nothing, so that a test can see whether a mart finds effects that
# are not there.
EFFECTS = {
    "time_to_decision_factor": 0.65,
    "csat_shift": 0.35,
    "downturn_default_factor": 2.0,
    "default_log_odds_per_quality_sd": -0.9,
    "default_log_odds_per_leverage": 2.6,
    "default_log_odds_per_utilisation": 1.2,
    "default_log_odds_stressed": 1.1,
    "default_log_odds_stable": -0.8,
    "late_share_stable": 0.006,
    "late_share_stressed": 0.17,
}
