"""From numpy columns to Arrow tables in the contract's columns and types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MONEY = pa.decimal128(18, 2)
FRACTION = pa.decimal128(9, 6)
MEASURE = pa.decimal128(18, 6)
STAMP = pa.timestamp("us")
# Fractions between 0 and 1; the other decimals of the contract are money unless they measure something else.
FRACTIONS = {"rate", "approved_rate", "offered_rate", "ownership_share", "allocated_share", "top_counterparty_share"}
MEASURES = {"score", "spread_bp", "waiting_hours", "minutes", "value", "registered_capital"}


@dataclass(frozen=True)
class Column:
    name: str
    type: pa.DataType
    requirement: str


@dataclass
class Coded:
    """Text given as numbers into a list of labels; a number below zero is no value."""

    codes: np.ndarray
    labels: Sequence[str] | pa.Array


@dataclass
class Nullable:
    """Values with a mask that is true where there is none."""

    values: np.ndarray
    missing: np.ndarray


def _arrow_type(name: str, contract_type: str) -> pa.DataType:
    if contract_type == "decimal":
        return FRACTION if name in FRACTIONS else MEASURE if name in MEASURES else MONEY
    return {
        "text": pa.string(),
        "date": pa.date32(),
        "timestamp": STAMP,
        "integer": pa.int32(),
        "boolean": pa.bool_(),
    }[contract_type]


def read_contract(path: Path | None = None) -> dict[str, list[Column]]:
    """The contract's tables and columns, with the two columns that every table may carry."""
    with open(path or REPOSITORY / "contract" / "input_contract.yml", encoding="utf-8") as handle:
        contract = yaml.safe_load(handle)
    tables = {}
    for table, entry in contract["tables"].items():
        columns = [Column(name, _arrow_type(name, spec[0]), spec[1]) for name, spec in entry["columns"].items()]
        if all(column.name != "extracted_at" for column in columns):
            columns.append(Column("extracted_at", STAMP, "optional"))
        columns.append(Column("batch_id", pa.string(), "optional"))
        tables[table] = columns
    return tables


def keys_of(path: Path | None = None) -> dict[str, list[str]]:
    with open(path or REPOSITORY / "contract" / "input_contract.yml", encoding="utf-8") as handle:
        contract = yaml.safe_load(handle)
    return {table: list(entry["key"]) for table, entry in contract["tables"].items()}


def _decimal(scaled: np.ndarray, missing: np.ndarray | None, target: pa.DataType) -> pa.Array:
    """Whole numbers of the smallest unit as decimals, without going through text or floats."""
    words = np.empty((len(scaled), 2), dtype=np.int64)
    words[:, 0] = scaled
    words[:, 1] = words[:, 0] >> 63
    validity = None
    if missing is not None and missing.any():
        validity = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(target, len(scaled), [validity, pa.py_buffer(words)])


def arrow_column(values: Any, target: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, target)
    if isinstance(values, Coded):
        labels = values.labels if isinstance(values.labels, pa.Array) else pa.array(list(values.labels), pa.string())
        codes = np.asarray(values.codes)
        return labels.take(pa.array(codes, mask=codes < 0)).cast(target)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type == target else values.cast(target)
    missing = None
    if isinstance(values, Nullable):
        values, missing = values.values, np.asarray(values.missing)
    if isinstance(values, str):
        return pa.array([values], target).take(pa.array(np.zeros(rows, dtype=np.int32)))
    values = np.asarray(values)
    if pa.types.is_decimal(target):
        if values.dtype.kind == "f":
            # floats are values, whole numbers are already in the smallest unit
            absent = np.isnan(values)
            missing = absent if missing is None else missing | absent
            values = np.rint(np.where(absent, 0.0, values) * 10**target.scale).astype(np.int64)
        return _decimal(values.astype(np.int64), missing, target)
    if pa.types.is_integer(target) and values.dtype.kind == "f":
        absent = np.isnan(values)
        missing = absent if missing is None else missing | absent
        values = np.where(absent, 0.0, values).astype(np.int32)
    if pa.types.is_date(target):
        return pa.array(values.astype("datetime64[D]"), mask=missing)
    if pa.types.is_timestamp(target):
        return pa.array(values.astype("datetime64[us]"), mask=missing)
    if pa.types.is_boolean(target):
        return pa.array(values.astype(bool), mask=missing)
    return pa.array(values, target, mask=missing)


def build(columns: list[Column], values: dict[str, Any], rows: int) -> pa.Table:
    unknown = set(values) - {column.name for column in columns}
    if unknown:
        raise ValueError(f"not in the contract: {sorted(unknown)}")
    arrays = [arrow_column(values.get(column.name), column.type, rows) for column in columns]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def number(prefix: str, values: np.ndarray) -> pa.Array:
    """Business numbers: a prefix and a whole number of constant width."""
    return pc.binary_join_element_wise(prefix, pa.array(values).cast(pa.string()), "")


def joined(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def batch_columns(days: np.ndarray) -> dict[str, Any]:
    """When the source wrote a row: with the batch at the end of the month of the newest date in it."""
    months = np.asarray(days).astype("datetime64[M]")
    first = int(months.min().astype(np.int64)) if len(months) else 0
    last = int(months.max().astype(np.int64)) if len(months) else 0
    span = np.arange(first, last + 1)
    stamps = (span + 1).astype("datetime64[M]").astype("datetime64[s]") - 1
    labels = [f"B{text[2:4]}{text[5:7]}" for text in np.datetime_as_string(span.astype("datetime64[M]"))]
    offset = months.astype(np.int64) - first
    return {"extracted_at": stamps[offset], "batch_id": Coded(offset, labels)}


def latest(*days: Iterable) -> np.ndarray:
    """The newest of several dates, row by row; missing ones do not count."""
    result = np.asarray(days[0]).astype("datetime64[D]")
    for other in days[1:]:
        result = np.fmax(result, np.asarray(other).astype("datetime64[D]"))
    return result


def as_text(table: pa.Table) -> pa.Table:
    """Every column as the text that a file would carry."""
    arrays = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            column = pc.strftime(column.cast(pa.timestamp("s")), format="%Y-%m-%d %H:%M:%S")
        elif pa.types.is_decimal(kind):
            text = column.cast(pa.string())
            column = text if kind == MONEY else pc.replace_substring_regex(text, r"\.?0+$", "")
            if kind == MONEY:
                column = pc.replace_substring_regex(column, r"\.00$", "")
        elif not pa.types.is_string(kind):
            column = column.cast(pa.string())
        arrays.append(column)
    return pa.Table.from_arrays(arrays, names=table.column_names)
