"""Every question of the cookbook (analyses/) is described, runs on the demo as compiled, and answers the same twice."""

from __future__ import annotations

import math
from datetime import date
from itertools import product
from statistics import median, quantiles

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


def test_decisions_are_those_of_the_scorecard(compiled: dict[str, str], demo: Warehouse) -> None:
    """Not what the client withdrew or let expire: the demo has such applications with a measured clock."""
    rows = demo.rows("select decision, decided_at::date from marts.fct_application where clock_status = 'MEASURED'")
    own = [decided_on for decision, decided_on in rows if decision not in ("WITHDRAWN", "EXPIRED")]
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        assert sum(row[2] for row in conn.execute(compiled["time_to_decision"]).fetchall()) == len(own) < len(rows)
    first_month = demo.value("select min(as_of_month) from marts.dim_month")
    scorecard = demo.value("select sum(timed_decisions) from marts.mart_segment_performance where axis = 'CREDIT'")
    assert scorecard == sum(1 for decided_on in own if decided_on >= first_month.replace(day=1))


@pytest.mark.parametrize("axis", ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"])
def test_scorecard_of_twelve_months_is_counted_by_hand(axis: str, compiled: dict[str, str], demo: Warehouse) -> None:
    """From the applications and the answers one by one; what fewer than thirty say is not shown."""
    last = demo.value("select max(as_of_month) from marts.dim_month")
    after = date(last.year - 1, last.month, 28)
    minimum, z = 30, 1.959963984540054
    applications = demo.rows(
        f"select {axis}_segment, decision, business_hours_to_decision from marts.fct_application"
        " where decided_at::date > last_day(?::date) and decided_at::date <= ?",
        [after, last],
    )
    answers = demo.rows(
        f"""
        select segments.{axis}_segment, nps, csat
        from staging.stg_satisfaction_surveys
        inner join intermediate.int_client_identity using (source_system, client_no)
        left join marts.fct_client_segment_month as segments
            on int_client_identity.client_key = segments.client_key
            and last_day(answered_at::date - interval 1 month) = segments.as_of_month
        where answered_at::date > last_day(?::date) and answered_at::date <= ?
        qualify row_number() over (
            partition by int_client_identity.client_key, last_day(answered_at::date)
            order by answered_at desc, response_no desc
        ) = 1
        """,
        [after, last],
    )

    def rate(hits: int, number: int) -> list[float | None]:
        if number < minimum:
            return [None, None, None]
        p, weight = hits / number, 1 + z * z / number
        middle, half = p + z * z / (2 * number), z * math.sqrt(p * (1 - p) / number + z * z / (4 * number**2))
        return [p, (middle - half) / weight, (middle + half) / weight]

    with duckdb.connect(str(demo.file), read_only=True) as conn:
        rows = [row[1:] for row in conn.execute(compiled["scorecard_of_twelve_months"]).fetchall() if row[0] == axis]
    shown = 0
    for segment, *found in rows:
        decisions = [decision for code, decision, _ in applications if code == segment]
        hours = sorted(
            float(taken)
            for code, decision, taken in applications
            if code == segment and decision in ("APPROVED", "DECLINED", "COUNTER_OFFERED") and taken is not None
        )
        recommended = [nps for code, nps, _ in answers if code == segment and nps is not None]
        satisfied = [csat for code, _, csat in answers if code == segment and csat is not None]
        approved, judged = decisions.count("APPROVED"), decisions.count("APPROVED") + decisions.count("DECLINED")
        promoters, detractors = sum(nps > 8 for nps in recommended), sum(nps < 7 for nps in recommended)
        happy = sum(csat > 3 for csat in satisfied)
        enough = len(hours) >= minimum
        expected = [approved, judged, judged < minimum, *rate(approved, judged), len(hours), not enough]
        expected += [median(hours), quantiles(hours, n=10, method="inclusive")[8]] if enough else [None, None]
        expected += [promoters, detractors, len(recommended), len(recommended) < minimum]
        expected += [(promoters - detractors) / len(recommended) if len(recommended) >= minimum else None]
        expected += [happy, len(satisfied), len(satisfied) < minimum, *rate(happy, len(satisfied))]
        assert len(found) == len(expected)
        for value, wanted in zip(found, expected, strict=True):
            # rates are shown with six decimals, hours with four
            assert value == wanted or float(value) == pytest.approx(wanted, abs=1e-6 if wanted < 1 else 1e-4), segment
        shown += sum(value is not None for value in found[3:4])
    assert len(rows) == len({row[0] for row in rows}) and sum(row[2] for row in rows) > 0
    # on the demo the greatest segment of an axis decides enough in a year, though in no month
    assert shown >= 1 or axis == "LIFECYCLE"


def test_tiers_after_a_year_are_counted_by_hand(compiled: dict[str, str], demo: Warehouse) -> None:
    """Pairs of neighbouring months of each client, and the power series of their rates term by term."""
    pairs = demo.rows(
        """
        select before.credit_segment, now.credit_segment, count(*)
        from marts.fct_client_segment_month as before
        inner join marts.fct_client_segment_month as now
            on before.client_key = now.client_key and last_day(before.as_of_month + interval 1 month) = now.as_of_month
        group by all
        """
    )
    tiers = sorted({tier for before, after, _ in pairs for tier in (before, after)})
    years = {tier: sum(count for before, _, count in pairs if before == tier) / 12 for tier in tiers}
    moves = {(before, after): count for before, after, count in pairs if before != after}
    rates = {pair: moves.get(pair, 0) / years[pair[0]] for pair in product(tiers, tiers)}
    for tier in tiers:
        rates[tier, tier] = -sum(rates[tier, other] for other in tiers if other != tier)
    term = {(before, after): float(before == after) for before, after in product(tiers, tiers)}
    expected = dict(term)
    for power in range(1, 60):
        term = {(i, j): sum(term[i, k] * rates[k, j] for k in tiers) / power for i, j in product(tiers, tiers)}
        expected = {pair: value + term[pair] for pair, value in expected.items()}
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        rows = conn.execute(compiled["tiers_after_a_year"]).fetchall()
    assert {row[:2]: row[2] for row in rows} == {pair: moves.get(pair, 0) for pair in product(tiers, tiers)}
    # rates are rounded to ten decimals
    assert {row[:2]: float(row[5]) for row in rows} == pytest.approx(expected, abs=1e-9)
    # a tier that nobody reaches in one month may still be reached in a year
    assert any(row[2] == 0 and row[0] != row[1] and row[5] > 0 for row in rows)
