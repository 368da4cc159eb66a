"""Rules are data, and wrong rules stop the build with one sentence; a lender's own rules replace the shipped ones; a
change of a rule is noticed with the day from which it matters.

Most cases call the plugin on a copy of the seeds. The real dbt runs use a project of seeds and one small model.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Project, Warehouse
from dbt_jobs import Job, run_jobs
from small_input import client, write_tables

sys.path.insert(0, str(ROOT / "plugins"))
from lending_rules import check_rules, read_contract, rule_rows, shipped_files  # noqa: E402

Row = dict[str, str]
CONTRACT = "contract/rule_contract.yml"
GOVERNED = {
    "source_ref": "test",
    "owner": "Credit risk",
    "rule_version": "1",
    "valid_from": "1900-01-01",
    "valid_to": "9999-12-31",
}
BOUNDS = "0 0.0003 0.0005 0.0009 0.0015 0.0026 0.0044 0.0075 0.0130 0.0220 0.0370 0.0630 0.1100 0.2000 0.9999999999 1"
WEIGHTS = {
    "FINANCIAL_STRENGTH": "0.30",
    "POLITICAL_AND_LEGAL": "0.15",
    "TRANSACTION": "0.20",
    "SPONSOR": "0.20",
    "SECURITY": "0.15",
}


def master_scale() -> list[Row]:
    bounds = BOUNDS.split()
    rows = []
    for number, (lower, upper) in enumerate(zip(bounds, bounds[1:], strict=False), 1):
        grade = f"M{number:02}" if number < 15 else "D"
        row = {"grade": grade, "grade_order": str(10 * number), "pd_lower": lower, "pd_upper": upper, "pd_mid": upper}
        rows.append(row | {"segment_code": "MEDIUM", "slotting_grade": "GOOD"} | GOVERNED)
    return rows


def conditions() -> list[Row]:
    row = {"condition_id": "STABLE_DRAWS", "axis": "BEHAVIOUR", "rule_id": "BEHAVIOUR_HIGH_FREQUENCY_STABLE"}
    row |= {"clause": "1", "feature": "draws_12m", "operator": ">=", "enter_value": "6", "leave_value": "4"}
    return [row | {"missing_passes": "false", "unit": "draws", "in_words": "test"} | GOVERNED]


def credit_parameters() -> list[Row]:
    values = {"RATING_MAX_AGE_MONTHS": "12", "CONTAGION_SHARE": "0.10"}
    return [
        {"parameter_id": name, "axis": "CREDIT", "parameter_value": value, "unit": "test", "in_words": "test"}
        | GOVERNED
        for name, value in values.items()
    ]


# stand-ins for seeds that the contract expects and that the project may not have yet
STAND_INS: dict[str, Callable[[], list[Row]]] = {
    "rule_master_scale": master_scale,
    "rule_slotting_weight": lambda: [{"factor": name, "weight": value} | GOVERNED for name, value in WEIGHTS.items()],
    "rule_behaviour_condition": conditions,
    "rule_credit_parameter": credit_parameters,
}


def read_seed(path: Path) -> list[Row]:
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write_seed(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def shipped_rows(seed: str) -> list[Row]:
    path = shipped_files(ROOT).get(seed)
    return read_seed(path) if path else STAND_INS[seed]()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Contract, rule and reference seeds in a folder of their own."""
    for folder in ("contract", "seeds/rules", "seeds/reference"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def problems(root: Path, folder: Path | str = "") -> list[str]:
    return check_rules(root, str(folder))[1]


# What is shipped ----------------------------------------------------------------------------------------------------


def test_shipped_rules_are_good_and_quickly_checked() -> None:
    started = time.perf_counter()
    assert problems(ROOT) == []
    assert time.perf_counter() - started < 1.0  # a tenth of it on the machine that it was written on


def test_every_seed_is_in_the_contract() -> None:
    assert sorted(set(shipped_files(ROOT)) - set(read_contract(ROOT))) == []


def test_no_seed_that_is_there_is_marked_as_expected() -> None:
    """`expected` lets a seed be missing: once its file is there, its loss must stop the build."""
    contract = read_contract(ROOT)
    assert [name for name in shipped_files(ROOT) if contract[name].get("expected")] == []


def test_contract_has_the_types_of_the_seeds() -> None:
    """The contract refuses what does not fit the column types: both must say the same."""
    described: dict[str, dict[str, str]] = {}
    for path in [*(ROOT / "seeds" / "rules").glob("*.yml"), *(ROOT / "seeds" / "reference").glob("*.yml")]:
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
            described[seed["name"]] = seed["config"]["column_types"]
    contract = read_contract(ROOT)
    shipped = shipped_files(ROOT)
    types = {name: {column: spec[0] for column, spec in contract[name]["columns"].items()} for name in shipped}
    assert types == {name: described[name] for name in shipped}
    assert {name: contract[name]["folder"] for name in shipped} == {name: shipped[name].parent.name for name in shipped}


# Broken rules -------------------------------------------------------------------------------------------------------


@dataclass
class Broken:
    """A change of one row (the first that is `where`), and the sentence; {line} is the line of the changed or added
    row, {first} that of the row it was copied from."""

    seed: str
    where: Row
    change: Row
    sentence: str
    # instead of changing the row: append a copy of it with the change
    is_added: bool = False
    drops: list[str] = field(default_factory=list)


BROKEN = {
    "PD bands with a gap": Broken(
        "rule_master_scale",
        {"grade": "M06"},
        {"pd_lower": "0.0030"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M06): pd_lower is 0.0030, but the band before ends at "
        "0.0026; PD bands must be contiguous.",
    ),
    "PD bands that overlap": Broken(
        "rule_master_scale",
        {"grade": "M06"},
        {"pd_lower": "0.0020"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M06): pd_lower is 0.0020, but the band before ends at "
        "0.0026; PD bands must not overlap.",
    ),
    "PD bands that begin too late": Broken(
        "rule_master_scale",
        {"grade": "M01"},
        {"pd_lower": "0.0001"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M01): pd_lower is 0.0001, but PD bands must begin at 0.",
    ),
    "PD bands that end too early": Broken(
        "rule_master_scale",
        {"grade": "D"},
        {"pd_upper": "0.99999999995", "pd_mid": "0.9999999999"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade D): pd_upper is '0.99999999995', which has more than "
        "the 10 decimals that the column keeps.",
    ),
    "a grade out of order": Broken(
        "rule_master_scale",
        {"grade": "M06"},
        {"grade_order": "45"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M06): grade_order is 45, but the band before has 50; "
        "grade_order must rise with the PD bands.",
    ),
    "a middle outside its band": Broken(
        "rule_master_scale",
        {"grade": "M06"},
        {"pd_mid": "0.0045"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M06): pd_upper is 0.0044, below pd_mid 0.0045.",
    ),
    "a segment that does not exist": Broken(
        "rule_master_scale",
        {"grade": "M06"},
        {"segment_code": "GOLD"},
        "seeds/rules/rule_master_scale.csv, line {line} (grade M06): segment_code is GOLD, which "
        "seeds/reference/ref_segment.csv does not list with axis CREDIT.",
    ),
    "a segment of another axis": Broken(
        "rule_segment",
        {"segment_code": "HIGH"},
        {"axis": "SIZE", "rule_order": "70"},
        "seeds/rules/rule_segment.csv, line {line} (axis SIZE, segment_code HIGH): segment_code is HIGH with axis "
        "SIZE, which seeds/reference/ref_segment.csv does not list.",
    ),
    "a segment without a rule": Broken(
        "rule_segment",
        {"segment_code": "HIGH"},
        {"segment_code": "MEDIUM", "valid_from": "1800-01-01", "valid_to": "1900-01-01"},
        "seeds/rules/rule_segment.csv has no row for axis CREDIT, segment_code HIGH, which "
        "seeds/reference/ref_segment.csv, line 23 lists.",
    ),
    "a code that is not in the list": Broken(
        "rule_test_client",
        {"match_kind": "EQUALS"},
        {"match_kind": "LIKE"},
        "seeds/rules/rule_test_client.csv, line {line} (attribute CLIENT_NAME, match_kind LIKE, pattern test): "
        "match_kind is LIKE; it must be CONTAINS, WORDS or EQUALS.",
    ),
    "a feature that does not exist": Broken(
        "rule_behaviour_condition",
        {"feature": "draws_12m"},
        {"condition_id": "X", "feature": "draws_12"},
        "seeds/rules/rule_behaviour_condition.csv, line {line} (condition_id X): feature is draws_12; it must be one "
        "of the 37 values that contract/rule_contract.yml lists (did you mean draws_12m?).",
    ),
    "a condition of no rule": Broken(
        "rule_behaviour_condition",
        {"feature": "draws_12m"},
        {"condition_id": "X", "rule_id": "BEHAVIOUR_SLEEPY"},
        "seeds/rules/rule_behaviour_condition.csv, line {line} (condition_id X): rule_id is BEHAVIOUR_SLEEPY, which "
        "seeds/rules/rule_segment.csv does not list with axis BEHAVIOUR.",
        is_added=True,
    ),
    "an operator that does not exist": Broken(
        "rule_behaviour_condition",
        {"feature": "draws_12m"},
        {"condition_id": "X", "operator": "=>"},
        "seeds/rules/rule_behaviour_condition.csv, line {line} (condition_id X): operator is =>; it must be >=, >, <=, "
        "< or =.",
    ),
    "a condition without a threshold": Broken(
        "rule_behaviour_condition",
        {"feature": "draws_12m"},
        {"condition_id": "X", "enter_value": ""},
        "seeds/rules/rule_behaviour_condition.csv, line {line} (condition_id X): enter_value is empty; it must have a "
        "value.",
    ),
    "a parameter that the models read is gone": Broken(
        "rule_credit_parameter",
        {"parameter_id": "CONTAGION_SHARE"},
        {"parameter_id": "CONTAGION"},
        "seeds/rules/rule_credit_parameter.csv has no row with parameter_id CONTAGION_SHARE, which the models read.",
    ),
    "a negative limit": Broken(
        "rule_quality_limit",
        {},
        {"overpaid_share": "-0.05"},
        "seeds/rules/rule_quality_limit.csv, line 2: overpaid_share is -0.05; it must be 0 or more.",
    ),
    "a limit of zero": Broken(
        "rule_quality_limit",
        {},
        {"events_per_day": "0"},
        "seeds/rules/rule_quality_limit.csv, line 2: events_per_day is 0; it must be 1 or more.",
    ),
    "a share above one": Broken(
        "rule_days_past_due",
        {},
        {"tolerance_share": "1.5"},
        "seeds/rules/rule_days_past_due.csv, line 2 (rule_id DPD_TOLERANCE): tolerance_share is 1.5; it must be 1 or "
        "less.",
    ),
    "text in place of a number": Broken(
        "rule_days_past_due",
        {},
        {"tolerance_amount": "1,00"},
        "seeds/rules/rule_days_past_due.csv, line 2 (rule_id DPD_TOLERANCE): tolerance_amount is '1,00', which is not "
        "a number.",
    ),
    "a number that the column would round": Broken(
        "rule_days_past_due",
        {},
        {"tolerance_amount": "1.005"},
        "seeds/rules/rule_days_past_due.csv, line 2 (rule_id DPD_TOLERANCE): tolerance_amount is '1.005', which has "
        "more than the 2 decimals that the column keeps.",
    ),
    "a number that does not fit": Broken(
        "rule_days_past_due",
        {},
        {"tolerance_amount": "12345678901234567"},
        "seeds/rules/rule_days_past_due.csv, line 2 (rule_id DPD_TOLERANCE): tolerance_amount is '12345678901234567', "
        "which is too large for the column, which is decimal(18,2).",
    ),
    "half a month": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"dwell_months": "2.5"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): dwell_months is '2.5', which is not a whole number.",
    ),
    "neither true nor false": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"knock_out_blocks_override": "yes"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): knock_out_blocks_override is 'yes', which is neither "
        "true nor false.",
    ),
    "a date as a spreadsheet writes it": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"valid_from": "2024/7/1"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): valid_from is '2024/7/1', which is not a date written "
        "YYYY-MM-DD.",
    ),
    "a day that does not exist": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"valid_from": "2024-02-30"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): valid_from is '2024-02-30', which is not a date written "
        "YYYY-MM-DD.",
    ),
    "no owner": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"owner": ""},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): owner is empty; it must have a value.",
    ),
    "a blank at the end of a code": Broken(
        "rule_source_priority",
        {"source_system": "CORE"},
        {"source_system": "CORE "},
        "seeds/rules/rule_source_priority.csv, line {line} (source_system CORE ): source_system is 'CORE ', which "
        "begins or ends with a blank.",
    ),
    "a key twice without dates": Broken(
        "ref_currency",
        {"currency": "EUR"},
        {},
        "seeds/reference/ref_currency.csv, line {line} (currency EUR): the same currency EUR stands in line "
        "{first} already.",
        is_added=True,
    ),
    "a key twice at the same time": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"valid_from": "2024-07-01", "rule_version": "2"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): it holds from 2024-07-01 to 9999-12-31, but the same "
        "axis CREDIT in line 4 holds from 1900-01-01 to 9999-12-31; at any time only one may hold.",
        is_added=True,
    ),
    "two rules of one place": Broken(
        "rule_segment",
        {"segment_code": "HIGH"},
        {"rule_order": "10"},
        "seeds/rules/rule_segment.csv, line {line} (axis CREDIT, segment_code HIGH): it holds from 1900-01-01 to "
        "9999-12-31, but the same axis CREDIT, rule_order 10 in line 23 holds from 1900-01-01 to 9999-12-31; at any "
        "time only one may hold.",
    ),
    "a version that ends and nothing follows": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"valid_to": "2024-07-01"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): valid_to is 2024-07-01 and no version follows; the last "
        "one must hold until 9999-12-31.",
    ),
    "a validity that ends before it begins": Broken(
        "rule_axis",
        {"axis": "CREDIT"},
        {"valid_from": "2024-07-01", "valid_to": "2024-07-01"},
        "seeds/rules/rule_axis.csv, line {line} (axis CREDIT): valid_to is 2024-07-01, not after valid_from "
        "2024-07-01; valid_to is the first day on which the rule no longer holds.",
    ),
    "weights that do not sum to one": Broken(
        "rule_slotting_weight",
        {"factor": "FINANCIAL_STRENGTH"},
        {"weight": "0.25"},
        "seeds/rules/rule_slotting_weight.csv, line 2 (factor FINANCIAL_STRENGTH): weight from 1900-01-01 on is 0.25 + "
        "0.15 + 0.20 + 0.20 + 0.15 = 0.95; weights must sum to 1.",
    ),
    "day buckets with a gap": Broken(
        "ref_dpd_bucket",
        {"bucket_code": "D031_060"},
        {"days_past_due_from": "32"},
        "seeds/reference/ref_dpd_bucket.csv, line {line} (bucket_code D031_060): days_past_due_from is 32, but the "
        "bucket before ends at 31; buckets of days past due must be contiguous.",
    ),
    "half a bucket": Broken(
        "ref_dpd_bucket",
        {"bucket_code": "WRITTEN_OFF"},
        {"days_past_due_from": "99999"},
        "seeds/reference/ref_dpd_bucket.csv, line {line} (bucket_code WRITTEN_OFF): days_past_due_below is empty, but "
        "the other end of the bucket is not.",
    ),
    "classes that overlap in one version": Broken(
        "ref_five_class",
        {"class_code": "DOUBTFUL", "rule_version": "CBIRC-PBC-2023-1"},
        {"days_past_due_from": "181"},
        "seeds/reference/ref_five_class.csv, line {line} (class_code DOUBTFUL): days_past_due_from is 181, but the "
        "class before ends at 271; day bands of the five classes must not overlap.",
    ),
    "stages that do not reach the end": Broken(
        "ref_stage",
        {"stage": "3"},
        {"days_past_due_below": "3660"},
        "seeds/reference/ref_stage.csv, line {line} (stage 3): days_past_due_below is 3660, but day bands of the "
        "stages must reach 99999.",
    ),
    "a larger bound for a smaller class": Broken(
        "ref_size_threshold",
        {"size_row": "2", "indicator": "EMPLOYEES", "size_class": "MEDIUM"},
        {"lower_bound": "1000"},
        "seeds/reference/ref_size_threshold.csv, line {line} (size_row 2, indicator EMPLOYEES, size_class MEDIUM): "
        "lower_bound is 1000, not below the 1000.0000 of LARGE (line 5).",
    ),
    "a sector that nobody answers for": Broken(
        "rule_industry_segment",
        {"sector_base": "TRADE"},
        {"section_code": "Z"},
        "seeds/rules/rule_industry_segment.csv has no row for sector_base TRADE, section_code F, which "
        "seeds/reference/ref_industry_sector.csv, line {other} lists.",
    ),
    "two rows that answer for a section": Broken(
        "rule_industry_segment",
        {"sector_base": "TRADE"},
        {"rule_id": "INDUSTRY_TRADE_F", "section_code": "F"},
        "seeds/rules/rule_industry_segment.csv, line {first} (rule_id INDUSTRY_TRADE): section_code is empty, which "
        "stands for every value, but line {line} answers for section_code F; only one row may answer.",
        is_added=True,
    ),
    "two characters at once": Broken(
        "rule_name_normalisation",
        {"variant": "臺"},
        {"variant": "臺灣"},
        "seeds/rules/rule_name_normalisation.csv, line {line} (rule_order 10): variant is '臺灣'; it must be one "
        "character.",
    ),
    "a column that is gone": Broken(
        "rule_identity_block",
        {},
        {},
        "seeds/rules/rule_identity_block.csv has no column max_registrations; its columns are attribute, "
        "max_registrations, description, source_ref, owner, rule_version, valid_from, valid_to.",
        drops=["max_registrations"],
    ),
    "a claim about a segment that does not exist": Broken(
        "rule_claim",
        {"claim_id": "HIGH_TIER_BELOW_INDUSTRY"},
        {"segment_code": "TOP"},
        "seeds/rules/rule_claim.csv, line {line} (claim_id HIGH_TIER_BELOW_INDUSTRY): segment_code is TOP with axis "
        "CREDIT, which seeds/reference/ref_segment.csv does not list.",
    ),
    "a claim with an interval that does not fit": Broken(
        "rule_claim",
        {"claim_id": "STICKINESS_RETENTION"},
        {"interval_method": "SCORE"},
        "seeds/rules/rule_claim.csv, line {line} (claim_id STICKINESS_RETENTION): interval_method is 'SCORE'; it must "
        "be LINEARISED: a score interval is for two sides.",
    ),
    "a claim that asks for too few clusters": Broken(
        "rule_claim",
        {"claim_id": "APPROVAL_TIME"},
        {"minimum_clusters": "5"},
        "seeds/rules/rule_claim.csv, line {line} (claim_id APPROVAL_TIME): minimum_clusters is 5; it must be 6 or "
        "more.",
    ),
    "a target of no claim": Broken(
        "rule_claim_target",
        {"claim_id": "FREQUENT_ON_TIME"},
        {"claim_id": "FREQUENT"},
        "seeds/rules/rule_claim_target.csv, line {line} (claim_id FREQUENT): claim_id is FREQUENT, which "
        "seeds/rules/rule_claim.csv does not list.",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rules_are_named(copied: Path, name: str) -> None:
    case = BROKEN[name]
    rows = shipped_rows(case.seed)
    number = next(i for i, row in enumerate(rows) if all(row[column] == value for column, value in case.where.items()))
    first = line = number + 2
    if case.is_added:
        rows.append(rows[number] | case.change)
        line = len(rows) + 1
    else:
        rows[number] |= case.change
    for column in case.drops:
        for row in rows:
            del row[column]
    write_seed(
        copied / "seeds" / ("rules" if case.seed.startswith("rule_") else "reference") / f"{case.seed}.csv", rows
    )
    sectors = read_seed(ROOT / "seeds" / "reference" / "ref_industry_sector.csv")
    other = 2 + next(i for i, row in enumerate(sectors) if row["sector_base"] == "TRADE")
    assert problems(copied)[0] == case.sentence.format(line=line, first=first, other=other)


def test_a_gap_between_versions(copied: Path) -> None:
    path = copied / "seeds" / "rules" / "rule_axis.csv"
    rows = read_seed(path)
    rows.append(rows[2] | {"rule_version": "2", "valid_from": "2024-07-01"})
    rows[2]["valid_to"] = "2024-06-01"
    write_seed(path, rows)
    assert problems(copied) == [
        "seeds/rules/rule_axis.csv, line 8 (axis CREDIT): valid_from is 2024-07-01, but the version before ends at "
        "2024-06-01 (line 4); versions must follow each other without a gap."
    ]


def test_a_new_version_of_bands_is_checked_by_itself(copied: Path) -> None:
    """Two versions of the scale, each whole; then the second loses a band."""
    path = copied / "seeds" / "rules" / "rule_master_scale.csv"
    rows = shipped_rows("rule_master_scale")
    first = [row | {"valid_to": "2024-07-01"} for row in rows]
    second = [row | {"valid_from": "2024-07-01", "rule_version": "2"} for row in rows]
    second[4]["pd_upper"] = second[5]["pd_lower"] = "0.0030"
    write_seed(path, first + second)
    assert problems(copied) == []
    del second[4]
    first[4]["valid_to"] = "9999-12-31"
    write_seed(path, first + second)
    assert problems(copied)[0] == (
        "seeds/rules/rule_master_scale.csv, line 21 (grade M06): pd_lower is 0.0030, but the band before ends at "
        "0.0026; PD bands must be contiguous."
    )


def test_every_problem_is_found_in_the_order_of_the_file(copied: Path) -> None:
    path = copied / "seeds" / "rules" / "rule_axis.csv"
    rows = read_seed(path)
    rows[0]["dwell_months"] = "-1"
    rows[0]["confirmation_months"] = "0"
    rows[3]["axis"] = "MOOD"
    write_seed(path, rows)
    found = problems(copied)
    assert [re.sub(r".*\): ", "", sentence) for sentence in found] == [
        "confirmation_months is 0; it must be 1 or more.",
        "dwell_months is -1; it must be 1 or more.",
        "axis is MOOD; it must be INDUSTRY, SIZE, CREDIT, LIFECYCLE, BEHAVIOUR or PROJECT_TYPE.",
    ]
    assert problems(copied) == found


def test_a_lost_seed_stops_and_an_expected_one_does_not(copied: Path) -> None:
    (copied / "seeds" / "rules" / "rule_axis.csv").unlink()
    assert problems(copied) == ["seeds/rules/rule_axis.csv is missing; contract/rule_contract.yml lists it."]
    contract = copied / CONTRACT
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("  rule_axis:\n", "  rule_axis:\n    expected: true\n"), encoding="utf-8")
    assert problems(copied) == []


