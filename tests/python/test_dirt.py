"""Dirty data: every kind of domain.md section 5b is delivered beside the demo, and nothing else may change.

The demo's own rows and the rows of dirt_cases.py go into one folder of CSV files, which is built like a lender's own
data. Every injected row carries its place in the column x_case, which staging passes through.

Three builds in all: the demo (shared by the session), the demo with the dirt, and the staging of the accepted rows of
that, typed, as Parquet.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT, Project, Warehouse
from dirt_cases import CASES, TYPED_DIRT, Case, Row

CONTRACT = yaml.safe_load((ROOT / "contract" / "input_contract.yml").read_text(encoding="utf-8"))["tables"]
# every code of the table in domain.md section 5b, the two codes of its text, and those of the contract's head
SECTION_5B = set(
    """
    W_FOLDED W_TRIMMED Q_ENCODING W_NAME_UNREADABLE W_NULLED W_PARSED Q_AMOUNT W_UNIT S_UNIT Q_FX_MISSING W_RATE Q_RATE
    W_DATE Q_DATE W_SENTINEL Q_FUTURE Q_ORDER W_REVERSAL Q_NEGATIVE Q_ZERO D_EXACT S_DUP_PAYMENT S_OVERPAID Q_ORPHAN
    W_USCC_FIXED S_USCC S_USCC_CHECK W_ID_MOVED W_PAD S_EXCEL W_RATING S_RATING S_STALE S_INDUSTRY S_EMP S_BALANCE
    S_STATUS S_COLL S_EVERGREEN D_EVENT Q_TEST ORPHAN_OF_QUARANTINED AMBIGUOUS_INDUSTRY_EDITION Q_KEY Q_REQUIRED
    Q_KEY_CONFLICT S_KEY_VARIANT D_SUPERSEDED
    """.split()
)
NAME_AS_IT_CAME = "coalesce(client_name, delivered_row ->> 'client_name') as client_name"


def place(case: Case, row: Row) -> str:
    """Case, table and delivered key: rows with the same key share a place."""
    key = "|".join(row.delivered.get(column) or "" for column in CONTRACT[row.table]["key"])
    return f"{case.name}#{row.table}#{key}"


def columns_of(table: str) -> list[str]:
    columns = list(CONTRACT[table]["columns"])
    return columns + [column for column in ("extracted_at", "batch_id") if column not in columns]


def deliver(project: Path, folder: Path) -> Path:
    """The demo of a project with the rows of all cases, one CSV file a table."""
    folder.mkdir(parents=True)
    injected = defaultdict(list)
    for case in CASES:
        for row in case.rows:
            unknown = row.delivered.keys() - set(columns_of(row.table))
            assert not unknown, f"{case.name}: {row.table} has no column {unknown}"
            injected[row.table].append(row.delivered | {"x_case": place(case, row)})
    for table in CONTRACT:
        columns = [*columns_of(table), "x_case"]
        with open(project / "seeds" / "demo" / f"demo_{table}.csv", encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        with open(folder / f"{table}.csv", "w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", extrasaction="raise")
            writer.writeheader()
            writer.writerows(rows)
            writer.writerows(injected[table])
    return folder


@dataclass
class Outcome:
    """What became of one injected row: all columns of base_<table> and what the quality tables say about it."""

    values: dict[str, Any]
    found: tuple[str, ...]

    @property
    def verdict(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        return self.values["row_status"], tuple(self.values["issue_columns"]), self.found


@dataclass
class DirtyWarehouse(Warehouse):
    """The demo with every kind of dirt, and the outcomes by place."""

    folder: Path
    outcomes: dict[str, list[Outcome]]


def key_text(table: str) -> str:
    return " || '|' || ".join(f"coalesce(cast({column} as varchar), '~')" for column in CONTRACT[table]["key"])


def read_outcomes(warehouse: Warehouse) -> dict[str, list[Outcome]]:
    found = defaultdict(list)
    for table, key, mark in warehouse.rows(
        "select table_name, row_key, reason_code || ' ' || column_name from quality.dq_cross_table_issue order by all"
    ):
        found[table, key].append(mark)
    outcomes = defaultdict(list)
    with duckdb.connect(str(warehouse.file), read_only=True) as conn:
        for table in CONTRACT:
            result = conn.execute(
                f"select *, {key_text(table)} as row_key from staging.base_{table} where x_case is not null"
            )
            names = [column[0] for column in result.description]
            for row in result.fetchall():
                values = dict(zip(names, row, strict=True))
                marks = found[table, values["row_key"]] if values["row_status"] == "ACCEPTED" else []
                outcomes[values["x_case"]].append(Outcome(values, tuple(marks)))
    return outcomes


@pytest.fixture(scope="module")
def dirty(project: Project, tmp_path_factory: pytest.TempPathFactory) -> DirtyWarehouse:
    folder = deliver(project.folder, tmp_path_factory.mktemp("dirty") / "input")
    warehouse = project.build(tmp_path_factory.mktemp("dirty_home"), LENDING_INPUT=str(folder))
    return DirtyWarehouse(warehouse.home, folder, read_outcomes(warehouse))


# -- What became of the dirt --


def test_every_kind_of_section_5b_has_a_case() -> None:
    marks = {mark.split()[0] for case in CASES for row in case.rows for mark in (*row.marks, *row.found)}
    assert sorted(SECTION_5B - marks) == []
    assert len({case.name for case in CASES}) == len(CASES)


def test_no_case_touches_the_demo() -> None:
    """Keys, names and numbers of the cases must not occur in the demo, else clients would merge across."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds" / "demo").glob("demo_*.csv")))
    told = ("client_name", "phone", "identifier_value", "legal_representative")
    for case in CASES:
        for row in case.rows:
            for column in told:
                value = row.delivered.get(column)
                if value and len(value) > 4 and not value.startswith("9.11"):
                    assert value not in text, f"{case.name}: {value}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_dirt_becomes_what_section_5b_says(case: Case, dirty: DirtyWarehouse) -> None:
    expected = defaultdict(list)
    for row in case.rows:
        expected[place(case, row)].append(row)
    for where, rows in expected.items():
        outcomes = dirty.outcomes[where]
        assert sorted(outcome.verdict for outcome in outcomes) == sorted(
            (row.status, row.marks, row.found) for row in rows
        ), where
        for row in rows:
            alike = [outcome.values for outcome in outcomes if outcome.verdict == (row.status, row.marks, row.found)]
            read = [{column: values[column] for column in row.read} for values in alike]
            assert row.read in read, where


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.same_client or case.different_clients], ids=lambda case: case.name
)
def test_identity_of_registrations(case: Case, dirty: DirtyWarehouse) -> None:
    identity = dirty.rows(
        "select client_no, client_key, registration_rank from intermediate.int_client_identity "
        "where source_system = 'DIRT'"
    )
    key = {client_no: client_key for client_no, client_key, _ in identity}
    rank = {client_no: registration_rank for client_no, _, registration_rank in identity}
    merged = {row[0] for row in dirty.rows("select row_key from quality.dq_row_issue where reason_code = 'M_MERGED'")}
    for group in case.same_client:
        assert len({key[number] for number in group}) == 1, "one client expected"
        # and no more registrations than these
        assert {number for number in key if key[number] in {key[member] for member in group}} == group
        assert sorted(rank[number] for number in group) == list(range(1, len(group) + 1))
        assert {number for number in group if f"DIRT|{number}" in merged} == {
            number for number in group if rank[number] > 1
        }
    if case.different_clients:
        assert len({key[number] for number in case.different_clients}) == len(case.different_clients)
    pairs = {
        frozenset(pair) for pair in dirty.rows("select client_no, other_client_no from quality.dq_identity_review")
    }
    for pair in case.in_review:
        assert pair in pairs


