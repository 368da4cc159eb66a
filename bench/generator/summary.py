"""What a portfolio looks like: shares of the planted classes and a few figures, from its first block."""

from __future__ import annotations

import numpy as np

from generator import industries
from generator.loans import CODES, STATUSES, Loans
from generator.population import Population, adoption
from generator.projects import Projects
from generator.settings import BEHAVIOURS, GROWTH_CLASSES, SIZE_CLASSES, TIERS, Settings


def _shares(title: str, values: np.ndarray, labels) -> str:
    counts = np.bincount(values, minlength=len(labels))
    total = max(counts.sum(), 1)
    parts = [f"{label} {count} ({count / total:.1%})" for label, count in zip(labels, counts, strict=True)]
    return f"{title}: " + ", ".join(parts)


def summarise(settings: Settings) -> str:
    people = Population(settings, 0)
    people.adopted_on = adoption(settings)[people.branch]
    loans = Loans(people, Projects(people))
    ordinary = ~people.is_project_company
    tier = people.tier_at(np.arange(people.rows))
    lines = [
        _shares("behaviour", people.behaviour[ordinary], BEHAVIOURS),
        _shares("growth", people.growth[ordinary], GROWTH_CLASSES),
        _shares("size", people.size[ordinary], SIZE_CLASSES),
        _shares("sector", people.sector, industries.SECTORS),
        _shares("size row", people.size_row, [str(row) for row in range(17)]),
        _shares("tier", tier, TIERS),
        _shares("product", loans.product, CODES),
        _shares("loan status", loans.status, STATUSES),
    ]
    defaulted = np.zeros(people.rows, dtype=bool)
    defaulted[loans.client[~np.isnat(loans.defaulted_on)]] = True
    borrows = np.bincount(loans.client, minlength=people.rows) > 0
    for name, group, labels in (("tier", tier, TIERS), ("behaviour", people.behaviour, BEHAVIOURS)):
        rates = []
        for code, label in enumerate(labels):
            members = borrows & (group == code)
            if members.any():
                rates.append(f"{label} {defaulted[members].sum()}/{members.sum()}")
        lines.append(f"defaulted borrowers by {name}: " + ", ".join(rates))
    return "\n".join(lines)