# A lender's own folder ----------------------------------------------------------------------------------------------

AXIS = ROOT / "seeds" / "rules" / "rule_axis.csv"


def own(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content)


def changed(pattern: bytes, by: bytes) -> bytes:
    text = AXIS.read_bytes()
    assert pattern in text
    return text.replace(pattern, by)


REFUSED_FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "unknown file": (
        own("rule_axes.csv", AXIS.read_bytes()),
        "{folder}/rule_axes.csv replaces nothing: a file in LENDING_RULES has the name of a seed in seeds/rules or "
        "seeds/reference (did you mean rule_axis.csv?).",
    ),
    "workbook": (
        own("notes.xlsx", b"PK"),
        "{folder}/notes.xlsx replaces nothing: a file in LENDING_RULES has the name of a seed in seeds/rules or "
        "seeds/reference.",
    ),
    "missing column": (
        own("rule_axis.csv", changed(b"dwell_months,", b"dwell,")),
        "{folder}/rule_axis.csv has no column dwell_months; its columns are axis, confirmation_months, dwell_months, "
        "override_max_days, override_max_tiers_up, knock_out_blocks_override, source_ref, owner, rule_version, "
        "valid_from, valid_to.",
    ),
    "extra column": (
        own("rule_axis.csv", b"".join(line + b",x\n" for line in AXIS.read_bytes().splitlines())),
        "{folder}/rule_axis.csv has the column x, which is none of its columns axis, confirmation_months, "
        "dwell_months, override_max_days, override_max_tiers_up, knock_out_blocks_override, source_ref, owner, "
        "rule_version, valid_from, valid_to.",
    ),
    "column twice": (
        own("rule_axis.csv", changed(b"dwell_months", b"confirmation_months")),
        "{folder}/rule_axis.csv has the column confirmation_months more than once.",
    ),
    "header only": (
        own("rule_axis.csv", AXIS.read_bytes().splitlines(keepends=True)[0]),
        "{folder}/rule_axis.csv has no rows; remove the file to use the shipped rules.",
    ),
    "empty file": (
        own("rule_axis.csv", b""),
        "{folder}/rule_axis.csv is empty: it needs a header line and its rows.",
    ),
    "not UTF-8": (
        own("rule_axis.csv", changed(b"Credit risk", "信贷风险".encode("gbk"))),
        "{folder}/rule_axis.csv is not UTF-8 text (byte 372); save it as CSV in UTF-8.",
    ),
    "comma outside quotes": (
        own("rule_axis.csv", changed(b"Credit risk", b"Credit, risk")),
        "{folder}/rule_axis.csv, line 4 has 12 values, but the header names 11 columns; a text with a comma in it "
        "stands in double quotes.",
    ),
    "empty line": (
        own("rule_axis.csv", changed(b"\nCREDIT", b"\n\nCREDIT")),
        "{folder}/rule_axis.csv, line 4 is empty; remove the line.",
    ),
    "wrong value": (
        own("rule_axis.csv", changed(b"CREDIT,2,3", b"CREDIT,2,three")),
        "{folder}/rule_axis.csv, line 4 (axis CREDIT): dwell_months is 'three', which is not a whole number.",
    ),
}


