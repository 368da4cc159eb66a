"""A chart draws something or says why it is empty, for any axis and segment, and never draws what is suppressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import charts
import pandas as pd
import pytest
import queries


@pytest.fixture(autouse=True)
def release(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENDING_HOME", str(published.parents[2]))


SEGMENT_CHARTS = [
    ("segment_history", charts.segment_growth),
    ("segment_history", charts.segment_payment),
    ("segment_default", charts.segment_default),
    ("segment_vintage", charts.segment_vintage),
    ("segment_effort", charts.segment_effort),
    ("compliance_by_lever", charts.compliance_by_lever),
    ("compliance_reasons", charts.compliance_reasons),
    ("compliance_trend", charts.compliance_trend),
    ("policy_levers", charts.policy_terms),
]
AXIS_CHARTS = [
    ("overview_segments", charts.size_of_segments),
    ("overview_segments", charts.lateness_of_segments),
    ("overview_segments", charts.defaults_of_segments),
    ("overview_trend", charts.exposure_trend),
    ("migration_matrix", charts.migration_matrix),
    ("migration_trend", charts.migration_direction),
    ("migration_trend", charts.migration_drift),
    ("migration_trend", charts.migration_held),
]


def says_or_draws(figure: Any) -> None:
    drawn = any(len(trace.y if trace.y is not None else []) for trace in figure.data)
    told = [note.text for note in figure.layout.annotations if note.text]
    assert drawn or told


def months() -> list[str]:
    frame = queries.load("months")
    return [charts.day(value) for value in (frame["as_of_month"].iloc[0], frame["as_of_month"].iloc[-1])]


@pytest.mark.parametrize(("statement", "figure"), SEGMENT_CHARTS, ids=lambda value: getattr(value, "__name__", value))
def test_segment_charts(statement: str, figure: Any) -> None:
    segments = queries.load("segments")
    # some of every axis, from the first to the last of the display order, which holds what is not known
    for axis in charts.AXES:
        codes = segments.loc[segments["axis"] == axis, "segment_code"].tolist()
        for code, month in ((codes[0], "latest"), (codes[-1], "latest"), (codes[1], months()[-1])):
            says_or_draws(figure(queries.load(statement, segment=f"{axis}/{code}", month=month, window=12)))


@pytest.mark.parametrize(("statement", "figure"), AXIS_CHARTS, ids=lambda value: getattr(value, "__name__", value))
def test_axis_charts(statement: str, figure: Any) -> None:
    for axis in charts.AXES:
        for month in months():
            says_or_draws(figure(queries.load(statement, axis=axis, month=month, window=12)))


def test_suppressed_rates_are_not_drawn() -> None:
    frame = pd.DataFrame(
        {
            "cohort_month": pd.to_datetime(["2025-01-31", "2025-02-28", "2025-03-31"]),
            "is_mature": [True, True, False],
            "is_suppressed": [True, False, False],
            "performing": [29, 30, 31],
            "defaulted": [1, 3, 0],
            "default_rate": [None, 0.1, None],
            "wilson_lower": [None, 0.03, None],
            "wilson_upper": [None, 0.26, None],
            "benchmark_rate": [0.02, 0.02, 0.02],
        }
    )
    drawn = charts.segment_default(frame)
    # neither the suppressed cohort nor the one that is not mature has a point, and no line goes across them
    for trace in drawn.data:
        assert [not charts.missing(float(value)) for value in trace.y] == [False, True, False]
        assert trace.connectgaps is False
    few = charts.segment_default(frame[frame["is_suppressed"]])
    assert len(few.data) == 0
    assert "Suppressed" in few.layout.annotations[0].text and "29" in few.layout.annotations[0].text


def test_missing_is_never_zero() -> None:
    assert charts.percent(None) == charts.money(float("nan")) == charts.count(pd.NA) == "–"
    assert charts.percent(0) == "0.0%"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (14_016_065_521.18, "¥14.02 bn"),
        (1_000_000_000, "¥1.00 bn"),
        (999_949_999, "¥999.9 m"),
        (776_362_373.79, "¥776.4 m"),
        (1_000_000, "¥1.0 m"),
        (999_499, "¥999 k"),
        (1_000, "¥1 k"),
        (999, "¥999"),
        (-73_100_000, "-¥73.1 m"),
        (0, "¥0"),
    ],
)
def test_money_in_words(value: float, shown: str) -> None:
    assert charts.money(value) == shown


def test_every_statement_runs() -> None:
    everything = {
        "month": "latest",
        "axis": "CREDIT",
        "segment": "CREDIT/*",
        "window": 12,
        "client": "0",
        "source": "*",
        "verdict": "*",
        "search": "",
    }
    for name in queries.SQL:
        frame = queries.load(name, **everything)
        assert "why" not in frame.attrs, (name, frame.attrs)
