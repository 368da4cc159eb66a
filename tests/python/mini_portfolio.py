"""Portfolios of a few rows, as staging would accept them, for tests of the second segment computation."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT
from oracle import Oracle, Row
from segment_oracle import SEGMENT_STAGING_TABLES, SegmentOracle
from segment_oracle_rules import SPEC_SEEDS

AS_OF = date(2025, 12, 31)
# columns that staging adds to those of the contract
ADDED = {
    "clients": ["resolved_industry_system", "resolved_industry_edition", "resolved_industry_code"],
    "projects": ["debt_amount_converted"],
}
SYSTEM = "CORE"


@cache
def columns(table: str) -> tuple[str, ...]:
    contract = yaml.safe_load((ROOT / "contract" / "input_contract.yml").read_text(encoding="utf-8"))
    return (*contract["tables"][table]["columns"], *ADDED.get(table, []))


def spec_seed_folder(folder: Path) -> Path:
    """The seeds of the project, with the lookups of the segment axes as the specification has them."""
    for kind in ("reference", "rules"):
        shutil.copytree(ROOT / "seeds" / kind, folder / kind)
    for name, rows in SPEC_SEEDS.items():
        with open(folder / "rules" / f"{name}.csv", "w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def day(text: str) -> date:
    return date.fromisoformat(text)


def typed(value: Any) -> Any:
    """Days are written as text and money as whole numbers in the tests; staging has dates and decimals."""
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return day(value)
    return Decimal(str(value)) if isinstance(value, float) else value


def row(table: str, **values: Any) -> Row:
    unknown = values.keys() - set(columns(table))
    assert not unknown, f"{table} has no {unknown}"
    own = {"source_system": SYSTEM} if "source_system" in columns(table) else {}
    return dict.fromkeys(columns(table)) | own | {"issues": []} | {name: typed(value) for name, value in values.items()}


def client(client_no: str, **values: Any) -> Row:
    """A manufacturer that has been a client since 2015 and may be contacted."""
    usual = {
        "extracted_at": datetime(2015, 1, 1),
        "client_name": f"Synthetic client {client_no}",
        "org_type": "LIMITED",
        "status": "ACTIVE",
        "registered_on": "2010-01-01",
        "relationship_started_on": "2015-01-01",
        "consent_marketing": True,
        "industry_code": "C34",
        "resolved_industry_system": "GBT4754",
        "resolved_industry_edition": "2017",
        "resolved_industry_code": "34",
    }
    given = usual | values
    made = row("clients", **{name: value for name, value in given.items() if name in columns("clients")})
    return made | {"client_no": client_no, "extracted_at": given["extracted_at"]}


def loan(loan_no: str, client_no: str, disbursed_on: str, matures_on: str, principal: int = 1000, **values: Any) -> Row:
    given = {"loan_no": loan_no, "client_no": client_no, "disbursed_on": disbursed_on, "matures_on": matures_on}
    return row("loans", principal=Decimal(principal), **given, **values)


def portfolio(
    seeds: Path, clients: Iterable[Row], as_of: date = AS_OF, months: int = 24, **tables: Iterable[Row]
) -> SegmentOracle:
    """An oracle over hand-made rows; the clients are numbered from 1 in the order in which they are given."""
    staging: dict[str, list[Row]] = {name: [] for name in SEGMENT_STAGING_TABLES}
    staging["stg_clients"] = list(clients)
    for name, rows in tables.items():
        assert f"stg_{name}" in staging, name
        staging[f"stg_{name}"] = list(rows)
    names = dict.fromkeys((row["source_system"], row["client_no"]) for row in staging["stg_clients"])
    identity = [
        {"source_system": source, "client_no": number, "client_key": key}
        for key, (source, number) in enumerate(names, 1)
    ]
    return SegmentOracle(Oracle(seeds, staging, identity, as_of, months))