@pytest.mark.parametrize("name", REFUSED_FOLDERS)
def test_own_folder_is_refused(tmp_path: Path, name: str) -> None:
    spoil, sentence = REFUSED_FOLDERS[name]
    spoil(tmp_path)
    assert problems(ROOT, tmp_path)[0] == sentence.format(folder=tmp_path)


def test_own_folder_is_none() -> None:
    assert problems(ROOT, "/nowhere/to/be/found") == [
        "LENDING_RULES points at /nowhere/to/be/found, which is not a folder; it must be a folder of rule seeds, such "
        "as rule_segment.csv, that replace the shipped ones."
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        # the value is the lender's, what is compared is the model's
        ({"enter_value": "8", "leave_value": "6"}, None),
        (
            {"operator": ">"},
            "operator is >, but the models are written for >=; only the values of the rule can be replaced.",
        ),
        (
            {"unit": "draws a year"},
            "unit is draws a year, but the models are written for draws; only the values of the rule can be replaced.",
        ),
        (
            {"condition_id": "STABLE_CALLS"},
            "the models read no condition_id STABLE_CALLS; a rule of that name needs a model.",
        ),
    ],
)
def test_own_conditions_change_values_only(copied: Path, change: Row, sentence: str | None) -> None:
    write_seed(copied / "seeds" / "rules" / "rule_behaviour_condition.csv", conditions())
    rows = [row | change for row in conditions()]
    write_seed(copied / "own" / "rule_behaviour_condition.csv", rows)
    place = f"{copied}/own/rule_behaviour_condition.csv, line 2 (condition_id {rows[0]['condition_id']}): "
    found = problems(copied, copied / "own")
    assert found[:1] == ([place + sentence] if sentence else [])


