"""What is not about a single client: published indicators, marketing costs, policy roll-outs."""

from __future__ import annotations

from typing import Any

import numpy as np

from generator import clock
from generator.industries import SECTORS
from generator.lending_tables import CAMPAIGNS, CAMPAIGNS_OF_CHANNEL, CHANNELS
from generator.population import BRANCHES, adoption, branch_codes, stream
from generator.settings import Settings
from generator.tables import Coded, Nullable, batch_columns

INDICATORS = (
    "PMI", "NPL_RATIO", "DEFAULT_RATE_12M", "ON_TIME_REPAYMENT_RATE", "AVERAGE_LENDING_RATE", "LOAN_BALANCE",
    "PRICE_INDEX",
)  # fmt: skip
UNITS = ("FRACTION", "INDEX", "YUAN")
POPULATIONS = ("ALL", "HIGH", "MEDIUM", "ELEVATED")
ALL_SECTORS = (*SECTORS, "ALL")
SIZES = ("ALL", "LARGE", "MEDIUM", "SMALL", "MICRO")
# yearly default rate, non-performing share and balance (100 million yuan) of the invented market
DEFAULT_RATE = np.array(
    [0.032, 0.024, 0.014, 0.026, 0.022, 0.030, 0.029, 0.035, 0.024, 0.012, 0.038, 0.010, 0.012, 0.006, 0.026]
)
NPL_SHARE = np.array(
    [0.028, 0.019, 0.010, 0.020, 0.014, 0.022, 0.019, 0.030, 0.015, 0.008, 0.036, 0.004, 0.009, 0.004, 0.018]
)
BALANCE = np.array(
    [240.0, 190.0, 540.0, 1090.0, 285.0, 560.0, 370.0, 675.0, 640.0, 230.0, 710.0, 260.0, 600.0, 50.0, 0.0]
)
BALANCE[-1] = BALANCE[:-1].sum()


