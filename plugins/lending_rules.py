"""dbt-duckdb plugin: rules are data, and wrong rules stop the build.

Reads the rule and reference seeds (and a lender's own files that replace them, LENDING_RULES), checks them against
contract/rule_contract.yml and says in one sentence what is wrong where. Registers two scalar functions, called by the
macros in macros/rules:

    lending_rules(folder) -> JSON text
        folder    value of LENDING_RULES: a folder whose files replace the shipped ones by name; empty for none
        answer    {"problems": [<sentence>, ...], "files": {seed: {"path", "shown", "columns", "is_replaced"}},
                   "fingerprint": <digest of every row in force>}

    lending_rule_rows(folder) -> JSON text
        every row of every rule and reference seed: [{"seed", "row_text", "valid_from", "valid_to"}, ...], written so
        that the same rules give the same text however the file spells them; valid_to stands apart, because a row that
        only ends earlier changes nothing before its end

Nothing is written. Files are read again only when they changed.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from dbt.adapters.duckdb.plugins import BasePlugin

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = "contract/rule_contract.yml"
FOLDERS = ("rules", "reference")
ALWAYS, FOREVER = "1900-01-01", "9999-12-31"
MOST_PROBLEMS = 20
LISTED = 8

INTEGER = re.compile(r"-?\d{1,10}")
DECIMAL = re.compile(r"-?(\d+)(?:\.(\d*))?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Cells = dict[str, str]
# where a problem stands (line, column; line 0 when something is missing), and its sentence
Finding = tuple[int, int, str]


class RulesProblem(Exception):
    """A file cannot be used at all; the message is the sentence that the user sees."""


@dataclass
class Row:
    """A line of a seed: the values as written, empty text where there is none."""

    line: int
    cells: Cells

    @property
    def valid_from(self) -> str:
        return self.cells.get("valid_from", ALWAYS)

    @property
    def valid_to(self) -> str:
        return self.cells.get("valid_to", FOREVER)


@dataclass
class Seed:
    """A rule or reference seed as it is in force: the shipped file or the lender's."""

    name: str
    path: Path
    shown: str
    is_replaced: bool
    spec: dict[str, Any]
    columns: list[str]
    rows: list[Row]
    # of a seed that is replaced: the rows that the project ships
    shipped: list[Row]

    def at(self, row: Row) -> str:
        """The row as a user finds it: file, line and key."""
        keys = self.spec.get("keys") or [{}]
        key = ", ".join(f"{column} {row.cells.get(column) or '(empty)'}" for column in keys[0].get("columns", []))
        return f"{self.shown}, line {row.line}" + (f" ({key})" if key else "")


# Reading ------------------------------------------------------------------------------------------------------------


def read_rows(path: Path, shown: str) -> tuple[list[str], list[Row]]:
    """Header and rows of a CSV file; raises RulesProblem where it is not one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesProblem(f"{shown} is not UTF-8 text (byte {error.start + 1}); save it as CSV in UTF-8.") from error
    except OSError as error:
        raise RulesProblem(f"{shown} cannot be opened: {error.strerror}.") from error
    if "\x00" in text:
        raise RulesProblem(f"{shown} holds zero bytes: it is not a text file.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    columns: list[str] = []
    line = 1
    try:
        for values in reader:
            if not columns:
                columns = values
                if not columns:
                    break
            elif not values:
                raise RulesProblem(f"{shown}, line {line} is empty; remove the line.")
            elif len(values) != len(columns):
                raise RulesProblem(
                    f"{shown}, line {line} has {len(values)} values, but the header names {len(columns)} columns; "
                    "a text with a comma in it stands in double quotes."
                )
            else:
                rows.append(Row(line, dict(zip(columns, values, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:
        raise RulesProblem(f"{shown}, line {line} cannot be read as CSV: {error}.") from error
    if not columns:
        raise RulesProblem(f"{shown} is empty: it needs a header line and its rows.")
    return columns, rows


def check_header(shown: str, columns: list[str], spec: dict[str, Any]) -> None:
    wanted = list(spec["columns"])
    for number, column in enumerate(columns):
        if column in columns[:number]:
            raise RulesProblem(f"{shown} has the column {column} more than once.")
    for column in wanted:
        if column not in columns:
            raise RulesProblem(f"{shown} has no column {column}; its columns are {', '.join(wanted)}.")
    for column in columns:
        if column not in wanted:
            named = f"the column {column}" if column.strip() else "a column without a name"
            raise RulesProblem(f"{shown} has {named}, which is none of its columns {', '.join(wanted)}.")


def shipped_files(root: Path) -> dict[str, Path]:
    """Seed name -> file, of every rule and reference seed that the project ships."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / "seeds" / folder).glob("*.csv")):
            found[path.stem] = path
    return found