def test_own_conditions_are_complete(copied: Path) -> None:
    rows = conditions()
    more = rows[0] | {"condition_id": "STABLE_MAX_DPD", "feature": "max_dpd_12m", "operator": "<="}
    write_seed(copied / "seeds" / "rules" / "rule_behaviour_condition.csv", [*rows, more])
    write_seed(copied / "own" / "rule_behaviour_condition.csv", rows)
    assert problems(copied, copied / "own") == [
        f"{copied}/own/rule_behaviour_condition.csv has no row with condition_id STABLE_MAX_DPD, which the models read."
    ]


def test_a_rule_may_not_outlive_what_it_names(copied: Path) -> None:
    """From July 2024 on the scale has no M06, but symbols still lead to it."""
    rows = shipped_rows("rule_master_scale")
    first = [row | {"valid_to": "2024-07-01"} for row in rows]
    second = [row | {"valid_from": "2024-07-01", "rule_version": "2"} for row in rows]
    del second[5]
    second[4]["pd_upper"] = second[5]["pd_lower"]
    write_seed(copied / "seeds" / "rules" / "rule_master_scale.csv", first + second)
    symbols = [
        {"rating_scale": "GLOBAL", "symbol": "BBB-", "grade": "M06"} | GOVERNED | {"valid_to": "2024-07-01"},
        {"rating_scale": "GLOBAL", "symbol": "BBB-", "grade": "M07"} | GOVERNED | {"valid_from": "2024-07-01"},
    ]
    path = copied / "seeds" / "rules" / "rule_rating_grade.csv"
    write_seed(path, symbols)
    assert problems(copied) == []
    symbols = [{"rating_scale": "GLOBAL", "symbol": "BBB-", "grade": "M06"} | GOVERNED]
    write_seed(path, symbols)
    assert problems(copied) == [
        "seeds/rules/rule_rating_grade.csv, line 2 (rating_scale GLOBAL, symbol BBB-): grade is M06, which "
        "seeds/rules/rule_master_scale.csv does not list from 2024-07-01 to 9999-12-31."
    ]


