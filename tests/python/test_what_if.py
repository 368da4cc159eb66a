"""What-if on the demo: another rule set changes what it says and nothing else, and today's warehouse not at all.

The expected movers, limits and rates are counted in Python from the client policies of the two warehouses. A what-if
builds what reads a changed rule, so each folder of rules here is compared once, for all the tests that ask about it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest
from conftest import ROOT, SETTINGS, Project, Warehouse
from test_policy import STRESSED, write_changed

sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "plugins")]
from lending_rules import check_rules  # noqa: E402
from what_if import changed_seeds, is_mixed  # noqa: E402

AXES = ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"]
Row = dict[str, Any]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


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


def rows_of(file: Path, sql: str) -> list[Row]:
    with duckdb.connect(str(file), read_only=True) as conn:
        found = conn.execute(sql)
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, values, strict=True)) for values in found.fetchall()]


def policies(file: Path) -> dict[int, Row]:
    return {row["client_key"]: row for row in rows_of(file, "select * from marts.mart_client_policy")}


def differing_tables(one: Path, other: Path, schemas: str) -> set[str]:
    """Tables of two warehouses that do not hold the same rows."""

    def digests(file: Path) -> dict[str, Any]:
        result = {}
        with duckdb.connect(str(file), read_only=True) as conn:
            tables = conn.execute(
                f"select schema_name || '.' || table_name from duckdb_tables() where schema_name in ({schemas})"
            ).fetchall()
            for (name,) in tables:
                digest = f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {name} as t"
                result[name] = conn.execute(digest).fetchone()
        return result

    before, after = digests(one), digests(other)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_movers_and_limits_are_those_of_the_two_warehouses(home: Path, answer: tuple[Path, str]) -> None:
    today, other = policies(home / "build.duckdb"), policies(answer[0])
    assert set(today) == set(other)
    moved = {key for key in today if today[key]["behaviour_segment"] != other[key]["behaviour_segment"]}
    assert moved and {other[key]["behaviour_segment"] for key in moved} == {"POTENTIAL_QUALITY"}
    rows = rows_of(answer[0], "select * from marts.mart_policy_what_if")
    with duckdb.connect(str(answer[0]), read_only=True) as conn:
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
            for side, row in ((then, before), (now, after)):
                rates = [each["indicative_rate"] for each in side if each["indicative_rate"] is not None]
                assert row["priced_clients"] == len(rates) and row["indicative_rate_sum"] == sum(rates, Decimal(0))
                assert (row["median_indicative_rate"] is None) == (not rates)
                if rates:
                    assert row["median_indicative_rate"] == pytest.approx(median(rates), abs=Decimal("5e-7"))
                assert row["limited_clients"] == sum(each["limit_amount"] is not None for each in side)
                assert row["clients_with_new_credit"] == sum(bool(each["is_new_credit_allowed"]) for each in side)


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
            "select segment_code, rule_set, applications_12m, open_applications_12m, approval_rate_assumed, "
            "expected_approvals, is_own_approval_rate, approved_applications_assumed, applications_assumed "
            "from marts.mart_policy_what_if where axis = 'BEHAVIOUR'"
        ).fetchall()
    open_today = [approved for key, approved in judged if today[key]["is_new_credit_allowed"]]
    overall = sum(open_today) / len(open_today)
    assert judged and shown and len(open_today) < len(judged)
    for segment, rule_set, applications, still_open, rate, expected, is_own, numerator, denominator in shown:
        side = today if rule_set == "TODAY" else other
        assert applications == sum(1 for key, _ in judged if side[key]["behaviour_segment"] == segment)
        assert still_open == sum(
            1 for key, _ in judged if side[key]["behaviour_segment"] == segment and side[key]["is_new_credit_allowed"]
        )
        own = [
            approved
            for key, approved in judged
            if today[key]["behaviour_segment"] == segment and today[key]["is_new_credit_allowed"]
        ]
        assert is_own == (len(own) >= 30)
        assert (numerator, denominator) == (sum(own), len(own)) or not is_own
        assert float(rate) == pytest.approx(numerator / denominator, abs=5e-7)
        assert float(rate) == pytest.approx(sum(own) / len(own) if is_own else overall, abs=5e-7)
        assert float(expected) == pytest.approx(still_open * float(rate), abs=5e-5)


def test_the_answer_is_printed_and_kept_as_parquet(answer: tuple[Path, str]) -> None:
    file, printed = answer
    assert "BEHAVIOUR\tPOTENTIAL_QUALITY" in printed and "CREDIT\tELEVATED" in printed
    for table in ("mart_policy_what_if", "mart_rule_migration", "mart_client_what_if"):
        parquet = duckdb.sql(f"select count(*) from '{file.parent / table}.parquet'").fetchone()
        with duckdb.connect(str(file), read_only=True) as conn:
            assert parquet == conn.execute(f"select count(*) from marts.{table}").fetchone()


# -- rules that say what today's say -------------------------------------------------------------------------------


def reworded(rows: list[dict[str, str]]) -> None:
    """Other words and another owner: a rule is read again that decides as before."""
    for row in rows:
        row.update(in_words=f"In other words: {row['in_words']}", owner="Somebody else")


@pytest.fixture(scope="module", params=["equal", "reworded"])
def unmoved(
    request: pytest.FixtureRequest, project: Project, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, str]:
    """Every rule file as it is; reworded, with other words in the rules from which all segments of behaviour follow."""
    rules = tmp_path_factory.mktemp("rules") / request.param
    shutil.copytree(ROOT / "seeds" / "rules", rules, ignore=shutil.ignore_patterns("*.yml"))
    if request.param == "reworded":
        write_changed(rules, "rule_behaviour_condition", reworded)
    expected = ["rule_behaviour_condition"] if request.param == "reworded" else []
    assert changed_seeds(home / "build.duckdb", check_rules(ROOT, str(rules))[0]) == expected
    done = what_if(project, home, rules)
    assert done.returncode == 0, done.stdout + done.stderr
    return request.param, home / "what_if" / request.param / "what_if.duckdb", done.stdout


def test_rules_that_say_the_same_move_nobody(home: Path, unmoved: tuple[str, Path, str]) -> None:
    name, file, printed = unmoved
    assert "No segment, limit or rate changes." in printed
    words = "select count(*) as found from rules.rule_behaviour_condition where in_words like 'In other words%'"
    assert (rows_of(file, words)[0]["found"] > 0) == (name == "reworded")
    rows = rows_of(file, "select * from marts.mart_policy_what_if")
    today = {(row["axis"], row["segment_code"]): row for row in rows if row["rule_set"] == "TODAY"}
    other = {(row["axis"], row["segment_code"]): row for row in rows if row["rule_set"] == "OTHER"}
    assert {key[0] for key in today} == set(AXES)
    assert today == {
        (row["axis"], row["segment_code"]): row
        for row in rows_of(home / "build.duckdb", "select * from marts.mart_policy_what_if")
    }
    assert {key: row | {"rule_set": "TODAY"} for key, row in other.items()} == today
    differences = [column for column in rows[0] if "_difference" in column]
    assert len(differences) == 11
    for row in other.values():
        assert (row["moved_in"], row["moved_out"]) == (0, 0)
        # no difference is known between two rates that are not there, nor between approvals without any application
        assert {row[column] for column in differences} <= {0, None}
        assert (row["indicative_rate_difference"] is None) == (row["priced_clients"] == 0)
    assert not rows_of(file, "select * from marts.mart_rule_migration where is_move")


def test_rules_that_say_the_same_leave_every_table(home: Path, unmoved: tuple[str, Path, str]) -> None:
    name, file, _ = unmoved
    schemas = "'staging', 'intermediate', 'segments', 'marts'"
    compared = {f"marts.{table}" for table in ("mart_policy_what_if", "mart_rule_migration", "mart_client_what_if")}
    found = differing_tables(home / "build.duckdb", file, schemas) - {"marts.mart_rule_migration"}
    # both rule sets stand in two of them
    assert found == compared - {"marts.mart_rule_migration"}, (name, found)


@pytest.mark.parametrize(("since", "expected"), [("null", False), ("date '2026-05-31'", True)])
def test_a_warehouse_with_tables_of_other_rules_is_built_whole(tmp_path: Path, since: str, expected: bool) -> None:
    """What a build of a part has left behind cannot be told from the rules of the last whole one."""
    with duckdb.connect(str(tmp_path / "build.duckdb")) as conn:
        conn.execute("create schema quality")
        conn.execute(f"create table quality.build_state as select cast({since} as date) as first_changed_on")
    assert is_mixed(tmp_path / "build.duckdb") is expected


# -- the market ----------------------------------------------------------------------------------------------------

SINCE = "2026-06-01"
# another rule makes another case of policy
LEVERS = STRESSED | {"policy_case_key"}


@pytest.fixture(scope="module")
def stress(project: Project, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From June on stress begins below 50.9: one sector of the demo is below, and others are at it exactly."""
    rules = tmp_path_factory.mktemp("rules") / "stress"

    def earlier_stress(rows: list[dict[str, str]]) -> None:
        old = next(row for row in rows if row["condition_id"] == "STRESS_PMI")
        rows.append(old | {"threshold": "50.9", "valid_from": SINCE, "rule_version": "2"})
        old["valid_to"] = SINCE

    write_changed(rules, "rule_market_regime", earlier_stress)
    done = what_if(project, home, rules)
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "what_if" / "stress" / "what_if.duckdb"