def indicators(settings: Settings) -> dict[str, Any]:
    """Monthly and quarterly values a sector, published about a month later, some of them revised."""
    rng = stream(settings, 0, 60)
    lead = 13  # months before the window, so that year-on-year changes exist from its first month on
    month = np.arange(-lead, settings.months)
    first, last = settings.downturn
    # a downturn builds up and fades within two months
    depth = np.clip(np.minimum((month - first + 2) / 2.0, (last + 2 - month) / 2.0), 0.0, 1.0)
    lagged = np.clip(np.minimum((month - first + 1) / 5.0, (last + 9 - month) / 7.0), 0.0, 1.0)
    cyclical = np.array([0.5, 0.9, 0.6, 1.2, 0.8, 0.8, 1.3, 1.2, 1.0, 0.3, 1.5, 0.6, 0.5, 0.2, 1.0])
    sectors = len(ALL_SECTORS)
    wave = 0.6 * np.sin(2 * np.pi * (month[None, :] / 12.0 + np.arange(sectors)[:, None] / 7.0))
    pmi = 51.3 + wave + rng.normal(0, 0.35, (sectors, len(month))) - (2.2 + 1.3 * cyclical[:, None]) * depth[None, :]
    npl = NPL_SHARE[:, None] * (1 + 0.45 * cyclical[:, None] * lagged[None, :]) + rng.normal(0, 0.0003, pmi.shape)
    growth = 1 + 0.0065 * (month[None, :] + lead) + 0.01 * rng.normal(0, 1, pmi.shape) * 0.3
    balance = BALANCE[:, None] * 1e8 * growth
    rate = (clock.lpr_bp(clock.month_end(settings.first_month + month), np.zeros(len(month), bool)) + 55) / 1e4
    rate = rate[None, :] + (DEFAULT_RATE[:, None] - 0.022) * 0.5 + rng.normal(0, 0.0003, pmi.shape)
    on_time = (
        0.972 - 0.35 * DEFAULT_RATE[:, None] - 0.02 * cyclical[:, None] * lagged + rng.normal(0, 0.0008, pmi.shape)
    )
    defaults = DEFAULT_RATE[:, None] * (1 + 0.9 * np.clip(cyclical[:, None], 0.3, 1.3) * lagged)
    defaults = defaults * (1 + rng.normal(0, 0.02, pmi.shape))
    prices = 100 * (1 + 0.0012 * month[None, :]) * (1 - 0.05 * cyclical[:, None] * lagged) + rng.normal(
        0, 0.3, pmi.shape
    )
    quarterly = (settings.first_month + month) % 3 == 2
    everything = np.ones(len(month), dtype=bool)
    yearly = (settings.first_month + month) % 12 == 11
    all_sectors = np.arange(sectors)
    priced = np.flatnonzero(np.isin(ALL_SECTORS, ("ENERGY", "REAL_ESTATE", "MANUFACTURING", "ALL")))
    pieces = [
        # indicator, sectors, months, values, decimals, unit, size, population
        (0, all_sectors, everything, pmi, 1, 1, 0, 0),
        (1, all_sectors, everything, npl, 4, 0, 0, 0),
        (2, all_sectors, quarterly, defaults, 4, 0, 0, 0),
        (3, all_sectors, quarterly, on_time, 4, 0, 0, 0),
        (4, all_sectors, quarterly, rate, 4, 0, 0, 0),
        (5, all_sectors, everything if settings.number_width > 6 else quarterly, balance, -8, 2, 0, 0),
        (6, priced, quarterly, prices, 1, 1, 0, 0),
    ]
    for position, factor in enumerate((0.12, 0.55, 2.1), start=1):
        pieces.append((2, all_sectors, quarterly, defaults * factor, 4, 0, 0, position))
    for position, factor in enumerate((0.45, 0.8, 1.05, 1.35), start=1):
        pieces.append((2, all_sectors, yearly, defaults * factor, 4, 0, position, 0))
        pieces.append((1, all_sectors[-1:], quarterly, npl * factor, 4, 0, position, 0))
    pieces.append((5, all_sectors, quarterly, balance * 0.21, -8, 2, 0, 1))
    cells: dict[str, list] = {
        name: [] for name in ("indicator", "sector", "size", "population", "month", "value", "unit")
    }
    for indicator, chosen, months, values, decimals, unit, size, population in pieces:
        sector, place = np.meshgrid(chosen, np.flatnonzero(months), indexing="ij")
        sector, place = sector.ravel(), place.ravel()
        rounded = np.round(values[sector, place], decimals)
        for name, entry in (
            ("indicator", indicator), ("size", size), ("population", population), ("unit", unit),
        ):  # fmt: skip
            cells[name].append(np.full(len(sector), entry))
        cells["sector"].append(sector)
        cells["month"].append(month[place])
        cells["value"].append(rounded)
    columns = {name: np.concatenate(parts) for name, parts in cells.items()}
    size = len(columns["value"])
    period_end = clock.month_end(settings.first_month + columns["month"])
    released = period_end + np.where(columns["indicator"] == 0, 1, 30) + rng.integers(0, 4, size)
    revised = np.flatnonzero((rng.random(size) < 0.03) & (columns["indicator"] != 0))
    index = np.concatenate([np.arange(size), revised])
    value = columns["value"][index]
    decimals = np.where(columns["unit"][index] == 2, -8, np.where(columns["unit"][index] == 1, 1, 4))
    changed = np.arange(len(index)) >= size
    scale = np.power(10.0, decimals)
    value = np.where(changed, np.rint(value * rng.choice((0.97, 1.02, 1.03), len(index)) * scale) / scale, value)
    released_on = released[index] + np.where(changed, 60, 0)
    keep = np.flatnonzero(released_on <= settings.end)
    order = keep[
        np.lexsort(
            (
                released_on[keep],
                period_end[index][keep],
                *(columns[name][index][keep] for name in ("population", "size", "sector", "indicator")),
            )
        )
    ]
    index = index[order]
    return {
        "indicator": Coded(columns["indicator"][index], INDICATORS),
        "sector": Coded(columns["sector"][index], ALL_SECTORS),
        "size_class": Coded(columns["size"][index], SIZES),
        "population": Coded(columns["population"][index], POPULATIONS),
        "period_end": period_end[index],
        "released_on": released_on[order],
        "value": value[order].astype(float),
        "unit": Coded(columns["unit"][index], UNITS),
        **batch_columns(np.maximum(released_on[order], settings.start)),
    }


