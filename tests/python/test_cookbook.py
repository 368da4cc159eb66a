"""Every question of the cookbook (analyses/) is described, runs on the demo as compiled, and answers the same twice."""

from __future__ import annotations

import duckdb
import pytest
import yaml
from conftest import ROOT, Project, Warehouse

QUESTIONS = sorted(path.stem for path in (ROOT / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def compiled(project: Project, demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL that a person would run, by name."""
    home = demo.copy_to(tmp_path_factory.mktemp("cookbook"))
    run = project.dbt("compile", "--select", "path:analyses", home=home)
    assert run.ok, run.output[-4000:]
    folder = home / "target" / "compiled" / "lending" / "analyses"
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in QUESTIONS}


def test_questions_are_described() -> None:
    listed = yaml.safe_load((ROOT / "analyses" / "_analyses.yml").read_text(encoding="utf-8"))["analyses"]
    assert sorted(entry["name"] for entry in listed) == QUESTIONS
    assert len(QUESTIONS) >= 20
    for entry in listed:
        if entry["name"] == "why_this_segment":
            continue
        text = (ROOT / "analyses" / f"{entry['name']}.sql").read_text(encoding="utf-8")
        assert "?" in entry["description"], entry["name"]
        assert text.splitlines()[0] == f"-- {entry['description']}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_have_answers(name: str, compiled: dict[str, str], demo: Warehouse) -> None:
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        first = conn.execute(compiled[name]).fetchall()
        again = conn.execute(compiled[name]).fetchall()
    assert first, "the demo has no answer"
    assert first == again
    # an answer of numbers that are all unknown would be no answer
    assert any(value is not None for value in first[0])


def test_warnings_are_counted_by_hand(compiled: dict[str, str], demo: Warehouse) -> None:
    """One answer against a count in Python: precision counts new, mature warnings only."""
    rows = demo.rows("select is_new, is_mature, has_defaulted from marts.mart_early_warning")
    counted = [defaulted for new, mature, defaulted in rows if new and mature]
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        warnings, defaulted = conn.execute(compiled["were_warnings_right"]).fetchall()[0][:2]
    assert (warnings, defaulted) == (len(counted), sum(1 for value in counted if value))
    assert 0 < defaulted < warnings


def test_compliance_is_counted_by_hand(compiled: dict[str, str], demo: Warehouse) -> None:
    statuses = [status for (status,) in demo.rows("select status from marts.mart_policy_compliance")]
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        rows = conn.execute(compiled["breaches_by_lever"]).fetchall()
    assert sum(row[2] for row in rows) == sum(1 for status in statuses if status != "NOT_TESTABLE")
    assert sum(row[3] for row in rows) == statuses.count("BREACH")
    assert sum(row[4] for row in rows) == statuses.count("EXCUSED")