def other_spelling() -> bytes:
    """The shipped axes as a spreadsheet may save them: byte order mark, CRLF, quotes, other order of rows and columns,
    other ways to write the same number and truth value."""
    rows = read_seed(AXIS)
    columns = sorted(rows[0])
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    for row in reversed(rows):
        writer.writerow(row | {"knock_out_blocks_override": row["knock_out_blocks_override"].upper()})
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def test_another_spelling_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "rule_axis.csv").write_bytes(other_spelling())
    tolerance = read_seed(ROOT / "seeds" / "rules" / "rule_days_past_due.csv")
    assert tolerance[0]["tolerance_amount"] == "1.00"
    tolerance[0]["tolerance_amount"] = "1"
    write_seed(tmp_path / "rule_days_past_due.csv", tolerance)
    (tmp_path / "README.md").write_text("why these rules are ours", encoding="utf-8")
    seeds, found = check_rules(ROOT, str(tmp_path))
    assert found == []
    assert seeds["rule_axis"].is_replaced and not seeds["rule_segment"].is_replaced
    assert rule_rows(seeds) == rule_rows(check_rules(ROOT)[0])


# Through dbt --------------------------------------------------------------------------------------------------------

# What a monthly model sees while it is built.
PROBE = """
{{ config(materialized = 'table', schema = 'marts') }}
select
    axis.axis,
    axis.dwell_months,
    axis.valid_from,
    state.first_changed_on
    {% if env_var('PROBE_FAILS', '') %}, error('the model fails') as failure{% endif %}
from {{ ref('rule_axis') }} as axis
cross join quality.build_state as state
"""
# first_changed_month for many folders of own rules at once.
COMPARED = """
{{ config(materialized = 'table', schema = 'intermediate') }}
{% for folder in env_var('CHANGES_IN', '').split(',') if execute and folder %}
select
    '{{ folder.split('/')[-1] }}' as change,
    {{ first_changed_month(folder) or 'cast(null as date)' }} as first_changed_on
union all
{% endfor %}
select 'no folder' as change, cast(null as date) as first_changed_on
"""


