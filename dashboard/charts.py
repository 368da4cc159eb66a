"""Charts, cards and tables: numbers in one format, one colour a segment, a sentence where nothing can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import dash_ag_grid as dag
import pandas as pd
import plotly.graph_objects as go
import queries
from dash import html
from plotly.subplots import make_subplots
from vizro.models.types import capture

# Okabe-Ito and Tol, told apart with weak colour vision as well; grey is for what is not known
PALETTE = [
    "#1f5a94",
    "#e07b39",
    "#2a9d8f",
    "#c9a227",
    "#7a4b9a",
    "#6aaed6",
    "#b5495b",
    "#4d7c3a",
    "#d98cb3",
    "#8c6d46",
    "#37788a",
    "#a3b86c",
    "#9b9ede",
    "#5b6c7d",
]
CREDIT = {"HIGH": "#2a9d8f", "MEDIUM": "#1f5a94", "ELEVATED": "#e9a23b", "RESTRICTED": "#b5304b"}
GREY = "#a9b1ba"
UNKNOWN = {"UNKNOWN", "UNRATED", "NOT_APPLICABLE", "INSUFFICIENT_DATA"}
INK, GOOD, BAD, WARN, MAIN, SOFT = "#22303c", "#2a9d8f", "#b5304b", "#e9a23b", "#1f5a94", "#6aaed6"
STATUS = {"COMPLIANT": GOOD, "EXCUSED": WARN, "BREACH": BAD, "NOT_TESTABLE": GREY}
VERDICT = {"SUPPORTED": GOOD, "NOT_SUPPORTED": BAD, "NOT_ENOUGH_DATA": GREY}
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€"}
AXES = {
    "INDUSTRY": "Industry 行业",
    "SIZE": "Size 规模",
    "CREDIT": "Credit 信用",
    "LIFECYCLE": "Lifecycle 生命周期",
    "BEHAVIOUR": "Behaviour 行为",
    "PROJECT_TYPE": "Project type 项目类型",
}
ACRONYMS = {"CRM": "CRM", "IT": "IT"}
COHORT_RATES = ("default_rate", "wilson_lower", "wilson_upper", "benchmark_rate")
SUPPRESSED = "suppressed (<30)"


# numbers in words ---------------------------------------------------------------------------------------------------


def missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)) or value is pd.NA


def count(value: Any) -> str:
    return "–" if missing(value) else f"{int(value):,}"


def percent(value: Any, digits: int = 1) -> str:
    return "–" if missing(value) else f"{float(value):.{digits}%}"


def symbol() -> str:
    about = queries.constant("about")
    currency = about["currency"][0] if len(about) else "CNY"
    return SYMBOLS.get(currency, currency + " ")


def money(value: Any) -> str:
    """¥14.80 bn, ¥776.4 m, ¥890 k."""
    if missing(value):
        return "–"
    size, sign = abs(float(value)), "-" if float(value) < 0 else ""
    if size >= 1e9:
        text = f"{size / 1e9:,.2f} bn"
    elif size >= 1e6:
        text = f"{size / 1e6:,.1f} m"
    elif size >= 1e3:
        text = f"{size / 1e3:,.0f} k"
    else:
        text = f"{size:,.0f}"
    return f"{sign}{symbol()}{text}"


def chinese_money(value: Any) -> str:
    if missing(value):
        return ""
    return f"{float(value) / 1e8:,.2f} 亿" if abs(float(value)) >= 1e8 else f"{float(value) / 1e4:,.1f} 万"


def month(value: Any) -> str:
    return "–" if missing(value) else pd.Timestamp(value).strftime("%Y-%m")


def day(value: Any) -> str:
    return "–" if missing(value) else pd.Timestamp(value).strftime("%Y-%m-%d")


def words(code: Any) -> str:
    """A code as words: NOT_TESTABLE is Not testable."""
    return "–" if missing(code) else ACRONYMS.get(str(code), str(code).replace("_", " ").capitalize())


def plain(value: Any) -> str:
    return "–" if missing(value) else f"{float(value):,.6f}".rstrip("0").rstrip(".")


def truth(value: Any) -> str:
    return "–" if missing(value) else "yes" if bool(value) else "no"


# colours ------------------------------------------------------------------------------------------------------------


def colours(axis: str) -> dict[str, str]:
    """One colour a segment, the same on every page: by display order over the axis, grey for what is not known."""
    segments = queries.constant("segments")
    chosen: dict[str, str] = {}
    if not len(segments):
        return chosen
    for code in segments.loc[segments["axis"] == axis, "segment_code"]:
        known = len([other for other in chosen if other not in UNKNOWN])
        chosen[code] = GREY if code in UNKNOWN else PALETTE[known % len(PALETTE)]
    return {**chosen, **CREDIT} if axis == "CREDIT" else chosen


# frames without rows ------------------------------------------------------------------------------------------------


def nothing(why: str) -> go.Figure:
    """A chart that says in a sentence why it is empty."""
    figure = go.Figure()
    figure.add_annotation(
        text="<br>".join(_wrapped(why, 62)),
        showarrow=False,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        font={"size": 14, "color": "#5b6c7d"},
    )
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False}, margin={"t": 10, "b": 10})
    return figure


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def why_empty(frame: pd.DataFrame, otherwise: str) -> str:
    return frame.attrs.get("why", otherwise)


def finish(figure: go.Figure, *, legend: bool = True, left: int = 8, bottom: int = 8, top: int = 8) -> go.Figure:
    figure.update_layout(
        margin={"l": left, "r": 16, "t": 36 if legend else top, "b": bottom},
        showlegend=legend,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "xanchor": "left",
            "yanchor": "bottom",
            "title": None,
            "traceorder": "normal",
            "font": {"size": 11.5},
            "itemwidth": 30,
        },
        hoverlabel={"align": "left"},
        bargap=0.28,
        font={"size": 12},
    )
    figure.update_annotations(font_size=12)
    figure.update_xaxes(automargin=True, title_standoff=8, tickfont_size=12, title_font_size=12)
    figure.update_yaxes(automargin=True, title_standoff=8, tickfont_size=12, title_font_size=12)
    return figure


def month_axis(figure: go.Figure) -> None:
    figure.update_xaxes(tickformat="%Y-%m", hoverformat="%Y-%m", nticks=6)


# cards --------------------------------------------------------------------------------------------------------------


def card(title: str, value: str, note: str = "", *, mark: str = "", tone: str = "") -> html.Div:
    """A figure with its name; `mark` names it for tests and style sheets."""
    return html.Div(
        [
            html.Div(title, className="kpi-title"),
            html.Div(value, className=f"kpi-value {tone}".strip(), **({"data-kpi": mark} if mark else {})),
            html.Div(note or " ", className="kpi-note"),
        ],
        className="kpi",
    )


def cards(items: Sequence[html.Div], wide: bool = False) -> html.Div:
    return html.Div(list(items), className="kpi-row wide" if wide else "kpi-row")


def note(text: str) -> html.Div:
    return html.Div(text, className="note")


def sheet(title: str, subtitle: str, *content: Any) -> html.Div:
    """A table with its question."""
    return html.Div(
        [html.Div(title, className="sheet-title"), html.Div(subtitle, className="sheet-note"), *content],
        className="sheet",
    )


def change(now: Any, before: Any, form: Callable[[float], str]) -> str:
    if missing(now) or missing(before):
        return "no month before"
    difference = float(now) - float(before)
    arrow = "▲" if difference > 0 else "▼" if difference < 0 else "="
    return f"{arrow} {form(abs(difference))} in a month"


def points(value: float) -> str:
    return f"{value * 100:.2f} pp"


# tables -------------------------------------------------------------------------------------------------------------

FORMATS = {
    "count": "params.value == null ? '–' : d3.format(',')(params.value)",
    "percent": "params.value == null ? '–' : d3.format('.1%')(params.value)",
    "money": "params.value == null ? '–' : d3.format(',.0f')(params.value)",
    "number": "params.value == null ? '–' : d3.format(',.4~f')(params.value)",
    "text": "params.value == null ? '–' : params.value",
    "date": "params.value == null ? '–' : params.value",
    "yes": "params.value == null ? '–' : (params.value ? 'yes' : 'no')",
    "code": "params.value == null ? '–' : params.value.toString().replaceAll('_', ' ').toLowerCase()",
    "bound": "params.value == null ? '–' : params.value",
    "verdict": "params.value == null ? '–' : params.value.toString().replaceAll('_', ' ').toLowerCase()",
}
NUMERIC = {"count", "percent", "money", "number"}


def column(
    field: str,
    header: str,
    form: str = "text",
    *,
    suppressed: str = "",
    width: int = 0,
    tip: str = "",
    pin: bool = False,
) -> dict[str, Any]:
    """A column of a table; where the flag `suppressed` of the row is true the cell says so instead of a number."""
    shown = FORMATS[form]
    if suppressed:
        shown = f"params.data.{suppressed} ? 'suppressed' : ({shown})"
    made: dict[str, Any] = {
        "field": field,
        "headerName": header,
        "valueFormatter": {"function": shown},
        "headerTooltip": tip or header,
        "cellClass": ["ag-right-aligned-cell", "cell-number"] if form in NUMERIC else "cell-text",
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
    }
    if form in NUMERIC:
        made["type"] = "rightAligned"
        made["filter"] = "agNumberColumnFilter"
    else:
        made["tooltipField"] = field
    if suppressed:
        made["flex"], made["minWidth"] = 1, 98
    elif width:
        made["width"] = made["minWidth"] = width
    else:
        made["flex"], made["minWidth"] = 1, 84
    if pin:
        made["pinned"] = "left"
    if form == "bound":
        made["cellClassRules"] = {"tone-warn": "params.value !== 'credit tier'"}
    if form == "verdict":
        made["cellClassRules"] = {
            "tone-good": "['SUPPORTED', 'COMPLIANT'].includes(params.value)",
            "tone-bad": "['NOT_SUPPORTED', 'BREACH'].includes(params.value)",
        }
    return made


def grid(frame: pd.DataFrame, columns: Sequence[dict[str, Any]], why: str, page: int = 15, wrap: bool = False) -> Any:
    """A table with sorting, filters and pages; a sentence when it has no rows."""
    if not len(frame):
        return note(why_empty(frame, why))
    shown = frame.copy()
    for name in shown.columns:
        if pd.api.types.is_datetime64_any_dtype(shown[name]):
            shown[name] = shown[name].dt.strftime("%Y-%m-%d")
    records = shown.astype(object).where(shown.notna(), None).to_dict(orient="records")
    default: dict[str, Any] = {"resizable": True, "sortable": True, "filter": True, "cellDataType": False}
    if wrap:
        default |= {"wrapText": True, "autoHeight": True, "cellStyle": {"lineHeight": "1.35", "padding": "6px 9px"}}
    return dag.AgGrid(
        className="ag-theme-vizro",
        columnDefs=list(columns),
        rowData=records,
        defaultColDef=default,
        dashGridOptions={
            "animateRows": False,
            "domLayout": "autoHeight",
            "pagination": len(records) > page,
            "paginationPageSize": page,
            "paginationPageSizeSelector": False,
            "tooltipShowDelay": 400,
            "enableCellTextSelection": True,
            "suppressColumnVirtualisation": True,
            "theme": {"function": "vizroTheme(themeQuartz, agGrid)"},
        },
        style={"width": "100%", "height": None},
    )


# charts that several pages share ------------------------------------------------------------------------------------


def bars(
    figure: go.Figure, frame: pd.DataFrame, value: str, shade: Sequence[str] | str, text: Sequence[str], **place: int
):
    figure.add_trace(
        go.Bar(
            # a bar of what is not set has no length; its text says so
            x=frame[value].fillna(0),
            y=frame["segment"],
            orientation="h",
            marker_color=shade,
            text=list(text),
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
            showlegend=False,
        ),
        **place,
    )


def top_down(figure: go.Figure, **place: int) -> None:
    """Display order from top to bottom."""
    figure.update_yaxes(autorange="reversed", **place)


@capture("graph")
def size_of_segments(data_frame: pd.DataFrame) -> go.Figure:
    if not len(data_frame):
        return nothing(why_empty(data_frame, "No segment of this axis has a client in this month."))
    frame = data_frame
    shades = colours(frame["axis"][0])
    shade = [shades.get(code, MAIN) for code in frame["segment_code"]]
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=["Clients", "Exposure"])
    bars(figure, frame, "clients", shade, [count(v) for v in frame["clients"]], row=1, col=1)
    bars(figure, frame, "exposure_amount", shade, [money(v) for v in frame["exposure_amount"]], row=1, col=2)
    top_down(figure)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    for name, col in (("clients", 1), ("exposure_amount", 2)):
        figure.update_xaxes(range=[0, max(float(frame[name].max()), 1) * 1.34], row=1, col=col)
    return finish(figure, legend=False, top=30)


@capture("graph")
def lateness_of_segments(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No segment of this axis has a client in this month."))
    figure = go.Figure()
    for name, label, shade in (
        ("par30_rate", "more than 30 days past due", WARN),
        ("non_performing_rate", "non-performing", BAD),
    ):
        figure.add_trace(
            go.Bar(
                x=frame[name],
                y=frame["segment"],
                orientation="h",
                name=label,
                marker_color=shade,
                text=["no exposure" if missing(v) else percent(v) for v in frame[name]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{text}<extra>" + label + "</extra>",
            )
        )
    top_down(figure)
    largest = max(frame["par30_rate"].max(), frame["non_performing_rate"].max())
    figure.update_xaxes(
        tickformat=".0%", rangemode="tozero", range=[0, max(0.02, (0 if missing(largest) else largest) * 1.25)]
    )
    figure.update_layout(barmode="group")
    return finish(figure)


@capture("graph")
def defaults_of_segments(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No segment of this axis has a client in this month."))
    figure = go.Figure()
    shown = frame[~frame["is_default_suppressed"].astype(bool) & frame["default_rate"].notna()]
    hidden = frame[~frame.index.isin(shown.index)]
    figure.add_trace(
        go.Scatter(
            x=shown["default_rate"],
            y=shown["segment"],
            mode="markers+text",
            name="default rate with 95 % interval",
            text=[percent(v) for v in shown["default_rate"]],
            textposition="top right",
            cliponaxis=False,
            marker={"size": 11, "color": MAIN},
            error_x={
                "type": "data",
                "symmetric": False,
                "color": SOFT,
                "thickness": 2,
                "array": (shown["wilson_upper"] - shown["default_rate"]).tolist(),
                "arrayminus": (shown["default_rate"] - shown["wilson_lower"]).tolist(),
            },
            customdata=[
                [row.cohort_defaulted, row.cohort_performing, month(row.cohort_month)] for row in shown.itertuples()
            ],
            hovertemplate="%{y}: %{x:.1%}, %{customdata[0]} of %{customdata[1]} of %{customdata[2]}<extra></extra>",
        )
    )
    against = shown[shown["benchmark_rate"].notna()]
    figure.add_trace(
        go.Scatter(
            x=against["benchmark_rate"],
            y=against["segment"],
            mode="markers",
            name="benchmark",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": WARN}},
            hovertemplate="%{y}: benchmark %{x:.1%}<extra></extra>",
        )
    )
    for _, row in hidden.iterrows():
        figure.add_annotation(
            x=0,
            y=row["segment"],
            text=SUPPRESSED,
            showarrow=False,
            xanchor="left",
            font={"color": "#7b8794", "size": 11},
        )
    figure.update_yaxes(
        categoryorder="array", categoryarray=frame["segment"].tolist()[::-1], range=[-0.6, len(frame) - 0.3]
    )
    # so that the categories of suppressed segments exist
    figure.add_trace(
        go.Scatter(
            x=[0] * len(frame), y=frame["segment"], mode="markers", marker_opacity=0, showlegend=False, hoverinfo="skip"
        )
    )
    figure.update_xaxes(
        tickformat=".0%",
        rangemode="tozero",
        range=[0, max(0.1, float(shown["wilson_upper"].max() or 0) * 1.1) if len(shown) else 0.1],
    )
    return finish(figure)


@capture("graph")
def exposure_trend(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No month of the warehouse has a client on this axis."))
    shades = colours(frame["axis"][0])
    figure = go.Figure()
    for (segment, code), rows in frame.groupby(["segment", "segment_code"], sort=False):
        figure.add_trace(
            go.Scatter(
                x=rows["as_of_month"],
                y=rows["exposure_amount"] / 1e6,
                name=segment,
                stackgroup="all",
                mode="lines",
                line={"width": 0.5, "color": shades.get(code, MAIN)},
                fillcolor=shades.get(code, MAIN),
                hovertemplate="%{y:,.1f} m<extra>" + segment + "</extra>",
            )
        )
    figure.update_yaxes(title=f"{symbol()} million", tickformat=",.0f")
    figure.update_layout(hovermode="x unified")
    month_axis(figure)
    return finish(figure)


# one segment --------------------------------------------------------------------------------------------------------


@capture("graph")
def segment_growth(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No client stood in this segment up to this month."))
    figure = make_subplots(specs=[[{"secondary_y": True}]])
    figure.add_trace(
        go.Bar(
            x=frame["as_of_month"],
            y=frame["exposure_amount"] / 1e6,
            name=f"exposure, {symbol()} million",
            marker_color=SOFT,
            hovertemplate="%{y:,.1f} m<extra>exposure</extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=frame["as_of_month"],
            y=frame["clients"],
            name="clients (right)",
            mode="lines",
            line={"color": INK, "width": 2},
            hovertemplate="%{y:,}<extra>clients</extra>",
        ),
        secondary_y=True,
    )
    figure.update_yaxes(rangemode="tozero", tickformat=",.0f")
    figure.update_yaxes(showgrid=False, tickmode="auto", nticks=5, secondary_y=True)
    figure.update_layout(hovermode="x unified")
    month_axis(figure)
    return finish(figure)


def rate_lines(frame: pd.DataFrame, x: str, lines: Sequence[tuple[str, str, str]]) -> go.Figure:
    figure = go.Figure()
    for name, label, shade in lines:
        figure.add_trace(
            go.Scatter(
                x=frame[x],
                y=frame[name],
                name=label,
                mode="lines",
                line={"color": shade, "width": 2},
                connectgaps=False,
                hovertemplate="%{y:.1%}<extra>" + label + "</extra>",
            )
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(hovermode="x unified")
    month_axis(figure)
    return finish(figure)


@capture("graph")
def segment_payment(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame) or frame[["on_time_rate", "par30_rate"]].isna().all(axis=None):
        return nothing(why_empty(frame, "Nothing was owed and nothing fell due in this segment up to this month."))
    lines = [
        ("on_time_rate", "paid on time", GOOD),
        ("par30_rate", "more than 30 days late", WARN),
        ("non_performing_rate", "non-performing", BAD),
    ]
    return rate_lines(frame, "as_of_month", lines)


@capture("graph")
def segment_default(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No client of this segment was performing at any month end."))
    shown = frame[frame["is_mature"].astype(bool) & ~frame["is_suppressed"].astype(bool)]
    if not len(shown):
        most = (
            int(frame.loc[frame["is_mature"].astype(bool), "performing"].max() or 0) if frame["is_mature"].any() else 0
        )
        return nothing(
            "Suppressed: no cohort of this segment whose twelve months are over has 30 performing clients "
            f"(the largest has {most}). "
            "A rate of so few says nothing."
        )
    # cohorts that are suppressed or not mature break the line, so that nothing is drawn across them
    drawn = frame.assign(**{name: frame[name].where(frame.index.isin(shown.index)) for name in COHORT_RATES})
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=drawn["cohort_month"],
            y=drawn["default_rate"],
            mode="lines+markers",
            name="defaulted within 12 months, 95 % interval",
            line={"color": MAIN, "width": 2},
            marker={"size": 6},
            connectgaps=False,
            error_y={
                "type": "data",
                "symmetric": False,
                "color": SOFT,
                "thickness": 1.5,
                "width": 3,
                "array": (drawn["wilson_upper"] - drawn["default_rate"]).tolist(),
                "arrayminus": (drawn["default_rate"] - drawn["wilson_lower"]).tolist(),
            },
            customdata=drawn[["defaulted", "performing"]].astype(object).to_numpy().tolist(),
            hovertemplate="%{x|%Y-%m}: %{y:.1%}, %{customdata[0]} of %{customdata[1]}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=drawn["cohort_month"],
            y=drawn["benchmark_rate"],
            mode="lines",
            name="benchmark",
            line={"color": WARN, "width": 2, "dash": "dash"},
            connectgaps=False,
            hovertemplate="%{y:.1%}<extra>benchmark</extra>",
        )
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    month_axis(figure)
    return finish(figure)


@capture("graph")
def segment_vintage(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No loan was granted to this segment up to this month."))
    shown = frame[~frame["is_suppressed"].astype(bool)]
    if not len(shown):
        return nothing(
            f"Suppressed: no quarter has 30 loans in this segment (the largest has {int(frame['loans'].max())}). "
            "A curve of so few says nothing."
        )
    figure = go.Figure()
    quarters = sorted(shown["origination_quarter"].unique())
    for number, quarter in enumerate(quarters):
        rows = shown[shown["origination_quarter"] == quarter]
        when = pd.Timestamp(quarter)
        label = f"{when.year} Q{when.quarter}"
        strength = 0.25 + 0.75 * (number + 1) / len(quarters)
        figure.add_trace(
            go.Scatter(
                x=rows["months_on_book"],
                y=rows["ever_30_rate"],
                mode="lines",
                name=label,
                line={"color": f"rgba(31,90,148,{strength:.2f})", "width": 2, "shape": "hv"},
                customdata=rows[["ever_30_loans", "loans"]].astype(object).to_numpy().tolist(),
                hovertemplate="%{y:.1%}, %{customdata[0]} of %{customdata[1]} loans<extra>" + label + "</extra>",
            )
        )
    figure.update_xaxes(title="months on book")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return finish(figure, legend=len(quarters) <= 10)


@capture("graph")
def segment_effort(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "Nothing was spent on this segment and it brought nothing up to this month."))
    lines = [
        ("hours_share", "managers' hours", WARN),
        ("capital_share", "capital", MAIN),
        ("revenue_share", "revenue", GOOD),
    ]
    if frame[[name for name, _, _ in lines]].isna().all(axis=None):
        return nothing("None of the three shares is known for this segment up to this month.")
    return rate_lines(frame, "as_of_month", lines)


# migration ----------------------------------------------------------------------------------------------------------


@capture("graph")
def migration_matrix(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No move in these months."))
    rows = frame.sort_values("from_order", kind="stable")["from_name"].unique().tolist()
    columns = frame.sort_values("to_order", kind="stable")["to_name"].unique().tolist()
    moves = frame.pivot(index="from_name", columns="to_name", values="moves").reindex(index=rows, columns=columns)
    share = frame.pivot(index="from_name", columns="to_name", values="move_share").reindex(index=rows, columns=columns)
    text = [
        [
            "" if missing(value) else f"{int(value):,}<br>{float(part):.1%}"
            for value, part in zip(line, parts, strict=True)
        ]
        for line, parts in zip(moves.to_numpy(), share.to_numpy(), strict=True)
    ]
    # those who stay would drown the moves: they are grey, and the shade is for the moves
    new = set(frame.loc[frame["from_segment"] == "ENTRY", "from_name"])
    stays = [[row_name == column_name or row_name in new for column_name in columns] for row_name in rows]
    moved, stayed = share.mask(stays), share.where(stays)
    figure = go.Figure()
    for part, scale, top in (
        (stayed, [[0, "#e3e7ec"], [1, "#e3e7ec"]], 1.0),
        (
            moved,
            [[0, "#eaf1f8"], [1, "#1f5a94"]],
            max(0.05, 0.0 if missing(moved.max(axis=None)) else float(moved.max(axis=None))),
        ),
    ):
        shown = part.notna().to_numpy()
        figure.add_trace(
            go.Heatmap(
                x=columns,
                y=rows,
                z=part.to_numpy(dtype=float),
                texttemplate="%{text}",
                textfont={"size": 11},
                text=[
                    [cell if known else "" for cell, known in zip(*pair, strict=True)]
                    for pair in zip(text, shown, strict=True)
                ],
                colorscale=scale,
                zmin=0,
                zmax=top,
                showscale=False,
                xgap=2,
                ygap=2,
                hoverongaps=False,
                hovertemplate="from %{y}<br>to %{x}: %{text}<extra></extra>",
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, title="from")
    figure.update_xaxes(side="bottom", showgrid=False, title="to", tickangle=-30 if len(columns) > 7 else 0)
    return finish(figure, legend=False)


@capture("graph")
def migration_direction(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame) or frame[["upgrades", "downgrades", "lateral_moves"]].fillna(0).to_numpy().sum() == 0:
        return nothing(why_empty(frame, "No client moved on this axis up to this month."))
    figure = go.Figure()
    for name, label, shade, sign in (
        ("upgrades", "to lower risk", GOOD, 1),
        ("lateral_moves", "to equal risk", GREY, 1),
        ("downgrades", "to higher risk", BAD, -1),
    ):
        figure.add_trace(
            go.Bar(
                x=frame["as_of_month"],
                y=frame[name] * sign,
                name=label,
                marker_color=shade,
                customdata=frame[name],
                hovertemplate="%{customdata} clients<extra>" + label + "</extra>",
            )
        )
    figure.update_layout(barmode="relative", hovermode="x unified")
    figure.update_yaxes(title="clients", tickformat="d")
    month_axis(figure)
    return finish(figure)


@capture("graph")
def migration_drift(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame) or frame["psi_quarter"].isna().all():
        return nothing(why_empty(frame, "A quarter must have passed before the mix can be compared."))
    figure = go.Figure(
        go.Scatter(
            x=frame["as_of_month"],
            y=frame["psi_quarter"],
            mode="lines+markers",
            name="mix against a quarter before (PSI)",
            line={"color": MAIN, "width": 2},
            marker={"size": 4},
            customdata=frame["drift_level"].map(words),
            hovertemplate="%{y:.3f}, %{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(rangemode="tozero", tickformat=".3~f")
    month_axis(figure)
    return finish(figure)


@capture("graph")
def migration_held(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No month to show."))
    figure = go.Figure()
    for name, label, shade in (
        ("held_back", "changes held back", SOFT),
        ("flip_flops", "there and back", WARN),
        ("overridden", "overridden by a person", INK),
    ):
        figure.add_trace(
            go.Scatter(
                x=frame["as_of_month"],
                y=frame[name],
                name=label,
                mode="lines",
                line={"color": shade, "width": 2},
                hovertemplate="%{y}<extra>" + label + "</extra>",
            )
        )
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(title="clients", rangemode="tozero", tickformat="d")
    month_axis(figure)
    return finish(figure)


# policy -------------------------------------------------------------------------------------------------------------


@capture("graph")
def policy_terms(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No policy was in force in this month."))
    shades = colours(frame["axis"][0])
    shade = [shades.get(code, MAIN) for code in frame["segment_code"]]
    measures = [
        ("limit_multiplier", "Limit, share of capacity", percent),
        ("unsecured_share_max", "Unsecured share, at most", percent),
        ("collateral_coverage_min", "Collateral cover, at least", percent),
        ("spread_bp", "Spread over LPR", lambda value: f"{float(value):,.0f} bp"),
    ]
    figure = make_subplots(
        cols=4, shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=[title for _, title, _ in measures]
    )
    for number, (name, _, form) in enumerate(measures, start=1):
        text = ["none" if missing(v) else form(v) if name == "spread_bp" else form(v, 0) for v in frame[name]]
        bars(figure, frame, name, shade, text, row=1, col=number)
        largest = frame[name].max()
        top = 1.0 if missing(largest) or largest <= 0 else float(largest)
        least = frame[name].min()
        floor = 0.0 if missing(least) or least >= 0 else float(least) * 1.4
        figure.update_xaxes(range=[floor, top * 1.42], row=1, col=number)
    top_down(figure)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    return finish(figure, legend=False, top=30)


@capture("graph")
def compliance_by_lever(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No loan of this segment was decided in these months."))
    tested = frame[frame["status"] != "NOT_TESTABLE"]
    if not len(tested):
        return nothing(
            "None of these loans can be tested: the client had no segment when they were decided "
            "(the warehouse's history "
            "begins later), or the lever does not apply."
        )
    wide = tested.pivot(index="lever", columns="status", values="tests").fillna(0)
    for status in ("COMPLIANT", "EXCUSED", "BREACH"):
        if status not in wide:
            wide[status] = 0
    total = wide.sum(axis=1)
    order = (wide["BREACH"] / total).sort_values(ascending=True).index
    wide, total = wide.loc[order], total.loc[order]
    figure = go.Figure()
    for status in ("COMPLIANT", "EXCUSED", "BREACH"):
        figure.add_trace(
            go.Bar(
                x=wide[status] / total,
                y=[words(lever) for lever in wide.index],
                orientation="h",
                name=words(status),
                marker_color=STATUS[status],
                customdata=list(zip(wide[status], total, strict=True)),
                text=[f"{int(value)}" if value else "" for value in wide[status]],
                textposition="inside",
                insidetextanchor="middle",
                hovertemplate="%{y}: %{customdata[0]} of %{customdata[1]} tests<extra>" + words(status) + "</extra>",
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    return finish(figure)


@capture("graph")
def compliance_reasons(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No breach and no excused exception among these loans."))
    summed = frame.groupby(["reason_code", "status"], as_index=False)["tests"].sum()
    order = summed.groupby("reason_code")["tests"].sum().sort_values(ascending=True).index
    figure = go.Figure()
    for status in ("BREACH", "EXCUSED"):
        rows = summed[summed["status"] == status].set_index("reason_code").reindex(order)
        figure.add_trace(
            go.Bar(
                x=rows["tests"],
                y=[words(reason) for reason in order],
                orientation="h",
                name=words(status),
                marker_color=STATUS[status],
                text=["" if missing(v) else count(v) for v in rows["tests"]],
                textposition="auto",
                textangle=0,
                hovertemplate="%{y}: %{x}<extra>" + words(status) + "</extra>",
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="tests", tickformat="d")
    return finish(figure)


@capture("graph")
def compliance_trend(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame[data_frame["tests"] > 0] if len(data_frame) else data_frame
    if not len(frame):
        return nothing(why_empty(data_frame, "No loan of this segment can be tested up to this month."))
    quarters = [f"{when.year} Q{when.quarter}" for when in pd.to_datetime(frame["decision_quarter"])]
    figure = go.Figure(
        go.Bar(
            x=quarters,
            y=frame["breach_rate"],
            marker_color=BAD,
            text=[percent(v, 0) for v in frame["breach_rate"]],
            textposition="outside",
            cliponaxis=False,
            customdata=frame[["breaches", "tests"]].astype(object).to_numpy().tolist(),
            hovertemplate="%{x}: %{customdata[0]} of %{customdata[1]} tests<extra></extra>",
        )
    )
    figure.update_yaxes(
        tickformat=".0%", rangemode="tozero", range=[0, max(0.05, float(frame["breach_rate"].max()) * 1.2)]
    )
    figure.update_xaxes(type="category", tickangle=-60 if len(quarters) > 8 else 0, nticks=10)
    return finish(figure, legend=False)


# claims -------------------------------------------------------------------------------------------------------------


def measured(value: Any, unit: str, *, difference: bool = False) -> str:
    """A value of a claim in its unit; a difference of shares is in percentage points."""
    if missing(value):
        return "–"
    number = float(value)
    if unit == "FRACTION":
        digits = 1 if abs(number) >= 0.01 or number == 0 else 3
        return f"{number * 100:+.{digits}f} pp" if difference else percent(number, digits)
    forms: dict[str, Callable[[Any], str]] = {
        "HOURS": lambda hours: f"{hours:,.1f} h",
        "POINTS": lambda score: f"{score:,.2f}",
        "COUNT": count,
        "AMOUNT": money,
    }
    return forms.get(unit, plain)(number)


@capture("graph")
def claims_compared(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No claim for this choice."))
    # units differ, so every claim is drawn against its own reference: 100 % is the reference
    shown = frame[frame["subject_value"].notna() & frame["reference_value"].notna() & (frame["reference_value"] != 0)]
    if not len(shown):
        return nothing("None of these claims has a value on both sides yet; the table says what is missing.")
    limit = 2.0
    ratio = (shown["subject_value"].astype(float) / shown["reference_value"].astype(float)).clip(lower=0, upper=limit)
    shown = shown.assign(
        ratio=ratio,
        name=shown["claim_id"].map(words),
        told=[
            f"{measured(row.subject_value, row.unit)} against {measured(row.reference_value, row.unit)}, "
            f"{'higher' if row.better == 'HIGHER' else 'lower'} is better"
            for row in shown.itertuples()
        ],
    )
    figure = go.Figure()
    figure.add_vline(x=1, line={"color": INK, "width": 1, "dash": "dot"})
    for verdict, shade in VERDICT.items():
        rows = shown[shown["verdict"] == verdict]
        line_x: list[float | None] = []
        line_y: list[str | None] = []
        for row in rows.itertuples():
            line_x += [1.0, row.ratio, None]
            line_y += [row.name, row.name, None]
        figure.add_trace(
            go.Scatter(
                x=line_x, y=line_y, mode="lines", line={"color": shade, "width": 3}, showlegend=False, hoverinfo="skip"
            )
        )
        figure.add_trace(
            go.Scatter(
                x=rows["ratio"],
                y=rows["name"],
                mode="markers",
                name=words(verdict),
                marker={"color": shade, "size": 11},
                customdata=rows[["told", "promise_en"]].astype(object).to_numpy().tolist(),
                hovertemplate="%{customdata[1]}<br>%{customdata[0]}<extra>" + words(verdict) + "</extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[limit + 0.08] * len(shown),
            y=shown["name"],
            mode="text",
            text=shown["told"],
            textposition="middle right",
            textfont={"size": 11.5, "color": "#5b6c7d"},
            showlegend=False,
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    figure.update_yaxes(categoryorder="array", categoryarray=shown["name"].tolist()[::-1], dtick=1, showgrid=False)
    figure.update_xaxes(
        tickformat=".0%",
        range=[-0.03, limit + 1.15],
        tickvals=[0, 0.5, 1, 1.5, 2],
        ticktext=["0%", "50%", "equal", "150%", "200% or more"],
    )
    return finish(figure)


# data quality -------------------------------------------------------------------------------------------------------

ROWS = [
    ("rows_accepted", "accepted", GOOD),
    ("rows_duplicate", "exact copies", SOFT),
    ("rows_superseded", "older versions", GREY),
    ("rows_rejected", "rejected", BAD),
    ("rows_unexplained", "unexplained", "#000000"),
]


@capture("graph")
def quality_rows(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame[data_frame["rows_in"] > 0] if len(data_frame) else data_frame
    if not len(frame):
        return nothing(why_empty(data_frame, "No row was delivered for this table."))
    frame = frame.assign(loss=1 - frame["rows_accepted"] / frame["rows_in"]).sort_values(
        ["loss", "table_name"], ascending=[True, False]
    )
    figure = go.Figure()
    for name, label, shade in ROWS:
        if not frame[name].any():
            continue
        figure.add_trace(
            go.Bar(
                x=frame[name] / frame["rows_in"],
                y=frame["table_name"],
                orientation="h",
                name=label,
                marker_color=shade,
                customdata=frame[[name, "rows_in"]].astype(object).to_numpy().tolist(),
                hovertemplate="%{y}: %{customdata[0]:,} of %{customdata[1]:,} rows<extra>" + label + "</extra>",
            )
        )
    figure.update_layout(barmode="stack")
    # what is not accepted is what matters, and it is small
    figure.update_xaxes(tickformat=".0%", range=[max(0.0, float((1 - frame["loss"].max()) - 0.05)), 1])
    figure.update_yaxes(dtick=1)
    return finish(figure)


@capture("graph")
def quality_reasons(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No issue in this table."))
    summed = (
        frame.groupby(["issue", "effect"], as_index=False)["issues"]
        .sum()
        .sort_values("issues", ascending=False)
        .head(15)[::-1]
    )
    shades = {"REJECTED": BAD, "FLAGGED": WARN, "REPAIRED": MAIN, "UNUSABLE": "#7a4b9a"}
    figure = go.Figure()
    for effect in sorted(summed["effect"].unique()):
        rows = summed[summed["effect"] == effect]
        figure.add_trace(
            go.Bar(
                x=rows["issues"],
                y=rows["issue"],
                orientation="h",
                name=words(effect),
                marker_color=shades.get(effect, GREY),
                text=[count(v) for v in rows["issues"]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:,}<extra>" + words(effect) + "</extra>",
            )
        )
    figure.update_yaxes(categoryorder="array", categoryarray=summed["issue"].tolist(), dtick=1)
    figure.update_xaxes(title="issues, the fifteen most frequent", range=[0, float(summed["issues"].max()) * 1.15])
    return finish(figure)


@capture("graph")
def quality_fixers(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No issue in this table."))
    summed = frame.groupby("who_fixes", as_index=False)["issues"].sum().sort_values("issues")
    figure = go.Figure(
        go.Bar(
            x=summed["issues"],
            y=summed["who_fixes"].map(words),
            orientation="h",
            marker_color=MAIN,
            text=[count(v) for v in summed["issues"]],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title="issues", range=[0, float(summed["issues"].max()) * 1.2])
    return finish(figure, legend=False)


@capture("graph")
def quality_without_data(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "No month to show."))
    figure = go.Figure()
    for number, (axis, label) in enumerate(AXES.items()):
        rows = frame[frame["axis"] == axis]
        figure.add_trace(
            go.Scatter(
                x=rows["as_of_month"],
                y=rows["without_data_share"],
                name=label,
                mode="lines",
                line={"color": PALETTE[number], "width": 2},
                hovertemplate="%{y:.1%}<extra>" + label + "</extra>",
            )
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(hovermode="x unified")
    month_axis(figure)
    return finish(figure)


# one client ---------------------------------------------------------------------------------------------------------


@capture("graph")
def client_timeline(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "This client stood in no segment."))
    figure = go.Figure()
    for axis, label in AXES.items():
        rows = frame[frame["axis"] == axis]
        shades = colours(axis)
        for span in rows.itertuples():
            start, end = pd.Timestamp(span.valid_from), pd.Timestamp(span.valid_to)
            length = max((end - start).total_seconds() * 1000, 86400e3 * 12)
            roomy = (end - start).days > 200
            until = "today" if span.is_current else day(end)
            figure.add_trace(
                go.Bar(
                    base=[start],
                    x=[length],
                    y=[label],
                    orientation="h",
                    marker_color=shades.get(span.segment_code, MAIN),
                    marker_line={"color": "#ffffff", "width": 1.5},
                    text=span.segment if roomy else "",
                    textposition="inside",
                    insidetextanchor="middle",
                    showlegend=False,
                    width=0.62,
                    textfont={"color": INK if shades.get(span.segment_code) == GREY else "#ffffff", "size": 11},
                    constraintext="none" if roomy else "both",
                    hovertemplate=f"{label}<br>{span.segment}<br>{day(start)} to {until}<extra></extra>",
                )
            )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(type="date", tickformat="%Y-%m", nticks=7)
    figure.update_yaxes(categoryorder="array", categoryarray=list(AXES.values())[::-1])
    return finish(figure, legend=False)


@capture("graph")
def client_exposure(data_frame: pd.DataFrame) -> go.Figure:
    frame = data_frame
    if not len(frame):
        return nothing(why_empty(frame, "This client never had a loan in the months of the warehouse."))
    figure = make_subplots(specs=[[{"secondary_y": True}]])
    figure.add_trace(
        go.Bar(
            x=frame["as_of_month"],
            y=frame["outstanding_amount"] / 1e6,
            name=f"outstanding, {symbol()} million",
            marker_color=SOFT,
            hovertemplate="%{y:,.2f} m<extra>outstanding</extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=frame["as_of_month"],
            y=frame["days_past_due"],
            name="days past due (right)",
            mode="lines",
            line={"color": BAD, "width": 2},
            hovertemplate="%{y} days<extra>past due</extra>",
        ),
        secondary_y=True,
    )
    figure.update_yaxes(rangemode="tozero", tickformat="~g")
    late = frame["days_past_due"].max()
    figure.update_yaxes(
        showgrid=False,
        tickmode="auto",
        nticks=5,
        secondary_y=True,
        range=[0, max(30, 0 if missing(late) else float(late) * 1.1)],
    )
    figure.update_layout(hovermode="x unified")
    month_axis(figure)
    return finish(figure)
