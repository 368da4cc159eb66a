"""The yardstick of the benchmark: one DuckDB process that reads every value of every input file once.

    python bench/plain_scan.py --input DIR --result FILE.json [--repeat 3]

Every column of every row goes into one hash, so that no value can be left unread: `count(*)` would be answered from
the footers of the Parquet files, and a sum of single columns from their statistics. No build can be faster than this;
how many times as long it takes says what the warehouse adds, whatever the machine.

The fastest of the repeats counts. The files were written or read just before, so they come from the page cache: this is
the cost of decoding them, not of the disk.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import duckdb


def input_files(folder: Path) -> dict[str, list[Path]]:
    """The Parquet files of each table: `<table>.parquet`, or the parts in a folder `<table>`."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            parts = sorted(path.glob("*.parquet"))
            if parts:
                files[path.name] = parts
        elif path.suffix == ".parquet":
            files[path.stem] = [path]
    return files


def scan(conn: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    """Reads every value of these files once."""
    names = [str(path) for path in paths]
    conn.execute("select bit_xor(hash(*columns(*))) from read_parquet(?, union_by_name = true)", [names]).fetchall()


def measure_scan(folder: Path, repeat: int) -> dict[str, Any]:
    """Rows, bytes and columns of the input, and the wall and CPU seconds of the fastest of some scans."""
    files = input_files(folder)
    if not files:
        raise SystemExit(f"{folder} holds no Parquet file.")
    conn = duckdb.connect()
    tables = {}
    types: list[str] = []
    for table, paths in files.items():
        names = [str(path) for path in paths]
        counted = conn.execute("select count(*) from read_parquet(?)", [names]).fetchone()
        tables[table] = {"rows": counted[0] if counted else 0, "bytes": sum(path.stat().st_size for path in paths)}
        described = conn.execute("describe select * from read_parquet(?, union_by_name = true)", [names]).fetchall()
        types += [column[1] for column in described]
    runs = []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        for paths in files.values():
            scan(conn, paths)
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    conn.close()
    seconds, cpu_seconds = min(runs)
    return {
        "seconds": round(seconds, 4),
        "cpu_seconds": round(cpu_seconds, 4),
        "rows": sum(table["rows"] for table in tables.values()),
        "bytes": sum(table["bytes"] for table in tables.values()),
        "columns": len(types),
        "text_columns": types.count("VARCHAR"),
        "tables": tables,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, required=True, help="folder of Parquet files, as LENDING_INPUT")
    parser.add_argument("--result", type=Path, required=True, help="where the figures go, as JSON")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    found = measure_scan(arguments.input, arguments.repeat)
    arguments.result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
