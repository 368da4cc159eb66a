"""Files: one Parquet file a table or a folder of parts, or CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_csv(path: Path, table: pa.Table) -> None:
    """UTF-8 with a header, LF line ends, quotes only where a value needs them; no value is an empty cell."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=65_536):
            columns = [column.to_pylist() for column in batch.columns]
            writer.writerows(zip(*columns, strict=True))


def write_parquet(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=1,
        row_group_size=500_000,
        use_dictionary=[column for column in table.column_names if not column.endswith("_no") or column == "client_no"],
        write_statistics=True,
    )
