"""The lookup seeds of the segment axes, written out from the specification (sections 4, 5 and 7) and domain.md 1c, 1d.

The unit tests of the oracle run on them, and the seeds of the project are compared with them: a scale that was typed
wrong would otherwise be wrong on both sides. What the specification leaves to the lender (agencies, keywords) is an
example here.
"""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]
ALWAYS = {"owner": "test", "rule_version": "1", "valid_from": "1900-01-01", "valid_to": "9999-12-31"}

# grade, upper end of the PD band and its middle in per cent, tier, slot
MASTER_SCALE = [
    ("M01", "0.03", "0.02", "HIGH", "STRONG"),
    ("M02", "0.05", "0.04", "HIGH", "STRONG"),
    ("M03", "0.09", "0.07", "HIGH", "STRONG"),
    ("M04", "0.15", "0.12", "HIGH", "STRONG"),
    ("M05", "0.26", "0.20", "HIGH", "STRONG"),
    ("M06", "0.44", "0.34", "MEDIUM", "STRONG"),
    ("M07", "0.75", "0.58", "MEDIUM", "GOOD"),
    ("M08", "1.30", "1.0", "MEDIUM", "GOOD"),
    ("M09", "2.20", "1.7", "MEDIUM", "SATISFACTORY"),
    ("M10", "3.7", "2.9", "ELEVATED", "SATISFACTORY"),
    ("M11", "6.3", "4.8", "ELEVATED", "WEAK"),
    ("M12", "11", "8.2", "ELEVATED", "WEAK"),
    ("M13", "20", "15", "RESTRICTED", "WEAK"),
    ("M14", "99.99999999", "30", "RESTRICTED", "WEAK"),
    ("D", "100", "100", "RESTRICTED", "DEFAULT"),
]

GRADES = {
    "GLOBAL": {
        "M01": "AAA Aaa AA+ Aa1 AA Aa2",
        "M02": "AA- Aa3 A+ A1",
        "M03": "A A2",
        "M04": "A- A3 BBB+ Baa1",
        "M05": "BBB Baa2",
        "M06": "BBB- Baa3",
        "M07": "BB+ Ba1",
        "M08": "BB Ba2",
        "M09": "BB- Ba3",
        "M10": "B+ B1",
        "M11": "B B2",
        "M12": "B- B3",
        "M13": "CCC+ Caa1",
        "M14": "CCC Caa2 CCC- Caa3 CC Ca C",
        "D": "D RD SD",
    },
    "CN_DOMESTIC": {
        "M04": "AAA",
        "M06": "AA+",
        "M07": "AA",
        "M09": "AA-",
        "M10": "A+",
        "M11": "A A-",
        "M12": "BBB+ BBB BBB-",
        "M13": "BB+ BB BB-",
        "M14": "B+ B B- CCC CC C",
        "D": "D",
    },
    "INTERNAL": {
        "M02": "AAA",
        "M03": "AA+",
        "M04": "AA",
        "M05": "AA-",
        "M06": "A+ A",
        "M07": "A- BBB+",
        "M08": "BBB",
        "M09": "BBB-",
        "M10": "BB+ BB",
        "M11": "BB- B+",
        "M12": "B B-",
        "M13": "CCC",
        "M14": "CC C",
        "D": "D",
    },
}


def fraction(per_cent: str) -> str:
    return f"{float(per_cent) / 100:.10f}"


def master_scale() -> Rows:
    rows = []
    for order, (grade, upper, middle, tier, slot) in enumerate(MASTER_SCALE, 1):
        lower = MASTER_SCALE[order - 2][1] if order > 1 else "0"
        band = {"pd_lower": fraction(lower), "pd_upper": fraction(upper), "pd_mid": fraction(middle)}
        rows.append({"grade": grade, "grade_order": order} | band | {"segment_code": tier, "slotting_grade": slot})
    return rows


def pairs(first: str, second: str, values: dict[str, Any]) -> Rows:
    return [{first: key, second: value} for key, value in values.items()]


def spec_seeds() -> dict[str, Rows]:
    restricts = ["DEFAULT", "UNLIKELY_TO_PAY", "BLACKLISTED", "BANKRUPTCY", "WRITTEN_OFF"]
    ranks = {"BANKRUPTCY": 10, "WRITTEN_OFF": 20, "DEFAULT": 30, "UNLIKELY_TO_PAY": 40, "BLACKLISTED": 50}
    events = [
        {
            "event_type": event,
            "effect": "RESTRICTS",
            "is_curable": str(event != "BANKRUPTCY").lower(),
            "event_rank": ranks[event],
        }
        for event in restricts
    ]
    events.append({"event_type": "CURED", "effect": "CURES", "is_curable": "false", "event_rank": 90})
    kinds = {"SUPPLIER_OUT": "SUPPLIER", "TAX_OUT": "TAX", "PAYROLL_OUT": "PAYROLL", "UTILITY_OUT": "UTILITY"}
    ins = ["SALES_IN", "OTHER_IN", "LOAN_IN", "OWN_TRANSFER_IN"]
    flows = [
        {"category": code, "direction": "IN", "counts_as_inflow": str(code in ins[:2]).lower(), "spending_kind": None}
        for code in ins
    ]
    flows += [
        {"category": code, "direction": "OUT", "counts_as_inflow": "false", "spending_kind": kinds.get(code)}
        for code in [*kinds, "DEBT_SERVICE_OUT", "OTHER_OUT"]
    ]
    scores = [
        {"agency": agency, "base_score": 600, "base_odds": 50, "pdo": 20}
        for agency in ("CREDIT_CENTRE", "MARKET_BUREAU", "SME_SCORE")
    ]
    keywords = [("solar", 10, "ENERGY"), ("wind", 20, "ENERGY"), ("road", 30, "TRANSPORT"), ("医院", 40, "SOCIAL")]
    weights = {
        "FINANCIAL_STRENGTH": "0.30",
        "POLITICAL_AND_LEGAL": "0.15",
        "TRANSACTION": "0.20",
        "SPONSOR": "0.20",
        "SECURITY": "0.15",
    }
    seeds = {
        "rule_master_scale": master_scale(),
        "rule_rating_grade": [
            {"rating_scale": scale, "symbol": symbol, "grade": grade}
            for scale, by_grade in GRADES.items()
            for grade, symbols in by_grade.items()
            for symbol in symbols.split()
        ],
        "rule_rating_source": pairs(
            "rating_scale", "source_rank", {"INTERNAL": 10, "CN_DOMESTIC": 20, "GLOBAL": 20, "BUREAU": 30}
        ),
        "rule_score_calibration": scores,
        "rule_credit_event": events,
        "rule_account_flow_category": flows,
        "rule_project_keyword": [
            {"keyword": word, "match_order": order, "project_type": code} for word, order, code in keywords
        ],
        "rule_slotting_grade": pairs(
            "grade", "category_number", {"STRONG": 1, "GOOD": 2, "SATISFACTORY": 3, "WEAK": 4, "DEFAULT": 5}
        ),
        "rule_slotting_weight": pairs("factor", "weight", weights),
    }
    return {name: [row | ALWAYS for row in rows] for name, rows in seeds.items()}


SPEC_SEEDS = spec_seeds()
