"""Writes the Superset import bundle: one zip with the database, the datasets, the charts and the dashboard.

    python superset/generate_bundle.py [--manifest target/manifest.json] [--output target/superset/lending.zip]
                                       [--published warehouse/published/lending.duckdb] [--check]

What is charted stands in superset/bundle.yml. Tables, columns, types and descriptions come from dbt's manifest.json, so
they cannot drift from the warehouse. Identifiers are derived from names: the same input gives the same bundle, and an
import replaces what an earlier one made. `--check` writes nothing and says whether every chart, dataset and filter
names tables and columns that the manifest has.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
FOLDER = "lending"
VERSION = "1.0.0"
NAMESPACE = uuid.UUID("5d0a4f0e-4c7b-5d0e-9d0c-2b6f1f6c7a11")
# a fixed time in the bundle, so that two runs give the same bytes
TIMESTAMP = "2020-01-01T00:00:00+00:00"
VIZ_TYPES = {
    "number": "big_number_total",
    "bar": "echarts_timeseries_bar",
    "line": "echarts_timeseries_line",
    "area": "echarts_area",
    "heatmap": "heatmap_v2",
    "table": "table",
}
WITH_X = ("bar", "line", "area", "heatmap")
ROW_LIMIT = 10000
NUMERIC = ("int", "bigint", "decimal", "double", "hugeint")


class WrongBundle(ValueError):
    """What in bundle.yml does not fit the manifest, in a sentence."""


@dataclass
class Column:
    name: str
    data_type: str | None
    description: str


@dataclass
class Dataset:
    """A table of the published file, or a query over some."""

    name: str
    schema: str
    description: str
    columns: dict[str, Column]
    sql: str | None = None
    metrics: list[dict[str, str]] = field(default_factory=list)

    @property
    def uuid(self) -> str:
        return identifier("dataset", self.name)

    @property
    def metric_names(self) -> set[str]:
        return {metric["name"] for metric in self.metrics}


def identifier(kind: str, name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def sentence(text: str) -> str:
    """One paragraph of a description, without the line breaks of its source."""
    return " ".join(text.split())


def tables_of(manifest: dict[str, Any]) -> dict[str, Dataset]:
    """Every model of marts and quality and every reference seed, by schema and name."""
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        columns = {
            name: Column(name, column.get("data_type"), sentence(column.get("description", "")))
            for name, column in node["columns"].items()
        }
        table = Dataset(node["alias"], node["schema"], node.get("description", "").strip(), columns)
        found[f"{table.schema}.{table.name}"] = table
    return found


def read_datasets(spec: dict[str, Any], tables: dict[str, Dataset]) -> dict[str, Dataset]:
    """All datasets of the bundle by name."""
    datasets = {name: table for name, table in tables.items() if table.schema == "marts"}
    for name in spec["tables"]:
        if name not in tables:
            raise WrongBundle(f"The manifest has no table {name}.")
        datasets[name] = tables[name]
    datasets = {table.name: table for table in datasets.values()}
    by_name = {table.name: table for table in tables.values()}
    for entry in spec["datasets"]:
        name = entry["name"]
        if name in by_name:
            raise WrongBundle(f"Dataset {name} has the name of a table.")
        described: dict[str, Column] = {}
        for table in entry["describes"]:
            if table not in by_name:
                raise WrongBundle(f"Dataset {name}: the manifest has no table {table}.")
            for column in by_name[table].columns.values():
                described.setdefault(column.name, column)
        own = entry.get("columns", {})
        columns = {}
        for column in columns_of_query(entry["sql"]):
            if column in own:
                columns[column] = Column(column, None, own[column])
            elif column in described:
                columns[column] = described[column]
            else:
                raise WrongBundle(f"Dataset {name}: column {column} is in none of its tables and not described.")
        datasets[name] = Dataset(
            name, "marts", sentence(entry["description"]), columns, entry["sql"].strip(), entry.get("metrics", [])
        )
    return datasets


def columns_of_query(sql: str) -> list[str]:
    """Names that a query's select list gives, one a line: `alias.name` or `... as name`."""
    listed = sql.split("select", 1)[1].rsplit("\nfrom ", 1)[0]
    names = []
    for line in listed.strip().splitlines():
        found = re.search(r"(?:\bas |\.)([a-z_0-9]+),?$", line.strip())
        if found is None:
            raise WrongBundle(f"A select list has one named column a line, not: {line.strip()}")
        names.append(found.group(1))
    return names


