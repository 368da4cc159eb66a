"""Charts of the bundle, what SQL on the published file says, and how the two are compared."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import yaml
from conftest import ROOT, Published

CHECKS = ROOT / "superset" / "checks"
SPEC = yaml.safe_load((ROOT / "superset" / "bundle.yml").read_text(encoding="utf-8"))
CHARTS = {chart["key"]: chart for chart in SPEC["charts"]}
BY_NAME = {chart["name"]: key for key, chart in CHARTS.items()}
# Numbers travel as text of doubles, and sums of doubles depend on the order of rows: the last digits are not compared.
DIGITS = 9
MIDNIGHT = 86_400_000


def plain(value: Any, is_date: bool = False) -> Any:
    """A value as both sides can write it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return value
    if is_date and isinstance(value, int | float):
        assert value % MIDNIGHT == 0, f"{value} is not a day"
        return datetime.fromtimestamp(value / 1000, tz=UTC).date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.{DIGITS}g}"
    return str(value)


def rows_of(data: list[dict[str, Any]], dates: set[int]) -> list[tuple[Any, ...]]:
    return ordered([tuple(plain(value, i in dates) for i, value in enumerate(row.values())) for row in data])


def ordered(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: tuple(str(value) for value in row))


def expected(published: Published, key: str) -> list[tuple[Any, ...]]:
    """What the chart must show, by a query of its own (superset/checks)."""
    found = published.rows((CHECKS / f"{key}.sql").read_text(encoding="utf-8"))
    assert found, f"{key}.sql finds nothing: nothing would be compared"
    return ordered([tuple(plain(value) for value in row) for row in found])


def dates_of(published: Published, key: str) -> set[int]:
    """Positions of the columns of expected() that are dates."""
    found = published.rows((CHECKS / f"{key}.sql").read_text(encoding="utf-8"))
    return {i for row in found for i, value in enumerate(row) if isinstance(value, date)}
