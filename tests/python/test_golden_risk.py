"""The golden vectors of risk weights and scores (domain reference, section 7), through the project's own macros."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest
from conftest import Project

# PD, LGD, maturity, sales in million euro: risk weight in percent and its decimals. Those of LGD 45 % come from the
# table of Basel II, whose 72.40 is 72.3947 by the formula (64.3509 x 45 / 40): they are met to one in the last decimal.
RISK_WEIGHTS = [
    ("0.01", "0.45", "2.5", None, 92.32, 2),
    ("0.01", "0.45", "2.5", "5", 72.40, 2),
    ("0.0005", "0.40", "2.5", None, 17.4677, 4),
    ("0.01", "0.40", "2.5", None, 82.0594, 4),
    ("0.01", "0.40", "2.5", "5", 64.3509, 4),
    ("0.01", "0.40", "2.5", "20", 70.1369, 4),
    ("0.02", "0.40", "2.5", None, 102.0926, 4),
    ("0.05", "0.40", "2.5", None, 133.2039, 4),
    ("0.10", "0.40", "2.5", None, 171.6328, 4),
    ("0.20", "0.40", "2.5", None, 211.7614, 4),
    # what lies beyond the edges of the formula counts as the edge: sales, PD floor
    ("0.01", "0.40", "2.5", "4.99", 64.3509, 4),
    ("0.01", "0.40", "2.5", "50", 82.0594, 4),
    ("0.01", "0.40", "2.5", "500", 82.0594, 4),
    ("0.000499", "0.40", "2.5", None, 17.4677, 4),
    ("0", "0.40", "2.5", None, 17.4677, 4),
]
# rows that have no risk weight by the formula: something is missing, or the exposure is in default
NO_RISK_WEIGHT = [
    (None, "0.40", "2.5"),
    ("0.01", None, "2.5"),
    ("0.01", "0.40", None),
    ("1", "0.40", "2.5"),
]
# the same maturity: beyond the edges and on them
MATURITIES = [("0.5", "1"), ("0", "1"), ("5.5", "5"), ("30", "5")]

COMPILED = """
with normal as (
    select z, {{ normal_cdf('z') }} as cdf from given_z
), inverse as (
    select p, {{ normal_inverse('p') }} as z from given_p
), capital as (
    select * from {{ irb_capital('given_exposure', ['row_no'], 'pd', 'lgd', 'maturity', 'sales') }} as weights
), score as (
    select
        row_no,
        {{ score_factor('pdo') }} as factor,
        {{ score_offset('base_score', 'base_odds', 'pdo') }} as score_at_even_odds,
        {{ pd_of_score('score', 'base_score', 'base_odds', 'pdo') }} as pd
    from given_score
)
"""
SCORES = [
    # score, base score, base odds, points that double the odds: PD
    ("600", "600", "50", "20", 1 / 51),
    ("620", "600", "50", "20", 1 / 101),
    ("580", "600", "50", "20", 1 / 26),
    # exactly on the edge between M13 and M14 of the master scale
    ("600", "600", "4", "20", 0.2),
    # a scale on which a lower score is safer
    ("580", "600", "50", "-20", 1 / 101),
    ("100000", "600", "50", "20", 0.0),
    ("-100000", "600", "50", "20", 1.0),
]


def table(name: str, columns: str, rows: list[tuple[Any, ...]]) -> str:
    values = ", ".join("(" + ", ".join("null" if value is None else str(value) for value in row) + ")" for row in rows)
    return f"create table {name} as select * from (values {values}) as given ({columns});"


@pytest.fixture(scope="module")
def answers(project: Project, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A database without any function of the project, and the macros as dbt writes them out."""
    home = tmp_path_factory.mktemp("risk")
    run = project.dbt("--quiet", "compile", "--inline", COMPILED + "select 1 as one", home=home)
    assert run.ok, run.output[-3000:]
    ctes = run.output[run.output.index("with normal as") : run.output.rindex("select 1 as one")]
    conn = duckdb.connect()
    zs = [value / 8 for value in range(-80, 81)] + [-38, 38]
    ps = [value / 1000 for value in range(1, 1000)] + [1e-9, 0.0003, 0.02425, 0.97575, 0.9999, 0, 1]
    exposures = [(row[0], row[1], row[2], row[3]) for row in RISK_WEIGHTS]
    exposures += [(*row, None) for row in NO_RISK_WEIGHT]
    exposures += [("0.01", "0.40", value, None) for pair in MATURITIES for value in pair]
    conn.execute(table("given_z", "z", [(f"cast({z} as double)",) for z in zs]))
    conn.execute(table("given_p", "p", [(f"cast({p} as double)",) for p in ps]))
    conn.execute(
        table("given_exposure", "row_no, pd, lgd, maturity, sales", [(n, *e) for n, e in enumerate(exposures)])
    )
    conn.execute(
        table("given_score", "row_no, score, base_score, base_odds, pdo", [(n, *s[:4]) for n, s in enumerate(SCORES)])
    )
    for name in ("normal", "inverse", "capital", "score"):
        conn.execute(f"create table {name}_answer as {ctes} select * from {name}")
    return conn


