"""Claims: does the data bear out what segmentation promises?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import vizro.models as vm
from vizro.models.types import capture

import charts
import parts
from charts import card, cards, column, grid, measured, missing, words

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
        + [card(words(verdict), str(int(counted.get(verdict, 0))), notes[verdict], mark=verdict.lower(), tone=tones[verdict]) for verdict in charts.VERDICT]
    )  # fmt: skip


@capture("figure")
def table(data_frame: pd.DataFrame) -> Any:
    frame = data_frame
    if len(frame):
        def with_parts(row: pd.Series, side: str) -> str:
            if missing(row[f"{side}_value"]):
                return "not known"
            told = measured(row[f"{side}_value"], row["unit"])
            if missing(row[f"{side}_denominator"]):
                return told
            return f"{told} (n = {charts.plain(row[f'{side}_denominator'])})"

        def interval(row: pd.Series) -> str:
            if missing(row["effect_value"]):
                return "not known"
            told = measured(row["effect_value"], row["unit"])
            if missing(row["effect_lower"]) or missing(row["effect_upper"]):
                return told
            return f"{told} ({measured(row['effect_lower'], row['unit'])} to {measured(row['effect_upper'], row['unit'])})"

        frame = frame.assign(
            promise=frame["promise_en"] + "  " + frame["promise_zh"].fillna(""),
            subject=frame.apply(with_parts, axis=1, side="subject"),
            reference=frame.apply(with_parts, axis=1, side="reference"),
            target=[measured(value, unit) for value, unit in zip(frame["target_value"], frame["unit"], strict=True)],
            effect=frame.apply(interval, axis=1),
        )
    return charts.sheet(
        "What is promised, what is measured?", "Subject against reference with numerator and denominator in the export; interval at the confidence level of the claim",
        grid(
            frame,
            [
                column("claim_id", "Claim", width=90),
                column("promise", "Promise", width=260),
                column("segment", "Segment", width=130),
                column("definition", "Measured as", width=220),
                column("design", "Design", "code", width=120),
                column("subject", "Subject", width=120),
                column("reference", "Reference", width=120),
                column("target", "Target", width=86),
                column("effect", "Effect and interval", width=150),
                column("verdict", "Verdict", "verdict", width=110),
                column("verdict_reason", "Why", width=220),
            ],
            "No claim for this choice.", page=30, wrap=True,
        ),
    )  # fmt: skip


@capture("figure")
def evidence(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "On which data?", "One row a claim, arm and period",
        grid(
            data_frame,
            [
                column("claim_id", "Claim", width=90),
                column("arm", "Arm", "code"),
                column("period", "Period", "code"),
                column("window_from", "From", "date"),
                column("window_to", "To", "date"),
                column("observations", "Observations", "count"),
                column("numerator", "Numerator", "number"),
                column("denominator", "Denominator", "number"),
                column("value", "Value", "number"),
            ],
            "No evidence for this choice.", page=10,
        ),
    )  # fmt: skip


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["axis", "verdict"]
    statement, behind = parts.source("claims"), parts.source("claim_evidence")
    figures = ["claims-cards", "claims-chart", "claims-table", "claims-evidence"]
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
                parts.graph("claims-chart", charts.claims_compared(data_frame=statement), "How does each promise compare with its reference?", "100 % is the reference; longer than three times is cut off; the verdict looks at the interval, not at the bar", height=560),
                height=560,
            ),
            parts.Export(page=NAME, tables={"claims": statement, "evidence": behind}),
            vm.Figure(id="claims-table", figure=table(data_frame=statement)),
            vm.Figure(id="claims-evidence", figure=evidence(data_frame=behind)),
        ],
    )  # fmt: skip
