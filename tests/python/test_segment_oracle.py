"""The segment tables of the warehouse against a second computation (segment_oracle.py), row by row.

On the demo and on three generated portfolios. Three views of the same tables, so that a difference shows where it
arises: the evidence and entry of each month, the fold over the warehouse's own entries, and the finished rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import oracle_behaviour
import oracle_credit
import oracle_lifecycle
import oracle_project
import pytest
from conftest import Project, Warehouse
from generated_portfolios import GENERATED
from oracle import Oracle, Row, seed_rows
from oracle_common import Candidate
from oracle_fold import finished
from segment_oracle import AXES, SEGMENT_STAGING_TABLES, SegmentOracle
from segment_oracle_rules import SPEC_SEEDS
from test_oracle import dictionaries

SHOWN = 6
MARGIN = Decimal("0.000001")
# the size standard counts in ten thousand yuan: a cent of the statement is a millionth of one, and both sides round
MARGINS = {"evidence_revenue_wan": Decimal("0.0002"), "evidence_assets_wan": Decimal("0.0002")}
FOLD_COLUMNS = [
    "candidate_segment",
    "model_segment",
    "final_segment",
    "stability_reason",
    "pending_segment",
    "pending_months",
    "dwell_months",
    "clear_months",
    "override_no",
]


@dataclass(frozen=True)
class Difference:
    """One value that the two computations do not share."""

    axis: str
    client: int
    month: date
    column: str
    expected: Any
    found: Any
    evidence: Any = None

    def __str__(self) -> str:
        shown = f"{self.axis} client {self.client} {self.month} {self.column}: "
        shown += f"expected {self.expected!s}, found {self.found!s}"
        if self.evidence:
            shown += "; evidence " + ", ".join(f"{name}={value}" for name, value in self.evidence.items())
        return shown


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def agree(expected: Any, found: Any, margin: Decimal = MARGIN) -> bool:
    """Numbers within the margin, everything else exactly; unknown agrees only with unknown."""
    if isinstance(expected, datetime):
        expected = expected.date()
    if isinstance(found, datetime):
        found = found.date()
    if is_number(expected) and is_number(found):
        return abs(Decimal(str(expected)) - Decimal(str(found))) <= margin
    return expected == found


def compared(
    axis: str,
    expected: Mapping[tuple[int, date], Row],
    actual: Mapping[tuple[int, date], Row],
) -> list[Difference]:
    """Rows that only one side has, columns that the warehouse lacks, and values that differ."""
    found: list[Difference] = []
    for client, month in expected.keys() ^ actual.keys():
        sides = ("a row", "none") if (client, month) in expected else ("none", "a row")
        found.append(Difference(axis, client, month, "(row)", *sides))
    table_columns = set(next(iter(actual.values()), {}))
    missing: set[str] = set()
    for client, month in sorted(expected.keys() & actual.keys(), key=lambda key: (key[1], key[0])):
        wanted = expected[client, month]
        for column, value in wanted.items():
            if column == "evidence":
                continue
            if column not in table_columns:
                if column not in missing:
                    missing.add(column)
                    found.append(Difference(axis, client, month, column, value, "no such column"))
                continue
            other = actual[client, month][column]
            if not agree(value, other, MARGINS.get(column, MARGIN)):
                found.append(Difference(axis, client, month, column, value, other, wanted.get("evidence")))
    return found


def assert_none(differences: Iterable[Difference], rows: int) -> None:
    """Counts by axis and column, and the earliest differences: the later ones often follow from them."""
    listed = sorted(differences, key=lambda item: (item.month, item.client, item.axis, item.column))
    if not listed:
        return
    by_axis = Counter(item.axis for item in listed)
    by_column = Counter((item.axis, item.column) for item in listed)
    told = ", ".join(f"{axis} {number}" for axis, number in sorted(by_axis.items()))
    columns = ", ".join(f"{axis}.{column} {number}" for (axis, column), number in by_column.most_common(20))
    shown = "\n".join(str(item) for item in listed[:SHOWN])
    pytest.fail(f"{len(listed)} differences in {rows} rows: {told}\nby column: {columns}\n{shown}", pytrace=False)


class SegmentComparison:
    """A built warehouse and the second computation over its accepted rows."""

    def __init__(self, seeds: Path, file: Path) -> None:
        self.file = file
        with duckdb.connect(str(file), read_only=True) as conn:
            staging = {name: dictionaries(conn, f"select * from staging.{name}") for name in SEGMENT_STAGING_TABLES}
            identity = dictionaries(conn, "select * from intermediate.int_client_identity")
            loan_months = dictionaries(
                conn, "select loan_no, as_of_month, outstanding_amount from intermediate.int_loan_month"
            )
            [as_of_date] = conn.execute("select as_of_date from staging.stg_reporting_window").fetchone()
        base = Oracle(seeds, staging, identity, as_of_date)
        self.oracle = SegmentOracle(base, settled(base, loan_months))
        self._tables: dict[str, dict[Any, Row]] = {}

    def actual(self, table: str, *keys: str) -> dict[Any, Row]:
        if table not in self._tables:
            with duckdb.connect(str(self.file), read_only=True) as conn:
                rows = dictionaries(conn, f"select * from {table}")
            self._tables[table] = {tuple(row[key] for key in keys): row for row in rows}
            assert len(self._tables[table]) == len(rows), f"{table} is not unique in {keys}"
        return self._tables[table]

    def segments(self, axis: str) -> dict[tuple[int, date], Row]:
        return self.actual(f"segments.seg_{axis.lower()}", "client_key", "as_of_month")

    def entries(self, axis: str) -> dict[tuple[int, date], Row]:
        return self.actual(f"segments.seg_{axis.lower()}_candidate", "client_key", "as_of_month")

    @cached_property
    def candidates(self) -> dict[str, dict[tuple[int, date], Candidate]]:
        return {axis: self.oracle.candidates(axis) for axis in AXES}


def settled(base: Oracle, found: Iterable[Row]) -> dict[tuple[str, date], Row]:
    """Loan months with the warehouse's balance where it is within what an instalment may be short: see test_oracle."""
    balances = {(row["loan_no"], row["as_of_month"]): row["outstanding_amount"] for row in found}
    result = {}
    for key, row in base.loan_months.items():
        balance = balances.get(key)
        is_close = balance is not None and abs(row["outstanding_amount"] - balance) <= row["tolerated_amount"]
        result[key] = row | {"outstanding_amount": balance} if is_close else row
    return result


