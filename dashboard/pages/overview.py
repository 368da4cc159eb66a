"""Overview: how large, how late and how risky is each segment of an axis?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import cards, change, column, count, grid, money, percent, points
from vizro.models.types import capture

NAME = "overview"


@capture("figure")
def portfolio_cards(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "The warehouse has no client in this month."))
    now = data_frame.iloc[0]
    before = data_frame.iloc[1] if len(data_frame) > 1 else now.map(lambda _: None)
    owed = change(now["exposure_amount"], before["exposure_amount"], money)
    late = change(now["par30_rate"], before["par30_rate"], points)
    exposure, due = money(now["exposure_amount"]), money(now["due_amount"])
    return cards(
        [
            charts.card(
                "Clients", count(now["clients"]), change(now["clients"], before["clients"], count), mark="clients"
            ),
            charts.card(
                "Borrowers",
                count(now["borrowers"]),
                change(now["borrowers"], before["borrowers"], count),
                mark="borrowers",
            ),
            charts.card(
                "Exposure",
                exposure,
                f"{charts.chinese_money(now['exposure_amount'])}\n{owed}",
                mark="exposure",
            ),
            charts.card(
                "More than 30 days late",
                percent(now["par30_rate"], 2),
                f"{money(now['par30_amount'])} of {exposure}\n{late}",
                mark="par30",
            ),
            charts.card(
                "Non-performing",
                percent(now["non_performing_rate"], 2),
                f"{money(now['non_performing_amount'])} of {exposure}",
                mark="npl",
            ),
            charts.card(
                "Paid on time this month",
                percent(now["on_time_rate"]),
                f"{money(now['paid_on_time_amount'])} of {due} due",
                mark="on-time",
            ),
            charts.card("Early warnings", count(now["clients_flagged"]), "clients flagged this month", mark="warnings"),
        ]
    )


@capture("figure")
def scorecard(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "What are the figures behind?",
        "One row a segment; suppressed: fewer than 30 observations",
        grid(
            data_frame,
            [
                column("segment", "Segment", width=210, pin=True),
                column("clients", "Clients", "count"),
                column("borrowers", "Borrowers", "count"),
                column("live_loans", "Live loans", "count"),
                column("exposure_amount", f"Exposure, {charts.symbol().strip()}", "money", width=150),
                column("par30_rate", "Over 30 days late", "percent"),
                column("par90_rate", "Over 90 days late", "percent"),
                column("non_performing_rate", "NPL", "percent", tip="Non-performing share of exposure"),
                column("on_time_rate", "Paid on time", "percent"),
                column("cumulative_repayment_rate", "Repaid since start", "percent"),
                column(
                    "loan_count_repayment_rate",
                    "Loans repaid",
                    "percent",
                    tip="Of the loans that matured in the month, those repaid on time",
                    suppressed="is_loan_count_suppressed",
                ),
                column("default_rate", "Default, 12 months", "percent", suppressed="is_default_suppressed"),
                column("cohort_performing", "Clients of cohort", "count"),
                column("benchmark_rate", "Benchmark", "percent"),
            ],
            "No segment of this axis has a client in this month.",
            page=20,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["axis", "month"]
    kpi, segments, trend = (parts.source(name) for name in ("overview_kpi", "overview_segments", "overview_trend"))
    figures = [
        "overview-cards",
        "overview-size",
        "overview-late",
        "overview-default",
        "overview-trend",
        "overview-table",
    ]
    return parts.page(
        NAME,
        "How large, how late and how risky is each segment?",
        [
            parts.live(figures, "axis", "Axis", parts.axis_options, "CREDIT", NAME),
            parts.live(figures, "month", "Month", parts.month_options, "latest", NAME),
        ],
        [
            vm.Figure(id="overview-cards", figure=portfolio_cards(data_frame=kpi)),
            parts.row(
                parts.graph(
                    "overview-size", charts.size_of_segments(data_frame=segments), "How large is each segment?"
                ),
                parts.graph(
                    "overview-late",
                    charts.lateness_of_segments(data_frame=segments),
                    "How much of each segment is late?",
                    "Share of exposure",
                ),
            ),
            parts.row(
                parts.graph("overview-trend", charts.exposure_trend(data_frame=trend), "How did exposure move?"),
                parts.graph(
                    "overview-default",
                    charts.defaults_of_segments(data_frame=segments),
                    "Does a segment default more than its benchmark?",
                    "Newest cohort whose twelve months are over; fewer than 30 clients are suppressed",
                ),
            ),
            parts.Export(page=NAME, tables={"segments": segments, "portfolio": kpi, "exposure by month": trend}),
            vm.Figure(id="overview-table", figure=scorecard(data_frame=segments)),
        ],
    )
