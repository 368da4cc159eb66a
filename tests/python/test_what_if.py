"""What-if on the demo: another rule set changes what it says and nothing else, and today's warehouse not at all.

The expected movers, limits and rates are counted in Python from the client policies of the two warehouses.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, SETTINGS, Project, Warehouse

AXES = ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"]
Row = dict[str, Any]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_changed(folder: Path, seed: str, edit: Callable[[list[dict[str, str]]], None]) -> None:
    with open(ROOT / "seeds" / "rules" / f"{seed}.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    edit(rows)
    folder.mkdir(exist_ok=True)
    with open(folder / f"{seed}.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def what_if(project: Project, home: Path, rules: Path, *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.run(
        [sys.executable, "scripts/what_if.py", str(rules), *more],
        cwd=project.folder,
        env=environment | {"LENDING_HOME": str(home)} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's warehouse with something published, to see that neither is touched."""
    folder = tmp_path_factory.mktemp("what_if_home")
    shutil.copy(demo.file, folder / "build.duckdb")
    (folder / "published").mkdir()
    (folder / "published" / "lending.duckdb").write_bytes(b"a release")
    return folder


@pytest.fixture(scope="module")
def answer(project: Project, home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Potential clients need two days online instead of twenty, and ELEVATED a limit of 0.3 instead of 0.4."""
    rules = tmp_path_factory.mktemp("rules") / "easier"

    def fewer_days(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["condition_id"] == "POTENTIAL_ONLINE").update(enter_value="2")

    def lower_limit(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["credit_segment"] == "ELEVATED").update(limit_multiplier="0.3")

    write_changed(rules, "rule_behaviour_condition", fewer_days)
    write_changed(rules, "rule_tier_policy", lower_limit)
    before = {file: digest(file) for file in home.rglob("*.duckdb")}
    done = what_if(project, home, rules)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {file: digest(file) for file in before} == before
    return home / "what_if" / "easier" / "what_if.duckdb", done.stdout


def policies(file: Path) -> dict[int, Row]:
    with duckdb.connect(str(file), read_only=True) as conn:
        found = conn.execute("select * from marts.mart_client_policy")
        columns = [column[0] for column in found.description]
        return {
            row["client_key"]: row for row in (dict(zip(columns, values, strict=True)) for values in found.fetchall())
        }


def test_movers_and_limits_are_those_of_the_two_warehouses(home: Path, answer: tuple[Path, str]) -> None:
    today, other = policies(home / "build.duckdb"), policies(answer[0])
    assert set(today) == set(other)
    moved = {key for key in today if today[key]["behaviour_segment"] != other[key]["behaviour_segment"]}
    assert moved and {other[key]["behaviour_segment"] for key in moved} == {"POTENTIAL_QUALITY"}
    with duckdb.connect(str(answer[0]), read_only=True) as conn:
        found = conn.execute("select * from marts.mart_policy_what_if")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, values, strict=True)) for values in found.fetchall()]
        migration = conn.execute(
            "select axis, from_segment, to_segment, clients from marts.mart_rule_migration"
        ).fetchall()
    shown = {(row["axis"], row["segment_code"], row["rule_set"]): row for row in rows}
    assert len(shown) == len(rows)
    for axis in AXES:
        column = f"{axis.lower()}_segment"
        pairs = Counter((today[key][column], other[key][column]) for key in today)
        assert {(a, b): count for x, a, b, count in migration if x == axis} == pairs
        segments = {segment for pair in pairs for segment in pair}
        assert {key[1] for key in shown if key[0] == axis} == segments
        for segment in segments:
            then = [row for row in today.values() if row[column] == segment]
            now = [row for row in other.values() if row[column] == segment]
            before, after = shown[axis, segment, "TODAY"], shown[axis, segment, "OTHER"]
            assert (before["clients"], after["clients"]) == (len(then), len(now))
            came = sum(count for (old, new), count in pairs.items() if new == segment != old)
            went = sum(count for (old, new), count in pairs.items() if old == segment != new)
            assert (after["moved_in"], after["moved_out"]) == (came, went)
            assert (before["moved_in"], before["moved_out"]) == (0, 0)
            limits = [sum((row["limit_amount"] or Decimal(0) for row in side), Decimal(0)) for side in (then, now)]
            assert (before["limit_amount"], after["limit_amount"]) == tuple(limits)
            assert after["limit_difference_amount"] == limits[1] - limits[0]
            exposures = [sum((row["exposure_amount"] for row in side), Decimal(0)) for side in (then, now)]
            assert (before["exposure_amount"], after["exposure_amount"]) == tuple(exposures)
            rates = [row["indicative_rate"] for row in now if row["indicative_rate"] is not None]
            assert after["priced_clients"] == len(rates) and after["indicative_rate_sum"] == sum(rates, Decimal(0))


def test_only_what_the_rules_say_changes(home: Path, answer: tuple[Path, str]) -> None:
    """A limit differs where the tier is ELEVATED or the behaviour moved; 0.4 becomes 0.3 where the tier bound it."""
    today, other = policies(home / "build.duckdb"), policies(answer[0])
    differing = {key for key in today if today[key]["limit_amount"] != other[key]["limit_amount"]}
    moved = {key for key in today if today[key]["behaviour_segment"] != other[key]["behaviour_segment"]}
    assert differing
    for key in differing - moved:
        assert today[key]["credit_segment"] == "ELEVATED"
        if today[key]["limit_multiplier"] == Decimal("0.4"):
            assert other[key]["limit_multiplier"] == Decimal("0.3")
    with duckdb.connect(str(answer[0]), read_only=True) as conn:
        moves = conn.execute("select distinct axis from marts.mart_rule_migration where is_move").fetchall()
    assert moves == [("BEHAVIOUR",)]


def test_expected_approvals_follow_the_history(home: Path, answer: tuple[Path, str]) -> None:
    """Each application of the last year counts in the segment of its client and at the rate of today's segment."""
    today, other = policies(home / "build.duckdb"), policies(answer[0])
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as conn:
        judged = conn.execute(
            "select client_key, decision = 'APPROVED' from marts.fct_application, "
            "(select max(as_of_month) as last_month from marts.dim_month) "
            "where decision in ('APPROVED', 'DECLINED') and cast(decided_at as date) > date '2025-06-30' "
            "and cast(decided_at as date) <= last_month"
        ).fetchall()
        assert conn.execute("select max(as_of_month)::varchar from marts.dim_month").fetchone() == ("2026-06-30",)
    judged = [(key, approved) for key, approved in judged if key in today]
    with duckdb.connect(str(answer[0]), read_only=True) as conn:
        shown = conn.execute(
            "select segment_code, rule_set, applications_12m, approval_rate_assumed, expected_approvals, "
            "is_own_approval_rate from marts.mart_policy_what_if where axis = 'BEHAVIOUR'"
        ).fetchall()
    overall = sum(approved for _, approved in judged) / len(judged)
    assert judged and shown
    for segment, rule_set, applications, rate, expected, is_own in shown:
        side = today if rule_set == "TODAY" else other
        assert applications == sum(1 for key, _ in judged if side[key]["behaviour_segment"] == segment)
        own = [approved for key, approved in judged if today[key]["behaviour_segment"] == segment]
        assert is_own == (len(own) >= 30)
        assert float(rate) == pytest.approx(sum(own) / len(own) if is_own else overall, abs=5e-7)
        assert float(expected) == pytest.approx(applications * float(rate), abs=5e-5)


def test_the_answer_is_printed_and_kept_as_parquet(answer: tuple[Path, str]) -> None:
    file, printed = answer
    assert "BEHAVIOUR\tPOTENTIAL_QUALITY" in printed and "CREDIT\tELEVATED" in printed
    for table in ("mart_policy_what_if", "mart_rule_migration"):
        parquet = duckdb.sql(f"select count(*) from '{file.parent / table}.parquet'").fetchone()
        with duckdb.connect(str(file), read_only=True) as conn:
            assert parquet == conn.execute(f"select count(*) from marts.{table}").fetchone()


def test_an_ordinary_build_compares_today_with_itself(demo: Warehouse) -> None:
    assert demo.rows("select distinct rule_set from marts.mart_policy_what_if") == [("TODAY",)]
    assert demo.value("select count(*) from marts.mart_rule_migration where is_move") == 0
    assert demo.value("select sum(clients) from marts.mart_rule_migration where axis = 'SIZE'") == demo.value(
        "select count(*) from marts.mart_client_policy"
    )


def test_a_wrong_rule_stops_with_its_sentence(project: Project, home: Path, answer: Any, tmp_path: Path) -> None:
    rules = tmp_path / "easier"
    write_changed(rules, "rule_tier_policy", lambda rows: rows[2].update(limit_multiplier="-0.3"))
    before = {file: digest(file) for file in home.rglob("*") if file.is_file() and file.name != ".lock"}
    done = what_if(project, home, rules)
    assert done.returncode == 1
    assert "rule_tier_policy.csv, line 4 (credit_segment ELEVATED): limit_multiplier is -0.3" in done.stderr
    assert "Traceback" not in done.stderr
    assert {file: digest(file) for file in before} == before


def test_own_rules_stay_in_force_below_the_folder(project: Project, home: Path, answer: Any, tmp_path: Path) -> None:
    """A mistake in the lender's own rules is found too: they are part of what is compared."""
    own, rules = tmp_path / "own", tmp_path / "other"
    write_changed(own, "rule_tier_policy", lambda rows: rows[2].update(limit_multiplier="-0.3"))
    write_changed(rules, "rule_behaviour_condition", lambda rows: None)
    done = what_if(project, home, rules, LENDING_RULES=str(own))
    assert done.returncode == 1 and "limit_multiplier is -0.3" in done.stderr


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/tmp/elsewhere"])
def test_a_name_leads_nowhere_else(project: Project, home: Path, tmp_path: Path, name: str) -> None:
    write_changed(tmp_path / "rules", "rule_tier_policy", lambda rows: None)
    before = sorted(home.rglob("*"))
    done = what_if(project, home, tmp_path / "rules", f"--name={name}")
    assert done.returncode == 1 and "cannot be the name of an answer" in done.stderr
    assert [path for path in sorted(home.rglob("*")) if path.name != ".lock"] == [
        path for path in before if path.name != ".lock"
    ]