@pytest.fixture(scope="session", params=["demo", *(seed for seed, *_ in GENERATED)], ids=str)
def comparison(request: pytest.FixtureRequest, project: Project) -> SegmentComparison:
    if request.param == "demo":
        warehouse = request.getfixturevalue("demo")
    else:
        warehouse = request.getfixturevalue("generated_segments")[request.param]
    return SegmentComparison(project.folder / "seeds", warehouse.file)


@pytest.mark.parametrize("axis", AXES)
def test_entry_and_evidence(comparison: SegmentComparison, axis: str) -> None:
    """What the rules of one month say, before anything depends on the month before."""
    expected = {
        key: {"entry_segment": candidate.entry_segment, "evidence": candidate.evidence}
        | {f"evidence_{name}": value for name, value in candidate.evidence.items()}
        for key, candidate in comparison.candidates[axis].items()
    }
    assert len(expected) > 1000
    assert_none(compared(axis, expected, comparison.entries(axis)), len(expected))


@pytest.mark.parametrize("axis", AXES)
def test_stay_segments(comparison: SegmentComparison, axis: str) -> None:
    """Segments kept by leave thresholds; one that stands behind the entry cannot be kept and may be left out."""
    entries, found = comparison.entries(axis), []
    orders = {
        row["segment_code"]: int(row["rule_order"])
        for row in comparison.oracle.base.seed("rules", "rule_segment")
        if row["axis"] == axis
    }
    for key, candidate in comparison.candidates[axis].items():
        if key not in entries:
            continue
        limit = orders[candidate.entry_segment]
        wanted = {code for code in candidate.stay if orders[code] < limit}
        stays = {code for code in stays_of(entries[key]) if orders[code] < limit}
        if wanted != stays:
            told = sorted(wanted), sorted(stays)
            found.append(Difference(axis, *key, "stay_segments", *told, candidate.evidence))
    assert_none(found, len(entries))


