"""Policy and compliance: what does a segment earn, and do the contracts keep to it?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, count, grid, percent
from vizro.models.types import capture

NAME = "policy"


@capture("figure")
def kept(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "No loan was decided in these months."))
    now = data_frame.iloc[0]
    return cards(
        [
            card("Loans decided", count(now["loans"]), "in the chosen months", mark="loans"),
            card(
                "Loans with a breach",
                count(now["loans_in_breach"]),
                "of at least one lever",
                mark="loans-in-breach",
                tone="tone-bad" if now["loans_in_breach"] else "",
            ),
            card(
                "Breach rate",
                percent(now["breach_rate"]),
                f"{count(now['breaches'])} of {count(now['tests'])} tests",
                mark="breach-rate",
            ),
            card("Compliant", count(now["compliant"]), "tests", mark="compliant", tone="tone-good"),
            card("Excused", count(now["excused"]), "by an approved exception", mark="excused"),
            card(
                "Not testable",
                count(now["not_testable"]),
                "no segment then, or the lever does not apply",
                mark="not-testable",
                tone="tone-soft",
            ),
        ]
    )


@capture("figure")
def levers(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "What does each segment of the axis earn?",
        "In force in the chosen month, after the market regime; an empty cell sets nothing",
        grid(
            data_frame,
            [
                column("segment", "Segment", width=200, pin=True),
                column(
                    "limit_multiplier", "Limit", "percent", tip="Share of the capacity-based limit that may be lent"
                ),
                column("spread_bp", "Spread, bp", "number", tip="Over the LPR; empty when priced elsewhere"),
                column("unsecured_share_max", "Unsecured, at most", "percent"),
                column("collateral_coverage_min", "Cover, at least", "percent"),
                column("is_guarantor_required", "Guarantor", "yes"),
                column("approval_track", "Track", "code"),
                column("service_level_days", "Days to decide", "number"),
                column("monitoring_interval_months", "Check every, months", "number"),
                column("review_interval_months", "Review every, months", "number"),
                column("use_of_funds_share", "Use of funds checked", "percent"),
                column("is_new_credit_allowed", "New credit", "yes"),
                column("regime", "Regime", "code"),
            ],
            "No policy was in force in this month.",
            page=20,
        ),
    )


def in_unit(value: Any, text: Any, unit: Any) -> str:
    """What policy asks or the contract has, in the unit of the lever."""
    forms = {"fraction": percent, "yuan": charts.money, "amount": charts.money, "1 or 0": charts.truth}
    known = (
        []
        if charts.missing(value)
        else [forms[unit](value) if unit in forms else f"{charts.plain(round(float(value), 2))} {unit}"]
    )
    # the value of these counts something that only its text names
    if unit in ("method", "rank", "targets"):
        known = []
    return (
        " · ".join([*known, *([] if charts.missing(text) else [charts.words(text).replace(";", ", ").lower()])]) or "–"
    )


@capture("figure")
def breaches(data_frame: pd.DataFrame) -> Any:
    if len(data_frame):
        data_frame = data_frame.assign(
            **{
                side: [
                    in_unit(value, text, unit)
                    for value, text, unit in zip(
                        data_frame[f"{side}_value"], data_frame[f"{side}_text"], data_frame["unit"], strict=True
                    )
                ]
                for side in ("policy", "contract")
            }
        )
    return charts.sheet(
        "Which contracts do not keep to policy?",
        "Newest first; policy asked on the day of the decision",
        grid(
            data_frame,
            [
                column("decided_on", "Decided on", "date", width=96),
                column("loan_no", "Loan", width=84),
                column("client_key", "Client", width=170),
                column("lever", "Lever", "code", width=150),
                column("policy", "Policy asked"),
                column("contract", "Contract has"),
                column("status", "Status", "verdict", width=84),
                column("reason_code", "Reason", "code", width=180),
                column("rule_id", "Rule", width=200),
            ],
            "No breach and no excused exception among these loans.",
            page=10,
        ),
    )


@capture("figure")
def schemes(data_frame: pd.DataFrame) -> Any:
    return charts.sheet(
        "Which projects stand below their scheme?",
        "Headroom of actual over required; below zero is a breach",
        grid(
            data_frame,
            [
                column("project_key", "Project", width=180),
                column("project_type", "Type", width=170),
                column("revenue_model", "Revenue", "code"),
                column("phase", "Phase", "code"),
                column("slotting_grade", "Grade", "code"),
                column("dscr_headroom", "DSCR headroom", "number"),
                column("llcr_headroom", "LLCR headroom", "number"),
                column("gearing_headroom", "Gearing headroom", "percent"),
                column("tenor_years_headroom", "Tenor headroom, years", "number"),
                column("tail_years_headroom", "Tail headroom, years", "number"),
                column("breaches", "Breaches", "count"),
                column("tested_levers", "Tested", "count"),
            ],
            "There is no project finance in this warehouse.",
            page=10,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["segment", "month", "window"]
    statements = {
        name: parts.source(name)
        for name in (
            "compliance_kpi",
            "compliance_by_lever",
            "compliance_reasons",
            "compliance_trend",
            "compliance_breaches",
            "policy_levers",
            "project_schemes",
        )
    }
    by_window = [f"policy-{name}" for name in ("cards", "by-lever", "reasons", "breaches")]
    by_month = [*by_window, "policy-trend", "policy-terms", "policy-levers"]
    return parts.page(
        NAME,
        "What does a segment earn, and do the contracts keep to it?",
        [
            *parts.segment_filter(by_month, NAME, "CREDIT", "CREDIT/*", with_all=True),
            parts.live(by_month, "month", "Month", parts.month_options, "latest", NAME),
            parts.live(by_window, "window", "Loans decided in", parts.window_options, "12", NAME),
        ],
        [
            parts.row(
                parts.graph(
                    "policy-terms",
                    charts.policy_terms(data_frame=statements["policy_levers"]),
                    "What does each segment of the axis earn?",
                    "In force in the chosen month, after the market regime",
                ),
            ),
            vm.Figure(id="policy-cards", figure=kept(data_frame=statements["compliance_kpi"])),
            parts.row(
                parts.graph(
                    "policy-by-lever",
                    charts.compliance_by_lever(data_frame=statements["compliance_by_lever"]),
                    "Do the contracts keep to policy?",
                    "Share of tests by lever, without those that cannot be made",
                ),
                parts.graph(
                    "policy-reasons",
                    charts.compliance_reasons(data_frame=statements["compliance_reasons"]),
                    "What is broken most?",
                ),
                parts.graph(
                    "policy-trend",
                    charts.compliance_trend(data_frame=statements["compliance_trend"]),
                    "Does it get better?",
                    "Breach rate by quarter of the decision",
                ),
            ),
            parts.Export(
                page=NAME,
                tables={
                    "breaches": "compliance_breaches",
                    "levers": "policy_levers",
                    "by lever": "compliance_by_lever",
                    "by quarter": "compliance_trend",
                    "projects": "project_schemes",
                },
            ),
            vm.Figure(id="policy-levers", figure=levers(data_frame=statements["policy_levers"])),
            vm.Figure(id="policy-breaches", figure=breaches(data_frame=statements["compliance_breaches"])),
            vm.Figure(id="policy-schemes", figure=schemes(data_frame=statements["project_schemes"])),
        ],
    )
