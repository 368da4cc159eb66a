"""Claims: does the data bear out what segmentation promises?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, grid, measured, missing, words
from dash import html
from vizro.models.types import capture

NAME = "claims"


@capture("figure")
def verdicts(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "No claim for this choice."))
    counted = data_frame["verdict"].value_counts()
    tones = {"SUPPORTED": "tone-good", "NOT_SUPPORTED": "tone-bad", "NOT_ENOUGH_DATA": "tone-soft"}
    notes = {
        "SUPPORTED": "the data bears the promise out",
        "NOT_SUPPORTED": "the data does not bear the promise out",
        "NOT_ENOUGH_DATA": "nothing can be said yet",
    }
    return cards(
        [card("Promises measured", str(len(data_frame)), "one row each below", mark="claims")]
        + [
            card(
                words(verdict),
                str(int(counted.get(verdict, 0))),
                notes[verdict],
                mark=verdict.lower(),
                tone=tones[verdict],
            )
            for verdict in charts.VERDICT
        ]
    )


def interval(row: Any) -> str:
    if missing(row.effect_value):
        return "–"
    told = measured(row.effect_value, row.unit, difference=True)
    if missing(row.effect_lower) or missing(row.effect_upper):
        return told
    ends = (measured(end, row.unit, difference=True) for end in (row.effect_lower, row.effect_upper))
    return f"{told} ({' to '.join(ends)})"


@capture("figure")
def table(data_frame: pd.DataFrame) -> Any:
    frame = data_frame
    if len(frame):
        frame = frame.assign(
            promise=frame["promise_en"] + " " + frame["promise_zh"].fillna(""),
            measure=frame["claim_id"].map(words),
            **{
                side: [measured(value, unit) for value, unit in zip(frame[f"{side}_value"], frame["unit"], strict=True)]
                for side in ("subject", "reference", "target")
            },
            effect=[interval(row) for row in frame.itertuples()],
        )
    return charts.sheet(
        "What is promised, what came out?",
        "Effect with its interval at the confidence level of the claim; – is not known, never zero",
        grid(
            frame,
            [
                column("promise", "Promise", width=230),
                column("measure", "Measured by", width=150),
                column("segment", "Segment", width=130),
                column("design", "Design", "code", width=112),
                column("subject", "Subject", width=84),
                column("reference", "Reference", width=90),
                column("target", "Target", width=76),
                column("effect", "Effect and interval"),
                column("verdict", "Verdict", "verdict", width=92),
                column("verdict_reason", "Why", "code", width=124),
            ],
            "No claim for this choice.",
            page=30,
            wrap=True,
        ),
    )


@capture("figure")
def definitions(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return html.Div()
    return charts.sheet(
        "How exactly is each measured?",
        "Definition and data of every claim",
        html.Div(
            [
                html.Details(
                    [
                        html.Summary(words(row.claim_id)),
                        html.P(row.definition),
                        html.P(f"Data: {row.data_used}", className="tone-soft"),
                    ],
                    className="definition-row",
                )
                for row in data_frame.itertuples()
            ],
            className="definitions",
        ),
    )


@capture("figure")
def evidence(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "On which data?",
        "One row a claim, arm and period",
        grid(
            data_frame,
            [
                column("claim_id", "Claim", "code", width=250),
                column("arm", "Arm", "code"),
                column("period", "Period", "code"),
                column("window_from", "From", "date"),
                column("window_to", "To", "date"),
                column("observations", "Observations", "count"),
                column("numerator", "Numerator", "number"),
                column("denominator", "Denominator", "number"),
                column("value", "Value", "number"),
            ],
            "No evidence for this choice.",
            page=10,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["axis", "verdict"]
    statement, behind = parts.source("claims"), parts.source("claim_evidence")
    figures = ["claims-cards", "claims-chart", "claims-table", "claims-definitions", "claims-evidence"]
    return parts.page(
        NAME,
        "Does the data bear out what segmentation promises?",
        [
            parts.live(figures, "axis", "Axis", parts.any_axis_options, "*", NAME),
            parts.live(figures, "verdict", "Verdict", parts.verdict_options, "*", NAME),
        ],
        [
            vm.Figure(id="claims-cards", figure=verdicts(data_frame=statement)),
            parts.row(
                parts.graph(
                    "claims-chart",
                    charts.claims_compared(data_frame=statement),
                    "How does each promise compare with its reference?",
                    "Subject over reference; the verdict looks at the interval, not at the dot",
                    height=470,
                ),
                height=470,
            ),
            parts.Export(page=NAME, tables={"claims": statement, "evidence": behind}),
            vm.Figure(id="claims-table", figure=table(data_frame=statement)),
            vm.Figure(id="claims-definitions", figure=definitions(data_frame=statement)),
            vm.Figure(id="claims-evidence", figure=evidence(data_frame=behind)),
        ],
    )
