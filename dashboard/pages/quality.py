"""Data quality: did every row and every yuan end up somewhere we can name, and who mends what?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, count, grid, missing, percent
from vizro.models.types import capture

NAME = "quality"


@capture("figure")
def rows_cards(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame) or missing(data_frame["rows_in"][0]):
        return charts.note(charts.why_empty(data_frame, "No row was delivered for this table."))
    now = data_frame.iloc[0]

    def part(name: str) -> str:
        return f"{percent(now[name] / now['rows_in'], 2)} of what came in" if now["rows_in"] else "nothing came in"

    gap = now["rows_unexplained"]
    return cards(
        [
            card("Rows delivered", count(now["rows_in"]), "in the contract's tables", mark="rows-in"),
            card("Accepted", count(now["rows_accepted"]), part("rows_accepted"), mark="accepted", tone="tone-good"),
            card(
                "Rejected",
                count(now["rows_rejected"]),
                part("rows_rejected"),
                mark="rejected",
                tone="tone-bad" if now["rows_rejected"] else "",
            ),
            card("Exact copies", count(now["rows_duplicate"]), part("rows_duplicate"), mark="duplicate"),
            card("Older versions", count(now["rows_superseded"]), part("rows_superseded"), mark="superseded"),
            card(
                "Unexplained rows",
                count(gap),
                "in = accepted + rejected + copies + older",
                mark="unexplained",
                tone="tone-bad" if gap else "tone-good",
            ),
        ]
    )


@capture("figure")
def issues(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "What is wrong, who mends it and how?",
        "One row a table and reason, the most frequent first",
        grid(
            data_frame,
            [
                column("table_name", "Table", width=160),
                column("issue", "Issue", width=210),
                column("effect", "Effect", "code", width=100),
                column("issues", "Issues", "count", width=90),
                column("issue_share", "Share of rows", "percent", width=90),
                column("who_fixes", "Who", "code", width=120),
                column("meaning", "What it means"),
                column("how_to_fix", "How to fix"),
            ],
            "No issue in this table.",
            page=10,
            wrap=True,
        ),
    )


@capture("figure")
def tables(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "Where did every row go?",
        "Rows in = accepted + rejected + exact copies + older versions",
        grid(
            data_frame,
            [
                column("table_name", "Table", width=220),
                column("rows_in", "Delivered", "count"),
                column("rows_accepted", "Accepted", "count"),
                column("rows_rejected", "Rejected", "count"),
                column("rows_duplicate", "Exact copies", "count"),
                column("rows_superseded", "Older versions", "count"),
                column("rows_unexplained", "Unexplained", "count"),
            ],
            "No such table.",
            page=10,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["source", "month"]
    statements = {
        name: parts.source(f"quality_{name}") for name in ("kpi", "tables", "issues", "fixers", "without_data")
    }
    by_table = [f"quality-{name}" for name in ("cards", "rows", "reasons", "fixers", "issues", "tables")]
    return parts.page(
        NAME,
        "Can the figures be trusted: where did every row go, and who mends what?",
        [
            parts.live(by_table, "source", "Table", parts.source_options, "*", NAME),
            parts.live(["quality-without"], "month", "Segments up to", parts.month_options, "latest", NAME),
        ],
        [
            vm.Figure(id="quality-cards", figure=rows_cards(data_frame=statements["kpi"])),
            parts.row(
                parts.graph(
                    "quality-rows",
                    charts.quality_rows(data_frame=statements["tables"]),
                    "How much of each table was accepted?",
                    "Share of delivered rows; the axis does not begin at zero",
                    height=520,
                ),
                parts.graph(
                    "quality-reasons",
                    charts.quality_reasons(data_frame=statements["issues"]),
                    "What is wrong most often?",
                    height=520,
                ),
                height=520,
            ),
            parts.row(
                parts.graph(
                    "quality-fixers",
                    charts.quality_fixers(data_frame=statements["fixers"]),
                    "Who has to mend it?",
                    height=240,
                ),
                parts.graph(
                    "quality-without",
                    charts.quality_without_data(data_frame=statements["without_data"]),
                    "How many clients stand in a segment for want of data?",
                    "Share in unknown, unrated, insufficient data or not applicable, by axis",
                    height=240,
                ),
                height=240,
            ),
            parts.Export(
                page=NAME,
                tables={"issues": "quality_issues", "tables": "quality_tables", "who fixes": "quality_fixers"},
            ),
            vm.Figure(id="quality-issues", figure=issues(data_frame=statements["issues"])),
            vm.Figure(id="quality-tables", figure=tables(data_frame=statements["tables"])),
        ],
    )
