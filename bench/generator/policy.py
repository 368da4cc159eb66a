"""What the lender's policy asks of a contract, by the tier that was known when it was decided.

The figures are those of the shipped rules (seeds/rules: rule_tier_policy, rule_product, rule_collateral_value,
rule_policy_modifier), written out like the prime rates of clock.py: a portfolio is drawn around the policy of its
lender, and does not change when somebody edits the rules to see what would happen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.population import Population, stream

# the tier known at a decision: HIGH, MEDIUM, ELEVATED, RESTRICTED as in settings.TIERS, and none
HIGH, MEDIUM, ELEVATED, RESTRICTED, UNRATED = range(5)
# upper bounds of the yearly default probability of the first three
TIER_BOUNDS = np.array([0.0026, 0.022, 0.11])
COVERAGE = np.array([0.0, 0.5, 1.2, 1.5, 1.0])
UNSECURED_SHARE = np.array([1.0, 0.5, 0.0, 0.0, 0.2])
LIMIT_MULTIPLIER = np.array([1.0, 0.8, 0.4, 0.4, 0.4])
# the price of ELEVATED holds for whoever is worse or not known
PRICE_OF = np.array([0, 1, 2, 2, 2])
MONITORING_MONTHS = np.array([6, 3, 1, 1, 3])
SHARE_OF_INFLOW, SHARE_OF_REVENUE = 0.40, 0.30
# counted share, in the order of COLLATERAL_TYPES: REAL_ESTATE, EQUIPMENT, RECEIVABLE, INTELLECTUAL_PROPERTY,
# DEPOSIT, SHARES, GUARANTEE, TOLL_RIGHT, OTHER
COUNTED = np.array([0.7, 0.5, 0.7, 0.3, 1.0, 0.5, 0.5, 0.6, 0.3])
TECHNOLOGY_UNSECURED = 5_000_000.0
FAST_TRACK = 8_000_000.0  # the policy says ten million of exposure, the other loans of the client among them
# sectors in which a client of the MEDIUM tier draws and repays at will
REVOLVING_SECTORS = ("TECHNOLOGY", "SERVICES", "TRADE")

# What goes against policy, by decision (a line, or a loan without one): nothing, or one lever.
COMPLIANT, PRICE, SECURITY, METHOD, TENOR, SIZE, TRACK = range(7)
DEVIATION_SHARES = (0.60, 0.065, 0.105, 0.085, 0.07, 0.04, 0.035)
DEPARTURES = ("NONE", "PRICE", "SECURITY", "METHOD", "TERM", "SIZE", "TRACK")
# share of the deviations that somebody approved, and under which code
EXCUSED_SHARE = 0.4
EXCEPTIONS = ("RATE_EXCEPTION", "COLLATERAL_EXCEPTION", "REPAYMENT_EXCEPTION", "TENOR_EXCEPTION", "AMOUNT_EXCEPTION")


def tier_of(propensity: np.ndarray) -> np.ndarray:
    return np.searchsorted(TIER_BOUNDS, propensity)


@dataclass
class Flows:
    """Whether a client's business runs over accounts here, what they show, and which part of its sales."""

    banks_here: np.ndarray
    detailed: np.ndarray
    small_things: np.ndarray
    part: np.ndarray


def flows_of(people: Population, is_borrower: np.ndarray, always: np.ndarray) -> Flows:
    rng = stream(people.settings, people.block, 57)
    profile, n = people.settings.profile, people.rows
    share = np.where(is_borrower, profile.flows_borrowers, profile.flows_others)
    return Flows(
        banks_here=(rng.random(n) < share) | always,
        detailed=rng.random(n) < profile.flows_detail,
        small_things=rng.random(n) < profile.flows_small,
        part=rng.uniform(0.35, 0.95, n),
    )


def capacity_at(people: Population, flows: Flows, client: np.ndarray, month: np.ndarray) -> np.ndarray:
    """What a client may owe by its inflows of a year or, where they are not known, by its last statement."""
    by_inflow = people.revenue_at(client, month - 6) * flows.part[client] * 0.94 * SHARE_OF_INFLOW
    by_revenue = people.revenue_at(client, month - 15) * SHARE_OF_REVENUE
    known = flows.banks_here[client] & (month - np.maximum(people.start_month[client], 0) > 12)
    # the first months of the window have inflows of less than a year
    return np.where(known, by_inflow, np.where(flows.banks_here[client], np.minimum(by_inflow, by_revenue), by_revenue))


class Ratings:
    """Every rating action, and the tier that stood at the end of a month."""

    def __init__(self, client: np.ndarray, day: np.ndarray, rank: np.ndarray, tier: np.ndarray, last_on: np.ndarray):
        """`rank` 0 for the internal rating, 1 for agencies, 2 for scores; an action counts through `last_on`."""
        self.kinds = []
        for code in range(3):
            chosen = np.flatnonzero(rank == code)
            order = chosen[np.lexsort((day[chosen], client[chosen]))]
            key = client[order] * 100_000 + day[order].astype(np.int64)
            self.kinds.append((key, client[order], tier[order], last_on[order]))

    def tier_known(self, client: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The tier at the last month end before a day."""
        at = day.astype("datetime64[M]").astype("datetime64[D]") - 1
        result = np.full(len(client), UNRATED)
        for key, owner, tier, last_on in reversed(self.kinds):
            if not len(key):
                continue
            place = np.searchsorted(key, client * 100_000 + at.astype(np.int64), side="right") - 1
            found = np.maximum(place, 0)
            holds = (place >= 0) & (owner[found] == client) & (last_on[found] >= at)
            result = np.where(holds, tier[found], result)
        return result
