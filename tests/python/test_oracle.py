"""The warehouse against an independent computation (oracle.py), row by row: the demo and three generated portfolios."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, Project, Warehouse
from dbt_jobs import build_all
from oracle import CENT, STAGING_TABLES, Oracle

MODELS = ["--select", "+mart_segment_performance", "fct_loan_month", "--exclude-resource-type", "test", "unit_test"]
AXES = ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"]
SHOWN = 12
# (seed, clients, file format): dirty, and small enough for a test
GENERATED = [(11, 150, "csv"), (23, 200, "parquet"), (47, 150, "parquet")]


def dictionaries(conn: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = conn.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Comparison:
    """A built warehouse and the oracle over its accepted rows; what both say is computed once."""

    def __init__(self, project: Project, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        with duckdb.connect(str(warehouse.file), read_only=True) as conn:
            staging = {name: dictionaries(conn, f"select * from staging.{name}") for name in STAGING_TABLES}
            identity = dictionaries(conn, "select * from intermediate.int_client_identity")
            dated = " union all ".join(
                f"select max(extracted_at) as extracted_at from {schema}.{table}"
                for schema, table in warehouse.tables("staging")
                if table.startswith("base_")
            )
            newest = conn.execute(f"select max(extracted_at) from ({dated})").fetchone()[0]
        self.oracle = Oracle(project.folder / "seeds", staging, identity, newest.date())

    def actual(self, table: str, *keys: str) -> dict[Any, dict[str, Any]]:
        with duckdb.connect(str(self.warehouse.file), read_only=True) as conn:
            rows = dictionaries(conn, f"select * from {table}")
        result = {tuple(row[key] for key in keys): row for row in rows}
        assert len(result) == len(rows), f"{table} is not unique in {keys}"
        return result

    @cached_property
    def loan_months(self) -> dict[Any, dict[str, Any]]:
        return self.actual("marts.fct_loan_month", "loan_no", "as_of_month")


def assert_same(
    expected: Mapping[Any, Mapping[str, Any]],
    actual: Mapping[Any, Mapping[str, Any]],
    margins: Mapping[str, Decimal] | None = None,
) -> None:
    """Both ways: rows that only one of the two has, then every value of the expected columns."""
    problems = [f"only the oracle has {key}: {expected[key]}" for key in expected.keys() - actual.keys()]
    problems += [f"only the warehouse has {key}: {actual[key]}" for key in actual.keys() - expected.keys()]
    for key in expected.keys() & actual.keys():
        for column, value in expected[key].items():
            found, margin = actual[key][column], (margins or {}).get(column, Decimal(0))
            same = value == found
            if margin and value is not None and found is not None:
                same = abs(Decimal(value) - Decimal(found)) <= margin
            if not same:
                problems.append(f"{key} {column}: oracle {value}, warehouse {found}")
    shown = "\n".join(sorted(problems)[:SHOWN])
    assert not problems, f"{len(problems)} differences in {len(expected)} rows, such as\n{shown}"


@pytest.fixture(scope="session")
def generated(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Warehouse]:
    """The generated portfolios by their seed, built together."""
    root = tmp_path_factory.mktemp("generated")
    homes = {}
    for seed, clients, file_format in GENERATED:
        generate(root / str(seed) / "input", clients, seed, file_format)
        homes[seed] = root / str(seed) / "home"
    build_all(project.folder, {home: {"LENDING_INPUT": str(home.parent / "input")} for home in homes.values()}, *MODELS)
    return {seed: Warehouse(home) for seed, home in homes.items()}


@pytest.fixture(scope="session", params=["demo", *(seed for seed, *_ in GENERATED)], ids=str)
def comparison(request: pytest.FixtureRequest, project: Project) -> Comparison:
    if request.param == "demo":
        return Comparison(project, request.getfixturevalue("demo"))
    return Comparison(project, request.getfixturevalue("generated")[request.param])


def generate(folder: Path, clients: int, seed: int, file_format: str) -> None:
    command = [sys.executable, str(ROOT / "bench" / "generate.py"), "--clients", str(clients), "--seed", str(seed)]
    command += [
        "--format",
        file_format,
        "--dirt",
        "0.01",
        "--out",
        str(folder),
        "--truth",
        str(folder.parent / "truth"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_client_grid(comparison: Comparison) -> None:
    actual = comparison.actual("intermediate.int_client_month", "client_key", "as_of_month")
    assert len(actual) > 1000
    assert_same(dict.fromkeys(comparison.oracle.knowledge, {}), actual)


def test_industry_segment(comparison: Comparison) -> None:
    expected = {key: {"candidate_segment": segment} for key, segment in comparison.oracle.industry.items()}
    assert_same(expected, comparison.actual("segments.seg_industry", "client_key", "as_of_month"))


def test_size_segment(comparison: Comparison) -> None:
    expected = {
        key: {
            "candidate_segment": size.segment,
            "size_basis": size.basis,
            "evidence_employees": size.employees,
            "evidence_revenue_wan": size.revenue_wan,
            "evidence_assets_wan": size.assets_wan,
        }
        for key, size in comparison.oracle.size.items()
    }
    margins = {"evidence_revenue_wan": Decimal("0.0002"), "evidence_assets_wan": Decimal("0.0002")}
    assert_same(expected, comparison.actual("segments.seg_size", "client_key", "as_of_month"), margins)


def test_loan_months(comparison: Comparison) -> None:
    expected = {key: dict(row) for key, row in comparison.oracle.loan_months.items()}
    actual = comparison.loan_months
    assert len(actual) > 1000
    for key, row in expected.items():
        tolerated = row.pop("tolerated_amount")
        found = actual.get(key)
        # 2026-11-23: an instalment short by a tolerated amount (rule_days_past_due) counts as paid, and domain.md does
        # not say whether the shortfall is still principal owed: the balance may be read either way, up to that amount
        if found is not None and abs(row["outstanding_amount"] - found["outstanding_amount"]) <= tolerated:
            row["outstanding_amount"] = found["outstanding_amount"]
    money = [
        "outstanding_amount",
        "due_amount",
        "paid_on_time_amount",
        "collected_amount",
        "paid_amount",
        "written_off_amount",
    ]
    assert_same(expected, actual, dict.fromkeys(money, CENT))


def test_segment_performance(comparison: Comparison) -> None:
    """Summed over the warehouse's own segments and loan months: those are compared in the tests before."""
    rows = [(month, row) for (_, month), row in comparison.loan_months.items()]
    segments = {
        axis: {key: row["final_segment"] for key, row in comparison.actual(table, "client_key", "as_of_month").items()}
        for axis, table in [(axis, f"segments.seg_{axis.lower()}") for axis in AXES]
    }
    actual = comparison.actual("marts.mart_segment_performance", "axis", "segment_code", "as_of_month")
    computed = comparison.oracle.performance(rows, segments)
    measures = {measure for row in computed.values() for measure in row}
    assert measures >= {"clients", "borrowers", "live_loans", "exposure_amount", "due_amount", "written_off_amount"}
    expected = {key: {measure: row.get(measure, 0) for measure in measures} for key, row in computed.items()}
    # a loan repaid early still matures on its day, and an application or an answer counts in the segment of the month
    # end before: a segment that may have nothing else (test_mart_oracle compares these)
    others = ["matured_loans", "decided", "pending", "submitted", "survey_responses", "clients_held_before"]
    expected |= {
        key: dict.fromkeys(measures, 0)
        for key in actual.keys() - expected
        if any(actual[key][measure] for measure in others)
    }
    assert_same(expected, actual)
    for key, row in actual.items():
        for rate, numerator, denominator in [
            ("par30_rate", "par30_amount", "exposure_amount"),
            ("par60_rate", "par60_amount", "exposure_amount"),
            ("par90_rate", "par90_amount", "exposure_amount"),
            ("non_performing_rate", "non_performing_amount", "exposure_amount"),
            ("on_time_rate", "paid_on_time_amount", "due_amount"),
            ("current_repayment_rate", "collected_amount", "due_amount"),
        ]:
            if row[denominator] == 0:
                assert row[rate] is None, (key, rate)
            else:
                assert abs(row[rate] - row[numerator] / row[denominator]) <= Decimal("0.000001"), (key, rate)