def generic_type(column: Column) -> str | None:
    return column.data_type.upper() if column.data_type else None


def dataset_yaml(dataset: Dataset, database: str) -> dict[str, Any]:
    dates = [name for name, column in dataset.columns.items() if (column.data_type or "").startswith(("date", "times"))]
    main_date = next((name for name in ("as_of_month", "cohort_month") if name in dates), None)
    return {
        "table_name": dataset.name,
        "main_dttm_col": main_date,
        "description": dataset.description,
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "catalog": None,
        "schema": dataset.schema,
        "sql": dataset.sql,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": dataset.uuid,
        "metrics": [
            {
                "metric_name": metric["name"],
                "verbose_name": metric["label"],
                "metric_type": None,
                "expression": metric["expression"],
                "description": metric["description"],
                "d3format": metric.get("format"),
                "currency": None,
                "extra": {},
                "warning_text": None,
            }
            for metric in dataset.metrics
        ],
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": None,
                "is_dttm": column.name in dates,
                "is_active": True,
                "type": generic_type(column),
                "advanced_data_type": None,
                "groupby": True,
                "filterable": True,
                "expression": None,
                "description": column.description,
                "python_date_format": None,
                "extra": {},
            }
            for column in dataset.columns.values()
        ],
        "version": VERSION,
        "database_uuid": database,
    }


def metric_form(metric: str | dict[str, str]) -> Any:
    """A metric as Superset stores it: the name of a saved one, or an expression with its label."""
    if isinstance(metric, str):
        return metric
    return {
        "expressionType": "SQL",
        "sqlExpression": metric["expression"],
        "label": metric["label"],
        "hasCustomLabel": True,
        "optionName": f"metric_{re.sub('[^a-z]', '', metric['label'].lower())}",
    }


def asked_columns(chart: dict[str, Any]) -> list[str]:
    return [*chart.get("columns", []), *([chart["x"]] if "x" in chart else []), *chart.get("by", [])]


def check_chart(chart: dict[str, Any], datasets: dict[str, Dataset]) -> Dataset:
    name = chart["key"]
    # a table with its schema, as in SQL, or a dataset of bundle.yml
    schema, _, table = chart["dataset"].rpartition(".")
    if table not in datasets or (schema and datasets[table].schema != schema):
        raise WrongBundle(f"Chart {name}: there is no dataset {chart['dataset']}.")
    if chart["viz"] not in VIZ_TYPES:
        raise WrongBundle(f"Chart {name}: there is no kind of chart {chart['viz']}.")
    dataset = datasets[table]
    used = [*asked_columns(chart), *chart.get("formats", {}), *chart.get("order", [])]
    for column in used:
        if column not in dataset.columns:
            raise WrongBundle(f"Chart {name}: dataset {dataset.name} has no column {column}.")
    for metric in chart.get("metrics", []):
        if isinstance(metric, str) and metric not in dataset.metric_names:
            raise WrongBundle(f"Chart {name}: dataset {dataset.name} has no metric {metric}.")
    if chart["viz"] in WITH_X and "x" not in chart:
        raise WrongBundle(f"Chart {name}: a {chart['viz']} needs x.")
    return dataset


