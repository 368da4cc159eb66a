"""The intervals of claims against a second computation, in Python, that shares no code with the models."""

from __future__ import annotations

import math
from collections import defaultdict
from decimal import Decimal
from statistics import NormalDist
from typing import Any

import duckdb
import pytest
from conftest import Project, Warehouse

# Student's distribution, two-sided, from the printed tables
STUDENT = {
    0.95: {5: 2.570582, 10: 2.228139, 19: 2.093024, 30: 2.042272, 39: 2.022691, 120: 1.979930, 10**6: 1.959966},
    0.999: {5: 6.868827, 10: 4.586894, 19: 3.883406, 30: 3.645959, 120: 3.373454, 10**6: 3.290536},
}
# how near the expansion of the warehouse comes with the fewest clusters of a claim, and with twenty
NEAR = {0.95: (0.0002, 1e-6), 0.999: (0.006, 2e-5)}
FEWEST_DEGREES, FAMILY = 5, 0.95


def student(degrees: int, level: float) -> float:
    """By bisection of the distribution function (incomplete beta function as a sum of trapezoids)."""

    def below(t: float) -> float:
        steps = 4000
        scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
        heights = [(1 + (t * i / steps) ** 2 / degrees) ** (-(degrees + 1) / 2) for i in range(steps + 1)]
        return 0.5 + scale * t / steps * (sum(heights) - (heights[0] + heights[-1]) / 2)

    low, high, wanted = 0.0, 50.0, 0.5 + level / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < wanted else (low, middle)
    return low


def wilson(p: float, n: float, q: float) -> tuple[float, float]:
    middle, half = p + q * q / (2 * n), q * math.sqrt(p * (1 - p) / n + q * q / (4 * n * n))
    return (middle - half) / (1 + q * q / n), (middle + half) / (1 + q * q / n)


@pytest.fixture(scope="module")
def quantiles(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[float, int], float]:
    compiled = "select level, degrees, {{ student_quantile('z', 'degrees') }} as q from given"
    run = project.dbt("--quiet", "compile", "--inline", compiled, home=tmp_path_factory.mktemp("claims"))
    assert run.ok, run.output[-3000:]
    query = run.output[run.output.index("select level") :]
    values = ", ".join(
        f"({level}::double, {degrees}, {NormalDist().inv_cdf(0.5 + level / 2)!r}::double)"
        for level, table in STUDENT.items()
        for degrees in table
    )
    rows = duckdb.connect().execute(f"with given(level, degrees, z) as (values {values}) {query}").fetchall()
    return {(level, degrees): q for level, degrees, q in rows}


@pytest.mark.parametrize(
    ("level", "degrees"), [(level, degrees) for level, table in STUDENT.items() for degrees in table]
)
def test_student_quantile(quantiles: dict[tuple[float, int], float], level: float, degrees: int) -> None:
    printed = STUDENT[level][degrees]
    few, many = NEAR[level]
    assert quantiles[level, degrees] == pytest.approx(printed, rel=few if degrees < 19 else many)
    if degrees < 1000:
        assert student(degrees, level) == pytest.approx(printed, rel=1e-5)


Cell = dict[str, tuple[float, float]]


def mean_of(cell: Cell) -> float | None:
    below = sum(d for _, d in cell.values())
    return sum(n for n, _ in cell.values()) / below if below else None


def scored(cell: Cell, value: float, observations: int, q: float) -> tuple[float, float]:
    """Wilson's interval over so many observations as vary like those of the clusters."""
    below, clusters = sum(d for _, d in cell.values()), len(cell)
    spread = sum(((n - value * d) / below) ** 2 for n, d in cell.values())
    if spread < 1e-20 or clusters < 2:
        return wilson(value, clusters, q)
    worth = value * (1 - value) / (spread * clusters / (clusters - 1))
    return wilson(value, min(worth, observations), q)