def marketing_costs(settings: Settings) -> dict[str, Any]:
    rng = stream(settings, 0, 61)
    combinations = [(channel, campaign) for channel, those in enumerate(CAMPAIGNS_OF_CHANNEL) for campaign in those]
    targets = {
        0: ("SIZE", "SMALL"), 1: ("INDUSTRY", "TECHNOLOGY"), 2: ("INDUSTRY", "MANUFACTURING"),
        3: ("PROJECT_TYPE", "ENERGY"), 4: ("BEHAVIOUR", "POTENTIAL_QUALITY"), 5: ("CREDIT", "HIGH"),
    }  # fmt: skip
    months = np.arange(settings.months)
    channel = np.repeat([c for c, _ in combinations], len(months))
    campaign = np.repeat([c for _, c in combinations], len(months))
    month = np.tile(months, len(combinations))
    per_client = np.array([6.0, 2.5, 14.0, 8.0, 1.5])[channel]
    size = len(channel)
    season = 1 + 0.3 * np.sin(2 * np.pi * (month + settings.first_month) / 12.0)
    cost = per_client * max(settings.clients, 200) * 0.35 * season * np.exp(rng.normal(0, 0.2, size))
    # money is spent where it found clients, once the segments are known
    aimed = month >= settings.adoption_month
    leads = np.maximum(1, np.rint(cost / np.array([420.0, 130.0, 700.0, 350.0, 90.0])[channel])).astype(np.int64)
    end = clock.month_end(settings.first_month + month)
    axes = [targets[c][0] for c in campaign.tolist()]
    codes = [targets[c][1] for c in campaign.tolist()]
    aims_at_axis = sorted({axis for axis, _ in targets.values()})
    aims_at_code = sorted({code for _, code in targets.values()})
    axis_index = np.where(aimed, [aims_at_axis.index(a) for a in axes], -1)
    code_index = np.where(aimed, [aims_at_code.index(c) for c in codes], -1)
    return {
        "month_end": end,
        "channel": Coded(channel, CHANNELS),
        "campaign": Coded(campaign, CAMPAIGNS),
        "cost": np.rint(cost).astype(np.int64) * 100,
        "leads": leads,
        "target_axis": Coded(axis_index, aims_at_axis),
        "target_segment_code": Coded(code_index, aims_at_code),
        **batch_columns(end),
    }


def policy_rollouts(settings: Settings) -> dict[str, Any]:
    """The segmentation at every branch, and a second policy at some, whose effect nobody planted."""
    days = adoption(settings)
    rng = stream(settings, 0, 62)
    second = np.sort(rng.permutation(BRANCHES)[:10])
    second_on = clock.day_in_month(settings.first_month + rng.integers(10, 40, len(second)), 1)
    branch = np.concatenate([np.arange(BRANCHES), second])
    adopted_on = np.concatenate([days, second_on])
    known = np.where(np.isnat(adopted_on), settings.end, adopted_on)
    return {
        "branch_code": Coded(branch, branch_codes()),
        "policy_code": Coded(np.repeat([0, 1], [BRANCHES, len(second)]), ("SEGMENTATION", "ELECTRONIC_SIGNATURE")),
        "adopted_on": Nullable(adopted_on, np.isnat(adopted_on)),
        **batch_columns(known),
    }