def test_a_market_rule_changes_the_sectors_below_its_threshold(home: Path, stress: Path) -> None:
    sql = "select sector, as_of_month::varchar as month, regime, pmi_highest_2m from segments.seg_market_regime"
    before = {(row["sector"], row["month"]): row for row in rows_of(home / "build.duckdb", sql)}
    after = {(row["sector"], row["month"]): row for row in rows_of(stress, sql)}
    last = {sector: row["pmi_highest_2m"] for (sector, month), row in before.items() if month == "2026-06-30"}
    assert {sector for sector, pmi in last.items() if pmi < Decimal("50.9")} == {"AGRICULTURE"}
    assert {sector for sector, pmi in last.items() if pmi == Decimal("50.9")} == {"CONSTRUCTION", "PUBLIC", "TRADE"}
    differing = {key: after[key]["regime"] for key in before if before[key] != after[key]}
    assert differing == {("AGRICULTURE", "2026-06-30"): "STRESS"}


def test_a_market_rule_changes_the_levers_of_its_sector_alone(home: Path, stress: Path) -> None:
    """What stress does stands in rule_market_regime_effect, and every lever that it moves names its row there."""
    today, other = policies(home / "build.duckdb"), policies(stress)
    assert today.keys() == other.keys()
    of_sector = {key for key, row in today.items() if row["industry_segment"] == "AGRICULTURE"}
    assert {key for key in today if today[key] != other[key]} == of_sector and len(of_sector) == 4
    for key in of_sector:
        before, after = today[key], other[key]
        assert {column for column in before if before[column] != after[column]} <= LEVERS
        assert (before["regime"], after["regime"]) == ("NEUTRAL", "STRESS")
        assert after["limit_multiplier"] == before["limit_multiplier"] * Decimal("0.8")
        assert after["project_haircut_share"] == before["project_haircut_share"] + Decimal("0.1")
        if not before["is_knocked_out"]:
            # of several factors the smallest is the one that binds
            assert after["limit_rule_id"] in ("STRESS_LIMIT", before["limit_rule_id"])
            assert "STRESS_LIMIT" in after["applied_rule_ids"].split(";")
            assert after["review_rule_id"] == "STRESS_REVIEW"
            assert after["review_interval_months"] == before["review_interval_months"] * Decimal("0.5")
            if before["limit_amount"] is not None:
                wanted = before["capacity_based_limit_amount"] * after["limit_multiplier"]
                assert abs(after["limit_amount"] - wanted) <= Decimal("0.005")
    assert any(not today[key]["is_knocked_out"] and today[key]["limit_amount"] for key in of_sector)