@pytest.fixture(scope="module")
def small(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with its rule and reference seeds and two small models."""
    folder = tmp_path_factory.mktemp("small") / "project"
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("demo", "examples", "bench", "docs"))
    for path in [*(folder / "models").iterdir(), folder / "analyses", folder / "tests"]:
        shutil.rmtree(path)
    shutil.copytree(project.folder / "tests" / "generic", folder / "tests" / "generic")
    (folder / "models" / "probe.sql").write_text(PROBE, encoding="utf-8")
    (folder / "models" / "changes.sql").write_text(COMPARED, encoding="utf-8")
    return Project(folder)


@dataclass
class Rules:
    """A set of own rules, as changes of shipped seeds."""

    folder: Path

    def take(self, seed: str, change: Callable[[list[Row]], Any]) -> Rules:
        rows = shipped_rows(seed)
        change(rows)
        write_seed(self.folder / f"{seed}.csv", rows)
        return self


def new_version(rows: list[Row]) -> None:
    """CREDIT dwells four months from July 2024 on: the old row ends, a new one begins."""
    rows.append(rows[2] | {"dwell_months": "4", "rule_version": "2", "valid_from": "2024-07-01"})
    rows[2]["valid_to"] = "2024-07-01"


def later_rate(rows: list[Row]) -> None:
    rows[-1]["rate_end"] = "7.5"


CHANGES: dict[str, tuple[str, Callable[[list[Row]], Any], str | None]] = {
    "a version ends and a new one begins": ("rule_axis", new_version, "2024-07-01"),
    "a row is edited": ("rule_axis", lambda rows: rows[2].update(dwell_months="4"), "1900-01-01"),
    "a dated row is edited": ("rule_test_client", lambda rows: rows[0].update(pattern="样例"), "2000-01-01"),
    "a row is added": (
        "rule_test_client",
        lambda rows: rows.append(rows[0] | {"pattern": "样例", "valid_from": "2024-03-01"}),
        "2024-03-01",
    ),
    "a row ends": ("rule_test_client", lambda rows: rows[0].update(valid_to="2024-05-01"), "2024-05-01"),
    "a row is removed": ("rule_test_client", lambda rows: rows.pop(0), "2000-01-01"),
    "a row without dates is edited": ("ref_currency", lambda rows: rows[0].update(name="x"), "1900-01-01"),
    "an exchange rate is edited": ("ref_fx_rate", later_rate, "the last month of the rates"),
    "nothing is changed": ("rule_axis", lambda rows: None, None),
}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Any input: the demo would be read anew for every job."""
    folder = write_tables(tmp_path_factory.mktemp("given"), {"clients": [client("C1")]})
    return {"LENDING_INPUT": str(folder)}


BUILD = ["build", "--exclude-resource-type", "test", "unit_test"]


@pytest.fixture(scope="module")
def built(small: Project, given: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of the shipped rules, copied for every case; beside it, in `failed`, one whose first build failed."""
    root = tmp_path_factory.mktemp("built")
    good = Job(root / "home", BUILD, given)
    bad = Job(root / "failed" / "home", BUILD, given | {"PROBE_FAILS": "yes"})
    run_jobs(small.folder, [good, bad])
    assert good.code == 0, good.output
    assert bad.code == 1, bad.output
    return good.home


@pytest.fixture(scope="module")
def tried(
    small: Project, built: Path, given: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Job]:
    root = tmp_path_factory.mktemp("tried")
    jobs: dict[str, Job] = {}

    def job(name: str, arguments: list[str], rules: Path | None = None, before: Path = built, **settings: str) -> None:
        home = root / f"{len(jobs)}" / "home"
        home.mkdir(parents=True)
        shutil.copy(before / "build.duckdb", home)
        own_rules = {"LENDING_RULES": str(rules)} if rules else {}
        jobs[name] = Job(home, arguments, given | own_rules | settings)

    def rules(name: str) -> Rules:
        return Rules(root / name)

    folders = [str(rules(name).take(seed, change).folder) for name, (seed, change, _) in CHANGES.items()]
    job("changes", ["run", "--select", "changes"], CHANGES_IN=",".join(folders))

    newer = rules("newer").take("rule_axis", new_version).folder
    job("whole build", BUILD, newer)
    job("part", ["build", "--select", "probe"], newer)
    job("seeds alone", ["seed", "--select", "rule_axis"], newer)
    job("run without the seeds", ["run"], newer)
    job("build that fails", ["run"], newer, PROBE_FAILS="yes")
    job("no rows", ["run", "--empty"], newer)
    job("after a first build that failed", ["run"], before=built.parent / "failed" / "home")
    (root / "spelt").mkdir()
    (root / "spelt" / "rule_axis.csv").write_bytes(other_spelling())
    job("another spelling", BUILD, root / "spelt")

    gap = rules("gap").take("ref_stage", lambda rows: rows[1].update(days_past_due_from="30"))
    job("refused: stages", ["build"], gap.folder)
    key = rules("key").take("rule_axis", lambda rows: rows.append(rows[0]))
    job("refused: key", ["run", "--select", "probe"], key.folder)
    unknown = rules("unknown").take("rule_axis", new_version).folder
    (unknown / "rule_axis.csv").rename(unknown / "rule_axis_new.csv")
    job("refused: unknown file", ["seed"], unknown)
    run_jobs(small.folder, list(jobs.values()))

    # after a build that failed with changed rules they are taken back
    job("taken back", ["run"], before=jobs["build that fails"].home)
    run_jobs(small.folder, [jobs["taken back"]])
    return jobs


def warehouse_of(job: Job) -> Warehouse:
    assert job.code == 0, job.output[-6000:]
    return Warehouse(job.home)


def digest(home: Path) -> str:
    return hashlib.sha256((home / "build.duckdb").read_bytes()).hexdigest()


def seen(warehouse: Warehouse) -> str | None:
    """What the probe saw in quality.build_state while it was built."""
    day = warehouse.value("select distinct first_changed_on from marts.probe")
    return day and day.isoformat()


def left(warehouse: Warehouse) -> str | None:
    """What the run left in quality.build_state for the next one."""
    day = warehouse.value("select first_changed_on from quality.build_state")
    return day and day.isoformat()


def applied(home: Path) -> list[tuple[Any, ...]]:
    return Warehouse(home).rows("select * from quality.applied_rule order by all")


REFUSALS = {
    "refused: stages": "ref_stage.csv, line 3 (stage 2): days_past_due_from is 30, but the stage before ends at 31; "
    "day bands of the stages must not overlap.",
    "refused: key": "rule_axis.csv, line 8 (axis INDUSTRY): it holds from 1900-01-01 to 9999-12-31, but the same axis "
    "INDUSTRY in line 2 holds from 1900-01-01 to 9999-12-31; at any time only one may hold.",
    "refused: unknown file": "rule_axis_new.csv replaces nothing: a file in LENDING_RULES has the name of a seed in "
    "seeds/rules or seeds/reference (did you mean rule_axis.csv?).",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_wrong_rules_stop_dbt(tried: dict[str, Job], built: Path, name: str) -> None:
    job = tried[name]
    assert job.code == 1, job.output
    assert f"/{REFUSALS[name]}" in job.output
    assert "Traceback" not in job.output
    assert digest(job.home) == digest(built), "the warehouse file changed"


@pytest.mark.parametrize("name", CHANGES)
def test_first_changed_day(tried: dict[str, Job], name: str) -> None:
    expected = CHANGES[name][2]
    if expected == "the last month of the rates":
        expected = shipped_rows("ref_fx_rate")[-1]["month_end"]
    found = dict(warehouse_of(tried["changes"]).rows("select change, first_changed_on from intermediate.changes"))
    assert (found[name] and found[name].isoformat()) == expected


def test_first_build_has_nothing_to_compare_with(built: Path) -> None:
    warehouse = Warehouse(built)
    assert seen(warehouse) is None and left(warehouse) is None
    stored = {(seed, text) for seed, text, *_ in applied(built)}
    assert stored == {(row["seed"], row["row_text"]) for row in rule_rows(check_rules(ROOT)[0])}


def test_own_rules_are_loaded_and_settled_by_a_whole_build(tried: dict[str, Job], built: Path) -> None:
    warehouse = warehouse_of(tried["whole build"])
    sql = "select dwell_months, valid_from, valid_to from rules.rule_axis where axis = 'CREDIT' order by valid_from"
    start, switch, end = date(1900, 1, 1), date(2024, 7, 1), date(9999, 12, 31)
    assert warehouse.rows(sql) == [(3, start, switch), (4, switch, end)]
    assert seen(warehouse) == "2024-07-01" and left(warehouse) is None
    assert applied(warehouse.home) != applied(built)
    print_of = "select rules_fingerprint from quality.build_input"
    assert warehouse.value(print_of) != Warehouse(built).value(print_of)


def test_same_rules_are_no_change(tried: dict[str, Job], built: Path) -> None:
    warehouse = warehouse_of(tried["another spelling"])
    assert seen(warehouse) is None and left(warehouse) is None
    assert applied(warehouse.home) == applied(built)
    for sql in ("select rules_fingerprint from quality.build_input", "select * from rules.rule_axis order by all"):
        assert warehouse.rows(sql) == Warehouse(built).rows(sql)


def test_a_part_settles_nothing(tried: dict[str, Job], built: Path) -> None:
    for name in ("part", "no rows"):
        warehouse = warehouse_of(tried[name])
        assert left(warehouse) == "2024-07-01", name
        assert applied(warehouse.home) == applied(built), name


def test_dbt_seed_takes_own_rules(tried: dict[str, Job]) -> None:
    warehouse = warehouse_of(tried["seeds alone"])
    assert warehouse.value("select count(*) from rules.rule_axis where dwell_months = 4") == 1


def test_dbt_run_does_not_take_unloaded_rules_for_applied(tried: dict[str, Job], built: Path) -> None:
    job = tried["run without the seeds"]
    warehouse = warehouse_of(job)
    assert "not the ones that the warehouse has loaded: rule_axis. Run dbt build" in job.output
    assert left(warehouse) == "2024-07-01"
    assert applied(warehouse.home) == applied(built)


def test_a_failed_build_leaves_its_change_to_the_next(tried: dict[str, Job], built: Path) -> None:
    """Some tables have the new rules by then: taking them back is a change from the same day."""
    failed = tried["build that fails"]
    assert failed.code == 1
    assert left(Warehouse(failed.home)) == "2024-07-01"
    assert applied(failed.home) == applied(built)
    whole = warehouse_of(tried["taken back"])
    assert seen(whole) == "2024-07-01" and left(whole) is None
    assert applied(whole.home) == applied(built)


def test_without_a_whole_build_everything_may_be_old(tried: dict[str, Job]) -> None:
    """The first build failed: there is nothing to compare with, so every month counts."""
    warehouse = warehouse_of(tried["after a first build that failed"])
    assert seen(warehouse) == "1900-01-01" and left(warehouse) is None