def stays_of(row: Row) -> frozenset[str]:
    return frozenset(code for code in (row["stay_segments"] or "").split(",") if code)


@pytest.mark.parametrize("axis", AXES)
def test_fold_of_the_entries_of_the_warehouse(comparison: SegmentComparison, axis: str) -> None:
    """Confirmation, dwell and overrides alone: the entries are taken from the warehouse."""
    given = {
        key: Candidate(row["entry_segment"], row["reason_code"], {}, row["rule_id"], stays_of(row))
        for key, row in comparison.entries(axis).items()
    }
    rows = finished(given, axis, comparison.oracle.facts, comparison.oracle.is_knocked_out)
    expected = {key: {column: row[column] for column in FOLD_COLUMNS} for key, row in rows.items()}
    assert_none(compared(axis, expected, comparison.segments(axis)), len(expected))


@pytest.mark.parametrize("axis", AXES)
def test_segments(comparison: SegmentComparison, axis: str) -> None:
    """Every column of section 0 of the specification."""
    expected = {
        key: row | {f"evidence_{name}": value for name, value in row["evidence"].items()}
        for key, row in comparison.oracle.axis(axis).items()
    }
    assert_none(compared(axis, expected, comparison.segments(axis)), len(expected))


def test_segments_side_by_side(comparison: SegmentComparison) -> None:
    actual = comparison.actual("marts.fct_client_segment_month", "client_key", "as_of_month")
    expected = comparison.oracle.client_segment_month
    assert_none(compared("ALL", expected, actual), len(expected))


def test_segment_history(comparison: SegmentComparison) -> None:
    rows = comparison.actual("marts.fct_client_segment_history", "client_key", "axis", "valid_from")
    differences = []
    for axis in AXES:
        expected, actual = (
            {(client, start): row for (client, found, start), row in history.items() if found == axis}
            for history in (comparison.oracle.client_segment_history, rows)
        )
        differences += compared(axis, expected, actual)
    assert_none(differences, len(rows))


@pytest.mark.parametrize("axis", AXES)
def test_migration(comparison: SegmentComparison, axis: str) -> None:
    """Every cell of every month, entries and exits included; the denominators are the sums of the cells."""
    rows = Warehouse(comparison.file.parent).rows(f"""
        select as_of_month, from_segment, to_segment, clients, from_clients
        from marts.mart_segment_migration where axis = '{axis}'
    """)
    found = {(month, source, target): clients for month, source, target, clients, _ in rows}
    assert found == dict(comparison.oracle.migrations(axis))
    assert len({month for month, *_ in rows}) == len(comparison.oracle.base.months) - 1
    for month, source, _, _, from_clients in rows:
        assert from_clients == sum(number for (day, one, _), number in found.items() if (day, one) == (month, source))


@pytest.mark.parametrize("axis", AXES)
def test_stability(comparison: SegmentComparison, axis: str) -> None:
    rows = Warehouse(comparison.file.parent).rows(f"""
        select as_of_month, clients_in_both, stayed, stay_rate, upgrades, downgrades, flip_flops, psi_month
        from marts.mart_segment_stability where axis = '{axis}' order by as_of_month
    """)
    months = comparison.oracle.base.months
    assert [row[0] for row in rows] == months
    # the first month has no month before
    assert rows[0][1:5] == (None, None, None, None) and rows[0][7] is None
    expected = comparison.oracle.stability(axis)
    for month, both, stayed, rate, up, down, flips, psi in rows[1:]:
        wanted = expected[month]
        found = (both, stayed, up, down, flips)
        names = ("clients", "stayers", "upgrades", "downgrades", "flip_flops")
        assert found == tuple(wanted[name] for name in names), f"{axis} {month}"
        assert agree(wanted["stay_rate"], rate) and agree(wanted["psi"], psi, Decimal("0.00001")), f"{axis} {month}"


