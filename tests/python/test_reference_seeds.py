"""The reference and rule seeds: complete, unambiguous, and what the published lists say."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CODES = ROOT.parent / "shared" / "data" / "codes"
BUILDER = ROOT / "scripts" / "build_reference_seeds.py"
PROPERTIES = (
    ROOT / "seeds" / "reference" / "_reference__seeds.yml",
    ROOT / "seeds" / "rules" / "_rules__seeds.yml",
)
OPEN_END = date(9999, 12, 31)

Row = dict[str, str]


def described() -> dict[str, dict]:
    """Every seed of the property files, with the folder that it lies in."""
    seeds = {}
    for path in PROPERTIES:
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
            seeds[seed["name"]] = seed | {"folder": path.parent}
    return seeds


SEEDS = described()


def text_of(name: str) -> str:
    return (SEEDS[name]["folder"] / f"{name}.csv").read_text(encoding="utf-8")


def rows_of(name: str) -> list[Row]:
    return list(csv.DictReader(text_of(name).splitlines()))


def key_of(name: str) -> list[str]:
    return next(test["grain"]["arguments"]["columns"] for test in SEEDS[name]["data_tests"] if "grain" in test)


def system_of(row: Row) -> tuple[str, str]:
    return row["code_system"], row["edition"]


def prefixes(name: str) -> dict[tuple[str, str], dict[str, Row]]:
    table: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows_of(name):
        table[system_of(row)][row["code_prefix"]] = row
    return table


def longest_prefix(table: dict[str, Row], code: str) -> Row | None:
    return next((table[code[:size]] for size in range(len(code), 0, -1) if code[:size] in table), None)


INDUSTRY_CODES = rows_of("ref_industry_code")
SECTORS = prefixes("ref_industry_sector")
SCOPES = prefixes("ref_size_scope")
HI_TECH = prefixes("ref_hi_tech_code")


def is_hi_tech(system: str, edition: str, code: str) -> bool:
    table = HI_TECH[system, edition]
    return any(prefix in table and table[prefix]["is_part"] == "false" for prefix in (code[:n] for n in range(1, 5)))


# -- every seed -------------------------------------------------------------------------------------------------------


def test_every_file_is_described_and_every_description_has_its_file():
    reference = {path.stem for path in PROPERTIES[0].parent.glob("*.csv")}
    assert reference == {name for name, seed in SEEDS.items() if seed["folder"] == PROPERTIES[0].parent}
    assert all((seed["folder"] / f"{name}.csv").is_file() for name, seed in SEEDS.items())


@pytest.mark.parametrize("name", SEEDS)
def test_columns_are_those_of_the_description(name):
    header = next(csv.reader(text_of(name).splitlines()))
    assert header == list(SEEDS[name]["config"]["column_types"])
    assert header == [column["name"] for column in SEEDS[name]["columns"]]
    assert "source_ref" in header
    assert all(column["description"].strip() for column in SEEDS[name]["columns"])


@pytest.mark.parametrize("name", SEEDS)
def test_text_is_portable(name):
    text = text_of(name)
    assert "'" not in text and "\u2019" not in text, "some engines cannot load an apostrophe from a seed"
    assert "\r" not in text and text.endswith("\n")
    assert all(value == value.strip() for row in rows_of(name) for value in row.values())
    assert len(text.encode()) < 450_000, "seeds stay small: some engines load them row by row"


@pytest.mark.parametrize("name", SEEDS)
def test_key_is_unique_and_complete(name):
    keys = [tuple(row[column] for column in key_of(name)) for row in rows_of(name)]
    assert all(all(key) for key in keys)
    assert [key for key, count in Counter(keys).items() if count > 1] == []


MAY_BE_EMPTY = {
    "ref_dpd_bucket": {"days_past_due_from", "days_past_due_below", "par_level"},
    "ref_industry_code": {"parent_code", "section_code"},
    "ref_rating_symbol": {"letter_class", "sp_equivalent", "meaning_zh"},
    "ref_region": {"parent_code"},
    "ref_size_scope": {"size_row", "scope_name_zh"},
    "rule_industry_segment": {"section_code"},
}


@pytest.mark.parametrize("name", SEEDS)
def test_nothing_is_empty_that_must_not_be(name):
    empty = {column for row in rows_of(name) for column, value in row.items() if value == ""}
    assert empty <= MAY_BE_EMPTY.get(name, set())


@pytest.mark.parametrize("name", [name for name in SEEDS if "valid_from" in SEEDS[name]["config"]["column_types"]])
def test_validity_spans_follow_on_each_other(name):
    key = [column for column in key_of(name) if column not in ("valid_from", "rule_version")]
    spans: dict[tuple[str, ...], list[tuple[date, date]]] = defaultdict(list)
    for row in rows_of(name):
        span = date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"])
        spans[tuple(row[column] for column in key)].append(span)
    for series in spans.values():
        series.sort()
        assert all(start < end for start, end in series)
        assert all(end == start for (_, end), (start, _) in zip(series, series[1:], strict=False))
        assert series[-1][1] == OPEN_END


# -- industry codes ---------------------------------------------------------------------------------------------------


def test_every_industry_code_has_a_sector():
    assert [row for row in INDUSTRY_CODES if longest_prefix(SECTORS[system_of(row)], row["code"]) is None] == []


def test_every_industry_code_has_a_size_scope():
    assert [row for row in INDUSTRY_CODES if longest_prefix(SCOPES[system_of(row)], row["code"]) is None] == []


@pytest.mark.parametrize("table", [SECTORS, SCOPES, HI_TECH], ids=["sector", "size scope", "high technology"])
def test_every_prefix_meets_a_code(table):
    codes = defaultdict(set)
    for row in INDUSTRY_CODES:
        codes[system_of(row)].add(row["code"])
    unused = [
        (system, prefix)
        for system, by_prefix in table.items()
        for prefix in by_prefix
        if not any(code.startswith(prefix) for code in codes[system])
    ]
    assert unused == []


def test_gb_classes_are_decided_down_to_the_size_row():
    """A full class of the national standard never falls between two rows of the size standard."""
    undecided = [
        row["code"]
        for row in INDUSTRY_CODES
        if system_of(row) == ("GBT4754", "2017")
        and len(row["code"]) == 4
        and longest_prefix(SCOPES["GBT4754", "2017"], row["code"])["scope_reason"] == "UNDECIDED"
    ]
    assert undecided == []


def test_parents_exist():
    codes = {(row["code_system"], row["code"]) for row in INDUSTRY_CODES}
    assert [r for r in INDUSTRY_CODES if r["parent_code"] and (r["code_system"], r["parent_code"]) not in codes] == []
    assert all(int(row["code_level"]) == len(row["code"]) for row in INDUSTRY_CODES)


def test_gb_2017_is_complete():
    levels = Counter(row["code_level"] for row in INDUSTRY_CODES if system_of(row) == ("GBT4754", "2017"))
    assert levels == {"1": 20, "2": 97, "3": 473, "4": 1381}


def test_gb_2011_has_its_divisions():
    divisions = {r["code"]: r["section_code"] for r in INDUSTRY_CODES if system_of(r) == ("GBT4754", "2011")}
    last_of_section = dict(zip("ABCDEFGHIJKLMNOPQRST", (5, 12, 43, 46, 50, 52, 60, 62, 65, 69, 70, 72), strict=False))
    last_of_section |= {"M": 75, "N": 78, "O": 81, "P": 82, "Q": 84, "R": 89, "S": 95, "T": 96}
    expected, first = {}, 1
    for section, last in last_of_section.items():
        expected |= {f"{division:02d}": section for division in range(first, last + 1)}
        first = last + 1
    assert {code: section for code, section in divisions.items() if len(code) == 2} == expected


@pytest.mark.parametrize(
    ("code", "title_2011", "title_2017"),
    [
        ("80", "机动车、电子产品和日用产品修理业", "居民服务业"),
        ("84", "社会工作", "卫生"),
        ("396", "电子器件制造", "智能消费设备制造"),
        ("397", "电子元件制造", "电子器件制造"),
        ("591", "谷物、棉花等农产品仓储", "装卸搬运"),
    ],
)
def test_codes_that_moved_between_editions(code, title_2011, title_2017):
    rows = [row for row in INDUSTRY_CODES if row["code_system"] == "GBT4754" and row["code"] == code]
    assert {row["edition"]: row["title"] for row in rows} == {"2011": title_2011, "2017": title_2017}


def test_a_different_title_in_an_older_edition_means_a_moved_code():
    """Wording alone must not make a code look ambiguous, since staging refuses ambiguous codes."""
    of_2011, of_2017 = (
        {row["code"]: row["title"] for row in INDUSTRY_CODES if system_of(row) == ("GBT4754", edition)}
        for edition in ("2011", "2017")
    )
    moved = {code for code, title in of_2011.items() if code < "79" and of_2017.get(code, title) != title}
    assert moved == {"58", "59", "396", "397", "404", "581", "591"}
    naics = {(r["edition"], r["code"]): r["title"] for r in INDUSTRY_CODES if r["code_system"] == "NAICS"}
    newest = {code: title for (edition, code), title in sorted(naics.items())}
    assert [key for key, title in naics.items() if newest[key[1]] != title] == []


@pytest.mark.parametrize(
    ("system", "edition", "code", "sector", "section", "size_row", "hi_tech"),
    [
        ("GBT4754", "2017", "0610", "ENERGY", "B", "2", False),
        ("GBT4754", "2017", "0810", "RESOURCES", "B", "2", False),
        ("GBT4754", "2017", "2710", "MANUFACTURING", "C", "2", True),
        ("GBT4754", "2017", "3911", "MANUFACTURING", "C", "2", True),
        ("GBT4754", "2017", "3311", "MANUFACTURING", "C", "2", False),
        ("GBT4754", "2017", "4415", "ENERGY", "D", "2", False),
        ("GBT4754", "2017", "4620", "UTILITIES", "D", "2", False),
        ("GBT4754", "2017", "4710", "CONSTRUCTION", "E", "3", False),
        ("GBT4754", "2017", "5320", "TRANSPORT", "G", "0", False),
        ("GBT4754", "2017", "5910", "TRANSPORT", "G", "6", False),
        ("GBT4754", "2017", "5920", "TRANSPORT", "G", "7", False),
        ("GBT4754", "2017", "59", "TRANSPORT", "G", "", False),
        ("GBT4754", "2011", "59", "TRANSPORT", "G", "7", False),
        ("GBT4754", "2017", "6410", "TECHNOLOGY", "I", "11", True),
        ("GBT4754", "2017", "6513", "TECHNOLOGY", "I", "12", True),
        ("GBT4754", "2017", "6621", "FINANCIAL", "J", "0", False),
        ("GBT4754", "2017", "7010", "REAL_ESTATE", "K", "13", False),
        ("GBT4754", "2017", "7020", "REAL_ESTATE", "K", "14", False),
        ("GBT4754", "2017", "7030", "REAL_ESTATE", "K", "16", False),
        ("GBT4754", "2017", "7040", "REAL_ESTATE", "K", "0", False),
        ("GBT4754", "2017", "7251", "SERVICES", "L", "15", False),
        ("GBT4754", "2017", "7350", "TECHNOLOGY", "M", "16", False),
        ("GBT4754", "2017", "7481", "SERVICES", "M", "16", False),
        ("GBT4754", "2017", "7721", "PUBLIC_INFRA", "N", "16", True),
        ("GBT4754", "2017", "8391", "SERVICES", "P", "0", False),
        ("GBT4754", "2017", "8411", "SERVICES", "Q", "0", False),
        ("GBT4754", "2011", "8411", "SERVICES", "Q", "16", False),
        ("GBT4754", "2017", "8514", "SERVICES", "Q", "16", False),
        ("GBT4754", "2017", "9221", "PUBLIC", "S", "0", False),
        ("ISIC4", "4", "0510", "ENERGY", "B", "2", False),
        ("ISIC4", "4", "2100", "MANUFACTURING", "C", "2", True),
        ("ISIC4", "4", "4520", "SERVICES", "O", "16", False),
        ("ISIC4", "4", "5820", "TECHNOLOGY", "I", "12", True),
        ("ISIC4", "4", "6201", "TECHNOLOGY", "I", "12", True),
        ("NAICS", "2017", "3254", "MANUFACTURING", "C", "2", True),
        ("NAICS", "2017", "5415", "TECHNOLOGY", "I", "12", True),
        ("NAICS", "2022", "5132", "TECHNOLOGY", "I", "12", True),
        ("NAICS", "2022", "7225", "SERVICES", "H", "10", False),
        ("NAICS", "2007", "7221", "SERVICES", "H", "10", False),
        ("NAICS", "2022", "9211", "PUBLIC", "S", "0", False),
    ],
)
def test_golden_codes(system, edition, code, sector, section, size_row, hi_tech):
    assert any(row["code"] == code and system_of(row) == (system, edition) for row in INDUSTRY_CODES)
    found = longest_prefix(SECTORS[system, edition], code)
    assert (found["sector_base"], found["section_code"]) == (sector, section)
    assert longest_prefix(SCOPES[system, edition], code)["size_row"] == size_row
    assert is_hi_tech(system, edition, code) is hi_tech


def test_only_the_green_division_is_green():
    codes = [row["code"] for row in INDUSTRY_CODES if system_of(row) == ("GBT4754", "2017")]
    green = [code for code in codes if longest_prefix(SECTORS["GBT4754", "2017"], code)["is_green"] == "true"]
    assert green == [code for code in codes if code.startswith("77")] != []


def test_one_segment_rule_answers_for_every_sector_and_section():
    rules = rows_of("rule_industry_segment")
    segments = {row["segment_code"] for row in rows_of("ref_segment") if row["axis"] == "INDUSTRY"}
    assert {rule["segment_code"] for rule in rules} | {"UNKNOWN"} == segments
    pairs = {(row["sector_base"], row["section_code"]) for row in rows_of("ref_industry_sector")}
    for sector, section in sorted(pairs):
        answers = [r for r in rules if r["sector_base"] == sector and r["section_code"] in ("", section)]
        assert len(answers) == 1, (sector, section)
        assert (answers[0]["takes_certificate"] == "true") is (section in ("C", "I", "M")), (sector, section)


# -- size standard ----------------------------------------------------------------------------------------------------

# (row, persons, revenue, assets; both in ten thousand yuan) -> class; None where the row does not look at it
SIZE_VECTORS = [
    (2, "1000", "40000", None, "LARGE"),
    (2, "1000", "39999.99", None, "MEDIUM"),
    (2, "999", "40000", None, "MEDIUM"),
    (2, "300", "2000", None, "MEDIUM"),
    (2, "20", "300", None, "SMALL"),
    (2, "5000", "250", None, "MICRO"),
    (2, "19", "50000", None, "MICRO"),
    (11, "150", "50000", None, "MEDIUM"),
    (12, "103", "15735.28", None, "MEDIUM"),
    (7, "150", "2000", None, "MEDIUM"),
    (13, None, "250000", "9999", "MEDIUM"),
    (13, None, "0", "800000", "MICRO"),
    (15, "12", None, "90", "MICRO"),
    (16, "100", None, None, "MEDIUM"),
    (3, None, "6000", "4999", "SMALL"),
    (4, "4", "90000", None, "MICRO"),
]


@pytest.mark.parametrize("version", ["MIIT-2011", "NBS-2017"])
@pytest.mark.parametrize(("size_row", "employees", "revenue", "assets", "expected"), SIZE_VECTORS)
def test_size_is_the_lowest_class(version, size_row, employees, revenue, assets, expected):
    bounds: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows_of("ref_size_threshold"):
        if row["rule_version"] == version and int(row["size_row"]) == size_row:
            bounds[row["indicator"]][row["size_class"]] = Decimal(row["lower_bound"])
    given = {"EMPLOYEES": employees, "REVENUE_WAN": revenue, "ASSETS_WAN": assets}
    assert set(bounds) == {indicator for indicator, value in given.items() if value is not None}
    order = ["MICRO", "SMALL", "MEDIUM", "LARGE"]
    classes = []
    for indicator, by_class in bounds.items():
        reached = [c for c, bound in by_class.items() if Decimal(given[indicator]) >= bound]
        classes.append(max((order.index(c) for c in reached), default=0))
    assert order[min(classes)] == expected


def test_size_bounds_rise_with_the_class():
    bounds: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows_of("ref_size_threshold"):
        bounds[row["rule_version"], row["size_row"], row["indicator"]][row["size_class"]] = Decimal(row["lower_bound"])
    assert {int(row) for _, row, _ in bounds} == set(range(1, 17))
    assert all(by_class["LARGE"] > by_class["MEDIUM"] > by_class["SMALL"] > 0 for by_class in bounds.values())


def test_size_scope_names_rows_of_the_standard():
    rows = {row["size_row"]: row["row_name_zh"] for row in rows_of("ref_size_threshold")}
    for row in rows_of("ref_size_scope"):
        if row["scope_reason"] == "IN_SCOPE":
            assert row["scope_name_zh"] == rows[row["size_row"]]
        else:
            assert row["size_row"] == {"NOT_COVERED": "0", "UNDECIDED": ""}[row["scope_reason"]]


# -- days past due ----------------------------------------------------------------------------------------------------


def day_ranges(rows: list[Row], label: str) -> list[tuple[int, int, str]]:
    ranged = [row for row in rows if row["days_past_due_from"]]
    return sorted((int(row["days_past_due_from"]), int(row["days_past_due_below"]), row[label]) for row in ranged)


def five_classes(version: str) -> list[Row]:
    return [row for row in rows_of("ref_five_class") if row["rule_version"] == version]


@pytest.mark.parametrize(
    ("name", "label", "rows"),
    [
        ("ref_dpd_bucket", "bucket_code", rows_of("ref_dpd_bucket")),
        ("ref_stage", "stage", rows_of("ref_stage")),
        ("ref_five_class 2007", "class_code", five_classes("CBRC-2007")),
        ("ref_five_class 2023", "class_code", five_classes("CBIRC-PBC-2023-1")),
    ],
)
def test_day_ranges_cover_every_day_once(name, label, rows):
    ranges = day_ranges(rows, label)
    assert ranges[0][0] == 0 and ranges[-1][1] == 99999
    assert all(below == start for (_, below, _), (start, _, _) in zip(ranges, ranges[1:], strict=False)), name


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "正常"),
        (1, "关注"),
        (8, "关注"),
        (90, "关注"),
        (91, "次级"),
        (270, "次级"),
        (271, "可疑"),
        (360, "可疑"),
        (361, "损失"),
    ],
)
def test_five_classes_by_days(days, expected):
    ranges = day_ranges(five_classes("CBIRC-PBC-2023-1"), "name_zh")
    assert [name for start, below, name in ranges if start <= days < below] == [expected]


@pytest.mark.parametrize(("days", "stage"), [(0, "1"), (30, "1"), (31, "2"), (90, "2"), (91, "3")])
def test_stages_by_days(days, stage):
    assert [s for start, below, s in day_ranges(rows_of("ref_stage"), "stage") if start <= days < below] == [stage]


# -- rates ------------------------------------------------------------------------------------------------------------


def test_fx_months_have_no_gap():
    months: dict[str, list[date]] = defaultdict(list)
    for row in rows_of("ref_fx_rate"):
        months[row["currency"]].append(date.fromisoformat(row["month_end"]))
        assert Decimal(row["rate_end"]) > 0 and Decimal(row["rate_average"]) > 0
    for currency, ends in months.items():
        assert all((end + timedelta(days=1)).day == 1 for end in ends), currency
        for before, after in zip(ends, ends[1:], strict=False):
            assert (after.year - before.year) * 12 + after.month - before.month == 1, (currency, before, after)
    assert months["USD"][0] == date(1999, 1, 31)
    assert months["CNY"][0] == date(2005, 4, 30)
    assert months["EUR"] == months["USD"]


def test_average_lies_near_the_end():
    """Catches a column shift: within a month no listed currency has moved by half."""
    for row in rows_of("ref_fx_rate"):
        assert Decimal("0.5") < Decimal(row["rate_average"]) / Decimal(row["rate_end"]) < 2, row


def test_fx_currencies_are_known():
    assert {row["currency"] for row in rows_of("ref_fx_rate")} <= {row["currency"] for row in rows_of("ref_currency")}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("2024-10-20", "0.033500"), ("2024-10-21", "0.031000"), ("2024-02-20", "0.034500"), ("2019-08-19", None)],
)
def test_loan_prime_rate_as_of_a_day(reference, expected):
    known = [row["rate"] for row in rows_of("ref_lpr") if row["tenor"] == "1Y" and row["published_on"] <= reference]
    assert (known[-1] if known else None) == expected


def test_loan_prime_rates_are_fractions_and_marked_unverified():
    assert all(Decimal("0.01") < Decimal(row["rate"]) < Decimal("0.10") for row in rows_of("ref_lpr"))
    assert all("from memory" in row["source_ref"] for row in rows_of("ref_lpr"))


# -- ratings, segments, reasons ---------------------------------------------------------------------------------------


def test_rating_symbols():
    symbols = {(row["rating_scale"], row["symbol"]): row for row in rows_of("ref_rating_symbol")}
    assert not [symbol for _, symbol in symbols if symbol in ("AAA-", "AAA+")]
    assert symbols["GLOBAL", "Baa2"]["sp_equivalent"] == "BBB"
    assert symbols["GLOBAL", "Ca"]["letter_class"] == "CC"
    assert symbols["CN_DOMESTIC", "AA+"]["sp_equivalent"] == "", "domestic letters have no global equivalent"
    assert symbols["CN_DOMESTIC", "A-1"]["is_short_term"] == "true"
    assert {"AAA", "A", "B", "NR"} <= {symbol for scale, symbol in symbols if scale == "INTERNAL"}


def test_a_symbol_in_capitals_is_never_another_symbol():
    """Staging falls back to capitals: that must not turn one legal symbol into a different one."""
    for scale in {row["rating_scale"] for row in rows_of("ref_rating_symbol")}:
        by_symbol = {row["symbol"]: row for row in rows_of("ref_rating_symbol") if row["rating_scale"] == scale}
        for symbol, row in by_symbol.items():
            same = by_symbol.get(symbol.upper())
            assert same is None or same["sort_order"] == row["sort_order"], (scale, symbol)


def test_segments_per_axis():
    axes = Counter(row["axis"] for row in rows_of("ref_segment"))
    assert axes == {"INDUSTRY": 15, "SIZE": 6, "CREDIT": 5, "LIFECYCLE": 8, "BEHAVIOUR": 10, "PROJECT_TYPE": 7}


def test_reason_codes_say_their_kind():
    effects = {"W": {"REPAIRED", "UNUSABLE"}, "S": {"FLAGGED", "UNUSABLE"}, "Q": {"UNUSABLE", "REJECTED"}}
    effects |= {"D": {"DUPLICATE", "SUPERSEDED"}, "M": {"MERGED"}}
    fixers = {"SOURCE_SYSTEM", "BRANCH", "FINANCE", "CREDIT_RISK", "CRM", "DATA_TEAM", "NOBODY"}
    for row in rows_of("ref_reason_code"):
        kind, _, rest = row["reason_code"].partition("_")
        if len(kind) == 1 and rest:
            assert row["effect"] in effects[kind], row
        assert row["who_fixes"] in fixers, row


def test_name_variants_are_replaced_once():
    rows = sorted(rows_of("rule_name_normalisation"), key=lambda row: int(row["rule_order"]))
    for index, row in enumerate(rows):
        assert row["variant"] == row["variant"].lower() and row["variant"] != row["replacement"]
        if row["variant_kind"] == "CHARACTER":
            assert len(row["variant"]) == len(row["replacement"]) == 1
        earlier = [other["variant"] for other in rows[:index]]
        assert not [variant for variant in earlier if variant in row["replacement"]], row


# -- the builder ------------------------------------------------------------------------------------------------------


def test_builder_reproduces_the_committed_files():
    if not CODES.is_dir():
        pytest.skip(f"nothing was compared: the published lists are not there ({CODES.name} beside the repository)")
    spec = importlib.util.spec_from_file_location("build_reference_seeds", BUILDER)
    builder = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = builder
    spec.loader.exec_module(builder)
    for name, content in builder.built_seeds(CODES).items():
        assert (ROOT / "seeds" / "reference" / name).read_text(encoding="utf-8") == content, name


def test_every_quoted_currency_is_listed():
    if not CODES.is_dir():
        pytest.skip(f"nothing was compared: the published lists are not there ({CODES.name} beside the repository)")
    with gzip.open(CODES / "ecb_eurofxref_hist.csv.gz", "rt", encoding="utf-8") as file:
        quoted = set(next(csv.reader(file))[1:]) - {""}
    assert quoted <= {row["currency"] for row in rows_of("ref_currency")}
