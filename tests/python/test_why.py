"""The explanation of a client's segments says what the tables say, for every kind of case that the demo has."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from conftest import Project, Warehouse

AXES = ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"]
KEY, MONTH = 987654321, date(2026, 1, 31)
Line = tuple[str, int, str, str]


@pytest.fixture(scope="module")
def analysis(project: Project, demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled analysis with a marker for the client and one for the month."""
    home = demo.copy_to(tmp_path_factory.mktemp("why"))
    given = f"{{client_key: {KEY}, as_of_month: {MONTH}}}"
    run = project.dbt("compile", "--select", "why_this_segment", "--vars", given, home=home)
    assert run.ok, run.output[-4000:]
    compiled = list((home / "target" / "compiled").rglob("why_this_segment.sql"))
    return compiled[0].read_text(encoding="utf-8")


def lines_of(analysis: str, demo: Warehouse, client: int, month: date) -> list[Line]:
    sql = analysis.replace(str(KEY), str(client)).replace(str(MONTH), str(month))
    with duckdb.connect(str(demo.file), read_only=True) as conn:
        return conn.execute(sql).fetchall()


def topics(lines: list[Line], axis: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line_axis, _, topic, text in lines:
        if line_axis == axis:
            found.setdefault(topic, []).append(text)
    return found


def test_every_axis_is_explained(analysis: str, demo: Warehouse) -> None:
    months = demo.rows("""
        select * from marts.fct_client_segment_month
        where as_of_month in (date '2023-03-31', date '2026-06-30')
        order by hash(client_key, as_of_month) limit 12
    """)
    assert len(months) == 12
    for client, month, *segments in months:
        lines = lines_of(analysis, demo, client, month)
        for axis, segment in zip(AXES, segments, strict=True):
            found = topics(lines, axis)
            assert {"SEGMENT", "RULE", "EVIDENCE", "TO_MOVE"} <= set(found) or axis in (
                "LIFECYCLE",
                "BEHAVIOUR",
                "SIZE",
            )
            assert len(found["SEGMENT"]) == len(found["RULE"]) == len(found["EVIDENCE"]) == 1
            assert f"final {segment}," in found["SEGMENT"][0]
            assert all(text for text in found["RULE"])


@pytest.mark.parametrize("axis", ["CREDIT", "BEHAVIOUR", "SIZE"])
def test_what_is_held_back_is_said(analysis: str, demo: Warehouse, axis: str) -> None:
    held = demo.rows(f"""
        select client_key, as_of_month, stability_reason from segments.seg_{axis.lower()}
        where candidate_segment <> model_segment order by hash(client_key, as_of_month) limit 3
    """)
    assert held
    for client, month, reason in held:
        (text,) = topics(lines_of(analysis, demo, client, month), axis)["HELD_BACK"]
        assert text.startswith(reason)


def test_the_override_is_said(analysis: str, demo: Warehouse) -> None:
    client, month, override = demo.rows("""
        select client_key, as_of_month, override_no from segments.seg_credit
        where override_no is not null order by all limit 1
    """)[0]
    (text,) = topics(lines_of(analysis, demo, client, month), "CREDIT")["OVERRIDE"]
    assert text.startswith(override)


def test_the_nearest_thresholds_are_those_of_the_seeds(analysis: str, demo: Warehouse) -> None:
    client, month, draws = demo.rows("""
        select client_key, as_of_month, evidence_draws_12m from segments.seg_behaviour
        where candidate_segment = 'OCCASIONAL' and evidence_draws_12m between 2 and 5 and evidence_pd > 0.03
        order by all limit 1
    """)[0]
    moves = topics(lines_of(analysis, demo, client, month), "BEHAVIOUR")["TO_MOVE"]
    assert f"to HIGH_FREQUENCY_OTHER: draws_12m is {draws}, asked is >= 6" in moves
    client, month = demo.rows("""
        select client_key, as_of_month from segments.seg_credit
        where candidate_segment = 'MEDIUM' and evidence_grade is not null order by all limit 1
    """)[0]
    moves = " ".join(topics(lines_of(analysis, demo, client, month), "CREDIT")["TO_MOVE"])
    assert "to HIGH: probability of default at most 0.0026" in moves
    assert "to ELEVATED: probability of default more than 0.022" in moves


def test_an_unknown_client_has_no_lines(analysis: str, demo: Warehouse) -> None:
    assert lines_of(analysis, demo, 1, date(2026, 6, 30)) == []