def estimate(
    claim: dict[str, Any], cells: dict[tuple[str, str], Cell], seen: dict[tuple[str, str], int], level: float
) -> Any:
    """Effect, lower and upper end of one claim, None where there is none."""
    wanted = 4 if claim["design"] == "DIFFERENCE_IN_DIFFERENCES" else 2
    values = {side: mean_of(cell) for side, cell in cells.items()}
    if len(cells) < wanted or None in values.values():
        return None
    known = claim["design"] == "SEGMENT_AGAINST_BENCHMARK"
    counted = [len(cell) for (arm, _), cell in cells.items() if not (known and arm == "REFERENCE")]
    if min(counted) <= FEWEST_DEGREES:
        return None  # the expansion is for five degrees of freedom and more
    q = student(min(counted) - 1, level)
    sign = {(arm, period): (1 if arm == "SUBJECT" else -1) * (-1 if period == "BEFORE" else 1) for arm, period in cells}
    if claim["interval_method"] == "SCORE":
        subject, reference = values["SUBJECT", "ALL"], values["REFERENCE", "ALL"]
        if not (0 <= subject <= 1 and 0 <= reference <= 1):
            return None
        s_low, s_high = scored(cells["SUBJECT", "ALL"], subject, seen["SUBJECT", "ALL"], q)
        r_low, r_high = reference, reference
        if not known:
            r_low, r_high = scored(cells["REFERENCE", "ALL"], reference, seen["REFERENCE", "ALL"], q)
        effect = subject - reference
        return (
            effect,
            effect - math.hypot(subject - s_low, r_high - reference),
            effect + math.hypot(s_high - subject, reference - r_low),
        )
    relative = claim["effect_scale"] == "RATIO"
    if relative and min(values.values()) <= 0:
        return None
    effect = sum(sign[side] * (math.log(value) if relative else value) for side, value in values.items())
    parts: dict[str, float] = defaultdict(float)
    for side, cell in cells.items():
        below, value = sum(d for _, d in cell.values()), values[side]
        for key, (n, d) in cell.items():
            parts[key] += sign[side] * (n - value * d) / below / (value if relative else 1)
    if len(parts) < 2:
        return None
    error = math.sqrt(sum(part * part for part in parts.values()) * len(parts) / (len(parts) - 1))
    ends = (effect, effect - q * error, effect + q * error)
    if claim["effect_scale"] == "DIFFERENCE":
        return ends
    return tuple(math.exp(end) - 1 for end in ends)


def test_intervals_of_the_demo(demo: Warehouse) -> None:
    """Every effect and interval, also where the verdict says that the data are too few to show it."""
    claims = demo.frame("select * from intermediate.int_claim").to_dict("records")
    level = 1 - (1 - FAMILY) / len(claims)
    assert demo.rows("select distinct confidence_level, family_confidence_level from marts.mart_claims") == [
        (Decimal(level).quantize(Decimal("0.000001")), Decimal("0.95"))
    ]
    found = {
        claim: ends
        for claim, *ends in demo.rows(
            "select claim_id, effect_value, effect_lower, effect_upper from intermediate.int_claim_estimate"
        )
    }
    cells: dict[str, dict[tuple[str, str], Cell]] = defaultdict(lambda: defaultdict(dict))
    seen: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    columns = "claim_id, arm, period, cluster_key, observations, numerator, denominator"
    for claim, arm, period, key, observations, numerator, denominator in demo.rows(
        f"select {columns} from intermediate.int_claim_cluster"
    ):
        cells[claim][arm, period][key] = (float(numerator), float(denominator))
        seen[claim][arm, period] += observations
    compared = 0
    for claim in claims:
        expected = estimate(claim, cells[claim["claim_id"]], seen[claim["claim_id"]], level)
        if expected is None:
            continue
        compared += 1
        for name, value, exact in zip(("effect", "lower", "upper"), found[claim["claim_id"]], expected, strict=True):
            if abs(exact) > 1e3:
                continue  # a relative change of a thousand times is not a figure that anyone reads
            # six places, Wilson ends rounded before; the quantile of few clusters is within 0.6 %
            fewest = min(len(cell) for cell in cells[claim["claim_id"]].values())
            room = (expected[2] - expected[1]) * (0.003 if fewest < 20 else 2e-5)
            assert float(value) == pytest.approx(exact, abs=3e-6 + room), (claim["claim_id"], name)
    assert compared >= 20