def test_registrations_outside_identity_cases_stay_single(dirty: DirtyWarehouse) -> None:
    meant = {number for case in CASES for group in case.same_client for number in group}
    found = dirty.rows(
        "select client_no from intermediate.int_client_identity where source_system = 'DIRT' and registrations > 1"
    )
    assert {row[0] for row in found} == meant


# -- Nothing gets lost --


@pytest.fixture(params=["demo", "dirty"])
def either(request: pytest.FixtureRequest) -> Warehouse:
    return request.getfixturevalue(request.param)


def test_rows_are_reconciled(either: Warehouse) -> None:
    rows = either.rows(
        "select table_name, rows_in, rows_unexplained, "
        "rows_in - rows_accepted - rows_rejected - rows_duplicate - rows_superseded "
        "from quality.dq_reconciliation"
    )
    assert {row[0] for row in rows} == set(CONTRACT) and len(rows) == len(CONTRACT)
    assert [row for row in rows if row[2] != 0 or row[3] != 0] == []


def test_amounts_are_reconciled(either: Warehouse) -> None:
    rows = either.rows(
        "select table_name, column_name, currency, amount_unexplained from quality.dq_amount_reconciliation"
    )
    assert rows and [row for row in rows if row[3] != 0] == []


def test_rows_in_are_the_rows_of_the_files(dirty: DirtyWarehouse) -> None:
    counted = dict(dirty.rows("select table_name, rows_in from quality.dq_reconciliation"))
    for table in CONTRACT:
        with open(dirty.folder / f"{table}.csv", encoding="utf-8", newline="") as handle:
            assert counted[table] == sum(1 for _ in csv.reader(handle)) - 1, table


