"""Migration: who moved where, and are the segments steady?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, count, grid, missing, percent, words
from vizro.models.types import capture

NAME = "migration"
DRIFT = {"STABLE": "tone-good", "LOOK": "tone-warn", "ACT": "tone-bad"}


@capture("figure")
def steadiness(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "This month is not in the warehouse."))
    now = data_frame.iloc[0]
    psi = "–" if missing(now["psi_quarter"]) else f"{float(now['psi_quarter']):.3f}"
    return cards(
        [
            card(
                "Stayed",
                percent(now["stay_rate"]),
                f"{count(now['stayed'])} of {count(now['clients_in_both'])} clients of both months",
                mark="stay",
            ),
            card("To lower risk", count(now["upgrades"]), "clients this month", mark="upgrades", tone="tone-good"),
            card("To higher risk", count(now["downgrades"]), "clients this month", mark="downgrades", tone="tone-bad"),
            card(
                "New / left", f"{count(now['entries'])} / {count(now['exits'])}", "clients this month", mark="entries"
            ),
            card("Held back", count(now["held_back"]), "changes that wait for confirmation", mark="held"),
            card(
                "There and back",
                count(now["flip_flops"]),
                f"{percent(now['flip_flop_rate'], 2)} within the days of the rule",
                mark="flips",
            ),
            card(
                "Drift of the mix",
                psi,
                f"PSI against a quarter before: {words(now['drift_level']).lower()}",
                mark="psi",
                tone=DRIFT.get(now["drift_level"], ""),
            ),
        ]
    )


@capture("figure")
def moves(data_frame: pd.DataFrame) -> Any:
    changed = data_frame[data_frame["from_segment"] != data_frame["to_segment"]] if len(data_frame) else data_frame
    return charts.sheet(
        "Who moved where?",
        "Moves between month ends in the chosen months, without those who stayed",
        grid(
            changed.sort_values("moves", ascending=False, kind="stable") if len(changed) else changed,
            [
                column("from_name", "From"),
                column("to_name", "To"),
                column("moves", "Moves", "count"),
                column("from_moves", "Client months in the segment before", "count"),
                column("move_share", "Share", "percent"),
            ],
            "Nobody moved in these months.",
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["axis", "month", "window"]
    kpi, matrix, trend = (parts.source(f"migration_{name}") for name in ("kpi", "matrix", "trend"))
    by_month = [f"migration-{name}" for name in ("cards", "direction", "drift", "held")]
    by_window = ["migration-matrix", "migration-table"]
    return parts.page(
        NAME,
        "Who moved where, and are the segments steady?",
        [
            parts.live(by_month + by_window, "axis", "Axis", parts.axis_options, "CREDIT", NAME),
            parts.live(by_month + by_window, "month", "Month", parts.month_options, "latest", NAME),
            parts.live(by_window, "window", "Moves of", parts.window_options, "12", NAME),
        ],
        [
            vm.Figure(id="migration-cards", figure=steadiness(data_frame=kpi)),
            parts.row(
                parts.graph(
                    "migration-matrix",
                    charts.migration_matrix(data_frame=matrix),
                    "Who moved where?",
                    "Moves between month ends and their share of the segment before; staying and new clients are grey",
                    height=460,
                ),
                height=460,
            ),
            parts.row(
                parts.graph(
                    "migration-direction",
                    charts.migration_direction(data_frame=trend),
                    "Do clients move to lower or higher risk?",
                ),
                parts.graph(
                    "migration-drift",
                    charts.migration_drift(data_frame=trend),
                    "Does the mix drift?",
                    "Population stability index against a quarter before",
                ),
                parts.graph(
                    "migration-held", charts.migration_held(data_frame=trend), "How much does the model hold back?"
                ),
            ),
            parts.Export(page=NAME, tables={"moves": matrix, "stability": trend}),
            vm.Figure(id="migration-table", figure=moves(data_frame=matrix)),
        ],
    )
