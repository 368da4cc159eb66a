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
from dbt_jobs import Job, run_jobs
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


def settings(home: Path) -> dict[str, str]:
    """The input stays at its place; what lies there changes from delivery to delivery."""
    return {"LENDING_INPUT": str(home.parent / f"input_of_{home.name}"), "LENDING_HISTORY_START": HISTORY_START}


@pytest.fixture(scope="module")
def grown_and_fresh(project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Warehouse]:
    """One warehouse built by every delivery in turn, and one built by the last delivery alone."""
    folder = tmp_path_factory.mktemp("incremental")
    generate(folder / "delivered")
    without_late_backfill(folder / "delivered", folder / "whole")
    for number, month in enumerate(DELIVERIES):
        before = DELIVERIES[number - 1] if number else date(2026, 1, 31)
        deliver(folder / "whole", folder / f"delivery_{month}", month, None if month == DELIVERIES[-1] else before)
    grown, fresh = folder / "grown", folder / "fresh"
    jobs = [Job(grown, BUILD, settings(grown), folder / f"delivery_{month}") for month in DELIVERIES]
    jobs.append(Job(fresh, BUILD, settings(fresh), folder / f"delivery_{DELIVERIES[-1]}"))
    run_jobs(project.folder, jobs)
    for job in jobs:
        assert job.code == 0, job.output[-6000:]
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
    again = Job(grown.home, ["run", "--select", "seg_industry"], settings(grown.home))
    run_jobs(project.folder, [again])
    assert again.code == 0, again.output[-6000:]
    marked = grown.rows("select distinct as_of_month from segments.seg_industry where override_no = 'MARK'")
    assert marked == [(date(2026, 3, 31),)]


def test_months_are_not_taken_away(grown_and_fresh: tuple[Warehouse, Warehouse], project: Project) -> None:
    grown, _ = grown_and_fresh
    given = settings(grown.home)
    earlier = Job(grown.home, ["run", "--select", "int_month"], given | {"LENDING_AS_OF_DATE": "2026-05-31"})
    longer = Job(grown.home, ["run", "--select", "int_month"], given | {"LENDING_HISTORY_START": "2023-01"})
    run_jobs(project.folder, [earlier, longer])
    assert earlier.code != 0
    assert "holds months to 2026-06-30, LENDING_AS_OF_DATE is 2026-05-31" in earlier.output
    assert longer.code != 0
    assert f"begins in {HISTORY_START}, LENDING_HISTORY_START is 2023-01" in longer.output
