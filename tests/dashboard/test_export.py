"""What is downloaded is what the SQL gives, and says that the demo is synthetic."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from conftest import Screen
from test_pages import LAST, Sql


def test_csv_follows_the_filters(screen: Screen, sql: Sql, tmp_path: Path) -> None:
    screen.open("overview")
    screen.choose("overview-axis", "Size")
    file = screen.download("overview-csv", tmp_path)
    assert file.name == "synthetic-demo-overview.csv"
    with open(file, encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    expected = sql(
        f"""select segment_code, names.name_zh, clients, exposure_amount, loan_count_repayment_rate
        from marts.mart_segment_performance inner join marts.dim_segment as names using (axis, segment_code)
        where axis = 'SIZE' and as_of_month = {LAST} order by names.display_order"""
    )
    assert [row["segment_code"] for row in rows] == [each[0] for each in expected]
    for row, each in zip(rows, expected, strict=True):
        assert each[1] in row["segment"]
        assert int(row["clients"]) == each[2]
        assert float(row["exposure_amount"]) == pytest.approx(float(each[3]), abs=0.005)
        assert (row["loan_count_repayment_rate"] == "") == (each[4] is None)


def test_workbook_rows_are_those_of_sql(screen: Screen, sql: Sql, tmp_path: Path) -> None:
    screen.open("quality")
    book = openpyxl.load_workbook(screen.download("quality-xlsx", tmp_path), read_only=True)
    rows = list(book["tables"].iter_rows(values_only=True))
    expected = sql(
        """select table_name, rows_in, rows_accepted, rows_rejected, rows_duplicate, rows_superseded, rows_unexplained
        from quality.dq_reconciliation order by rows_in desc, table_name"""
    )
    assert rows[1:] == expected
