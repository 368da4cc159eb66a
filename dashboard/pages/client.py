"""One client explained: where does it stand, since when, why, and what does policy make of it?"""

from __future__ import annotations

from typing import Any

import charts
import pandas as pd
import parts
import vizro.models as vm
from charts import card, cards, column, count, day, grid, missing, money, percent, truth, words
from dash import Input, Output, State, callback, html, no_update
from vizro.models.types import capture

NAME = "client"


@capture("figure")
def head(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(charts.why_empty(data_frame, "The warehouse has no client with this key."))
    now = data_frame.iloc[0]
    limit_note = {
        "INFLOW": "from twelve months of inflows",
        "REVENUE": "from a year of revenue",
        "PROJECT": "limited by its project scheme",
    }
    return cards(
        [
            card(
                "Client",
                now["client_key"],
                f"since {day(now['relationship_started_on'])}, {count(now['registrations'])} registration(s)",
                mark="client",
                tone="key",
            ),
            card("Exposure", money(now["exposure_amount"]), f"{count(now['loans'])} loan(s) so far", mark="exposure"),
            card(
                "Limit",
                money(now["limit_amount"]) if not missing(now["limit_amount"]) else "not known",
                limit_note.get(now["capacity_basis"], "no data to judge its capacity"),
                mark="limit",
                tone="long tone-soft" if missing(now["limit_amount"]) else "",
            ),
            card(
                "Headroom",
                money(now["headroom_amount"]),
                "limit less exposure",
                mark="headroom",
                tone="tone-bad" if not missing(now["headroom_amount"]) and now["headroom_amount"] < 0 else "",
            ),
            card(
                "Indicative rate",
                percent(now["indicative_rate"], 2),
                "priced elsewhere"
                if missing(now["spread_bp"])
                else f"LPR {now['lpr_tenor']} {percent(now['lpr_rate'], 2)} + {float(now['spread_bp']):,.0f} bp",
                mark="rate",
            ),
            card(
                "New credit",
                truth(now["is_new_credit_allowed"]),
                words(now["knock_out_rule_id"])
                if bool(now["is_knocked_out"])
                else f"{words(now['approval_track'])} track",
                mark="new-credit",
                tone="tone-bad" if bool(now["is_knocked_out"]) else "tone-good",
            ),
            card(
                "Best product",
                "none" if missing(now["best_product"]) else now["best_product"],
                f"market regime: {words(now['regime']).lower()}",
                mark="product",
                tone="long",
            ),
            card(
                "Early warning",
                "none" if missing(now["signals"]) else words(str(now["signals"]).replace(";", ", ")),
                "" if missing(now["signals"]) else f"since {day(now['flagged_since'])}",
                mark="warning",
                tone="long" if missing(now["signals"]) else "long tone-bad",
            ),
        ],
        wide=True,
    )


def chips(text: Any, unknown: bool = False) -> list[html.Span]:
    found = [] if missing(text) or not text else str(text).split("; ")
    return [html.Span(each, className="chip unknown" if unknown else "chip") for each in found]


def line(name: str, *content: Any) -> html.Div:
    return html.Div([html.B(name), *content], className="why-line")


@capture("figure")
def why(data_frame: pd.DataFrame) -> Any:
    if not len(data_frame):
        return charts.note(
            charts.why_empty(data_frame, "This client is not in the last month: it has left, or the key is wrong.")
        )
    ordered = data_frame.set_index("axis").reindex([axis for axis in charts.AXES if axis in set(data_frame["axis"])])
    boxes = []
    for axis, row in ordered.iterrows():
        shade = charts.colours(axis).get(row["final_segment"], charts.MAIN)
        since = (
            "since the first month"
            if missing(row["previous_segment"])
            else f"since {day(row['valid_from'])}, before that {row['previous_segment']}"
        )
        lines = [
            html.Div(charts.AXES[axis], className="why-axis"),
            html.Div(row["segment"], className="why-segment", **{"data-segment": axis}),
            html.Div(since, className="kpi-note"),
            line("Rule", row["rule_in_words"], f" ({row['rule_id']}, version {row['rule_version']})"),
            line(
                "Decided by",
                row["reason_in_words"],
                "" if missing(row["reason_in_words_zh"]) else f" {row['reason_in_words_zh']}",
            ),
            line("Steadiness", row["stability_in_words"]),
        ]
        if row["is_held_back"]:
            lines.append(
                html.Div(
                    f"Held back: the rule already says {row['candidate']}, for "
                    f"{count(row['pending_months'])} month end(s); "
                    f"the client has been in {row['model_segment']} for {count(row['dwell_months'])} month(s).",
                    className="why-flag",
                )
            )
        if row["is_overridden"]:
            lines.append(
                html.Div(
                    f"Overridden by {row['override_no']}: the model says {row['model_segment']}.", className="why-flag"
                )
            )
        known, unknown = chips(row["evidence"]), chips(row["evidence_unknown"], unknown=True)
        lines.append(
            html.Details(
                [
                    html.Summary(f"Evidence: {len(known)} values known, {len(unknown)} not known"),
                    html.Div([*known, *unknown], className="chips"),
                ],
                open=len(known) <= 12,
            )
        )
        boxes.append(html.Div(lines, className="why", style={"borderLeftColor": shade}))
    return html.Div(boxes, className="why-grid")


@capture("figure")
def levers(data_frame: pd.DataFrame) -> Any:
    frame = data_frame
    if len(frame):
        forms = {
            "fraction": lambda value: percent(value, 0),
            "1 or 0": truth,
            "yuan": money,
            "basis points": lambda value: f"{charts.plain(value)} bp",
            "rank": lambda value: f"rank {charts.plain(value)}",
            "number": charts.plain,
        }

        def shown(value: Any, unit: Any) -> str:
            # 9999 stands for no limit in the seeds (rule_policy_lever.value_when_empty)
            if missing(value):
                return "–"
            if float(value) == 9999:
                return "no limit"
            return forms[unit](value) if unit in forms else f"{charts.plain(value)} {'' if missing(unit) else unit}"

        frame = frame.assign(
            held=[shown(value, unit) for value, unit in zip(frame["lever_value"], frame["unit"], strict=True)],
            base=[shown(value, unit) for value, unit in zip(frame["base_value"], frame["unit"], strict=True)],
            kind=frame["rule_kind"].map({"TIER": "credit tier", "MODIFIER": "another axis", "REGIME": "market regime"}),
        )
    return charts.sheet(
        "Which rule bound each lever of its policy?",
        "Base is what the credit tier gives; the binding rule is the one that set the value that holds",
        grid(
            frame,
            [
                column("lever_in_words", "Lever", width=300),
                column("held", "Holds", width=124),
                column("base", "Base of the tier", width=124),
                column("kind", "Bound by", "bound", width=116),
                column("rule_in_words", "Rule in words"),
                column("binding_rule_id", "Rule", width=270),
            ],
            "Policy has no case for this client: it is not in the last month.",
            page=30,
            wrap=True,
        ),
    )


def page() -> vm.Page:
    parts.FILTERS[NAME] = ["client"]
    statements = {name: parts.source(f"client_{name}") for name in ("head", "segments", "history", "loans", "levers")}
    figures = [f"client-{name}" for name in ("head", "why", "timeline", "loans", "levers")]
    first = parts.client_options()[0]["value"]
    picker = parts.live(
        figures,
        "client",
        "Client: key, credit segment or size",
        parts.client_options,
        first,
        NAME,
        placeholder="Search",
    )

    @callback(
        Output("client-client", "options"),
        Input("client-client", "search_value"),
        State("client-client", "value"),
        prevent_initial_call=True,
    )
    def search(asked: str | None, held: str) -> Any:
        if not asked:
            return no_update
        found = parts.client_options(asked)
        return found if held in {each["value"] for each in found} else [*found, *parts.client_options(held)[:1]]

    return parts.page(
        NAME,
        "One client explained: where does it stand, since when and why?",
        [picker],
        [
            vm.Figure(id="client-head", figure=head(data_frame=statements["head"])),
            vm.Figure(id="client-why", figure=why(data_frame=statements["segments"])),
            parts.row(
                parts.graph(
                    "client-timeline",
                    charts.client_timeline(data_frame=statements["history"]),
                    "Where did it stand before?",
                ),
                parts.graph(
                    "client-loans",
                    charts.client_exposure(data_frame=statements["loans"]),
                    "What does it owe, and how late was it?",
                ),
                columns=[3, 2],
            ),
            parts.Export(
                page=NAME,
                tables={
                    "levers": "client_levers",
                    "segments": "client_segments",
                    "history": "client_history",
                    "loans by month": "client_loans",
                    "policy": "client_head",
                },
            ),
            vm.Figure(id="client-levers", figure=levers(data_frame=statements["levers"])),
        ],
    )