def test_a_market_rule_is_summed_up_where_it_acts(home: Path, stress: Path) -> None:
    today, other = policies(home / "build.duckdb"), policies(stress)
    rows = rows_of(stress, "select * from marts.mart_policy_what_if where rule_set = 'OTHER'")
    assert not rows_of(stress, "select * from marts.mart_rule_migration where is_move")
    for row in rows:
        column = f"{row['axis'].lower()}_segment"
        lost = sum(
            (other[key]["limit_amount"] or 0) - (today[key]["limit_amount"] or 0)
            for key in today
            if today[key][column] == row["segment_code"]
        )
        assert row["limit_difference_amount"] == lost
        assert (lost < 0) == (row["segment_code"] == "AGRICULTURE") or row["axis"] != "INDUSTRY"
        for name in ("clients_difference", "exposure_difference_amount", "moved_in", "moved_out"):
            assert row[name] == 0
        assert row["indicative_rate_difference"] in (0, None) and row["expected_approvals_difference"] in (0, None)
    # decisions were made in the months before, under the rules of the months before
    found = differing_tables(home / "build.duckdb", stress, "'staging', 'intermediate', 'segments', 'marts'")
    assert not found & {"marts.mart_policy_compliance", "marts.fct_loan_decision", "marts.fct_application"}
    assert {name for name in found if name.startswith("segments.")} == {"segments.seg_market_regime"}


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
