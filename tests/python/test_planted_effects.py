"""bench/planted_effects.py: how runs are counted, and what it holds for planted."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import planted_effects as bench  # noqa: E402
from generator.settings import Settings  # noqa: E402

TRUTH = {bench.TIME: -0.35, bench.HIGH_MEDIUM: -0.008, bench.MEDIUM_ELEVATED: -0.03}


def line(kind: str, seed: int, claims: dict[str, tuple[float | None, float | None, float | None, str]]) -> dict:
    found = {}
    for claim in bench.CLAIMS:
        effect, lower, upper, verdict = claims.get(claim, (None, None, None, "NOT_ENOUGH_DATA"))
        found[claim] = {"effect": effect, "lower": lower, "upper": upper, "verdict": verdict, "reason": ""}
    found[bench.STABLE]["planted"] = 0.15
    return {"kind": kind, "seed": seed, "clients": 20_000, "claims": found}


def cells(results: list[dict], claim: str) -> list[str]:
    rows = [row for row in bench.report(results, TRUTH).splitlines() if row.startswith(f"| {claim} ")]
    return [cell.strip() for cell in rows[0].strip("|").split("|")]


def test_an_interval_covers_at_its_ends_and_leaves_out_zero_only_beyond_it() -> None:
    results = [
        line("effects", 1, {bench.TIME: (-0.30, -0.35, -0.25, "SUPPORTED"), bench.STABLE: (0.1, 0.0, 0.15, "X")}),
        line("effects", 2, {bench.TIME: (-0.30, -0.3499, -0.25, "SUPPORTED"), bench.STABLE: (0.1, 0.01, 0.1499, "X")}),
        line("effects", 3, {}),
        line("none", 1, {bench.TIME: (-0.1, -0.2, -0.01, "SUPPORTED")}),
        line("none", 2, {bench.TIME: (-0.1, -0.2, 0.01, "NOT_SUPPORTED")}),
        line("none", 3, {}),
    ]
    # a run without an interval covers nothing and counts among the runs all the same
    assert cells(results, bench.TIME)[3:] == ["1 of 3", "2 of 3", "2", "1", "1", "1"]
    assert cells(results, bench.STABLE)[3:5] == ["1 of 3", "1 of 3"]
    assert cells(results, bench.TIME)[1:3] == ["-0.3500", "-0.3000"]


def test_results_grow_by_lines_and_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "results.jsonl"
    assert bench.read_results(path) == []
    for seed in (1, 2):
        bench.append(path, line("effects", seed, {}))
    assert [found["seed"] for found in bench.read_results(path)] == [1, 2]


@pytest.mark.parametrize("effects", [True, False])
def test_tiers_default_differently_only_where_that_is_planted(effects: bool) -> None:
    obligors, defaults = bench.tier_counts(Settings(10_000, 3, effects=effects)).T
    assert (obligors[:3] > 500).all()
    rates = defaults[:3] / obligors[:3]
    errors = np.sqrt(rates * (1 - rates) / obligors[:3])
    # three standard errors of the difference
    apart = [rates[i + 1] - rates[i] > 3 * np.hypot(errors[i], errors[i + 1]) for i in range(2)]
    assert apart == [effects, effects], rates


def test_probabilities_of_paying_on_time_are_those_of_the_generator() -> None:
    settings = Settings(4_000, 3)
    table = bench.on_time_probabilities(settings, 0)
    _, loans = bench.simulated(settings, 0)
    due = loans.final.due_on <= settings.end
    probability = table["probability"].to_numpy()[due]
    paid = (loans.final_paid_on <= loans.final.due_on)[due]
    assert probability.min() >= 0 and probability.max() <= 1
    error = np.sqrt((probability * (1 - probability)).sum()) / len(paid)
    assert abs(probability.mean() - paid.mean()) < 4 * error
