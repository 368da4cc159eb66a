"""Writes docs/segments.md, the six axes in words for the policy owner, from the seeds, so that it cannot drift.

python scripts/generate_segment_docs.py            writes the file
python scripts/generate_segment_docs.py --check    exits 1 when the file differs from the seeds
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "segments.md"
OPEN_END = "9999-12-31"
Row = dict[str, str]

AXES = {
    "INDUSTRY": ("Industry", "行业", "What the client does, with technology laid over the base sector."),
    "SIZE": ("Size", "规模", "How large the client is by the national standard."),
    "CREDIT": ("Credit", "信用", "How likely the client is to default."),
    "LIFECYCLE": ("Lifecycle", "生命周期", "Where the firm stands, from rating, repayment capacity and industry."),
    "BEHAVIOUR": ("Behaviour", "行为", "How the client borrows, pays, spends and uses the bank online."),
    "PROJECT_TYPE": ("Project type", "项目类型", "What kind of project finance the client borrows or sponsors."),
}
OPERATORS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "=": "equal to"}


def seed(folder: str, name: str) -> list[Row]:
    """The rows of a seed that hold today, that is without an end."""
    with open(ROOT / "seeds" / folder / f"{name}.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [row for row in rows if row.get("valid_to", OPEN_END) == OPEN_END]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        lines.append("| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in row) + " |")
    return [*lines, ""]


def number(text: str) -> str:
    """A figure without the zeros that say nothing."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def yes(text: str) -> str:
    return "yes" if text.lower() == "true" else ""


def segments_of(axis: str) -> list[str]:
    names = {row["segment_code"]: row for row in seed("reference", "ref_segment") if row["axis"] == axis}
    rules = [row for row in seed("rules", "rule_segment") if row["axis"] == axis]
    rules.sort(key=lambda row: int(row["rule_order"]))
    rows = [
        (
            rule["rule_order"],
            f"`{rule['segment_code']}`",
            names[rule["segment_code"]]["name_en"],
            names[rule["segment_code"]]["name_zh"],
            rule["rule_in_words"],
            rule["risk_rank"],
            yes(rule["enters_at_once"]),
            yes(rule["leaves_at_once"]),
            rule["clear_months"],
        )
        for rule in rules
    ]
    header = ["order", "code", "name", "中文", "rule", "risk", "worse at once", "leaves at once", "clear months"]
    return table(header, rows)


def stability_of(axis: str) -> list[str]:
    rule = next(row for row in seed("rules", "rule_axis") if row["axis"] == axis)
    tiers = rule["override_max_tiers_up"]
    words = (
        f"A change is confirmed over {rule['confirmation_months']} month end(s) and comes after at least"
        f" {rule['dwell_months']} month(s) in a segment, unless the table says at once. An override lasts at most"
        f" {rule['override_max_days']} days"
    )
    words += f", improves a client by at most {tiers} tier(s)" if tiers else ""
    words += (
        " and never lifts a client who is knocked out" if rule["knock_out_blocks_override"].lower() == "true" else ""
    )
    return [f"{words}. Owner: {rule['owner']}, version {rule['rule_version']}.", ""]


def conditions_of(axis: str) -> list[str]:
    """The conditions of a decision table: all clauses of a rule, any condition of a clause."""
    order = {row["rule_id"]: int(row["rule_order"]) for row in seed("rules", "rule_segment")}
    code = {row["rule_id"]: row["segment_code"] for row in seed("rules", "rule_segment")}
    conditions = [row for row in seed("rules", f"rule_{axis.lower()}_condition") if row["axis"] == axis]
    conditions.sort(key=lambda row: (order[row["rule_id"]], int(row["clause"]), row["condition_id"]))
    rows = [
        (
            f"`{code[row['rule_id']]}`",
            row["clause"],
            row["in_words"],
            f"`{row['feature']}`",
            f"{OPERATORS[row['operator']]} {number(row['enter_value'])}",
            number(row["leave_value"]),
            "met" if row["missing_passes"].lower() == "true" else "not met",
            row["unit"],
        )
        for row in conditions
    ]
    lines = [
        "The first rule that is met wins. A rule is met when every clause is; a clause is met when one of its"
        " conditions is. A client who holds a segment stays in it while the values in the column *stays* are met.",
        "",
    ]
    return lines + table(
        ["segment", "clause", "condition", "feature", "enters", "stays", "unknown value is", "unit"], rows
    )


def parameters_of(axis: str) -> list[str]:
    rows = [row for row in seed("rules", f"rule_{axis.lower()}_parameter")]
    return table(
        ["parameter", "value", "unit", "meaning"],
        [(f"`{row['parameter_id']}`", number(row["parameter_value"]), row["unit"], row["in_words"]) for row in rows],
    )


