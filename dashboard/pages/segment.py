"""One segment in depth: is it growing, does it pay, does it default, and what does policy give it?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, count, grid, missing, money, percent, truth, words
from dash import html
from vizro.models.types import capture

NAME = "segment"


@capture("figure")
def head(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "This segment is not listed."))
    now = data_frame.iloc[0]
    if missing(now["clients"]):
        return charts.sheet(
            f"{charts.AXES[now['axis']]}: {now['segment']}",
            now["definition"],
            charts.note("No client stands in this segment in this month."),
        )
    exposure = money(now["exposure_amount"])
    few = bool(now["is_default_suppressed"])
    default = (
        "not mature" if not bool(now["is_default_mature"]) else "suppressed" if few else percent(now["default_rate"])
    )
    default_note = (
        "its twelve months are not over"
        if not bool(now["is_default_mature"])
        else f"{count(now['performing'])} clients, fewer than 30"
        if few
        else f"{count(now['defaulted'])} of {count(now['performing'])} clients"
    )
    kpis = [
        card("Clients", count(now["clients"]), f"{count(now['borrowers'])} with a loan", mark="clients"),
        card(
            "Exposure",
            exposure,
            f"{charts.chinese_money(now['exposure_amount'])}, {percent(now['book_share'])} of the book",
            mark="exposure",
        ),
        card(
            "More than 30 days late",
            percent(now["par30_rate"], 2),
            f"{money(now['par30_amount'])} of {exposure}",
            mark="par30",
        ),
        card(
            "Paid on time",
            percent(now["on_time_rate"]),
            f"{money(now['paid_on_time_amount'])} of {money(now['due_amount'])} due",
            mark="on-time",
        ),
        card(
            "Default of this month's cohort",
            default,
            default_note,
            mark="default",
            tone="" if default.endswith("%") else "long tone-soft",
        ),
        card("Ten largest clients", percent(now["top_ten_share"]), "of the segment's exposure", mark="top-ten"),
    ]
    kpis += service(now)
    return html.Div(
        [charts.sheet(f"{charts.AXES[now['axis']]}: {now['segment']}", now["definition"]), cards(kpis)],
        className="stack",
    )


def service(now: pd.Series) -> list[html.Div]:
    """Figures of service and loyalty, where the release has them; of few observations they are suppressed."""
    shown = []
    for rate, observations, title, form, what in (
        ("approval_rate", "decided", "Approved", percent, "decided applications"),
        (
            "median_business_hours",
            "timed_decisions",
            "Time to decision",
            hours,
            "timed decisions, median of business hours",
        ),
        ("net_promoter_share", "nps_answers", "Net promoter share", percent, "answers"),
        ("csat_rate", "csat_answers", "Satisfied", percent, "answers"),
        ("repeat_borrow_rate", "clients_drawing_12m", "Borrow again", percent, "clients who drew within a year"),
        ("retention_rate", "retention_clients", "Kept for a year", percent, "clients a year before"),
    ):
        if rate not in now.index:
            continue
        known, seen = not missing(now[rate]), 0 if missing(now[observations]) else now[observations]
        value = form(now[rate]) if known else "suppressed" if seen else "none"
        tone = "" if known else "long tone-soft"
        shown.append(card(title, value, f"of {count(seen)} {what}", mark=rate.replace("_", "-"), tone=tone))
    return shown


def hours(value: Any) -> str:
    return f"{float(value):,.1f} h"


@capture("figure")
def policy(data_frame: pd.DataFrame) -> Any:
    title, subtitle = (
        "What does policy give this segment?",
        "After the market regime, in force in this month; the other axes of a client may tighten it",
    )
    if not len(data_frame):
        return charts.sheet(
            title, subtitle, charts.note(charts.why_empty(data_frame, "No policy was in force in this month."))
        )
    now = data_frame.iloc[0]

    def months(value: Any) -> str:
        return (
            "none set"
            if missing(value)
            else "every week"
            if float(value) == 0.25
            else f"every {charts.plain(value)} months"
        )

    lines = [
        ("Limit", f"{percent(now['limit_multiplier'], 0)} of what the client can carry"),
        ("Spread over LPR", "priced elsewhere" if missing(now["spread_bp"]) else f"{float(now['spread_bp']):,.0f} bp"),
        ("Unsecured, at most", percent(now["unsecured_share_max"], 0)),
        ("Collateral cover, at least", percent(now["collateral_coverage_min"], 0)),
        ("Guarantor asked for", truth(now["is_guarantor_required"])),
        ("Repayment", words(str(now["repayment_methods"]).replace(";", ", "))),
        (
            "Approval",
            f"{words(now['approval_track'])}, "
            + (
                "no service level"
                if missing(now["service_level_days"])
                else f"{charts.plain(now['service_level_days'])} working days"
            ),
        ),
        ("Monitoring", months(now["monitoring_interval_months"])),
        ("Rating review", months(now["review_interval_months"])),
        ("Use of funds checked", f"{percent(now['use_of_funds_share'], 0)} of drawdowns"),
        ("New credit", truth(now["is_new_credit_allowed"])),
        ("Market regime", words(now["regime"])),
    ]
    return charts.sheet(
        title,
        subtitle,
        html.Div(
            [html.Div([html.Span(name), html.B(value)], className="fact") for name, value in lines], className="facts"
        ),
    )


@capture("figure")
def history(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "Month by month",
        "Newest first",
        grid(
            data_frame.iloc[::-1],
            [
                column("as_of_month", "Month end", "date", width=110, pin=True),
                column("clients", "Clients", "count"),
                column("borrowers", "Borrowers", "count"),
                column("live_loans", "Live loans", "count"),
                column("exposure_amount", f"Exposure, {charts.symbol().strip()}", "money", width=150),
                column("book_share", "Share of the book", "percent"),
                column("par30_rate", "Over 30 days late", "percent"),
                column("non_performing_rate", "NPL", "percent", tip="Non-performing share of exposure"),
                column("due_amount", "Due in the month", "money", width=130),
                column("on_time_rate", "Paid on time", "percent"),
                column("cumulative_repayment_rate", "Repaid since start", "percent"),
                column("default_rate", "Default, 12 months", "percent", suppressed="is_default_suppressed"),
                column("top_ten_share", "Ten largest", "percent"),
            ],
            "No client stood in this segment up to this month.",
            page=12,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["segment", "month"]
    statements = {
        name: parts.source(f"segment_{name}") for name in ("head", "history", "default", "vintage", "policy", "effort")
    }
    figures = [
        f"segment-{name}" for name in ("head", "growth", "payment", "default", "vintage", "policy", "effort", "table")
    ]
    return parts.page(
        NAME,
        "How does one segment do, in depth?",
        [
            *parts.segment_filter(figures, NAME, "CREDIT", "CREDIT/MEDIUM", with_all=False),
            parts.live(figures, "month", "Month", parts.month_options, "latest", NAME),
        ],
        [
            vm.Figure(id="segment-head", figure=head(data_frame=statements["head"])),
            parts.row(
                parts.graph(
                    "segment-growth", charts.segment_growth(data_frame=statements["history"]), "Is it growing?"
                ),
                parts.graph(
                    "segment-payment",
                    charts.segment_payment(data_frame=statements["history"]),
                    "Does it pay?",
                    "Share of what fell due in the month, and of exposure",
                ),
            ),
            parts.row(
                parts.graph(
                    "segment-default",
                    charts.segment_default(data_frame=statements["default"]),
                    "How often does it default within twelve months?",
                    "By month at which clients stood in the segment; fewer than 30 clients are suppressed",
                ),
                parts.graph(
                    "segment-vintage",
                    charts.segment_vintage(data_frame=statements["vintage"]),
                    "How do its loans age?",
                    "Loans ever more than 30 days late, by quarter of origination; fewer than 30 loans are suppressed",
                ),
            ),
            parts.row(
                parts.graph(
                    "segment-effort",
                    charts.segment_effort(data_frame=statements["effort"]),
                    "Is the effort worth what it brings?",
                    "The segment's share of all managers' hours, capital and revenue of the month",
                    height=260,
                ),
                height=260,
            ),
            vm.Figure(id="segment-policy", figure=policy(data_frame=statements["policy"])),
            parts.Export(
                page=NAME,
                tables={
                    "history": "segment_history",
                    "default cohorts": "segment_default",
                    "vintages": "segment_vintage",
                    "policy": "segment_policy",
                    "effort": "segment_effort",
                },
            ),
            vm.Figure(id="segment-table", figure=history(data_frame=statements["history"])),
        ],
    )