def own_files(folder: str, known: set[str]) -> dict[str, Path]:
    """Seed name -> file, of the lender's own rules; raises RulesProblem for a file that replaces nothing."""
    if not folder:
        return {}
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise RulesProblem(
            f"LENDING_RULES points at {folder}, which is not a folder; it must be a folder of rule seeds, such as "
            "rule_segment.csv, that replace the shipped ones."
        )
    found = {}
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") or path.suffix == ".md":
            continue
        if path.suffix != ".csv" or path.stem not in known or not path.is_file():
            near = difflib.get_close_matches(path.stem.lower(), sorted(known), 1)
            hint = f" (did you mean {near[0]}.csv?)" if near else ""
            raise RulesProblem(
                f"{path} replaces nothing: a file in LENDING_RULES has the name of a seed in seeds/rules or "
                f"seeds/reference{hint}."
            )
        found[path.stem] = path
    return found


# Checks of single values --------------------------------------------------------------------------------------------


def is_day(text: str) -> bool:
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def type_fault(text: str, kind: str) -> str | None:
    """What is wrong with a value of a type, as the end of a sentence."""
    if kind == "varchar":
        return "begins or ends with a blank" if text != text.strip() else None
    if kind == "integer":
        is_one = INTEGER.fullmatch(text) and -(2**31) <= int(text) < 2**31
        return None if is_one else "is not a whole number"
    if kind == "boolean":
        return None if text.lower() in ("true", "false") else "is neither true nor false"
    if kind == "date":
        return None if is_day(text) else "is not a date written YYYY-MM-DD"
    digits, kept = (int(part) for part in kind[len("decimal(") : -1].split(","))
    match = DECIMAL.fullmatch(text)
    if not match:
        return "is not a number"
    if len((match[2] or "").rstrip("0")) > kept:
        return f"has more than the {kept} decimals that the column keeps"
    if len(match[1].lstrip("0")) > digits - kept:
        return f"is too large for the column, which is {kind}"
    return None


def either(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def limit_fault(text: str, checks: dict[str, Any]) -> str | None:
    """What is wrong with a well-typed value by the column's limits and list."""
    allowed = checks.get("allowed")
    if allowed is not None and text not in allowed:
        if len(allowed) <= LISTED:
            return f"must be {either(allowed)}"
        near = difflib.get_close_matches(text, allowed, 1, cutoff=0.5)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return f"must be one of the {len(allowed)} values that {CONTRACT} lists{hint}"
    if "minimum" in checks and Decimal(text) < Decimal(str(checks["minimum"])):
        return f"must be {checks['minimum']} or more"
    if "above" in checks and Decimal(text) <= Decimal(str(checks["above"])):
        return f"must be more than {checks['above']}"
    if "maximum" in checks and Decimal(text) > Decimal(str(checks["maximum"])):
        return f"must be {checks['maximum']} or less"
    return None


def value_fault(text: str, kind: str, need: str, checks: dict[str, Any]) -> str | None:
    """The sentence after '<place>: <column> ', or None for a good value."""
    if text == "":
        return "is empty; it must have a value" if need == "required" else None
    fault = type_fault(text, kind)
    if fault:
        return f"is '{text}', which {fault}"
    fault = limit_fault(text, checks)
    return f"is {text}; it {fault}" if fault else None


def check_values(seed: Seed) -> Iterator[Finding]:
    for column, (kind, need, *rest) in seed.spec["columns"].items():
        checks = rest[0] if rest else {}
        known: dict[str, str | None] = {}
        for row in seed.rows:
            text = row.cells[column]
            if text not in known:
                known[text] = value_fault(text, kind, need, checks)
            if known[text]:
                yield row.line, seed.columns.index(column), f"{seed.at(row)}: {column} {known[text]}."


# Checks across rows -------------------------------------------------------------------------------------------------


def has_spans(seed: Seed) -> bool:
    return "valid_from" in seed.columns and "valid_to" in seed.columns


def grouped(rows: list[Row], columns: list[str]) -> dict[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.cells[column] for column in columns), []).append(row)
    return groups