def chart_params(chart: dict[str, Any], dataset: Dataset) -> dict[str, Any]:
    """The form that Superset's page makes its query from."""
    metrics = [metric_form(metric) for metric in chart.get("metrics", [])]
    params: dict[str, Any] = {
        "viz_type": VIZ_TYPES[chart["viz"]],
        "adhoc_filters": [
            {
                "expressionType": "SQL",
                "sqlExpression": condition,
                "clause": "WHERE",
                "filterOptionName": f"filter_{position}",
            }
            for position, condition in enumerate(chart.get("where", []))
        ],
        "row_limit": ROW_LIMIT,
        "extra_form_data": {},
        "dashboards": [],
    }
    saved = {metric["name"]: metric for metric in dataset.metrics}
    first = chart["metrics"][0] if chart.get("metrics") else None
    number_format = saved[first].get("format") if isinstance(first, str) else None
    if chart.get("formats"):
        params["column_config"] = {name: {"d3NumberFormat": shown} for name, shown in chart["formats"].items()}
    if chart["viz"] == "number":
        params |= {"metric": metrics[0], "header_font_size": 0.4, "y_axis_format": number_format or "SMART_NUMBER"}
    elif chart["viz"] == "heatmap":
        params |= {
            "x_axis": chart["x"],
            "groupby": chart["by"][0],
            "metric": metrics[0],
            "sort_x_axis": "alpha_asc",
            "sort_y_axis": "alpha_asc",
            "normalize_across": "y",
            "linear_color_scheme": "superset_seq_1",
            "xscale_interval": 1,
            "yscale_interval": 1,
            "left_margin": 150,
            "bottom_margin": "auto",
            "value_bounds": [None, None],
            "y_axis_format": ",d",
            "show_legend": False,
            "show_values": True,
            "show_percentage": False,
            "normalized": True,
        }
    elif chart["viz"] == "table" and metrics:
        params |= {
            "query_mode": "aggregate",
            "groupby": chart["columns"],
            "metrics": metrics,
            "order_desc": True,
            "table_timestamp_format": "%Y-%m-%d",
            "show_cell_bars": False,
            "server_pagination": False,
        }
    elif chart["viz"] == "table":
        params |= {
            "query_mode": "raw",
            "all_columns": chart["columns"],
            "order_by_cols": [json.dumps([column, True]) for column in chart.get("order", [])],
            "table_timestamp_format": "%Y-%m-%d",
            "show_cell_bars": False,
            "server_pagination": False,
        }
    else:
        is_date = (dataset.columns[chart["x"]].data_type or "").startswith("date")
        params |= {
            "x_axis": chart["x"],
            "time_grain_sqla": None,
            "xAxisForceCategorical": not is_date,
            "x_axis_sort_asc": not chart.get("sort"),
            "metrics": metrics,
            "groupby": chart.get("by", []),
            "order_desc": True,
            "truncate_metric": True,
            "show_empty_columns": True,
            "x_axis_time_format": "%Y-%m",
            "y_axis_format": number_format or "SMART_NUMBER",
            "y_axis_bounds": [None, None],
            "show_legend": bool(chart.get("by")),
            "legendType": "scroll",
            "legendOrientation": "top",
            "rich_tooltip": True,
            "sort_series_type": "name",
            "sort_series_ascending": True,
            "color_scheme": "supersetColors",
            "orientation": "horizontal" if chart.get("horizontal") else "vertical",
        }
        if chart.get("sort"):
            params |= {"x_axis_sort": chart["sort"], "x_axis_sort_asc": bool(chart.get("horizontal"))}
        elif not is_date:
            params |= {"x_axis_sort": chart["x"], "x_axis_sort_asc": True}
        if chart.get("stack") or chart["viz"] == "area":
            params["stack"] = "Stack"
    return params


