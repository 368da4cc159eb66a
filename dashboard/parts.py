"""What Vizro does not bring: filters whose options follow the release, the label of the demo, and the export."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Literal

import charts
import pandas as pd
import queries
import vizro.models as vm
from dash import Input, Output, State, callback, ctx, dcc, html, no_update
from pydantic import PrivateAttr
from vizro.managers import data_manager

Options = Callable[[], list[dict[str, str]]]


# options of the filters, asked anew whenever a page is opened --------------------------------------------------------


def month_options() -> list[dict[str, str]]:
    months = queries.constant("months")
    newest = f"Latest ({charts.month(months['as_of_month'][0])})" if len(months) else "Latest"
    listed = [
        {"label": charts.month(value), "value": charts.day(value)}
        for value in (months["as_of_month"] if len(months) else [])
    ]
    return [{"label": newest, "value": queries.LATEST}, *listed]


def axis_options() -> list[dict[str, str]]:
    return [{"label": label, "value": axis} for axis, label in charts.AXES.items()]


def any_axis_options() -> list[dict[str, str]]:
    return [{"label": "All axes", "value": queries.ALL}, *axis_options()]


def segment_options(axis: str, with_all: bool) -> list[dict[str, str]]:
    segments = queries.constant("segments")
    listed = segments[segments["axis"] == axis] if len(segments) else segments
    options = [
        {"label": row["segment"], "value": f"{axis}/{row['segment_code']}"} for row in listed.to_dict(orient="records")
    ]
    every = [{"label": "All segments", "value": f"{axis}/{queries.ALL}"}] if with_all or not options else []
    return every + options


def client_options(search: str = "") -> list[dict[str, str]]:
    found = queries.load("clients", search=search or "")
    return [
        {
            "label": f"{row['client_key']} · {row['credit']} · {row['size']} · {charts.money(row['exposure_amount'])}",
            "value": row["client_key"],
        }
        for row in found.to_dict(orient="records")
    ] or [{"label": "No client", "value": "0"}]


def source_options() -> list[dict[str, str]]:
    sources = queries.constant("sources")
    return [
        {"label": "All tables", "value": queries.ALL},
        *({"label": name, "value": name} for name in (sources["table_name"] if len(sources) else [])),
    ]


def window_options() -> list[dict[str, str]]:
    return [
        {"label": "1 month", "value": "1"},
        {"label": "3 months", "value": "3"},
        {"label": "12 months", "value": "12"},
        {"label": "24 months", "value": "24"},
        {"label": "All months", "value": "600"},
    ]


def verdict_options() -> list[dict[str, str]]:
    return [
        {"label": "All verdicts", "value": queries.ALL},
        *({"label": charts.words(verdict), "value": verdict} for verdict in charts.VERDICT),
    ]


class LiveDropdown(vm.Dropdown):
    """A dropdown that asks for its options whenever its page is opened: a new release brings its months and clients."""

    type: Literal["live_dropdown"] = "live_dropdown"
    _ask: Options = PrivateAttr()

    def build(self) -> html.Div:
        options = self._ask()
        known = {option["value"] for option in options}
        if self.value not in known:
            options = [*options, *(option for option in self.options if option["value"] == self.value)]
        return self(options)


class AxisPicker(vm.VizroBaseModel):
    """Chooses the axis whose segments the dropdown beside it offers."""

    type: Literal["axis_picker"] = "axis_picker"
    value: str = "CREDIT"

    def build(self) -> html.Div:
        picker = dcc.Dropdown(
            id=self.id,
            options=axis_options(),
            value=self.value,
            clearable=False,
            searchable=False,
            persistence=True,
            persistence_type="session",
        )
        return html.Div([html.Label("Axis", className="form-label", htmlFor=self.id), picker])


vm.Parameter.add_type("selector", LiveDropdown)
vm.Container.add_type("controls", AxisPicker)


def live(
    target_ids: Sequence[str], argument: str, title: str, ask: Options, value: str, page: str, **extra: Any
) -> vm.Parameter:
    """A filter: the argument of the statements behind these components."""
    selector = LiveDropdown(
        id=f"{page}-{argument}",
        options=ask(),
        value=value,
        multi=False,
        title=title,
        extra={"optionHeight": 34, **extra},
    )
    selector._ask = ask
    return vm.Parameter(
        id=f"{page}-{argument}-filter",
        targets=[f"{each}.data_frame.{argument}" for each in target_ids],
        selector=selector,
    )


def segment_filter(target_ids: Sequence[str], page: str, axis: str, value: str, with_all: bool) -> list[Any]:
    """Axis and segment: the axis only chooses what the segment offers, so no figure is ever asked for a wrong pair."""
    picker = AxisPicker(id=f"{page}-axis", value=axis)
    parameter = live(target_ids, "segment", "Segment", lambda: segment_options(axis, with_all), value, page)

    @callback(
        Output(f"{page}-segment", "options"),
        Output(f"{page}-segment", "value", allow_duplicate=True),
        Input(f"{page}-axis", "value"),
        State(f"{page}-segment", "value"),
        prevent_initial_call="initial_duplicate",
    )
    def offer(chosen: str, held: str) -> tuple[Any, Any]:
        options = segment_options(chosen, with_all)
        return options, no_update if held in {each["value"] for each in options} else options[0]["value"]

    return [picker, parameter]


# data ---------------------------------------------------------------------------------------------------------------


def source(name: str, **defaults: str) -> str:
    """Registers a statement as data that Vizro asks for on every change; its arguments are those of the statement."""

    def ask(
        month: str = queries.LATEST,
        axis: str = "CREDIT",
        segment: str = "CREDIT/*",
        window: str = "12",
        client: str = "0",
        source: str = queries.ALL,
        verdict: str = queries.ALL,
    ) -> pd.DataFrame:
        return queries.load(
            name,
            month=month,
            axis=axis,
            segment=segment,
            window=int(window),
            client=client,
            source=source,
            verdict=verdict,
        )

    data_manager[name] = ask
    return name


# export -------------------------------------------------------------------------------------------------------------


class Export(vm.VizroBaseModel):
    """Two buttons: the table of the page as CSV, every figure of the page as a workbook with a sheet each."""

    type: Literal["export"] = "export"
    page: str
    tables: dict[str, str]
    """Name of the sheet: statement. The first is the table that the CSV holds."""

    def build(self) -> html.Div:
        return html.Div(
            [
                html.Button(
                    [html.Span("download", className="material-symbols-outlined"), "CSV"],
                    id=f"{self.page}-csv",
                    n_clicks=0,
                ),
                html.Button(
                    [html.Span("download", className="material-symbols-outlined"), "XLSX"],
                    id=f"{self.page}-xlsx",
                    n_clicks=0,
                ),
                dcc.Download(id=f"{self.page}-download"),
            ],
            className="export",
        )

    def pre_build(self) -> None:
        arguments = FILTERS[self.page]

        @callback(
            Output(f"{self.page}-download", "data"),
            Input(f"{self.page}-csv", "n_clicks"),
            Input(f"{self.page}-xlsx", "n_clicks"),
            {argument: State(f"{self.page}-{argument}", "value") for argument in arguments},
            prevent_initial_call=True,
        )
        def download(_csv: int, _xlsx: int, chosen: dict[str, str]) -> Any:
            if not ctx.triggered_id or not (ctx.triggered[0]["value"] or 0):
                return no_update
            return self.file("csv" if str(ctx.triggered_id).endswith("csv") else "xlsx", chosen)

    def file(self, form: str, chosen: dict[str, str]) -> Any:
        given = {"month": queries.LATEST, "window": "12", **chosen}
        given["window"] = int(given["window"])
        about = queries.constant("about")
        demo = bool(about["is_synthetic_demo"][0]) if len(about) else False
        name = f"{'synthetic-demo-' if demo else ''}{self.page}.{form}"
        frames = {sheet: queries.load(statement, **given) for sheet, statement in self.tables.items()}
        if form == "csv":
            # with a byte order mark, without which Excel does not read Chinese
            return dcc.send_bytes(next(iter(frames.values())).to_csv(index=False).encode("utf-8-sig"), name)
        return dcc.send_bytes(workbook(frames, about, chosen, demo), name)


def workbook(frames: dict[str, pd.DataFrame], about: pd.DataFrame, chosen: dict[str, str], demo: bool) -> bytes:
    """A workbook whose first sheet says what the figures are."""
    said = [
        ("Figures", "SYNTHETIC DEMO: every client, loan and figure is invented" if demo else "Published warehouse"),
        ("Reporting date", charts.day(about["as_of_date"][0]) if len(about) else "unknown"),
        ("Currency of amounts", about["currency"][0] if len(about) else "unknown"),
        *((f"Filter: {name}", value) for name, value in chosen.items()),
        ("Empty cells", "not known, not mature or suppressed; never zero"),
    ]
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="openpyxl") as writer:
        pd.DataFrame(said, columns=["what", "value"]).to_excel(writer, sheet_name="about", index=False)
        for sheet, frame in frames.items():
            if not len(frame.columns):
                frame = pd.DataFrame({"note": [charts.why_empty(frame, "No rows.")]})
            frame.to_excel(writer, sheet_name=sheet[:31], index=False)
            sheet_made = writer.sheets[sheet[:31]]
            sheet_made.freeze_panes = "A2"
            for number, name in enumerate(frame.columns, start=1):
                letter = sheet_made.cell(row=1, column=number).column_letter
                sheet_made.column_dimensions[letter].width = min(48, max(12, len(str(name)) + 2))
    return stream.getvalue()


# arguments that each page's filters give, for its export
FILTERS: dict[str, list[str]] = {}

for kind in (vm.Page, vm.Container):
    kind.add_type("components", Export)


# frame of the page --------------------------------------------------------------------------------------------------


class LabelledDashboard(vm.Dashboard):
    """The dashboard with what every page says at its top: which data, of which day, and whether it is invented."""

    type: Literal["labelled_dashboard"] = "labelled_dashboard"

    def custom_header(self) -> list[Any]:
        about = queries.constant("about")
        if not len(about):
            return [html.Span(charts.why_empty(about, "No release."), className="badge-demo")]
        row = about.iloc[0]
        label = [html.Span(f"Data as of {charts.day(row['as_of_date'])}", className="badge-date", id="as-of")]
        if row["is_synthetic_demo"]:
            label.insert(
                0,
                html.Span(
                    "SYNTHETIC DEMO 演示数据",
                    className="badge-demo",
                    id="demo-label",
                    title="Every client, loan and figure is invented. 所有客户、贷款和数字均为虚构。",
                ),
            )
        return label


def graph(name: str, figure: Any, title: str, header: str = "", height: int = 320) -> vm.Graph:
    return vm.Graph(
        id=name,
        figure=figure,
        title=title,
        header=header or " ",
        extra={
            "style": {"height": f"{height}px"},
            "config": {"displayModeBar": False, "responsive": True, "frameMargins": 0},
        },
    )


def row(*components: Any, columns: Sequence[int] | None = None, height: int = 320) -> vm.Container:
    """Charts of one height side by side; `columns` are their widths in parts."""
    widths = columns or [1] * len(components)
    line = [number for number, width in enumerate(widths) for _ in range(width)]
    return vm.Container(
        components=list(components), layout=vm.Grid(grid=[line], col_gap="12px", row_min_height=f"{height + 72}px")
    )


def page(name: str, question: str, controls: list[Any], rows: list[Any]) -> vm.Page:
    body = vm.Container(
        components=rows,
        controls=controls,
        layout=vm.Flex(direction="column", gap="12px"),
        extra={"class_name": "page-body"},
    )
    return vm.Page(
        id=name, path="/" if name == "overview" else f"/{name}", title=question, components=[body], layout=vm.Flex()
    )