def named(columns: list[str], values: tuple[str, ...]) -> str:
    return ", ".join(f"{column} {value or '(empty)'}" for column, value in zip(columns, values, strict=True))


def in_force(rows: list[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """(from, to, rows in force) for each stretch of time in which the same rows are."""
    days = sorted({row.valid_from for row in rows} | {row.valid_to for row in rows})
    for start, stop in zip(days, days[1:], strict=False):
        yield start, stop, [row for row in rows if row.valid_from <= start and row.valid_to >= stop]


def check_spans(seed: Seed) -> Iterator[Finding]:
    for row in seed.rows:
        if row.valid_from >= row.valid_to:
            yield (
                row.line,
                0,
                f"{seed.at(row)}: valid_to is {row.valid_to}, not after valid_from {row.valid_from}; valid_to is the "
                "first day on which the rule no longer holds.",
            )


def check_key(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    columns = check["columns"]
    for key, rows in grouped(seed.rows, columns).items():
        what = f"the same {named(columns, key)}" if columns else "another row"
        ordered = sorted(rows, key=lambda row: (row.valid_from, row.line))
        for before, row in zip(ordered, ordered[1:], strict=False):
            if not has_spans(seed):
                yield row.line, 0, f"{seed.at(row)}: {what} stands in line {before.line} already."
            elif row.valid_from < before.valid_to:
                first, second = sorted((before, row), key=lambda each: each.line)
                yield (
                    second.line,
                    0,
                    f"{seed.at(second)}: it holds from {second.valid_from} to {second.valid_to}, but {what} in line "
                    f"{first.line} holds from {first.valid_from} to {first.valid_to}; at any time only one may hold.",
                )
            elif row.valid_from > before.valid_to and check.get("complete"):
                yield (
                    row.line,
                    0,
                    f"{seed.at(row)}: valid_from is {row.valid_from}, but the version before ends at "
                    f"{before.valid_to} (line {before.line}); versions must follow each other without a gap.",
                )
        last = max(rows, key=lambda row: (row.valid_to, row.line))
        if has_spans(seed) and check.get("complete") and last.valid_to != FOREVER:
            yield (
                last.line,
                0,
                f"{seed.at(last)}: valid_to is {last.valid_to} and no version follows; the last one must hold until "
                f"{FOREVER}.",
            )
    wide = check.get("any_when_empty")
    if wide:
        others = [column for column in columns if column != wide]
        for rows in grouped(seed.rows, others).values():
            for row in rows:
                for other in rows:
                    is_meant = row.cells[wide] == "" and other.cells[wide] != ""
                    if is_meant and row.valid_from < other.valid_to and other.valid_from < row.valid_to:
                        yield (
                            row.line,
                            0,
                            f"{seed.at(row)}: {wide} is empty, which stands for every value, but line {other.line} "
                            f"answers for {wide} {other.cells[wide]}; only one row may answer.",
                        )


def check_holes(seed: Seed, name: str, rows: list[Row]) -> Iterator[Finding]:
    """Something that must be whole at any time must be there without a break, once it has begun."""
    for start, stop, current in in_force(rows):
        if not current:
            row = max((each for each in rows if each.valid_to == start), key=lambda each: each.line)
            yield (
                row.line,
                0,
                f"{seed.at(row)}: valid_to is {start}, but the next row holds from {stop}; {name} must be there at "
                "any time.",
            )
    if rows:
        last = max(rows, key=lambda row: (row.valid_to, row.line))
        if last.valid_to != FOREVER:
            yield (
                last.line,
                0,
                f"{seed.at(last)}: valid_to is {last.valid_to} and nothing follows; {name} must hold until {FOREVER}.",
            )


def check_range(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    lower, upper, name, one = check["lower"], check["upper"], check["name"], check["one"]
    banded = []
    for row in seed.rows:
        empty = [column for column in (lower, upper) if row.cells[column] == ""]
        if len(empty) == 1:
            yield row.line, 0, f"{seed.at(row)}: {empty[0]} is empty, but the other end of the {one} is not."
        elif not empty:
            banded.append(row)
            if Decimal(row.cells[lower]) >= Decimal(row.cells[upper]):
                sentence = f"{lower} is {row.cells[lower]}, not below {upper} {row.cells[upper]}."
                yield row.line, 0, f"{seed.at(row)}: {sentence}"
    for group in grouped(banded, check.get("group", [])).values():
        yield from check_holes(seed, name, group)
        for _, _, rows in in_force(group):
            yield from check_bands(seed, check, rows)


def check_bands(seed: Seed, check: dict[str, Any], rows: list[Row]) -> Iterator[Finding]:
    """The bands that hold at one time: from end to end, each where the one before stopped, in their order."""
    lower, upper, name, one = check["lower"], check["upper"], check["name"], check["one"]
    ordered = sorted(rows, key=lambda row: (Decimal(row.cells[lower]), Decimal(row.cells[upper]), row.line))
    if not ordered:
        return
    first, last = ordered[0], ordered[-1]
    if Decimal(first.cells[lower]) != Decimal(str(check["from"])):
        sentence = f"{lower} is {first.cells[lower]}, but {name} must begin at {check['from']}."
        yield first.line, 0, f"{seed.at(first)}: {sentence}"
    for before, row in zip(ordered, ordered[1:], strict=False):
        end, start = Decimal(before.cells[upper]), Decimal(row.cells[lower])
        if start != end:
            must = "be contiguous" if start > end else "not overlap"
            yield (
                row.line,
                0,
                f"{seed.at(row)}: {lower} is {row.cells[lower]}, but the {one} before ends at {before.cells[upper]}; "
                f"{name} must {must}.",
            )
        order = check.get("order")
        if order and Decimal(row.cells[order]) <= Decimal(before.cells[order]):
            yield (
                row.line,
                0,
                f"{seed.at(row)}: {order} is {row.cells[order]}, but the {one} before has {before.cells[order]}; "
                f"{order} must rise with the {name}.",
            )
    if Decimal(last.cells[upper]) != Decimal(str(check["to"])):
        yield last.line, 0, f"{seed.at(last)}: {upper} is {last.cells[upper]}, but {name} must reach {check['to']}."


def check_falling(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    """Within a group every value of a list must be there once, and a number must fall along the list."""
    by, order, column = check["by"], check["order"], check["column"]
    for key, group in grouped(seed.rows, check["group"]).items():
        for start, _, rows in in_force(group):
            if not rows:
                continue
            found = {row.cells[by]: row for row in rows}
            absent = [value for value in order if value not in found]
            if absent:
                yield (
                    rows[0].line,
                    0,
                    f"{seed.at(rows[0])}: {named(check['group'], key)} has no row with {by} {absent[0]} from {start} "
                    f"on; it needs {either(order).replace(' or ', ' and ')}.",
                )
                continue
            for better, worse in zip(order, order[1:], strict=False):
                high, low = found[better], found[worse]
                if Decimal(low.cells[column]) >= Decimal(high.cells[column]):
                    yield (
                        low.line,
                        0,
                        f"{seed.at(low)}: {column} is {low.cells[column]}, not below the {high.cells[column]} of "
                        f"{better} (line {high.line}).",
                    )


def check_sum(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    column, name = check["column"], check["name"]
    for group in grouped(seed.rows, check.get("group", [])).values():
        yield from check_holes(seed, name, group)
        for start, _, rows in in_force(group):
            total = sum((Decimal(row.cells[column]) for row in rows), Decimal(0))
            if rows and total != Decimal(str(check["to"])):
                listed = " + ".join(row.cells[column] for row in rows)
                yield (
                    rows[0].line,
                    0,
                    f"{seed.at(rows[0])}: {column} from {start} on is {listed} = {total}; {name} must sum to "
                    f"{check['to']}.",
                )


def check_order(seed: Seed, columns: list[str]) -> Iterator[Finding]:
    """Numbers of a row that must not fall from one column to the next."""
    for row in seed.rows:
        filled = [column for column in columns if row.cells[column] != ""]
        for left, right in zip(filled, filled[1:], strict=False):
            if Decimal(row.cells[left]) > Decimal(row.cells[right]):
                sentence = f"{right} is {row.cells[right]}, below {left} {row.cells[left]}."
                yield row.line, seed.columns.index(right), f"{seed.at(row)}: {sentence}"


def check_pattern(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    column = check["column"]
    for row in matching(seed, check.get("where", {})):
        if not re.fullmatch(check["pattern"], row.cells[column]):
            sentence = f"{column} is '{row.cells[column]}'; it must {check['must']}."
            yield row.line, seed.columns.index(column), f"{seed.at(row)}: {sentence}"


def matching(seed: Seed, where: dict[str, str]) -> list[Row]:
    return [row for row in seed.rows if all(row.cells[column] == value for column, value in where.items())]


def check_reference(seed: Seed, check: dict[str, Any], seeds: dict[str, Seed]) -> Iterator[Finding]:
    """Every filled value must stand in another seed, and be in force there as long as the row that names it."""
    other = seeds.get(check["seed"])
    if other is None:
        return
    columns, of, where = check["columns"], check.get("of", check["columns"]), check.get("where", {})
    listed = grouped(matching(other, where), of)
    for row in seed.rows:
        key = tuple(row.cells[column] for column in columns)
        gap = uncovered(row, listed.get(key, [])) if has_spans(seed) and has_spans(other) else None
        if all(key) and (key not in listed or gap):
            among = f" with {', '.join(f'{name} {value}' for name, value in where.items())}" if where else ""
            when = f" from {gap[0]} to {gap[1]}" if gap and key in listed else ""
            *rest, last = columns
            beside = f" with {named(rest, key[:-1])}" if rest else ""
            yield (
                row.line,
                seed.columns.index(last),
                f"{seed.at(row)}: {last} is {key[-1]}{beside}, which {other.shown} does not list{among}{when}.",
            )


def uncovered(row: Row, others: list[Row]) -> tuple[str, str] | None:
    """The first stretch of a row's validity in which none of the others is in force."""
    day = row.valid_from
    for other in sorted(others, key=lambda each: each.valid_from):
        if other.valid_from > day:
            return day, min(other.valid_from, row.valid_to)
        day = max(day, other.valid_to)
        if day >= row.valid_to:
            return None
    return (day, row.valid_to) if day < row.valid_to else None


def check_as_shipped(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    """In a file that replaces a seed, what the models are written for stays as shipped; the values are the lender's."""
    if not seed.is_replaced:
        return
    by, columns = check["by"], check["columns"]
    shipped = {row.cells[by]: row for row in seed.shipped}
    kinds = {column: spec[0] for column, spec in seed.spec["columns"].items()}
    for row in seed.rows:
        own, theirs = row.cells, shipped.get(row.cells[by])
        if theirs is None:
            yield row.line, 0, f"{seed.at(row)}: the models read no {by} {own[by]}; a rule of that name needs a model."
            continue
        for column in columns:
            if plain(own[column], kinds[column]) != plain(theirs.cells[column], kinds[column]):
                yield (
                    row.line,
                    seed.columns.index(column),
                    f"{seed.at(row)}: {column} is {own[column]}, but the models are written for "
                    f"{theirs.cells[column]}; only the values of the rule can be replaced.",
                )
    for name in shipped:
        if all(row.cells[by] != name for row in seed.rows):
            yield 0, 0, f"{seed.shown} has no row with {by} {name}, which the models read."


def check_cover(seed: Seed, check: dict[str, Any], seeds: dict[str, Seed]) -> Iterator[Finding]:
    """Every row of another seed must find its own row here."""
    other = seeds.get(check["seed"])
    if other is None:
        return
    columns, of = check["columns"], check.get("of", check["columns"])
    wide = check.get("any_when_empty")
    found = {tuple(row.cells[column] for column in columns) for row in seed.rows}
    for row in matching(other, check.get("where", {})):
        key = tuple(row.cells[column] for column in of)
        general = tuple("" if column == wide else value for column, value in zip(columns, key, strict=True))
        if key not in found and general not in found and all(key):
            yield (
                0,
                0,
                f"{seed.shown} has no row for {named(columns, key)}, which {other.shown}, line {row.line} lists.",
            )


def check_needed(seed: Seed, check: dict[str, Any]) -> Iterator[Finding]:
    found = {row.cells[check["column"]] for row in seed.rows}
    for value in check["values"]:
        if value not in found:
            yield 0, 0, f"{seed.shown} has no row with {check['column']} {value}, which the models read."


def check_rows(seed: Seed, seeds: dict[str, Seed]) -> Iterator[Finding]:
    spec = seed.spec
    if has_spans(seed):
        yield from check_spans(seed)
    for columns in spec.get("in_order", []):
        yield from check_order(seed, columns)
    for check in spec.get("patterns", []):
        yield from check_pattern(seed, check)
    for check in spec.get("keys", []):
        yield from check_key(seed, check)
    for check in spec.get("references", []):
        yield from check_reference(seed, check, seeds)
    for check in spec.get("covers", []):
        yield from check_cover(seed, check, seeds)
    for check in spec.get("as_shipped", []):
        yield from check_as_shipped(seed, check)
    for check in spec.get("needed", []):
        yield from check_needed(seed, check)
    for check in spec.get("ranges", []):
        yield from check_range(seed, check)
    for check in spec.get("falling", []):
        yield from check_falling(seed, check)
    for check in spec.get("sums", []):
        yield from check_sum(seed, check)


def sentences(findings: Iterator[Finding]) -> list[str]:
    """In the order of the file, what is missing from it last; what is wrong at several times is said once."""
    ordered = sorted(findings, key=lambda finding: (finding[0] == 0, *finding[:2]))
    return list(dict.fromkeys(sentence for _, _, sentence in ordered))


# The whole ----------------------------------------------------------------------------------------------------------


def read_contract(root: Path) -> dict[str, Any]:
    with open(root / CONTRACT, encoding="utf-8") as handle:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        contract = yaml.load(handle, Loader=loader)
    seeds: dict[str, Any] = contract["seeds"]
    for spec in seeds.values():
        for group in spec.get("also", []):
            spec["columns"] |= contract["shared"][group]
    return seeds


def read_seeds(root: Path, folder: str, contract: dict[str, Any]) -> tuple[dict[str, Seed], list[str]]:
    """Every seed in force, in the order of the contract, and what is wrong with files as a whole."""
    shipped = shipped_files(root)
    try:
        own = own_files(folder, set(shipped))
    except RulesProblem as problem:
        return {}, [str(problem)]
    seeds: dict[str, Seed] = {}
    problems: list[str] = []
    for name in [*contract, *(name for name in shipped if name not in contract)]:
        spec = contract.get(name, {"columns": {}})
        if name not in shipped:
            if not spec.get("expected"):
                problems.append(f"seeds/{spec['folder']}/{name}.csv is missing; {CONTRACT} lists it.")
            continue
        path = own.get(name, shipped[name])
        shown = str(path) if name in own else path.relative_to(root).as_posix()
        try:
            columns, rows = read_rows(path, shown)
            if name in contract:
                check_header(shown, columns, spec)
                if not rows:
                    raise RulesProblem(f"{shown} has no rows; remove the file to use the shipped rules.")
            replaced = []
            if name in own and spec.get("as_shipped"):
                at = shipped[name].relative_to(root).as_posix()
                names, replaced = read_rows(shipped[name], at)
                check_header(at, names, spec)
        except RulesProblem as problem:
            problems.append(str(problem))
            continue
        seeds[name] = Seed(name, path, shown, name in own, spec, columns, rows, replaced)
    return seeds, problems


def check_rules(root: Path, folder: str = "") -> tuple[dict[str, Seed], list[str]]:
    """Every seed in force and what is wrong, most basic first: files, else values, else rows among each other."""
    contract = read_contract(root)
    seeds, problems = read_seeds(root, folder, contract)
    listed = [seed for seed in seeds.values() if seed.name in contract]
    if not problems:
        problems = [sentence for seed in listed for sentence in sentences(check_values(seed))]
    if not problems:
        problems = [sentence for seed in listed for sentence in sentences(check_rows(seed, seeds))]
    return seeds, problems[:MOST_PROBLEMS]


def plain(text: str, kind: str) -> str:
    """One spelling for equal values, so that 0.10 and 0.1 are no change."""
    if kind == "boolean":
        return text.lower()
    if kind == "integer":
        return str(int(text))
    if kind.startswith("decimal"):
        number = Decimal(text)
        return f"{number.normalize():f}" if number else "0"
    return text


def rule_rows(seeds: dict[str, Seed]) -> list[dict[str, str]]:
    """Every row with its validity, as first_changed_month compares them."""
    result = []
    for name in sorted(seeds):
        seed = seeds[name]
        kinds = {column: spec[0] for column, spec in seed.spec["columns"].items()}
        day = seed.spec.get("dated_by", "valid_from")
        columns = sorted(column for column in seed.columns if column != "valid_to")
        for row in seed.rows:
            filled = {column: row.cells[column] for column in columns if row.cells[column] != ""}
            text = {column: plain(value, kinds.get(column, "varchar")) for column, value in filled.items()}
            start, stop = row.cells.get(day, ""), row.valid_to
            result.append(
                {
                    "seed": name,
                    "row_text": json.dumps(text, ensure_ascii=False),
                    "valid_from": start if is_day(start) else ALWAYS,
                    "valid_to": stop if is_day(stop) else FOREVER,
                }
            )
    return sorted(result, key=lambda each: (each["seed"], each["row_text"], each["valid_to"]))


# Answers for the database -------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What the two functions say, and the state of the files for which they say it."""

    stamps: list[tuple[str, int, int]]
    rules: str
    rows: str


_answers: dict[str, Answer] = {}


def stamps_of(folder: str) -> list[tuple[str, int, int]]:
    folders = [ROOT / "seeds" / each for each in FOLDERS]
    if folder:
        folders.append(Path(folder).expanduser())
    paths = [ROOT / CONTRACT, *(path for each in folders if each.is_dir() for path in sorted(each.iterdir()))]
    return [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in paths]


def answer(folder: str) -> Answer:
    """The rules as the files are now; a run asks once per seed, so files are read again only when they changed."""
    stamps = stamps_of(folder)
    if folder not in _answers or _answers[folder].stamps != stamps:
        seeds, problems = check_rules(ROOT, folder)
        rows = "[]" if problems else json.dumps(rule_rows(seeds), ensure_ascii=False)
        files = {
            seed.name: {
                "path": str(seed.path),
                "shown": seed.shown,
                "columns": seed.columns,
                "is_replaced": seed.is_replaced,
            }
            for seed in seeds.values()
        }
        digest = hashlib.md5(rows.encode()).hexdigest()
        rules = json.dumps({"problems": problems, "files": files, "fingerprint": digest}, ensure_ascii=False)
        _answers[folder] = Answer(stamps, rules, rows)
    return _answers[folder]


class Plugin(BasePlugin):
    """Registers lending_rules and lending_rule_rows."""

    def configure_connection(self, conn: Any) -> None:
        functions: dict[str, Callable[[str], str]] = {
            "lending_rules": lambda folder: answer(folder).rules,
            "lending_rule_rows": lambda folder: answer(folder).rows,
        }
        for name, function in functions.items():
            conn.create_function(name, function, ["VARCHAR"], "VARCHAR", side_effects=True)
