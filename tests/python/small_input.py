"""Small inputs written by hand for tests: one CSV per contract table, only the columns a case needs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
WRITTEN_AT = "2024-12-31 23:00:00"


def write_tables(folder: Path, tables: Tables, extracted_at: str | None = WRITTEN_AT) -> Path:
    """Writes <folder>/<table>.csv; every row is written at extracted_at unless it says otherwise itself."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        stamped = [({} if extracted_at is None else {"extracted_at": extracted_at}) | dict(row) for row in rows]
        columns = list(dict.fromkeys(column for row in stamped for column in row))
        with open(folder / f"{table}.csv", "w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(stamped)
    return folder


def client(client_no: str, source_system: str = "CORE", **columns: Any) -> dict[str, Any]:
    """A registration that has been a client since before any history in these tests."""
    row = {
        "source_system": source_system,
        "client_no": client_no,
        "client_name": f"Synthetic client {client_no}",
        "org_type": "LIMITED",
        "status": "ACTIVE",
        "relationship_started_on": "2015-01-01",
    }
    return row | columns


def loan(
    loan_no: str, client_no: str, principal: Any, disbursed_on: str, matures_on: str, **columns: Any
) -> dict[str, Any]:
    row = {
        "loan_no": loan_no,
        "source_system": "CORE",
        "client_no": client_no,
        "principal": principal,
        "disbursed_on": disbursed_on,
        "matures_on": matures_on,
    }
    return row | columns


def instalments(loan_no: str, dues: Sequence[tuple[str, Any, Any]], **columns: Any) -> list[dict[str, Any]]:
    """A schedule from (due date, principal, interest) in order."""
    return [
        {"loan_no": loan_no, "schedule_version": 1, "instalment_no": number}
        | {"due_on": due_on, "principal_due": principal, "interest_due": interest}
        | columns
        for number, (due_on, principal, interest) in enumerate(dues, 1)
    ]


def payments(loan_no: str, bookings: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Bookings from (value date, amount); their numbers follow from the loan's."""
    return [
        {"payment_no": f"{loan_no}-P{number}", "loan_no": loan_no, "value_on": value_on, "amount": amount}
        for number, (value_on, amount) in enumerate(bookings, 1)
    ]
