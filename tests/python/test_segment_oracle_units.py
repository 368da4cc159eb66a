"""The second segment computation on vectors and portfolios worked out by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mini_portfolio import AS_OF, client, day, loan, portfolio, row, spec_seed_folder
from oracle import Row, month_end
from oracle_behaviour import DECISION_TABLE
from oracle_common import add_months, in_days, in_months, months_back, six
from oracle_credit import grade_of_probability, probability_of_score
from oracle_fold import AxisRules, SegmentRule, fold, migrations, population_stability, spans, stability
from oracle_lifecycle import entry as lifecycle_entry
from oracle_project import project_key
from segment_oracle import SegmentOracle
from segment_oracle_rules import SPEC_SEEDS
from test_segment_oracle import Difference, assert_none, compared

MONTHS = [months_back(AS_OF, back) for back in range(23, -1, -1)]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spec_seed_folder(tmp_path_factory.mktemp("seeds"))


# days and windows ---------------------------------------------------------------------------------------------------


def test_windows_are_open_below_and_closed_above() -> None:
    month = date(2024, 2, 29)
    assert months_back(month, 12) == date(2023, 2, 28)
    assert not in_months(date(2023, 2, 28), month, 12)
    assert in_months(date(2023, 3, 1), month, 12) and in_months(month, month, 12)
    assert not in_months(date(2024, 3, 1), month, 12)
    assert not in_days(month - timedelta(days=90), month, 90)
    assert in_days(month - timedelta(days=89), month, 90)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert six(Decimal("-0.0000005")) == Decimal("-0.000001")


# fold ---------------------------------------------------------------------------------------------------------------

STEADY = AxisRules(
    {
        "UNK": SegmentRule("R_UNK", 10, 2, leaves_at_once=True),
        "STR": SegmentRule("R_STR", 20, 3, enters_at_once=True),
        "HFS": SegmentRule("R_HFS", 30, 1),
        "POT": SegmentRule("R_POT", 40, 1),
        "OCC": SegmentRule("R_OCC", 50, 1),
    }
)


def folded(entries: str, rules: AxisRules = STEADY, stays: dict[int, str] | None = None) -> list[Any]:
    months = [(MONTHS[number], code, {(stays or {}).get(number, "")}) for number, code in enumerate(entries.split())]
    return list(fold(months, lambda month: rules).values())


@pytest.mark.parametrize(
    ("entries", "models"),
    [
        ("OCC HFS OCC HFS HFS HFS OCC OCC OCC", "OCC OCC OCC OCC HFS HFS HFS OCC OCC"),
        ("HFS HFS STR HFS HFS HFS HFS HFS HFS", "HFS HFS STR STR STR HFS HFS HFS HFS"),
        ("OCC OCC HFS HFS OCC HFS OCC HFS OCC", "OCC OCC OCC HFS HFS HFS HFS HFS HFS"),
        ("UNK OCC POT HFS HFS POT POT POT POT", "UNK OCC OCC OCC HFS HFS HFS POT POT"),
    ],
)
def test_golden_hysteresis(entries: str, models: str) -> None:
    """domain.md section 7."""
    assert [held.model for held in folded(entries)] == models.split()


def test_reasons_and_counters() -> None:
    rows = folded("UNK OCC HFS HFS HFS STR HFS")
    assert [held.reason for held in rows] == [
        "INITIAL",
        "DATA_BECAME_SUFFICIENT",
        "HELD_PENDING_CONFIRMATION",
        "HELD_MINIMUM_DWELL",
        "CONFIRMED",
        "RISK_DETERIORATION_AT_ONCE",
        "HELD_PENDING_CONFIRMATION",
    ]
    assert [held.pending_months for held in rows] == [1, 1, 1, 2, 3, 1, 1]
    assert [held.dwell_months for held in rows] == [1, 1, 2, 3, 1, 1, 2]
    assert [held.clear_months for held in rows] == [0, 0, 1, 2, 0, 0, 1]


def test_a_segment_of_the_same_risk_does_not_enter_at_once() -> None:
    segments = {"A": SegmentRule("A", 1, 3, enters_at_once=True), "B": SegmentRule("B", 2, 3, enters_at_once=True)}
    assert [held.model for held in folded("A B", AxisRules(segments))] == ["A", "A"]


def test_clear_months_count_from_the_last_month_in_which_the_rule_was_met() -> None:
    segments = dict(STEADY.segments) | {"STR": SegmentRule("R_STR", 20, 3, enters_at_once=True, clear_months=6)}
    rows = folded("STR OCC OCC OCC STR OCC OCC OCC OCC OCC OCC OCC", AxisRules(segments))
    assert [held.model for held in rows] == ["STR"] * 10 + ["OCC"] * 2
    assert [held.clear_months for held in rows] == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 0, 0]
    assert rows[9].reason == "HELD_CLEAR_MONTHS" and rows[10].reason == "CONFIRMED"


def test_leave_thresholds_keep_only_a_segment_that_comes_before_the_entry() -> None:
    kept = folded("HFS OCC OCC OCC", stays={1: "HFS", 2: "HFS", 3: "HFS"})
    assert [(held.candidate, held.model, held.reason) for held in kept[1:]] == [("HFS", "HFS", "UNCHANGED")] * 3
    # the rule of the month is not met: the counter of clear months runs although the segment is kept
    assert [held.clear_months for held in kept] == [0, 1, 2, 3]
    # a rule of a better place in the table wins over staying
    assert folded("HFS STR", stays={1: "HFS"})[1].model == "STR"
    # who holds another segment gains nothing from it
    assert folded("OCC OCC", stays={1: "HFS"})[1].candidate == "OCC"


def test_who_comes_back_goes_on_from_the_last_month(seeds: Path) -> None:
    months = [(MONTHS[0], "OCC", ()), (MONTHS[1], "HFS", ()), (MONTHS[9], "HFS", ()), (MONTHS[10], "HFS", ())]
    rows = list(fold(months, lambda month: STEADY).values())
    assert [held.reason for held in rows] == [
        "INITIAL",
        "HELD_PENDING_CONFIRMATION",
        "HELD_MINIMUM_DWELL",
        "CONFIRMED",
    ]


# overrides ----------------------------------------------------------------------------------------------------------


def override(**values: Any) -> Row:
    usual = {
        "override_no": "O1",
        "client_no": "C1",
        "axis": "CREDIT",
        "segment_code": "MEDIUM",
        "reason": "because",
        "requested_by": "Ann",
        "approved_by": "Bob",
        "valid_from": "2025-01-10",
        "expires_on": "2025-07-09",
    }
    return row("segment_overrides", **usual | values)


def final_months(
    seeds: Path, *requests: Row, letter: str = "BB", axis: str = "CREDIT", **tables: Any
) -> dict[str, str]:
    """Months in which an override decides, and for what; the client is rated BB (ELEVATED) in every month."""
    ratings = [rating(rated_on=f"{year}-01-01", symbol=letter) for year in (2023, 2024, 2025)]
    made = portfolio(seeds, [client("C1")], credit_ratings=ratings, segment_overrides=requests, **tables)
    rows = made.axis(axis).items()
    return {f"{month:%Y-%m}": row["final_segment"] for (_, month), row in rows if row["override_no"] is not None}


def rating(**values: Any) -> Row:
    usual = {"client_no": "C1", "agency": "INTERNAL", "rating_scale": "INTERNAL", "rated_on": "2025-01-01"}
    return row("credit_ratings", **usual | values)


def test_an_override_holds_from_its_first_to_its_last_day(seeds: Path) -> None:
    half_year = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06"]
    assert final_months(seeds, override()) == dict.fromkeys(half_year, "MEDIUM")
    to_the_day = override(valid_from="2025-01-31", expires_on="2025-02-28")
    assert final_months(seeds, to_the_day) == dict.fromkeys(half_year[:2], "MEDIUM")
    assert final_months(seeds, override(valid_from="2025-02-01", expires_on="2025-02-27")) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires_on": "2025-07-10"},
        {"approved_by": " a N n "},
        {"approved_by": None},
        {"reason": " "},
        {"segment_code": "UNRATED"},
        {"segment_code": "NO_SUCH"},
        {"valid_from": "2025-07-10"},
        # two tiers up
        {"segment_code": "HIGH"},
    ],
    ids=str,
)
def test_requests_that_are_ignored(seeds: Path, wrong: dict[str, Any]) -> None:
    assert final_months(seeds, override(**wrong)) == {}


def test_an_override_may_go_down_without_limit_but_up_only_one_tier(seeds: Path) -> None:
    assert set(final_months(seeds, override(segment_code="RESTRICTED"), letter="AAA").values()) == {"RESTRICTED"}
    assert set(final_months(seeds, override(segment_code="HIGH"), letter="A").values()) == {"HIGH"}


def test_a_knock_out_blocks_improvement_but_not_the_worse(seeds: Path) -> None:
    event = {"event_no": "E1", "client_no": "C1", "event_type": "DEFAULT", "occurred_on": "2025-03-15"}
    wishes = [override(segment_code="ELEVATED"), override(override_no="O2", segment_code="RESTRICTED")]
    events = [row("credit_events", **event)]
    assert "2025-03" not in final_months(seeds, wishes[0], credit_events=events)
    assert final_months(seeds, *wishes, credit_events=events)["2025-03"] == "RESTRICTED"
    # on an axis without knock-outs nothing is blocked
    services = override(axis="INDUSTRY", segment_code="SERVICES")
    assert "2025-03" in final_months(seeds, services, axis="INDUSTRY", credit_events=events)


def test_of_several_overrides_the_latest_that_counts_decides(seeds: Path) -> None:
    first = override(override_no="O9", segment_code="RESTRICTED", valid_from="2025-01-10")
    later = override(override_no="O1", segment_code="MEDIUM", valid_from="2025-01-11")
    same_day = override(override_no="O2", segment_code="ELEVATED", valid_from="2025-01-11")
    too_good = override(override_no="O3", segment_code="HIGH", valid_from="2025-01-12")
    assert final_months(seeds, first, later)["2025-01"] == "MEDIUM"
    assert final_months(seeds, first, later, same_day, too_good)["2025-01"] == "ELEVATED"


# size and industry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "employees", "revenue", "assets", "expected"),
    [
        ("34", 1000, "40000", None, "LARGE"),
        ("34", 1000, "39999.99", None, "MEDIUM"),
        ("34", 999, "40000", None, "MEDIUM"),
        ("34", 300, "2000", None, "MEDIUM"),
        ("34", 20, "300", None, "SMALL"),
        ("34", 5000, "250", None, "MICRO"),
        ("34", 19, "50000", None, "MICRO"),
        ("34", None, "40000", None, "UNKNOWN"),
        ("64", 150, "50000", None, "MEDIUM"),
        ("65", 103, "15735.28", None, "MEDIUM"),
        ("595", 150, "2000", None, "MEDIUM"),
        ("7010", None, "250000", "9999", "MEDIUM"),
        ("7010", None, "0", "800000", "MICRO"),
        ("72", 12, None, "90", "MICRO"),
        ("80", 100, None, None, "MEDIUM"),
        ("47", None, "6000", "4999", "SMALL"),
        ("51", 4, "90000", None, "MICRO"),
        ("53", 400, "90000", None, "NOT_APPLICABLE"),
        ("66", 400, "90000", None, "NOT_APPLICABLE"),
        ("83", 400, "90000", None, "NOT_APPLICABLE"),
        ("84", 400, "90000", None, "NOT_APPLICABLE"),
        ("91", 400, "90000", None, "NOT_APPLICABLE"),
    ],
)
def test_golden_sizes(
    seeds: Path, code: str, employees: int | None, revenue: str | None, assets: str | None, expected: str
) -> None:
    """domain.md section 7; amounts in ten thousand yuan."""
    amounts = {name: Decimal(text) for name, text in (("revenue", revenue), ("total_assets", assets)) if text}
    filed = statement("2024-12-31", "2025-03-31", amount_unit="WAN", employees=employees, **amounts)
    made = portfolio(seeds, [client("C1", resolved_industry_code=code)], financial_statements=[filed])
    assert made.axis("SIZE")[1, AS_OF]["candidate_segment"] == expected


def test_a_new_size_waits_for_its_confirmation(seeds: Path) -> None:
    filings = [
        statement("2023-12-31", "2024-01-31", employees=30, revenue=400, amount_unit="WAN"),
        statement("2024-12-31", "2025-03-31", employees=400, revenue=4000, amount_unit="WAN"),
    ]
    rows = portfolio(seeds, [client("C1")], financial_statements=filings).axis("SIZE")
    march, april = rows[1, date(2025, 3, 31)], rows[1, date(2025, 4, 30)]
    assert (march["candidate_segment"], march["model_segment"]) == ("MEDIUM", "SMALL")
    assert march["stability_reason"] == "HELD_PENDING_CONFIRMATION"
    assert (april["model_segment"], april["stability_reason"]) == ("MEDIUM", "CONFIRMED")


# credit -------------------------------------------------------------------------------------------------------------


def credit_at(made: SegmentOracle, month: date = AS_OF, key: int = 1) -> tuple[str, str]:
    found = made.credit.candidate(key, month)
    return found.entry_segment, found.reason_code


def test_scores_become_probabilities() -> None:
    """domain.md section 7: 20 points double the odds, 600 is 50 to 1."""
    assert probability_of_score(600, 600, 50, 20) == Decimal("0.0196078431")
    assert probability_of_score(620, 600, 50, 20) == Decimal("0.0099009901")
    scale = SPEC_SEEDS["rule_master_scale"]
    for pd, grade in [("0.0003", "M01"), ("0.0003000001", "M02"), ("0.022", "M09"), ("0.0220000001", "M10")]:
        assert grade_of_probability(Decimal(pd), scale)["grade"] == grade
    # certain default has a grade of its own, so M14 ends just below it (docs/decisions.md 41)
    assert grade_of_probability(Decimal("0.9999999999"), scale)["grade"] == "M14"
    assert grade_of_probability(Decimal(1), scale)["grade"] == "D"


@pytest.mark.parametrize(
    ("symbol", "scale", "tier"),
    [
        ("AAA", "INTERNAL", "HIGH"),
        ("A", "INTERNAL", "MEDIUM"),
        ("B", "INTERNAL", "ELEVATED"),
        ("CCC", "INTERNAL", "RESTRICTED"),
        ("AA", "CN_DOMESTIC", "MEDIUM"),
        ("Baa2", "GLOBAL", "HIGH"),
        ("D", "GLOBAL", "RESTRICTED"),
    ],
)
def test_letters_mean_different_risk_on_different_scales(seeds: Path, symbol: str, scale: str, tier: str) -> None:
    made = portfolio(seeds, [client("C1")], credit_ratings=[rating(rating_scale=scale, agency="X", symbol=symbol)])
    assert credit_at(made)[0] == tier


def test_a_rating_lapses_after_twelve_months_or_on_its_last_day(seeds: Path) -> None:
    made = portfolio(seeds, [client("C1")], credit_ratings=[rating(rated_on="2024-02-29", symbol="A")])
    assert credit_at(made, date(2024, 1, 31)) == ("UNRATED", "NO_RATING")
    assert credit_at(made, date(2025, 2, 28)) == ("MEDIUM", "RATING_INTERNAL")
    assert credit_at(made, date(2025, 3, 31)) == ("UNRATED", "RATING_STALE")
    short = portfolio(seeds, [client("C1")], credit_ratings=[rating(valid_to="2025-06-30", symbol="A")])
    assert credit_at(short, date(2025, 6, 30)) == ("MEDIUM", "RATING_INTERNAL")
    assert credit_at(short, date(2025, 7, 31)) == ("UNRATED", "RATING_STALE")


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({"symbol": "NR"}, ("UNRATED", "RATING_WITHDRAWN")),
        ({"symbol": "AA", "action": "WITHDRAWN"}, ("UNRATED", "RATING_WITHDRAWN")),
        # no action at all: the one before still holds
        ({"symbol": "AAA-"}, ("MEDIUM", "RATING_INTERNAL")),
        ({"symbol": "A-1", "rating_scale": "GLOBAL"}, ("MEDIUM", "RATING_INTERNAL")),
        # another agency of a worse source does not decide
        ({"symbol": "D", "rating_scale": "GLOBAL", "agency": "X"}, ("MEDIUM", "RATING_INTERNAL")),
    ],
    ids=str,
)
def test_what_a_later_action_does(seeds: Path, later: dict[str, Any], expected: tuple[str, str]) -> None:
    actions = [rating(symbol="A"), rating(rated_on="2025-05-05", **later)]
    assert credit_at(portfolio(seeds, [client("C1")], credit_ratings=actions)) == expected


def test_the_worst_external_rating_counts_and_scores_come_last(seeds: Path) -> None:
    external = [
        rating(rating_scale="CN_DOMESTIC", agency="ONE", symbol="AAA"),
        rating(rating_scale="GLOBAL", agency="TWO", symbol="B"),
    ]
    report = row("bureau_reports", client_no="C1", bureau="CREDIT_CENTRE", reported_on="2025-06-01", score=700.0)
    made = portfolio(seeds, [client("C1")], credit_ratings=external, bureau_reports=[report])
    found = made.credit.candidate(1, AS_OF)
    assert (found.entry_segment, found.reason_code) == ("ELEVATED", "RATING_EXTERNAL")
    assert (found.evidence["grade"], found.evidence["pd"]) == ("M11", Decimal("0.048000"))
    assert found.evidence["ratings_considered"] == 3
    alone = portfolio(seeds, [client("C1")], bureau_reports=[report]).credit.candidate(1, AS_OF)
    assert (alone.entry_segment, alone.reason_code, alone.evidence["grade"]) == ("HIGH", "SCORE_BUREAU", "M03")
    assert alone.evidence["pd"] == Decimal("0.0006246096")


def test_why_there_is_no_rating(seeds: Path) -> None:
    def because(*ratings: Row) -> str:
        return credit_at(portfolio(seeds, [client("C1")], credit_ratings=ratings))[1]

    score = rating(rating_scale="BUREAU", agency="NOBODY_KNOWS", score=600.0)
    assert because(rating(symbol="AAA-")) == "SYMBOL_IMPOSSIBLE"
    assert because(score) == "SCORE_NOT_CALIBRATED"
    assert because(rating(rating_scale="GLOBAL", symbol="P-1")) == "NO_RATING"
    # an action that lapsed speaks before what is no action
    assert because(rating(rated_on="2023-01-01", symbol="A"), rating(symbol="AAA-")) == "RATING_STALE"
    stale = rating(rated_on="2023-01-01", symbol="A", agency="Y")
    assert because(stale, rating(rated_on="2024-01-01", symbol="NR")) == "RATING_WITHDRAWN"


def default(event_type: str = "DEFAULT", **values: Any) -> Row:
    usual = {"event_no": event_type, "client_no": "C1", "event_type": event_type, "occurred_on": "2025-03-15"}
    return row("credit_events", **usual | values)


def test_events_restrict_from_the_day_they_are_known_until_they_are_cured(seeds: Path) -> None:
    events = [default(known_on="2025-04-02"), default("CURED", occurred_on="2025-06-30", known_on="2025-07-01")]
    made = portfolio(seeds, [client("C1")], credit_events=events)
    restricted = [month for month in MONTHS if made.credit.status(1, month).is_knocked_out]
    assert restricted == [date(2025, 4, 30), date(2025, 5, 31), date(2025, 6, 30)]
    found = made.credit.candidate(1, date(2025, 4, 30))
    assert (found.entry_segment, found.reason_code, found.rule_id) == (
        "RESTRICTED",
        "KNOCK_OUT_DEFAULT",
        "CREDIT_KNOCK_OUT",
    )
    assert found.evidence["knock_out_on"] == date(2025, 3, 15)


def test_what_a_cure_does_not_cure(seeds: Path) -> None:
    cured = default("CURED", occurred_on="2025-06-30")

    def event_open(*events: Row, loans: list[Row] | None = None) -> str | None:
        made = portfolio(seeds, [client("C1")], credit_events=events, loans=loans or [])
        return made.credit.status(1, AS_OF).event_type

    assert event_open(default(occurred_on="2025-06-30"), cured) is None
    assert event_open(default(occurred_on="2025-07-01"), cured) == "DEFAULT"
    assert event_open(default("BANKRUPTCY"), cured) == "BANKRUPTCY"
    assert event_open(default("UNLIKELY_TO_PAY"), default("BLACKLISTED")) == "UNLIKELY_TO_PAY"
    lost = loan("L1", "C1", "2024-01-01", "2026-01-01", written_off_on="2025-05-05")
    assert event_open(loans=[lost]) == "WRITTEN_OFF"
    assert event_open(cured, loans=[lost]) is None


@pytest.mark.parametrize(("bad", "infects"), [(100, False), (101, True)])
def test_more_than_a_tenth_non_performing_infects_the_rest(seeds: Path, bad: int, infects: bool) -> None:
    """Loans without schedules: one past its maturity by more than 90 days, one that runs."""
    loans = [
        loan("L1", "C1", "2024-01-01", "2025-01-01", principal=bad),
        loan("L2", "C1", "2024-01-01", "2026-06-30", principal=1000 - bad),
    ]
    made = portfolio(seeds, [client("C1"), client("C2")], loans=loans)
    status = made.credit.status(1, AS_OF)
    assert status.non_performing_share == Decimal(bad) / 1000
    assert (status.is_non_performing, status.is_knocked_out) == (infects, infects)
    assert status.knock_out_reason == ("NON_PERFORMING" if infects else None)
    assert made.credit.status(2, AS_OF).non_performing_share is None


# behaviour ----------------------------------------------------------------------------------------------------------

CALM = {
    "draws_12m": 0,
    "active_months_12m": 0,
    "days_since_last_draw": None,
    "renewal_share_12m": None,
    "on_time_ratio_12m": None,
    "max_dpd_12m": None,
    "lenders_6m": None,
    "active_days_90d": 0,
    "inflow_growth_6m_yoy": None,
    "tenure_months": 48,
    "balance_amount": Decimal(0),
    "has_ever_borrowed": False,
    "consents_to_contact": True,
    "is_non_performing_elsewhere": None,
    "is_knocked_out": False,
    "pd": None,
}
FREQUENT = CALM | {
    "draws_12m": 6,
    "active_months_12m": 6,
    "days_since_last_draw": 60,
    "on_time_ratio_12m": Decimal("0.98"),
    "max_dpd_12m": 7,
    "has_ever_borrowed": True,
}
GROWING = CALM | {
    "draws_12m": 2,
    "inflow_growth_6m_yoy": Decimal("0.20"),
    "active_days_90d": 20,
    "pd": Decimal("0.03"),
    "has_ever_borrowed": True,
}
GONE = CALM | {"has_ever_borrowed": True, "active_days_90d": 2}
LITTLE = Decimal("0.000001")


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        (CALM, "PROSPECT"),
        (CALM | {"tenure_months": 2}, "INSUFFICIENT_DATA"),
        (CALM | {"tenure_months": None}, "INSUFFICIENT_DATA"),
        (CALM | {"tenure_months": 3}, "PROSPECT"),
        (GONE | {"tenure_months": 2}, "DORMANT"),
        (FREQUENT, "HIGH_FREQUENCY_STABLE"),
        (FREQUENT | {"lenders_6m": 3}, "HIGH_FREQUENCY_STABLE"),
        (FREQUENT | {"lenders_6m": 4}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"lenders_6m": 5}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"lenders_6m": 6}, "HIGH_FREQUENCY_STRESSED"),
        (FREQUENT | {"active_months_12m": 5}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"days_since_last_draw": 61}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"on_time_ratio_12m": Decimal("0.98") - LITTLE}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"on_time_ratio_12m": None}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"on_time_ratio_12m": Decimal("0.95")}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"on_time_ratio_12m": Decimal("0.95") - LITTLE}, "HIGH_FREQUENCY_STRESSED"),
        (FREQUENT | {"max_dpd_12m": 8}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"max_dpd_12m": None}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"max_dpd_12m": 30}, "HIGH_FREQUENCY_OTHER"),
        (FREQUENT | {"max_dpd_12m": 31}, "HIGH_FREQUENCY_STRESSED"),
        (FREQUENT | {"renewal_share_12m": Decimal("0.5")}, "HIGH_FREQUENCY_STABLE"),
        (FREQUENT | {"renewal_share_12m": Decimal("0.5") + LITTLE}, "HIGH_FREQUENCY_STRESSED"),
        (FREQUENT | {"draws_12m": 5, "max_dpd_12m": 31}, "OCCASIONAL"),
        (GROWING, "POTENTIAL_QUALITY"),
        (GROWING | {"draws_12m": 0, "has_ever_borrowed": False}, "POTENTIAL_QUALITY"),
        (GROWING | {"draws_12m": 3}, "OCCASIONAL"),
        (GROWING | {"inflow_growth_6m_yoy": Decimal("0.20") - LITTLE}, "OCCASIONAL"),
        (GROWING | {"active_days_90d": 19}, "OCCASIONAL"),
        (GROWING | {"pd": Decimal("0.03") + LITTLE}, "OCCASIONAL"),
        (GROWING | {"pd": None}, "OCCASIONAL"),
        (GROWING | {"is_knocked_out": True}, "OCCASIONAL"),
        (GROWING | {"is_non_performing_elsewhere": True}, "OCCASIONAL"),
        (GROWING | {"is_non_performing_elsewhere": False}, "POTENTIAL_QUALITY"),
        (GROWING | {"consents_to_contact": None}, "OCCASIONAL"),
        (GROWING | {"consents_to_contact": False}, "OCCASIONAL"),
        (CALM | {"draws_12m": 1}, "OCCASIONAL"),
        (GONE | {"balance_amount": Decimal("0.01")}, "TERM_BORROWER"),
        (GONE, "DORMANT"),
        (GONE | {"active_days_90d": None}, "DORMANT"),
        (GONE | {"active_days_90d": 3}, "LAPSED_ACTIVE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_behaviour_decision_table(features: Row, expected: str) -> None:
    assert next(rule.segment for rule in DECISION_TABLE if rule.enters(features)) == expected


@pytest.mark.parametrize(
    ("features", "stays"),
    [
        (FREQUENT | {"draws_12m": 4, "days_since_last_draw": 120}, {"HIGH_FREQUENCY_STABLE", "HIGH_FREQUENCY_OTHER"}),
        (FREQUENT | {"on_time_ratio_12m": Decimal("0.96")}, {"HIGH_FREQUENCY_STABLE", "HIGH_FREQUENCY_OTHER"}),
        (FREQUENT | {"on_time_ratio_12m": Decimal("0.96") - LITTLE}, {"HIGH_FREQUENCY_OTHER"}),
        (FREQUENT | {"max_dpd_12m": 99, "lenders_6m": 9}, {"HIGH_FREQUENCY_STABLE", "HIGH_FREQUENCY_OTHER"}),
        (FREQUENT | {"draws_12m": 3}, set()),
        (FREQUENT | {"days_since_last_draw": 121}, set()),
        (GROWING | {"inflow_growth_6m_yoy": Decimal("0.1"), "pd": Decimal("0.04")}, {"POTENTIAL_QUALITY"}),
        (GROWING | {"active_days_90d": 0, "draws_12m": 9}, {"POTENTIAL_QUALITY"}),
        (GROWING | {"inflow_growth_6m_yoy": Decimal("0.1") - LITTLE}, set()),
        (GROWING | {"pd": Decimal("0.04") + LITTLE}, set()),
        (GROWING | {"consents_to_contact": False}, set()),
        (GONE | {"active_days_90d": 5}, {"DORMANT"}),
        (GONE | {"active_days_90d": 6}, set()),
        (GONE | {"draws_12m": 1}, set()),
    ],
    ids=lambda value: "+".join(sorted(value)) or "leaves" if isinstance(value, set) else "",
)
def test_behaviour_leave_thresholds(features: Row, stays: set[str]) -> None:
    assert {rule.segment for rule in DECISION_TABLE if rule.stays(features)} == stays


def test_draws_leave_renewals_out_and_merge_a_day_of_a_facility(seeds: Path) -> None:
    loans = [
        loan("L1", "C1", "2024-12-31", "2026-06-30"),
        # two on one facility and day are one draw, without a facility each counts
        loan("L2", "C1", "2025-01-01", "2026-06-30", facility_no="F1"),
        loan("L3", "C1", "2025-01-01", "2026-06-30", facility_no="F1"),
        loan("L4", "C1", "2025-01-01", "2026-06-30", closed_on="2025-05-05"),
        loan("L5", "C1", "2025-01-01", "2026-06-30", principal=700),
        # the same amount again on the day another was closed
        loan("L6", "C1", "2025-05-05", "2026-06-30"),
        loan("L7", "C1", "2025-05-05", "2026-06-30", principal=999),
        loan("L8", "C1", "2025-06-01", "2026-06-30", principal=1, renewed_from_loan_no="L5"),
        loan("L9", "C1", "2025-07-01", "2026-06-30", principal=2, restructured_on="2025-07-01"),
        loan("LA", "C1", "2025-08-01", "2026-06-30", principal=3, restructured_on="2025-08-02"),
        loan("LB", "C1", "2025-09-01", "2026-06-30", principal=4, status="CANCELLED"),
    ]
    row_now = portfolio(seeds, [client("C1")], loans=loans).behaviour.features(1, AS_OF)
    assert (row_now["draws_12m"], row_now["renewals_12m"]) == (5, 3)
    assert row_now["renewal_share_12m"] == Decimal("0.375000")
    assert row_now["active_months_12m"] == 3
    assert row_now["days_since_last_draw"] == (AS_OF - date(2025, 8, 1)).days
    # draw days 2024-12-31, 2025-01-01, 2025-05-05 and 2025-08-01: gaps 1, 124, 88
    assert row_now["median_interdraw_days"] == 88


def test_repayment_features_follow_the_money(seeds: Path) -> None:
    """Three instalments of 100: paid 10 days early, 5 days early (too late for early), and 9 days late."""
    dues = ["2025-04-20", "2025-05-20", "2025-06-20"]
    schedule = [
        row("repayment_schedules", loan_no="L1", schedule_version=1, instalment_no=number, due_on=due)
        | {"principal_due": Decimal(90), "interest_due": Decimal(10)}
        for number, due in enumerate(dues, 1)
    ]
    schedule.append(
        row("repayment_schedules", loan_no="L1", schedule_version=1, instalment_no=4, due_on="2026-06-20")
        | {"principal_due": Decimal(730), "interest_due": Decimal(0)}
    )
    paid = [("2025-04-10", 100), ("2025-05-15", 100), ("2025-07-09", 100)]
    bookings = [
        row("payments", payment_no=value_on, loan_no="L1", value_on=value_on, amount=Decimal(amount))
        for value_on, amount in paid
    ]
    made = portfolio(
        seeds,
        [client("C1")],
        loans=[loan("L1", "C1", "2025-01-01", "2026-06-20")],
        repayment_schedules=schedule,
        payments=bookings,
    )
    features = made.behaviour.features(1, AS_OF)
    assert features["on_time_ratio_12m"] == Decimal("0.666667")
    assert features["early_repay_ratio_12m"] == Decimal("0.333333")
    assert features["max_dpd_12m"] == 10
    assert made.behaviour.features(1, date(2025, 3, 31))["on_time_ratio_12m"] is None
    assert features["balance_amount"] == Decimal(730)


def test_events_of_machines_do_not_count(seeds: Path) -> None:
    def events(moment: str, number: int, kind: str = "LOGIN") -> list[Row]:
        at = datetime.fromisoformat(moment)
        return [
            row("digital_events", event_no=f"{moment}-{kind}-{n}", client_no="C1", event_type=kind)
            | {"occurred_at": at}
            for n in range(number)
        ]

    made_of = [
        *events("2025-12-31T23:59:59", 500, "RATE_QUOTE"),
        *events("2025-12-30T08:00:00", 501, "LIMIT_CHECK"),
        *events("2025-10-03T00:00:00", 1, "DOCUMENT_UPLOADED"),
        # 90 days before: outside
        *events("2025-10-02T23:59:59", 1, "APPLICATION_STARTED"),
    ]
    made = portfolio(seeds, [client("C1"), client("C2")], digital_events=made_of)
    features = made.behaviour.features(1, AS_OF)
    assert features["active_days_90d"] == 2
    assert (features["rate_quotes_90d"], features["limit_checks_90d"]) == (500, 0)
    assert (features["documents_uploaded_90d"], features["applications_started_90d"]) == (1, 0)
    assert made.behaviour.features(2, AS_OF)["active_days_90d"] == 0
    assert portfolio(seeds, [client("C1")]).behaviour.features(1, AS_OF)["active_days_90d"] is None


def flows(amounts: list[int | None], category: str = "SALES_IN", **values: Any) -> list[Row]:
    """One row a month, the last one in the month of the report; None leaves a month out."""
    ends = [months_back(AS_OF, back) for back in range(len(amounts))][::-1]
    return [
        row("account_flows", client_no="C1", month_end=end, category=category, amount=Decimal(amount), **values)
        for end, amount in zip(ends, amounts, strict=True)
        if amount is not None
    ]


def test_account_flows(seeds: Path) -> None:
    year = [100] * 6 + [7] * 6 + [125] * 6
    extra = (
        flows([50], "LOAN_IN") + flows([20], "SUPPLIER_OUT") + flows([5], "OTHER_OUT") + flows([9], "DEBT_SERVICE_OUT")
    )
    features = portfolio(seeds, [client("C1")], account_flows=flows(year) + extra).behaviour.features(1, AS_OF)
    assert features["inflow_12m"] == 7 * 6 + 125 * 6
    assert features["inflow_growth_6m_yoy"] == Decimal("0.25")
    assert features["inflow_cv_12m"] == six(59 / 66)
    assert (features["supplier_paid_12m"], features["tax_paid_12m"], features["spending_12m"]) == (20, 0, 25)
    # nothing was spent in the base: growth has no meaning
    assert features["spending_growth_6m_yoy"] is None
    gap = [100] * 6 + [7] * 6 + [125] * 5 + [None]
    features = portfolio(seeds, [client("C1")], account_flows=flows(gap)).behaviour.features(1, AS_OF)
    assert features["inflow_growth_6m_yoy"] is None and features["inflow_cv_12m"] is None
    assert features["flow_months_12m"] == 11
    # a month in which only wages were paid is a month with flows
    filled = flows(gap) + flows([1], "PAYROLL_OUT")
    features = portfolio(seeds, [client("C1")], account_flows=filled).behaviour.features(1, AS_OF)
    assert features["inflow_growth_6m_yoy"] == six(Decimal(625) / 600 - 1)
    assert portfolio(seeds, [client("C1")]).behaviour.features(1, AS_OF)["inflow_12m"] is None


def test_utilisation_takes_the_months_with_a_limit(seeds: Path) -> None:
    line = row("facilities", facility_no="F1", client_no="C1", limit_amount=Decimal(4000), started_on="2025-11-30")
    drawn = loan("L1", "C1", "2025-12-01", "2026-12-01", facility_no="F1")
    features = portfolio(seeds, [client("C1")], loans=[drawn], facilities=[line]).behaviour.features(1, AS_OF)
    assert features["util_avg_6m"] == Decimal("0.125")


# lifecycle ----------------------------------------------------------------------------------------------------------


def statement(period_end: str, filed_on: str, client_no: str = "C1", **values: Any) -> Row:
    usual = {"client_no": client_no, "period_type": "FY", "scope": "SOLO"}
    given = usual | {"period_end": period_end, "filed_on": filed_on} | values
    money = {
        name: Decimal(value) if isinstance(value, int) and name != "employees" else value
        for name, value in given.items()
    }
    return row("financial_statements", **money)


SOUND = {
    "is_non_performing": False,
    "is_restricted": False,
    "max_dpd_12m": None,
    "has_negative_equity_and_cash_flow": None,
    "age_months": 60,
    "growth_over_required": None,
    "growth_rate": Decimal("0.05"),
    "cagr_2y": None,
    "base_employees": None,
    "revenue_cv": Decimal("0.25"),
    "icr": Decimal("1.5"),
    "dscr": None,
    "runway_months": None,
    "burns_cash": None,
    "owes_no_interest": None,
    "tier_rank": 2,
    "on_time_ratio_when_unrated": None,
    "is_small_or_micro": True,
    "is_medium_or_large": False,
}
FAST = SOUND | {
    "growth_over_required": Decimal(0),
    "growth_rate": Decimal("0.2"),
    "base_employees": 10,
    "icr": Decimal(1),
}


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        (SOUND, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"is_small_or_micro": False, "is_medium_or_large": True}, "MATURE_STABLE_MEDIUM_LARGE"),
        (SOUND | {"is_small_or_micro": None, "is_medium_or_large": None}, "TRANSITIONAL"),
        (SOUND | {"max_dpd_12m": 90}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"max_dpd_12m": 91}, "DISTRESSED"),
        (SOUND | {"is_non_performing": True}, "DISTRESSED"),
        (SOUND | {"is_restricted": True}, "DISTRESSED"),
        (SOUND | {"has_negative_equity_and_cash_flow": True}, "DISTRESSED"),
        (SOUND | {"age_months": 35}, "STARTUP"),
        (SOUND | {"age_months": 36}, "TRANSITIONAL"),
        (SOUND | {"age_months": 59}, "TRANSITIONAL"),
        (SOUND | {"age_months": None}, "INSUFFICIENT_DATA"),
        (SOUND | {"growth_rate": None}, "INSUFFICIENT_DATA"),
        (SOUND | {"growth_rate": Decimal("-0.1")}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"growth_rate": Decimal("-0.1") - LITTLE}, "TRANSITIONAL"),
        (SOUND | {"growth_rate": Decimal("0.2")}, "TRANSITIONAL"),
        (SOUND | {"cagr_2y": Decimal("-0.1")}, "DECLINING"),
        (SOUND | {"cagr_2y": Decimal("-0.1") + LITTLE}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"revenue_cv": Decimal("0.25") + LITTLE}, "TRANSITIONAL"),
        (SOUND | {"revenue_cv": None}, "TRANSITIONAL"),
        (SOUND | {"icr": Decimal("1.5") - LITTLE}, "TRANSITIONAL"),
        (SOUND | {"icr": None, "dscr": Decimal("1.2")}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"icr": None, "dscr": Decimal("1.2") - LITTLE}, "TRANSITIONAL"),
        (SOUND | {"icr": None, "owes_no_interest": True}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"tier_rank": 3}, "TRANSITIONAL"),
        (SOUND | {"tier_rank": 3, "on_time_ratio_when_unrated": Decimal("0.98")}, "MATURE_STABLE_SMALL_MICRO"),
        (SOUND | {"tier_rank": 3, "on_time_ratio_when_unrated": Decimal("0.98") - LITTLE}, "TRANSITIONAL"),
        (FAST, "HIGH_GROWTH"),
        (FAST | {"growth_over_required": -LITTLE}, "TRANSITIONAL"),
        (FAST | {"base_employees": 9}, "TRANSITIONAL"),
        (FAST | {"base_employees": None}, "TRANSITIONAL"),
        (FAST | {"icr": Decimal(1) - LITTLE}, "TRANSITIONAL"),
        (FAST | {"icr": None}, "TRANSITIONAL"),
        (FAST | {"icr": None, "runway_months": Decimal(12)}, "HIGH_GROWTH"),
        (FAST | {"icr": None, "burns_cash": False}, "HIGH_GROWTH"),
        (FAST | {"icr": None, "owes_no_interest": True}, "HIGH_GROWTH"),
        (FAST | {"age_months": 35}, "STARTUP"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lifecycle_decision_table(features: Row, expected: str) -> None:
    assert lifecycle_entry(features) == expected


def test_growth_and_capacity_from_the_statements_known(seeds: Path) -> None:
    filings = [
        statement("2020-12-31", "2021-04-01", revenue=1000, employees=10),
        statement("2021-12-31", "2022-04-01", revenue=1200),
        statement("2022-12-31", "2023-04-01", revenue=1440),
        statement(
            "2023-12-31",
            "2024-04-01",
            revenue=1728,
            ebitda=300,
            interest_expense=200,
            short_term_debt=50,
            long_term_debt=850,
            cash=100,
            operating_cash_flow=-120,
            equity=-1,
            current_assets=10,
            current_liabilities=4,
        ),
        # a restatement is known later; an unbalanced statement never counts
        statement("2023-12-31", "2025-02-10", revenue=2000),
        statement("2024-12-31", "2025-03-01", revenue=1, total_assets=5) | {"issues": ["S_BALANCE"]},
    ]
    made = portfolio(seeds, [client("C1")], financial_statements=filings)
    features = made.lifecycle.features(1, date(2025, 1, 31))
    assert features["cagr_3y"] == features["cagr_2y"] == features["growth_rate"] == Decimal("0.2")
    assert features["growth_over_required"] == 0 and features["base_employees"] == 10
    assert features["revenue_cv"] == Decimal("0.202611")
    assert (features["icr"], features["dscr"]) == (Decimal("1.5"), Decimal("1.2"))
    assert (features["runway_months"], features["burns_cash"]) == (10, True)
    assert features["has_negative_equity_and_cash_flow"] is True
    assert features["net_debt_to_ebitda"] == six(Decimal(800) / 300)
    assert features["current_ratio"] == Decimal("2.5") and features["ocf_to_short_term_debt"] == Decimal("-2.4")
    restated = made.lifecycle.features(1, date(2025, 2, 28))
    assert restated["cagr_3y"] == six(2 ** (1 / 3) - 1) and restated["icr"] is None
    assert restated["has_negative_equity_and_cash_flow"] is None
    # two years after its period the statement says nothing any more
    assert made.lifecycle.features(1, AS_OF)["cagr_3y"] is not None
    later = portfolio(seeds, [client("C1")], as_of=date(2026, 1, 31), financial_statements=filings)
    assert later.lifecycle.features(1, date(2026, 1, 31))["cagr_3y"] is None


@pytest.mark.parametrize(
    ("growing", "median_growth", "required"),
    [(9, None, "0.2"), (10, "0.3", "0.45")],
)
def test_a_fast_sector_asks_for_more(seeds: Path, growing: int, median_growth: str | None, required: str) -> None:
    numbers = [f"C{number}" for number in range(1, growing + 1)]
    filings = [
        statement(end, "2025-04-01", number, revenue=revenue)
        for number in numbers
        for end, revenue in (("2021-12-31", 1000), ("2024-12-31", 2197))
    ]
    made = portfolio(seeds, [client(number) for number in numbers], financial_statements=filings)
    features = made.lifecycle.features(1, AS_OF)
    assert features["sector_median_growth"] == (None if median_growth is None else Decimal(median_growth))
    assert features["required_growth"] == Decimal(required)
    assert features["growth_over_required"] == Decimal("0.3") - Decimal(required)


def test_the_lifecycle_looks_at_final_segments(seeds: Path) -> None:
    """An override to RESTRICTED on the credit axis makes the client distressed."""
    down = override(segment_code="RESTRICTED", valid_from="2025-12-01", expires_on="2026-01-31")
    made = portfolio(seeds, [client("C1")], segment_overrides=[down])
    assert made.axis("LIFECYCLE")[1, AS_OF]["candidate_segment"] == "DISTRESSED"
    assert made.axis("LIFECYCLE")[1, date(2025, 11, 30)]["candidate_segment"] == "INSUFFICIENT_DATA"


# projects -----------------------------------------------------------------------------------------------------------


def project(project_no: str = "P1", **values: Any) -> Row:
    usual = {
        "project_name": "Works",
        "project_type": "ENERGY",
        "borrower_source_system": "CORE",
        "borrower_client_no": "C1",
        "sponsor_source_system": "CORE",
        "sponsor_client_no": "C2",
        "financial_close_on": "2024-06-15",
        "debt_matures_on": "2030-06-15",
    }
    return row("projects", project_no=project_no, **usual | values)


def two_clients() -> list[Row]:
    return [client("C1"), client("C2")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"project_type": "WATER", "project_name": "solar road"}, ("WATER", "CODE")),
        ({"project_type": None, "project_subtype": "SOLAR_PARK"}, ("ENERGY", "KEYWORD_SUBTYPE")),
        ({"project_type": "NOT_APPLICABLE", "sector_text": "Toll Road"}, ("TRANSPORT", "KEYWORD_TEXT")),
        ({"project_type": "BRIDGE", "project_name": "某医院"}, ("SOCIAL", "KEYWORD_NAME")),
        ({"project_type": None, "project_name": "road to the wind park"}, ("ENERGY", "KEYWORD_NAME")),
        ({"project_type": None}, ("OTHER", "NONE")),
    ],
)
def test_project_types(seeds: Path, values: dict[str, Any], expected: tuple[str, str]) -> None:
    made = portfolio(seeds, two_clients(), projects=[project(**values)])
    found = made.projects.candidate(1, AS_OF)
    assert (found.entry_segment, found.evidence["type_basis"]) == expected


def test_phases(seeds: Path) -> None:
    running = project(actual_completion_on="2024-09-30", debt_matures_on="2025-11-30")
    made = portfolio(seeds, two_clients(), projects=[running])
    phases = Counter(made.projects.phase(running, month) for month in MONTHS)
    assert phases == {None: 5, "CONSTRUCTION": 3, "RAMP_UP": 12, "OPERATION": 3, "CLOSED": 1}
    # not over while a loan is alive
    alive = loan("L1", "C1", "2024-03-01", "2027-01-01", project_no="P1")
    made = portfolio(seeds, two_clients(), projects=[running], loans=[alive])
    assert made.projects.phase(running, AS_OF) == "OPERATION"
    # known from its first drawdown when that came before the close
    assert made.projects.phase(running, date(2024, 3, 31)) == "CONSTRUCTION"
    # without a maturity it ends with its loans, and its rows with the month in which it closed
    open_end = project(debt_matures_on=None)
    ended = alive | {"closed_on": day("2025-10-10")}
    made = portfolio(seeds, two_clients(), projects=[open_end], loans=[ended])
    assert [made.projects.phase(open_end, month) for month in MONTHS[-4:]] == ["CONSTRUCTION", "CLOSED", None, None]
    never = project(financial_close_on=None)
    assert portfolio(seeds, two_clients(), projects=[never]).projects.phase(never, AS_OF) is None


def graded(factor: str, grade: str, subfactor: str = "ONE", graded_on: str = "2025-01-01") -> Row:
    return row(
        "project_risk_grades", project_no="P1", factor=factor, subfactor=subfactor, graded_on=graded_on, grade=grade
    )


def test_slotting_is_a_weighted_mean_rounded_half_up(seeds: Path) -> None:
    def slot(*grades: Row, **tables: Any) -> tuple[Decimal | None, str | None]:
        made = portfolio(seeds, two_clients(), projects=[project()], project_risk_grades=grades, **tables)
        return made.projects.slotting(project(), AS_OF)

    half = [graded("FINANCIAL_STRENGTH", "STRONG"), graded("FINANCIAL_STRENGTH", "GOOD", "TWO")]
    # 0.30 and 0.20 carry less than 0.60
    assert slot(*half, graded("TRANSACTION", "GOOD")) == (None, None)
    # (0.30 * 1.5 + 0.15 * 2 + 0.15 * 1) / 0.60
    enough = [*half, graded("POLITICAL_AND_LEGAL", "GOOD"), graded("SECURITY", "STRONG")]
    assert slot(*enough) == (Decimal("1.5"), "GOOD")
    # the latest grade known counts
    assert slot(*enough, graded("SECURITY", "WEAK", graded_on="2025-02-01"))[0] == Decimal("2.25")
    assert slot(*enough, graded("SECURITY", "WEAK", graded_on="2026-01-01"))[0] == Decimal("1.5")
    assert slot(*enough, credit_events=[default()]) == (Decimal("1.5"), "DEFAULT")
    assert slot(credit_events=[default()]) == (None, "DEFAULT")


def cash(period_end: str, scenario: str = "BASE", known_on: str = "2024-06-15", **values: Any) -> Row:
    usual = {"revenue": 200, "operating_cost": 40, "interest_due": 20, "principal_due": 80}
    money = {name: None if value is None else Decimal(value) for name, value in (usual | values).items()}
    return row(
        "project_cashflows", project_no="P1", scenario=scenario, period_end=period_end, known_on=known_on, **money
    )


def test_coverage(seeds: Path) -> None:
    rows = [
        cash("2025-12-31", revenue=9999),
        cash("2026-12-31", tax=10, working_capital_change=-5, capital_expenditure=5),
        cash("2027-12-31", revenue=140),
        # a later view of the same period, and one that is not known yet
        cash("2027-12-31", known_on="2025-05-05", revenue=150),
        cash("2027-12-31", known_on="2026-01-01", revenue=40),
        # no debt service: no ratio, but cash to pay from
        cash("2028-12-31", interest_due=0, principal_due=0),
        cash("2030-12-31", revenue=0),
        cash("2024-12-31", "ACTUAL", "2025-02-01", revenue=130, debt_outstanding=500),
        cash("2025-12-31", "ACTUAL", "2026-02-01", revenue=1, debt_outstanding=1),
    ]
    made = portfolio(seeds, two_clients(), projects=[project(debt_amount=600.0)], project_cashflows=rows)
    found = made.projects.coverage(made.base.staging["stg_projects"][0], AS_OF)
    assert (found["dscr_minimum"], found["dscr_average"]) == (Decimal("1.1"), Decimal("1.3"))
    assert found["dscr_last_actual"] == Decimal("0.9")
    expected = 150 / 1.045 + 110 / 1.045**2 + 160 / 1.045 ** (1096 / 365)
    assert found["llcr"] == six(expected / 500)
    assert found["gearing"] is None and found["tail_years"] is None
    assert found["tenor_years"] == six(Decimal(2191) / Decimal("365.25"))
    money = project(debt_amount=70.0, equity_amount=30.0, total_cost=140.0)
    assert made.projects.coverage(money, AS_OF)["gearing"] == Decimal("0.7")
    assert made.projects.coverage(money | {"equity_amount": None}, AS_OF)["gearing"] == Decimal("0.5")


def test_the_largest_project_that_the_client_borrows_for_decides(seeds: Path) -> None:
    def sized(number: str, kind: str, debt: int | None, **values: Any) -> Row:
        made = project(number, project_type=kind, **values)
        return made | {"debt_amount_converted": None if debt is None else Decimal(debt)}

    rows = [
        sized("P1", "ENERGY", 100),
        sized("P2", "WATER", 300, debt_matures_on="2025-01-31"),
        sized("P3", "SOCIAL", None),
        sized("P4", "TRANSPORT", 900, borrower_client_no="C3", sponsor_client_no="C1"),
    ]
    made = portfolio(seeds, [*two_clients(), client("C3")], projects=rows)
    found = made.projects.candidate(1, AS_OF)
    assert (found.entry_segment, found.reason_code, found.evidence["projects"]) == ("ENERGY", "BORROWER", 2)
    assert found.evidence["project_key"] == project_key("P1")
    assert made.projects.candidate(1, date(2025, 1, 31)).entry_segment == "WATER"
    assert made.projects.candidate(2, AS_OF).reason_code == "SPONSOR"
    assert made.projects.candidate(3, date(2024, 5, 31)).reason_code == "NO_PROJECT"
    same = [row | {"debt_amount_converted": Decimal(1)} for row in rows[:1]]
    same.append(same[0] | {"project_no": "P0", "project_type": "WATER", "financial_close_on": day("2024-06-14")})
    assert portfolio(seeds, two_clients(), projects=same).projects.candidate(1, AS_OF).entry_segment == "WATER"


# counted over final segments ----------------------------------------------------------------------------------------

JAN, FEB, MAR, APR, MAY, JUN, JUL = MONTHS[:7]


def held(**clients: str) -> dict[tuple[int, date], str]:
    """c1="AAB-A" is client 1 in A, A, B, absent, A."""
    return {
        (int(name[1:]), MONTHS[number]): code
        for name, codes in clients.items()
        for number, code in enumerate(codes)
        if code != "-"
    }


def test_spans_are_half_open_and_end_with_an_absence() -> None:
    assert spans(held(c1="AAB-BBB", c2="A------", c3="----A-A")) == {
        (1, JAN): ("A", MAR),
        (1, MAR): ("B", APR),
        (1, MAY): ("B", date(9999, 12, 31)),
        (2, JAN): ("A", FEB),
        (3, MAY): ("A", JUN),
        (3, JUL): ("A", date(9999, 12, 31)),
    }


def test_migrations_know_entry_and_exit() -> None:
    found = migrations(held(c1="AAB", c2="A--", c3="-AB"), [JAN, FEB, MAR])
    assert found == {
        (FEB, "A", "A"): 1,
        (FEB, "A", "EXIT"): 1,
        (FEB, "ENTRY", "A"): 1,
        (MAR, "A", "B"): 2,
    }


def test_stability_measures() -> None:
    final = held(c1="ABAAABBB"[:7], c2="AAAABBA", c3="BBBBB-B", c4="A-AABAA")
    found = stability(final, MONTHS[:7], lambda code, month: {"A": 1, "B": 2}[code])
    february = found[FEB]
    assert (february["clients"], february["stayers"], february["upgrades"], february["downgrades"]) == (3, 2, 0, 1)
    assert february["stay_rate"] == 2 / 3
    # client 1 is back in March after 29 days, client 4 in June; client 2 in July after 61 days
    assert [found[month]["flip_flops"] for month in MONTHS[1:7]] == [0, 1, 0, 0, 1, 1]
    assert found[MAR]["upgrades"] == 1


@pytest.mark.parametrize(
    ("began", "back", "flip_flops"),
    # 89 and 92 days: three month ends later is not always within ninety days
    [(date(2025, 1, 31), date(2025, 4, 30), 1), (date(2025, 2, 28), date(2025, 5, 31), 0)],
)
def test_a_flip_flop_is_over_after_ninety_days(began: date, back: date, flip_flops: int) -> None:
    final = {(1, month): "B" if began <= month < back else "A" for month in MONTHS}
    found = stability(final, MONTHS, lambda code, month: 1)
    assert sum(measures["flip_flops"] for measures in found.values()) == flip_flops


def test_golden_population_stability() -> None:
    """domain.md section 7, and an empty bin."""
    before, after = {"A": 20, "B": 30, "C": 30, "D": 20}, {"A": 10, "B": 25, "C": 35, "D": 30}
    assert population_stability(before, after) == pytest.approx(0.126685, abs=5e-7)
    assert population_stability({"A": 1}, {"A": 1}) == 0
    appears = population_stability({"A": 10}, {"A": 9, "B": 1})
    assert appears == pytest.approx(-0.1 * -0.105360516 + (0.1 - 1e-4) * 6.907755279, abs=1e-7)
    assert population_stability({}, {"A": 1}) is None


def test_every_axis_has_a_row_for_every_month_of_the_grid(seeds: Path) -> None:
    made = portfolio(seeds, [client("C1"), client("C2", status="CANCELLED", status_changed_on="2025-03-15")])
    months = made.client_segment_month
    assert len(months) == 24 + 14
    assert months[1, AS_OF] == {
        "industry_segment": "MANUFACTURING",
        "size_segment": "UNKNOWN",
        "credit_segment": "UNRATED",
        "lifecycle_segment": "INSUFFICIENT_DATA",
        "behaviour_segment": "PROSPECT",
        "project_type_segment": "NOT_APPLICABLE",
    }
    history = made.client_segment_history
    assert history[2, "CREDIT", MONTHS[0]] == {"segment_code": "UNRATED", "valid_to": month_end(date(2025, 3, 1))}
    assert made.migrations("SIZE")[date(2025, 3, 31), "UNKNOWN", "EXIT"] == 1


# the comparison with the warehouse ----------------------------------------------------------------------------------


def test_the_comparison_sees_rows_columns_and_values() -> None:
    expected = {
        (1, JAN): {"segment": "A", "share": Decimal("0.5"), "new": 1, "evidence": {"share": Decimal("0.5")}},
        (1, FEB): {"segment": None, "share": None, "new": 1},
        (2, JAN): {"segment": "A", "share": None, "new": 1},
    }
    actual = {
        (1, JAN): {"segment": "B", "share": 0.500001},
        (1, FEB): {"segment": None, "share": 0},
        (3, JAN): {"segment": "A", "share": None},
    }
    found = {(item.client, item.month, item.column) for item in compared("SIZE", expected, actual)}
    assert found == {
        (1, JAN, "segment"),
        (1, JAN, "new"),
        (1, FEB, "share"),
        (2, JAN, "(row)"),
        (3, JAN, "(row)"),
    }
    assert compared("SIZE", actual, actual) == []
    far = {(1, JAN): {"segment": "B", "share": 0.5000021}}
    assert len(compared("SIZE", {(1, JAN): actual[1, JAN]}, far)) == 1


def test_a_failure_tells_where_and_why() -> None:
    found = [Difference("SIZE", 7, month, "segment", "A", "B", {"staff": 3}) for month in reversed(MONTHS[:9])]
    with pytest.raises(pytest.fail.Exception) as failed:
        assert_none(found, 100)
    lines = str(failed.value).splitlines()
    assert lines[0] == "9 differences in 100 rows: SIZE 9"
    assert lines[1] == "by column: SIZE.segment 9"
    assert lines[2] == "SIZE client 7 2024-01-31 segment: expected A, found B; evidence staff=3"
    assert len(lines) == 8
