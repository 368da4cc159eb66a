"""dbt-duckdb plugin: looks at a lender's input folder before anything is built.

SQL cannot say why a file is unreadable, so this one question is answered in Python. The plugin registers a
scalar function, called by the macros in macros/input:

    lending_input_inventory(folder, encoding, spool, tables) -> JSON text

    folder    where the files lie, one `<table>.parquet`, `<table>.csv`, `<table>.csv.gz` or a folder
              `<table>/` of Parquet parts per contract table
    encoding  utf-8 (default) or gbk: how the CSV files are written
    spool     a folder for UTF-8 copies of CSV files in another encoding
    tables    names of the contract tables, comma separated

The answer holds either {"error": "<one sentence>"} or {"tables": {name: {"scan": <SQL>, "file": <path>,
"columns": {column: delivered type}}}, "unknown": [<file>, ...]}. Only file names, headers and types are read,
and, for CSV, the bytes once to prove that they are text in the declared encoding.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from dbt.adapters.duckdb.plugins import BasePlugin

ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "gbk": "gb18030", "gb18030": "gb18030"}
SUFFIXES = (".parquet", ".csv", ".csv.gz")
READ_BYTES = 1 << 20


class InputProblem(Exception):
    """The input cannot be used; the message is the sentence that the user sees."""


def _sql_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _duckdb_type(arrow_type: Any) -> str | None:
    """DuckDB's name for a Parquet column's type, or None where the contract has no use for it."""
    import pyarrow.types as t

    if t.is_dictionary(arrow_type):
        return _duckdb_type(arrow_type.value_type)
    if t.is_string(arrow_type) or t.is_large_string(arrow_type) or t.is_string_view(arrow_type):
        return "VARCHAR"
    if t.is_boolean(arrow_type):
        return "BOOLEAN"
    if t.is_integer(arrow_type):
        return "BIGINT"
    if t.is_floating(arrow_type):
        return "DOUBLE"
    if t.is_decimal(arrow_type):
        return f"DECIMAL({arrow_type.precision},{arrow_type.scale})"
    if t.is_date(arrow_type):
        return "DATE"
    if t.is_timestamp(arrow_type):
        return "TIMESTAMP"
    if t.is_null(arrow_type):
        return "VARCHAR"
    return None


def _parquet(table: str, paths: list[Path]) -> tuple[str, dict[str, str]]:
    columns: dict[str, str] = {}
    for path in paths:
        with open(path, "rb") as handle:
            magic = handle.read(4)
        if magic != b"PAR1":
            raise InputProblem(f"{path} is named a Parquet file but is not one (table {table}).")
        try:
            schema = pq.read_schema(path)
        except Exception as error:  # pyarrow raises several kinds; the user needs the file and the reason
            reason = str(error).splitlines()[0]
            raise InputProblem(f"{path} (table {table}) cannot be read as Parquet: {reason}.") from error
        for field in schema:
            name = field.name.lower()
            kind = _duckdb_type(field.type)
            if kind is None:
                raise InputProblem(
                    f"Column {field.name} of {path} (table {table}) has the type {field.type}, which is none of "
                    "text, number, boolean, date or timestamp."
                )
            columns.setdefault(name, kind)
    listed = ", ".join(_sql_text(str(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)", columns


def _open_bytes(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]


def _csv(table: str, path: Path, encoding: str, spool: Path) -> tuple[str, dict[str, str]]:
    with open(path, "rb") as handle:
        magic = handle.read(4)
    is_gzip_name = path.name.endswith(".gz")
    if is_gzip_name != (magic[:2] == b"\x1f\x8b"):
        what = "gzip" if is_gzip_name else "plain"
        raise InputProblem(f"{path} is named a {what} CSV file but is not one (table {table}).")
    if magic == b"PAR1" or magic[:2] == b"PK":
        kind = "Parquet" if magic == b"PAR1" else "Excel or zip"
        raise InputProblem(f"{path} is named a CSV file but is {kind} (table {table}).")

    codec = ENCODINGS[encoding]
    decoder = codecs.getincrementaldecoder(codec)()
    is_utf8 = codec.startswith("utf-8")
    target = spool / f"{table}.csv"
    copy = None
    head = ""
    try:
        if not is_utf8:
            spool.mkdir(parents=True, exist_ok=True)
            copy = open(target.with_suffix(".part"), "w", encoding="utf-8", newline="")
        with _open_bytes(path) as handle:
            while True:
                block = handle.read(READ_BYTES)
                text = decoder.decode(block, final=not block)
                if len(head) < READ_BYTES:
                    head += text
                if "\x00" in text:
                    raise InputProblem(f"{path} (table {table}) holds zero bytes: it is not a text file.")
                if copy:
                    copy.write(text)
                if not block:
                    break
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise InputProblem(
            f"{path} (table {table}) cannot be read as {encoding} text ({error}); convert it to UTF-8, or set "
            "LENDING_INPUT_ENCODING=gbk if it is written in GBK."
        ) from error
    finally:
        if copy:
            copy.close()
    if copy:
        os.replace(target.with_suffix(".part"), target)

    header = next(csv.reader(io.StringIO(head)), None)
    if not header:
        raise InputProblem(f"{path} (table {table}) is empty: it needs at least a header line.")
    names = [name.strip().lstrip("\ufeff").lower() for name in header]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise InputProblem(f"{path} (table {table}) does not separate its columns by commas.")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InputProblem(f"{path} (table {table}) has the column {doubled[0]} more than once.")
    if "" in names:
        raise InputProblem(f"{path} (table {table}) has a column without a name in its header.")
    listed = ", ".join(f"{_sql_text(name)}: 'VARCHAR'" for name in names)
    scan_path = target if copy else path
    scan = (
        f"read_csv({_sql_text(str(scan_path))}, auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"escape = '\"', nullstr = '', max_line_size = 10485760, columns = {{{listed}}})"
    )
    return scan, dict.fromkeys(names, "VARCHAR")


def _table_name(path: Path) -> str:
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)].lower()
    return path.name.lower()


def take_inventory(folder: str, encoding: str, spool: str, tables: str) -> dict[str, Any]:
    """What lies in `folder`; raises InputProblem with a sentence for the user."""
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputProblem(
            f"LENDING_INPUT points at {folder}, which is not a folder; use demo, a folder of files or schema:<name>."
        )
    if encoding.lower() not in ENCODINGS:
        raise InputProblem(f"LENDING_INPUT_ENCODING is {encoding}; it can be utf-8 or gbk.")
    wanted = set(tables.split(","))
    found: dict[str, Path] = {}
    unknown: list[str] = []
    for path in sorted(root.iterdir()):
        if path.name.startswith("."):
            continue
        name = _table_name(path)
        is_data = path.is_dir() or path.name.lower().endswith(SUFFIXES)
        if not is_data:
            continue
        if name not in wanted:
            unknown.append(path.name)
            continue
        if name in found:
            raise InputProblem(
                f"Table {name} is there twice in {root}: {found[name].name} and {path.name}; keep one of them."
            )
        found[name] = path

    result: dict[str, Any] = {}
    for name, path in found.items():
        try:
            if path.is_dir():
                parts = sorted(path.glob("*.parquet"))
                if not parts:
                    raise InputProblem(f"The folder {path} (table {name}) holds no .parquet file.")
                scan, columns = _parquet(name, parts)
            elif path.name.lower().endswith(".parquet"):
                scan, columns = _parquet(name, [path])
            else:
                scan, columns = _csv(name, path, encoding.lower(), Path(spool))
        except OSError as error:
            raise InputProblem(f"{path} (table {name}) cannot be opened: {error.strerror}.") from error
        result[name] = {"scan": scan, "file": str(path), "columns": columns}
    return {"tables": result, "unknown": unknown}


def _inventory_json(folder: str, encoding: str, spool: str, tables: str) -> str:
    try:
        return json.dumps(take_inventory(folder, encoding, spool, tables))
    except InputProblem as problem:
        return json.dumps({"error": str(problem)})


class Plugin(BasePlugin):
    """Registers lending_input_inventory and makes sure that the folder of the warehouse file exists."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        # DuckDB creates its file but not the folder around it.
        folder = Path(creds.path).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RuntimeError(f"LENDING_HOME cannot be used: {folder}: {error.strerror}.") from error

    def configure_connection(self, conn: Any) -> None:
        conn.create_function(
            "lending_input_inventory",
            _inventory_json,
            ["VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