# the seeds against the specification --------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A seed's text as what it means, so that 0.0300 and 0.03 are the same."""
    if value is None:
        return None
    try:
        return Decimal(str(value)).normalize()
    except ArithmeticError:
        return str(value)


@pytest.mark.parametrize(
    ("seed", "columns"),
    [
        (
            "rule_master_scale",
            "grade pd_lower pd_upper pd_mid segment_code slotting_grade",
        ),
        ("rule_rating_grade", "rating_scale symbol grade"),
        ("rule_rating_source", "rating_scale source_rank"),
        ("rule_slotting_weight", "factor weight"),
        ("rule_account_flow_category", "category direction counts_as_inflow"),
    ],
)
def test_seeds_say_what_the_specification_says(project: Project, seed: str, columns: str) -> None:
    wanted, delivered = (
        {tuple(plain(row[column]) for column in columns.split()) for row in rows}
        for rows in (SPEC_SEEDS[seed], seed_rows(project.folder / "seeds" / "rules", seed))
    )
    assert delivered == wanted


def test_seed_of_credit_events(project: Project) -> None:
    """The order of events is the lender's; what they do is not."""
    rows = seed_rows(project.folder / "seeds" / "rules", "rule_credit_event")
    effects = {row["event_type"]: row["effect"] for row in rows}
    assert effects == {row["event_type"]: row["effect"] for row in SPEC_SEEDS["rule_credit_event"]}
    incurable = {row["event_type"] for row in rows if row["effect"] == "RESTRICTS" and row["is_curable"] == "false"}
    assert incurable == {"BANKRUPTCY"}


def test_seed_of_slotting_grades(project: Project) -> None:
    rows = seed_rows(project.folder / "seeds" / "rules", "rule_slotting_grade")
    numbers = {row["grade"]: int(row["category_number"]) for row in rows}
    # default is no grade that anybody gives: it may be listed or not
    assert numbers | {"DEFAULT": 5} == {"STRONG": 1, "GOOD": 2, "SATISFACTORY": 3, "WEAK": 4, "DEFAULT": 5}


@pytest.mark.parametrize(
    ("seed", "parameter", "value"),
    [
        ("rule_credit_parameter", "CONTAGION_SHARE", oracle_credit.CONTAGION_SHARE),
        ("rule_credit_parameter", "RATING_MAX_AGE_MONTHS", oracle_credit.RATING_MAX_AGE_MONTHS),
        ("rule_behaviour_parameter", "EARLY_DAYS", oracle_behaviour.EARLY_DAYS),
        ("rule_lifecycle_parameter", "STATEMENT_MAX_AGE_MONTHS", oracle_lifecycle.STATEMENT_MAX_AGE_MONTHS),
        ("rule_lifecycle_parameter", "GROWTH_REQUIRED", oracle_lifecycle.GROWTH_REQUIRED),
        ("rule_lifecycle_parameter", "SECTOR_GROWTH_ABOVE", oracle_lifecycle.SECTOR_GROWTH_ABOVE),
        ("rule_lifecycle_parameter", "SECTOR_MULTIPLE", oracle_lifecycle.SECTOR_MULTIPLE),
        ("rule_lifecycle_parameter", "SECTOR_MINIMUM_CLIENTS", oracle_lifecycle.SECTOR_MINIMUM_CLIENTS),
        ("rule_project_parameter", "RAMP_UP_MONTHS", oracle_project.RAMP_UP_MONTHS),
        ("rule_project_parameter", "SLOTTING_MINIMUM_WEIGHT", Decimal("0.60")),
        ("rule_project_parameter", "PROJECT_DISCOUNT_RATE", Decimal("0.045")),
    ],
)
def test_parameters_say_what_the_specification_says(project: Project, seed: str, parameter: str, value: Any) -> None:
    rows = seed_rows(project.folder / "seeds" / "rules", seed)
    assert [Decimal(row["parameter_value"]) for row in rows if row["parameter_id"] == parameter] == [Decimal(value)]
