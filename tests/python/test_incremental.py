"""A warehouse that grew month by month is the warehouse that a full refresh builds.

One portfolio is delivered five times, each delivery a month later than the one before, and some facts of a month come
with the delivery after it: late, but inside the look-back. Identities do not change in this input (the change log shows
merges; they are left out here).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import Project, Warehouse
from test_point_in_time import HISTORY_START, KNOWN_ON, copy_table, cut_back, generate, source_of, without_late_backfill

DELIVERIES = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)]
# facts that may come late, and the column by which a part of them is held back
LATE = {
    "payments": "payment_no",
    "digital_events": "event_no",
    "account_flows": "client_no",
    "bureau_reports": "client_no",
    "financial_statements": "client_no",
    "credit_ratings": "client_no",
    "credit_events": "event_no",
    "project_cashflows": "project_no",
}
BUILD = ["build", "--exclude-resource-types", "unit_test", "test"]
# append-only: what happened to identities from run to run
NOT_COMPARED = {"intermediate.int_identity_change_log"}


def deliver(whole: Path, folder: Path, month: date, previous: date | None) -> None:
    """Writes what the lender had by a month end, a fifth of the newest month's late facts still missing."""
    cut = folder.parent / f"cut_{month}"
    cut_back(whole, cut, month)
    folder.mkdir(exist_ok=True)
    for table in [*KNOWN_ON, "projects"]:
        rows = f"select * from {source_of(cut, table)}"
        if table in LATE and previous is not None:
            on = KNOWN_ON[table]
            rows += f" where not (cast({on} as date) > date '{previous}' and hash({LATE[table]}) % 5 = 0)"
        copy_table(rows, folder / f"{table}.parquet")


@pytest.fixture(scope="module")
def grown_and_fresh(project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Warehouse]:
    """One warehouse built by every delivery in turn, and one built by the last delivery alone."""
    folder = tmp_path_factory.mktemp("incremental")
    generate(folder / "delivered")
    without_late_backfill(folder / "delivered", folder / "whole")
    settings = {"LENDING_INPUT": str(folder / "delivery"), "LENDING_HISTORY_START": HISTORY_START}
    grown = folder / "grown"
    for number, month in enumerate(DELIVERIES):
        is_last = month == DELIVERIES[-1]
        before = DELIVERIES[number - 1] if number else date(2026, 1, 31)
        deliver(folder / "whole", folder / "delivery", month, None if is_last else before)
        run = project.dbt(*BUILD, home=grown, **settings)
        assert run.ok, run.output[-6000:]
    fresh = folder / "fresh"
    run = project.dbt(*BUILD, home=fresh, **settings)
    assert run.ok, run.output[-6000:]
    return Warehouse(grown), Warehouse(fresh)


def test_growing_equals_a_full_refresh(grown_and_fresh: tuple[Warehouse, Warehouse]) -> None:
    grown, fresh = grown_and_fresh
    schemas = ("intermediate", "segments", "marts")
    found, expected = grown.digests(*schemas), fresh.digests(*schemas)
    assert set(found) == set(expected)
    assert len(expected) > 40
    different = {name for name in expected if found[name] != expected[name]} - NOT_COMPARED
    shown = []
    with duckdb.connect() as conn:
        conn.execute(f"attach '{grown.file}' as grown (read_only); attach '{fresh.file}' as fresh (read_only)")
        for name in sorted(different)[:5]:
            both = [
                f"select * from {one}.{name} except all select * from {other}.{name} limit 3"
                for one, other in (("grown", "fresh"), ("fresh", "grown"))
            ]
            shown.append((name, found[name][0], expected[name][0], [conn.execute(sql).fetchall() for sql in both]))
    assert not different, f"{sorted(different)}: {shown}"


def test_only_the_look_back_was_computed_again(grown_and_fresh: tuple[Warehouse, Warehouse], project: Project) -> None:
    """A mark set by hand survives a further run in a month before the look-back, and not in one of it."""
    grown, _ = grown_and_fresh
    mark = "update segments.seg_industry set override_no = 'MARK' where as_of_month in ('2026-03-31', '2026-04-30')"
    with duckdb.connect(str(grown.file)) as conn:
        conn.execute(mark)
    settings = {"LENDING_INPUT": str(grown.home.parent / "delivery"), "LENDING_HISTORY_START": HISTORY_START}
    run = project.dbt("run", "--select", "seg_industry", home=grown.home, **settings)
    assert run.ok, run.output[-6000:]
    marked = grown.rows("select distinct as_of_month from segments.seg_industry where override_no = 'MARK'")
    assert marked == [(date(2026, 3, 31),)]


def test_months_are_not_taken_away(grown_and_fresh: tuple[Warehouse, Warehouse], project: Project) -> None:
    grown, _ = grown_and_fresh
    given = {"LENDING_INPUT": str(grown.home.parent / "delivery")}
    run = project.dbt("run", "--select", "int_month", home=grown.home, LENDING_AS_OF_DATE="2026-05-31", **given)
    assert not run.ok
    assert "holds months to 2026-06-30, LENDING_AS_OF_DATE is 2026-05-31" in run.output
    run = project.dbt("run", "--select", "int_month", home=grown.home, LENDING_HISTORY_START="2023-01", **given)
    assert not run.ok
    assert f"begins in {HISTORY_START}, LENDING_HISTORY_START is 2023-01" in run.output