def test_rejected_rows_are_kept_whole_with_their_reasons(dirty: DirtyWarehouse) -> None:
    """Each rejected row is in dq_rejected_rows with its codes and what was delivered."""
    kept = defaultdict(list)
    for table, key, codes, marks, delivered in dirty.rows("select * from quality.dq_rejected_rows"):
        kept[table, key].append((codes, marks, delivered))
    for where, outcomes in dirty.outcomes.items():
        table = where.split("#")[1]
        for outcome in outcomes:
            if outcome.values["row_status"] == "REJECTED":
                issues, marks = outcome.values["issues"], outcome.values["issue_columns"]
                found = kept[table, outcome.values["row_key"]]
                assert (issues, marks, outcome.values["delivered_row"]) in found and issues, where
                assert sorted({mark.split()[0] for mark in marks}) == issues, where


def test_every_issue_is_listed_with_its_row(dirty: DirtyWarehouse) -> None:
    listed = {
        row
        for row in dirty.rows(
            "select table_name, row_key, row_status, reason_code || ' ' || column_name from quality.dq_row_issue"
        )
    }
    for where, outcomes in dirty.outcomes.items():
        table = where.split("#")[1]
        for outcome in outcomes:
            for mark in (*outcome.values["issue_columns"], *outcome.found):
                assert (table, outcome.values["row_key"], outcome.values["row_status"], mark) in listed, where


def test_every_code_found_is_explained(either: Warehouse) -> None:
    """dq_issue_summary has a name, an owner and a way out for every code."""
    assert (
        either.rows(
            "select distinct reason_code from quality.dq_issue_summary "
            "where name_en is null or who_fixes is null or how_to_fix is null"
        )
        == []
    )


# -- Nothing else changes --


@dataclass
class Sides:
    """Two warehouses in one connection, as `clean` and `other`."""

    conn: duckdb.DuckDBPyConnection

    def columns(self, side: str, schema: str, table: str) -> list[str]:
        sql = (
            "select column_name from duckdb_columns() "
            "where database_name = ? and schema_name = ? and table_name = ? order by column_index"
        )
        return [row[0] for row in self.conn.execute(sql, [side, schema, table]).fetchall()]

    def tables(self) -> list[tuple[str, str]]:
        sql = "select distinct schema_name, table_name from duckdb_columns() where database_name = 'clean' order by all"
        return self.conn.execute(sql).fetchall()

    def different(self, schema: str, table: str, columns: list[str], clean: str, other: str) -> list[tuple[Any, ...]]:
        """Up to five rows that only one side has."""
        listed = ", ".join(columns)
        left = f"select {listed} from clean.{schema}.{table} where {clean}"
        right = f"select {listed} from other.{schema}.{table} where {other}"
        only_clean = f"select 'clean', * from ({left} except all {right})"
        only_other = f"select 'other', * from ({right} except all {left})"
        return self.conn.execute(f"{only_clean} union all {only_other} limit 5").fetchall()


def side_by_side(clean: Warehouse, other: Warehouse) -> Iterator[Sides]:
    with duckdb.connect() as conn:
        conn.execute(f"attach '{clean.file}' as clean (read_only)")
        conn.execute(f"attach '{other.file}' as other (read_only)")
        yield Sides(conn)


@pytest.fixture(scope="module")
def sides(demo: Warehouse, dirty: DirtyWarehouse) -> Iterator[Sides]:
    yield from side_by_side(demo, dirty)


@pytest.mark.parametrize("table", sorted(CONTRACT))
def test_staged_rows_of_untouched_clients_are_unchanged(
    table: str, sides: Sides, demo: Warehouse, dirty: DirtyWarehouse
) -> None:
    """Every row of the demo, with its status and marks; delivered_row shows x_case, so it is left out."""
    columns = [name for name in sides.columns("clean", "staging", f"base_{table}") if name != "delivered_row"]
    assert sides.different("staging", f"base_{table}", columns, "true", "x_case is null") == []
    # a view cannot be read from another file's catalog: the accepted rows are compared by their digest
    columns = sides.columns("clean", "staging", f"stg_{table}")
    digest = f"select count(*), sum(hash({', '.join(columns)})::hugeint)::varchar from staging.stg_{table}"
    assert demo.rows(digest) == dirty.rows(f"{digest} where x_case is null")


