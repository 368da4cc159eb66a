"""Writes everything that follows from the input contract.

    python scripts/generate_contract.py [--check]

Reads contract/input_contract.yml (what the lender hands over), contract/column_kinds.yml (how staging reads it) and
contract/staging_columns.yml (columns that staging adds), and writes

    macros/input/input_contract.sql              the contract as a Jinja value
    models/input/inp_<table>.sql, _input__models.yml
    models/staging/<folder>/_<folder>__models.yml
    seeds/demo/_demo__seeds.yml

With --check nothing is written; the exit code is 1 when a file differs (tests/python/test_contract.py).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMMON = {
    "extracted_at": ["timestamp", "optional", "when the source wrote the row"],
    "batch_id": ["text", "optional", "the delivery it came with"],
}
PERSONAL = "personal data"
NOTE = "# Written by scripts/generate_contract.py from contract/*.yml; change those and run it again.\n"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / "contract" / name).read_text(encoding="utf-8"))


def text_of(value: Any) -> str:
    """The meaning of a column; YAML reads a comma list in brackets as several items."""
    return str(value).strip()


def column_specs(contract: dict[str, Any], kinds: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The contract's tables with, per column, its type, requirement, meaning, kind, allowed codes and default."""
    kind_of = {name: kind for kind, names in kinds["kinds"].items() for name in names}
    anytime = set(kinds["anytime_in"])
    usual = {"text": "text", "date": "anytime", "timestamp": "anytime", "decimal": "money", "integer": "count"}
    tables: dict[str, dict[str, Any]] = {}
    for table, spec in contract["tables"].items():
        columns: dict[str, dict[str, Any]] = {}
        delivered = dict(spec["columns"])
        for name, common in COMMON.items():
            delivered.setdefault(name, common)
        for name, parts in delivered.items():
            kind, requirement = parts[0], parts[1]
            meaning = ", ".join(text_of(part) for part in parts[2:] if text_of(part))
            full = f"{table}.{name}"
            column: dict[str, Any] = {"type": kind, "requirement": requirement, "meaning": meaning}
            if full in kinds["allowed"]:
                column["kind"] = "code"
                if kinds["allowed"][full]:
                    column["allowed"] = kinds["allowed"][full]
            elif full in anytime:
                column["kind"] = "anytime"
            else:
                column["kind"] = kind_of.get(full, kind_of.get(name, usual.get(kind, kind)))
            if full in kinds["defaults"]:
                column["default"] = kinds["defaults"][full]
                if kind == "date":
                    column["kind"] = "open_start"
            columns[name] = column
        tables[table] = {
            "grain": spec["grain"],
            "key": spec["key"],
            "needed": spec["needed"],
            "columns": columns,
        }
    return tables


def contract_macro(tables: dict[str, dict[str, Any]], amounts: dict[str, list[str]]) -> str:
    lines = [
        "{#- " + NOTE[2:].strip() + "\n    The input contract as a value: {table: {needed, key, columns: {name: "
        "{type, requirement, kind[, allowed][, default]}}}}. -#}",
        "{% macro input_contract() -%}",
        "    {{- return({",
    ]
    for table, spec in tables.items():
        lines.append(f"        {json.dumps(table)}: {{")
        lines.append(f'            "needed": {spec["needed"]}, "key": {json.dumps(spec["key"])},')
        lines.append('            "columns": {')
        for name, column in spec["columns"].items():
            shown = {k: v for k, v in column.items() if k != "meaning"}
            lines.append(f"                {json.dumps(name)}: {json.dumps(shown)},")
        lines.append("            },")
        lines.append("        },")
    lines += [
        "    }) -}}",
        "{%- endmacro %}",
        "",
        "{#- The amounts of each table that can be summed: its control totals. -#}",
        "{% macro summable_amounts() -%}",
        f"    {{{{- return({json.dumps(amounts)}) -}}}}",
        "{%- endmacro %}",
        "",
    ]
    return "\n".join(lines)


SQL_TYPES = {
    "text": "varchar",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "money": "decimal(18,2)",
    "rate": "decimal(9,6)",
    "share": "decimal(9,6)",
    "measure": "decimal(18,6)",
}


