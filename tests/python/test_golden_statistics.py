"""The golden vectors of intervals, concentration, loss and migration (domain.md, section 7), through the macros."""

from __future__ import annotations

import math
from decimal import Decimal

import duckdb
import pytest
from conftest import Project

COMPILED = """
with wilson as (
    select k, n, {{ wilson_lower('k', 'n') }} as lower_end, {{ wilson_upper('k', 'n') }} as upper_end from given_count
), concentration as (
    select book, {{ hhi('amount') }} as hhi, count(*) as members from given_amount group by book
), normalised as (
    select book, hhi, {{ normalised_hhi('hhi', 'members') }} as normalised from concentration
), loss as (
    select row_no, {{ yearly_loss_of_collection_rate('rate', 'term_years') }} as loss from given_rate
), generator as (
    select * from {{ migration_generator('given_spell') }} as rates
), year as (
    select * from {{ matrix_exponential('generator') }} as expected
), decade as (
    select * from {{ matrix_exponential('generator', '10') }} as expected
)
"""
# hits, observations, interval of 95 %
WILSON = [
    (3, 100, "0.010255", "0.084519"),
    (0, 20, "0.000000", "0.161125"),
    # the mirror image of 0 in 20
    (20, 20, "0.838875", "1.000000"),
]
# shares of a book, index, normalised index
BOOKS = [
    ((40, 30, 20, 10), "0.300000", "0.066667"),
    ((25, 25, 25, 25), "0.250000", "0.000000"),
    ((7,), "1.000000", None),
    ((0, 0), None, None),
]
# rate, term in years, yearly loss
LOSSES = [
    ("0.98", "0.25", "0.160000"),
    ("0.98", "0.5", "0.080000"),
    ("0.98", "1", "0.040000"),
    ("0.97", "cast(1 as double) / 6", "0.360000"),
    ("1", "1", "0.000000"),
    ("1.2", "1", "0.000000"),
    ("null", "1", None),
    ("0.98", "0", None),
    ("0.98", "null", None),
]
# 15 obligors in A and 15 in B for a year: one goes from A to B after a quarter, one from B to A after half a year, one
# from B to D after three quarters. Spells: state, next state or the same, obligors, years
SPELLS = [
    ("A", "A", 14, 14),
    ("A", "B", 1, 0.25),
    ("B", "B", 1, 0.75),
    ("B", "A", 1, 0.5),
    ("A", "A", 1, 0.5),
    ("B", "D", 1, 0.75),
    ("B", "B", 13, 13),
]
YEARS_AT_RISK = {"A": 14.75, "B": 15.0, "D": 0.0}
INTENSITIES = {"AA": -0.067797, "AB": 0.067797, "AD": 0, "BA": 0.066667, "BB": -0.133333, "BD": 0.066667}
INTENSITIES |= {"DA": 0, "DB": 0, "DD": 0}
AFTER_A_YEAR = {"AA": 0.936518, "AB": 0.061367, "AD": 0.002115, "BA": 0.060345, "BB": 0.877196, "BD": 0.062460}
AFTER_A_YEAR |= {"DA": 0, "DB": 0, "DD": 1}


@pytest.fixture(scope="module")
def answers(project: Project, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A database without any function of the project, and the macros as dbt writes them out."""
    home = tmp_path_factory.mktemp("statistics")
    run = project.dbt("--quiet", "compile", "--inline", COMPILED + "select 1 as one", home=home)
    assert run.ok, run.output[-3000:]
    ctes = run.output[run.output.index("with wilson as") : run.output.rindex("select 1 as one")]
    conn = duckdb.connect()
    counts = [(k, n) for n in (0, 1, 29, 30, 5000) for k in range(0, n + 1, max(n // 7, 1))]
    given = {
        "given_count(k, n)": [(k, n) for k, n, *_ in WILSON] + [pair for pair in counts if pair != (20, 20)],
        "given_amount(book, amount)": [(book, amount) for book, (parts, *_) in enumerate(BOOKS) for amount in parts],
        "given_rate(row_no, rate, term_years)": [(row_no, rate, term) for row_no, (rate, term, _) in enumerate(LOSSES)],
        "given_spell(from_state, to_state, clients, years)": [
            (f"'{row[0]}'", f"'{row[1]}'", *row[2:]) for row in SPELLS
        ],
    }
    for name, rows in given.items():
        values = ", ".join("(" + ", ".join(str(value) for value in row) + ")" for row in rows)
        conn.execute(f"create table {name.partition('(')[0]} as select * from (values {values}) as {name}")
    for name in ("wilson", "normalised", "loss", "generator", "year", "decade"):
        conn.execute(f"create table {name}_answer as {ctes} select * from {name}")
    return conn


def test_wilson_interval(answers: duckdb.DuckDBPyConnection) -> None:
    rows = {(k, n): ends for k, n, *ends in answers.execute("select * from wilson_answer").fetchall()}
    for k, n, lower, upper in WILSON:
        assert rows[k, n] == [Decimal(lower), Decimal(upper)], (k, n)
    z = 1.959963984540054
    for (k, n), ends in rows.items():
        if n == 0:
            assert ends == [None, None]
            continue
        # the textbook form, in p instead of k
        p, weight = k / n, 1 + z * z / n
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        for found, exact in zip(ends, ((middle - half) / weight, (middle + half) / weight), strict=True):
            assert float(found) == pytest.approx(exact, abs=6e-7), (k, n)
        assert 0 <= ends[0] <= Decimal(p) + Decimal("1e-6") and Decimal(p) - Decimal("1e-6") <= ends[1] <= 1


def test_concentration(answers: duckdb.DuckDBPyConnection) -> None:
    rows = {book: ends for book, *ends in answers.execute("select * from normalised_answer").fetchall()}
    for book, (parts, *expected) in enumerate(BOOKS):
        assert rows[book] == [value and Decimal(value) for value in expected], parts


def test_yearly_loss(answers: duckdb.DuckDBPyConnection) -> None:
    rows = dict(answers.execute("select * from loss_answer").fetchall())
    for row_no, (*given, expected) in enumerate(LOSSES):
        assert rows[row_no] == (expected and Decimal(expected)), given


def test_migration_in_continuous_time(answers: duckdb.DuckDBPyConnection) -> None:
    rates = answers.execute("select from_state, to_state, years_at_risk, intensity from generator_answer").fetchall()
    assert {(before, years) for before, _, years, _ in rates} == set(YEARS_AT_RISK.items())
    assert {before + after: round(float(rate), 6) for before, after, _, rate in rates} == INTENSITIES
    year = answers.execute("select from_state || to_state, probability from year_answer").fetchall()
    assert {pair: round(float(value), 6) for pair, value in year} == AFTER_A_YEAR


def test_ten_years_are_ten_times_one_year(answers: duckdb.DuckDBPyConnection) -> None:
    year, decade = ({}, {})
    for found, name in ((year, "year"), (decade, "decade")):
        found.update(answers.execute(f"select from_state || to_state, probability from {name}_answer").fetchall())
    powers = {pair: float(value) for pair, value in year.items()}
    for _ in range(9):
        powers = {i + j: sum(powers[i + k] * float(year[k + j]) for k in "ABD") for i in "ABD" for j in "ABD"}
    # a year is rounded to ten decimals
    assert {pair: float(value) for pair, value in decade.items()} == pytest.approx(powers, abs=2e-9)