def chart_query(chart: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The same question for the REST interface (GET /api/v1/chart/<id>/data), in long form."""
    query: dict[str, Any] = {
        "columns": asked_columns(chart),
        "filters": [],
        "extras": {"where": " AND ".join(f"({condition})" for condition in chart.get("where", [])), "having": ""},
        "orderby": [[column, True] for column in chart.get("order", [])],
        "row_limit": ROW_LIMIT,
        "annotation_layers": [],
        "applied_time_extras": {},
        "url_params": {},
        "custom_params": {},
        "custom_form_data": {},
    }
    # without metrics Superset reads the rows as they are
    query["metrics"] = [metric_form(metric) for metric in chart["metrics"]] if chart.get("metrics") else None
    return {
        # the importer puts the number of the dataset here
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": params,
        "result_format": "json",
        "result_type": "full",
    }


def chart_yaml(chart: dict[str, Any], datasets: dict[str, Dataset]) -> dict[str, Any]:
    dataset = check_chart(chart, datasets)
    params = chart_params(chart, dataset)
    return {
        "slice_name": chart["name"],
        "description": chart["description"],
        "certified_by": None,
        "certification_details": None,
        "viz_type": params["viz_type"],
        "params": params,
        "query_context": json.dumps(chart_query(chart, params), ensure_ascii=False),
        "cache_timeout": None,
        "uuid": identifier("chart", chart["key"]),
        "version": VERSION,
        "dataset_uuid": dataset.uuid,
    }


def dashboard_yaml(spec: dict[str, Any], datasets: dict[str, Dataset]) -> dict[str, Any]:
    """The dashboard: a note, then rows of charts. Charts are numbered here; the importer puts the real numbers."""
    board = spec["dashboard"]
    charts = {chart["key"]: (number, chart) for number, chart in enumerate(spec["charts"], start=1)}
    placed = [key for row in board["rows"] for key, _ in row["charts"]]
    if sorted(placed) != sorted(charts):
        odd = sorted(set(placed) ^ set(charts)) or sorted(key for key in charts if placed.count(key) > 1)
        raise WrongBundle(f"Each chart stands once on the dashboard; not so: {', '.join(odd)}.")
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": board["title"]}},
    }
    rows = []

    def add(kind: str, key: str, parents: list[str], children: list[str], meta: dict[str, Any]) -> None:
        position[key] = {"id": key, "type": kind, "parents": parents, "children": children, "meta": meta}

    transparent = {"background": "BACKGROUND_TRANSPARENT"}
    top = ["ROOT_ID", "GRID_ID"]
    rows.append("ROW-note")
    add("ROW", "ROW-note", top, ["MARKDOWN-note"], transparent)
    add("MARKDOWN", "MARKDOWN-note", [*top, "ROW-note"], [], {"code": board["note"], "width": 12, "height": 10})
    for place, row in enumerate(board["rows"]):
        name = f"ROW-{place}"
        rows.append(name)
        add("ROW", name, top, [f"CHART-{key}" for key, _ in row["charts"]], transparent)
        for key, width in row["charts"]:
            number, chart = charts[key]
            meta = {
                "chartId": number,
                "uuid": identifier("chart", key),
                "sliceName": chart["name"],
                "width": width,
                "height": row["height"],
            }
            add("CHART", f"CHART-{key}", [*top, name], [], meta)
    position["GRID_ID"] = {"id": "GRID_ID", "type": "GRID", "parents": ["ROOT_ID"], "children": rows}
    filters = []
    for entry in board["filters"]:
        dataset = datasets.get(entry["dataset"])
        if dataset is None or entry["column"] not in dataset.columns:
            raise WrongBundle(f"Filter {entry['name']}: there is no {entry['dataset']}.{entry['column']}.")
        unknown = sorted(set(entry["charts"]) - set(charts))
        if unknown:
            raise WrongBundle(f"Filter {entry['name']}: there is no chart {unknown[0]}.")
        filters.append(
            {
                "id": f"NATIVE_FILTER-{entry['column']}",
                "name": entry["name"],
                "description": "",
                "type": "NATIVE_FILTER",
                "filterType": "filter_select",
                "targets": [{"column": {"name": entry["column"]}, "datasetUuid": dataset.uuid}],
                "scope": {
                    "rootPath": ["ROOT_ID"],
                    "excluded": [number for key, (number, _) in charts.items() if key not in entry["charts"]],
                },
                "controlValues": {"enableEmptyFilter": False, "multiSelect": True, "defaultToFirstItem": False},
                "defaultDataMask": {
                    "extraFormData": {"filters": [{"col": entry["column"], "op": "IN", "val": entry["default"]}]},
                    "filterState": {"value": entry["default"], "label": ", ".join(entry["default"])},
                },
                "cascadeParentIds": [],
            }
        )
    return {
        "dashboard_title": board["title"],
        "description": board["description"],
        "css": "",
        "slug": board["slug"],
        "certified_by": "",
        "certification_details": "",
        "published": True,
        "uuid": identifier("dashboard", board["slug"]),
        "position": position,
        "metadata": {
            "color_scheme": "supersetColors",
            "cross_filters_enabled": False,
            "native_filter_configuration": filters,
            "refresh_frequency": 0,
            "timed_refresh_immune_slices": [],
            "expanded_slices": {},
            "label_colors": {},
        },
        "version": VERSION,
    }


def database_yaml(name: str, published: Path) -> dict[str, Any]:
    """The published file through its link, opened read-only and kept from other files and from the network."""
    arguments = {
        "read_only": True,
        "config": {
            "enable_external_access": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    }
    return {
        "database_name": name,
        "sqlalchemy_uri": f"duckdb:///{published}",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "impersonate_user": False,
        "extra": {
            "engine_params": {"connect_args": arguments},
            "metadata_params": {},
            "allows_virtual_table_explore": True,
        },
        "uuid": identifier("database", name),
        "version": VERSION,
    }


def generate(spec: dict[str, Any], manifest: dict[str, Any], published: Path) -> dict[str, dict[str, Any]]:
    """The files of the bundle by path. Raises WrongBundle when bundle.yml and the manifest do not fit."""
    tables = tables_of(manifest)
    datasets = read_datasets(spec, tables)
    undescribed = [
        f"{dataset.name}.{column.name}"
        for dataset in datasets.values()
        for column in dataset.columns.values()
        if not column.description
    ]
    if undescribed:
        raise WrongBundle(f"No description of {undescribed[0]} and {len(undescribed) - 1} more.")
    database = database_yaml(spec["database"], published)
    files = {"databases/lending.yaml": database}
    for name, dataset in sorted(datasets.items()):
        files[f"datasets/lending/{name}.yaml"] = dataset_yaml(dataset, database["uuid"])
    for chart in spec["charts"]:
        files[f"charts/{chart['key']}.yaml"] = chart_yaml(chart, datasets)
    files["dashboards/lending.yaml"] = dashboard_yaml(spec, datasets)
    return files


def write(files: dict[str, dict[str, Any]], kind: str, output: Path) -> None:
    """One zip; `kind` is Dashboard, or SqlaTable for the datasets alone."""
    output.parent.mkdir(parents=True, exist_ok=True)
    listed = {"metadata.yaml": {"version": VERSION, "type": kind, "timestamp": TIMESTAMP}, **files}
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in listed.items():
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
            archive.writestr(zipfile.ZipInfo(f"{FOLDER}/{path}"), text, zipfile.ZIP_DEFLATED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=HERE / "bundle.yml")
    parser.add_argument("--manifest", type=Path, default=Path("target/manifest.json"))
    parser.add_argument("--published", type=Path, default=Path("warehouse/published/lending.duckdb"))
    parser.add_argument("--output", type=Path, default=Path("target/superset/lending.zip"))
    parser.add_argument("--check", action="store_true", help="write nothing, only say whether all fits")
    arguments = parser.parse_args()
    if not arguments.manifest.is_file():
        print(f"There is no {arguments.manifest}. Run make build.", file=sys.stderr)
        return 1
    spec = yaml.safe_load(arguments.spec.read_text(encoding="utf-8"))
    manifest = json.loads(arguments.manifest.read_text(encoding="utf-8"))
    try:
        # not resolved: the link is what switches to the next release
        files = generate(spec, manifest, arguments.published.absolute())
    except WrongBundle as reason:
        print(reason, file=sys.stderr)
        return 1
    if arguments.check:
        print(f"{len(files)} files fit the manifest.")
        return 0
    write(files, "Dashboard", arguments.output)
    datasets = {path: files[path] for path in files if path.startswith(("databases/", "datasets/"))}
    write(datasets, "SqlaTable", arguments.output.with_name(f"{arguments.output.stem}_datasets.zip"))
    print(f"{arguments.output}: {len(files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