def sql_type(column: dict[str, Any]) -> str:
    return SQL_TYPES[column["kind"] if column["type"] == "decimal" else column["type"]]


def described(name: str, column: dict[str, Any], with_type: bool) -> dict[str, Any]:
    meaning = column["meaning"] or name.replace("_", " ")
    text = meaning[0].upper() + meaning[1:] + "."
    if column.get("allowed") and column["allowed"][0] not in meaning:
        text += " Values: " + ", ".join(column["allowed"]) + "."
    entry: dict[str, Any] = {"name": name, "description": text}
    if with_type:
        entry["data_type"] = sql_type(column)
    meta: dict[str, Any] = {"requirement": column["requirement"], "contract_type": column["type"]}
    if PERSONAL in column["meaning"]:
        meta["personal_data"] = True
    entry["config"] = {"meta": meta}
    return entry


def dump(document: Any) -> str:
    return NOTE + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118)


def staging_yaml(folder: str, names: list[str], tables: dict[str, Any], added: dict[str, Any]) -> str:
    models = []
    for table in names:
        spec = tables[table]
        columns = [described(n, c, True) for n, c in spec["columns"].items()]
        extra = [
            {"name": n, "data_type": v["type"], "description": v["description"]}
            for n, v in (added["tables"].get(table) or {}).items()
        ]
        issues = [
            {"name": n, "data_type": v["type"], "description": v["description"]} for n, v in added["base"].items()
        ]
        key = ", ".join(spec["key"])
        models.append(
            {
                "name": f"base_{table}",
                "description": f"Every delivered row of {table}, typed, repaired where certain and judged "
                "(domain.md section 5b). "
                f"Grain: one delivered row. Columns that start with x_ follow as delivered.",
                "config": {"materialized": "table"},
                "columns": columns + extra + issues,
            }
        )
        models.append(
            {
                "name": f"stg_{table}",
                "description": f"The accepted rows of {table}. Grain: {spec['grain']}. Key: {key}.",
                "data_tests": [
                    {"grain": {"name": f"stg_{table}__one_row_per_key", "arguments": {"columns": spec["key"]}}}
                ],
                "columns": columns + extra + [i for i in issues if i["name"] == "issues"],
            }
        )
    models += added["models"].get(folder, [])
    return dump({"version": 2, "models": models})


def outputs() -> dict[str, str]:
    contract, kinds, added = read("input_contract.yml"), read("column_kinds.yml"), read("staging_columns.yml")
    tables = column_specs(contract, kinds)
    files = {"macros/input/input_contract.sql": contract_macro(tables, kinds["amounts"])}
    for table in tables:
        files[f"models/input/inp_{table}.sql"] = f"{{{{ input_view('{table}') }}}}\n"
    files["models/input/_input__models.yml"] = dump(
        {
            "version": 2,
            "models": [
                {
                    "name": f"inp_{table}",
                    "description": f"{table} as delivered, behind one name. Grain: {spec['grain']}. "
                    f"Key: {', '.join(spec['key'])}. "
                    + ("Needed." if spec["needed"] else "Optional: empty when it was not delivered."),
                    "columns": [described(n, c, False) for n, c in spec["columns"].items()],
                }
                for table, spec in tables.items()
            ],
        }
    )
    for folder, names in kinds["folders"].items():
        files[f"models/staging/{folder}/_{folder}__models.yml"] = staging_yaml(folder, names, tables, added)
    files["seeds/demo/_demo__seeds.yml"] = dump(
        {
            "version": 2,
            "seeds": [
                {
                    "name": f"demo_{table}",
                    "description": "SYNTHETIC demo data, deliberately dirty, every column as text: "
                    f"{table}. Grain: {spec['grain']}.",
                    "config": {"column_types": {name: "varchar" for name in spec["columns"]}},
                    "columns": [
                        {"name": n, "description": described(n, c, False)["description"]}
                        for n, c in spec["columns"].items()
                    ],
                }
                for table, spec in tables.items()
            ],
        }
    )
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file differs")
    check = parser.parse_args().check
    differing = []
    for name, text in outputs().items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        differing.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in differing:
        print(("differs: " if check else "written: ") + name)
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