def industry() -> list[str]:
    rows = [
        (
            row["sector_base"],
            row["section_code"],
            f"`{row['segment_code']}`",
            yes(row["takes_hi_tech_code"]),
            yes(row["takes_certificate"]),
        )
        for row in seed("rules", "rule_industry_segment")
    ]
    header = ["base sector", "only section", "segment", "technology by code", "technology by certificate"]
    return table(header, rows)


def size() -> list[str]:
    bounds: dict[tuple[int, str], dict[str, str]] = {}
    for row in seed("reference", "ref_size_threshold"):
        bounds.setdefault((int(row["size_row"]), row["indicator"]), {})[row["size_class"]] = number(row["lower_bound"])
    rows = [
        (line, indicator, found.get("LARGE", ""), found.get("MEDIUM", ""), found.get("SMALL", ""))
        for (line, indicator), found in sorted(bounds.items())
    ]
    lines = ["The LOWEST class over the indicators of the row counts; lower bounds are inclusive.", ""]
    return lines + table(["row", "indicator", "large from", "medium from", "small from"], rows)


def credit() -> list[str]:
    scale = sorted(seed("rules", "rule_master_scale"), key=lambda row: int(row["grade_order"]))
    lines = ["Master scale: a probability of default above the lower and up to the upper bound.", ""]
    lines += table(
        ["grade", "PD above", "PD to", "middle", "segment", "slot"],
        [
            (
                r["grade"],
                number(r["pd_lower"]),
                number(r["pd_upper"]),
                number(r["pd_mid"]),
                f"`{r['segment_code']}`",
                r["slotting_grade"],
            )
            for r in scale
        ],
    )
    grades: dict[tuple[str, str], list[str]] = {}
    for row in seed("rules", "rule_rating_grade"):
        grades.setdefault((row["grade"], row["rating_scale"]), []).append(row["symbol"])
    scales = ["INTERNAL", "CN_DOMESTIC", "GLOBAL"]
    lines += ["Letters of each scale; the same letter means different risk on different scales.", ""]
    lines += table(
        ["grade", *scales], [(r["grade"], *[", ".join(grades.get((r["grade"], s), [])) for s in scales]) for r in scale]
    )
    sources = sorted(seed("rules", "rule_rating_source"), key=lambda row: int(row["source_rank"]))
    lines += ["Which scale counts first; among equals the worst grade counts.", ""]
    lines += table(["scale", "rank"], [(row["rating_scale"], row["source_rank"]) for row in sources])
    lines += table(
        ["credit event", "effect", "ends with a cure"],
        [
            (f"`{row['event_type']}`", row["effect"], yes(row["is_curable"]))
            for row in seed("rules", "rule_credit_event")
        ],
    )
    return lines + parameters_of("CREDIT")


def project_type() -> list[str]:
    keywords: dict[str, list[str]] = {}
    for row in sorted(seed("rules", "rule_project_keyword"), key=lambda row: (int(row["match_order"]), row["keyword"])):
        keywords.setdefault(row["project_type"], []).append(row["keyword"])
    lines = [
        "A project without a type code takes the type of the first keyword found in its subtype, sector text or name.",
        "",
    ]
    lines += table(["type", "keywords"], [(f"`{kind}`", ", ".join(words)) for kind, words in sorted(keywords.items())])
    lines += table(
        ["slotting factor", "weight"],
        [(f"`{row['factor']}`", number(row["weight"])) for row in seed("rules", "rule_slotting_weight")],
    )
    return lines + parameters_of("PROJECT")


def document() -> str:
    lines = [
        "# Segments",
        "",
        "Written by `scripts/generate_segment_docs.py` from `seeds/rules` and `seeds/reference`: change the seeds, not",
        "this file. It shows the rules that hold without an end; earlier versions stay in the seeds.",
        "",
        "Every client stands in exactly one segment of each axis at every month end. The rule gives a *candidate*; the",
        "*model* segment follows after confirmation and dwell; the *final* segment is that of a valid override, else",
        "the model segment. `dbt show --select why_this_segment` explains one client and month.",
        "",
    ]
    details = {"INDUSTRY": industry, "SIZE": size, "CREDIT": credit, "PROJECT_TYPE": project_type}
    for axis, (name, chinese, sentence) in AXES.items():
        lines += [f"## {name} ({chinese})", "", sentence, ""]
        lines += stability_of(axis)
        lines += segments_of(axis)
        if axis in details:
            lines += details[axis]()
        else:
            lines += conditions_of(axis) + parameters_of(axis)
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 on a difference")
    written = document()
    if parser.parse_args().check:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != written:
            print("docs/segments.md differs from the seeds; run python scripts/generate_segment_docs.py")
            return 1
        return 0
    TARGET.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