def test_tables_of_untouched_clients_are_unchanged(sides: Sides) -> None:
    """Every table with a client or a loan in it, from identity to the client-level marts."""
    compared = []
    for schema, table in sides.tables():
        columns = sides.columns("clean", schema, table)
        if schema in ("staging", "quality") or not {"client_key", "loan_key"} & set(columns):
            continue
        key = "client_key" if "client_key" in columns else "loan_key"
        register = "int_client_identity" if key == "client_key" else "int_loan"
        of_clean = f"{key} in (select {key} from clean.intermediate.{register})"
        assert sides.different(schema, table, columns, "true", of_clean) == [], f"{schema}.{table}"
        compared.append(table)
    must = {"int_client_identity", "seg_industry", "seg_size", "int_loan_month", "dim_client", "fct_loan_month"}
    assert must <= set(compared)


def test_the_reporting_window_is_unchanged(sides: Sides) -> None:
    columns = sides.columns("clean", "staging", "stg_reporting_window")
    assert sides.different("staging", "stg_reporting_window", columns, "true", "true") == []


# -- Typed files --


@pytest.fixture(scope="module")
def typed(project: Project, dirty: DirtyWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The staging of what staging made of the dirt, delivered again as typed Parquet files, and some typed dirt."""
    folder = tmp_path_factory.mktemp("typed") / "input"
    folder.mkdir()
    with duckdb.connect(str(dirty.file), read_only=True) as conn:
        for table in CONTRACT:
            columns = ", ".join([*columns_of(table), "x_case"])
            if table == "clients":
                # a name that could not be read has no typed form: it comes as it was
                columns = columns.replace("client_name", NAME_AS_IT_CAME)
            parts = [f"select {columns} from staging.base_{table} where row_status = 'ACCEPTED'"]
            for name, of_table, column, value, *_ in TYPED_DIRT:
                if of_table == table:
                    number = [key for key in CONTRACT[table]["key"] if key.endswith("_no")][-1]
                    changed = f"{value} as {column}, 'TYPED-{name.upper()}' as {number}, 'typed-{name}' as x_case"
                    clean = f"where row_status = 'ACCEPTED' and x_case like 'settled-and-paid#{table}#%'"
                    dirt = f"select * replace ({changed}) from staging.base_{table} {clean}"
                    parts.append(f"select {columns} from ({dirt})")
            sql = " union all by name ".join(parts)
            conn.execute(f"copy ({sql}) to '{folder / table}.parquet' (format parquet)")
    # cautious: no test that looks at a table beyond staging
    chosen = ("--select", "+path:models/staging", "--indirect-selection", "cautious")
    return project.build(tmp_path_factory.mktemp("typed_home"), *chosen, LENDING_INPUT=str(folder))


@pytest.mark.parametrize("table", sorted(CONTRACT))
def test_typed_files_are_staged_like_text(table: str, dirty: DirtyWarehouse, typed: Warehouse) -> None:
    """Dates, numbers and booleans need no repair when they come typed: same values, no mark of a repair."""
    same_rows = "coalesce(x_case, '') not like 'typed-%'"
    said_of_reading = {"row_status", "issues", "issue_columns", "delivered_row"}
    for sides in side_by_side(dirty, typed):
        columns = [name for name in sides.columns("clean", "staging", f"base_{table}") if name not in said_of_reading]
        assert sides.different("staging", f"base_{table}", columns, "row_status = 'ACCEPTED'", same_rows) == []
    repairs = "W_DATE W_PARSED W_RATE W_FOLDED W_TRIMMED W_NULLED W_SENTINEL W_RATING Q_DATE Q_AMOUNT Q_RATE".split()
    marked = f"select distinct issue_columns from staging.base_{table} where {same_rows} and "
    assert typed.rows(marked + f"(row_status <> 'ACCEPTED' or list_has_any(issues, {repairs}))") == []


@pytest.mark.parametrize("dirt", TYPED_DIRT, ids=lambda dirt: dirt[0])
def test_typed_dirt_is_still_dirt(dirt: tuple[Any, ...], typed: Warehouse) -> None:
    name, table, column, _, read, status, marks = dirt
    sql = f"select {column}, row_status, issue_columns from staging.base_{table} where x_case = ?"
    assert typed.rows(sql, [f"typed-{name}"]) == [(read, status, list(marks))]