def test_normal_distribution(answers: duckdb.DuckDBPyConnection) -> None:
    exact = NormalDist()
    for z, cdf in answers.execute("select * from normal_answer").fetchall():
        assert cdf == pytest.approx(exact.cdf(z), abs=1e-15, rel=1e-13), z
    for p, z in answers.execute("select * from inverse_answer").fetchall():
        if 0 < p < 1:
            assert z == pytest.approx(exact.inv_cdf(p), abs=1e-9, rel=2e-9), p
        else:
            assert z is None


def test_risk_weights(answers: duckdb.DuckDBPyConnection) -> None:
    found = dict(answers.execute("select row_no, irb_risk_weight from capital_answer").fetchall())
    for number, (*given, expected, decimals) in enumerate(RISK_WEIGHTS):
        off = 0.5 if decimals == 4 else 1
        assert float(found[number]) * 100 == pytest.approx(expected, abs=off * 10**-decimals + 1e-9, rel=0), given
    first = len(RISK_WEIGHTS)
    for number, given in enumerate(NO_RISK_WEIGHT, first):
        assert found[number] is None, given
    first += len(NO_RISK_WEIGHT)
    for number, pair in enumerate(MATURITIES):
        assert found[first + 2 * number] == found[first + 2 * number + 1] is not None, pair


def test_steps_of_the_risk_weight(answers: duckdb.DuckDBPyConnection) -> None:
    sql = "select irb_correlation, irb_maturity_slope, irb_capital_ratio from capital_answer where row_no = 3"
    assert [round(float(value), 6) for value in answers.execute(sql).fetchone()] == [0.192784, 0.137486, 0.065648]


def test_scores(answers: duckdb.DuckDBPyConnection) -> None:
    rows = answers.execute("select factor, score_at_even_odds, pd from score_answer order by row_no").fetchall()
    assert [round(value, 6) for value in rows[0][:2]] == [28.853901, 487.122876]
    for (_, _, pd), (*given, expected) in zip(rows, SCORES, strict=True):
        assert float(pd) == pytest.approx(expected, abs=5e-11), given
    # an edge is met exactly, not nearly
    assert str(rows[3][2]) == "0.2000000000"


def test_master_scale_holds_its_own_mid_pds() -> None:
    """Each mid PD, looked up as any PD is, gives its own grade; and so do the ends of the bands."""

    text = (Path(__file__).resolve().parents[2] / "seeds" / "rules" / "rule_master_scale.csv").read_text(
        encoding="utf-8"
    )
    scale = list(csv.DictReader(text.splitlines()))
    assert [row["grade"] for row in scale] == [f"M{number:02}" for number in range(1, 15)] + ["D"]

    def grades(pd: Decimal) -> list[str]:
        return [row["grade"] for row in scale if Decimal(row["pd_lower"]) < pd <= Decimal(row["pd_upper"])]

    for row in scale:
        assert grades(Decimal(row["pd_mid"])) == [row["grade"]]
        assert grades(Decimal(row["pd_upper"])) == [row["grade"]]
