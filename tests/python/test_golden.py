"""The golden vectors of the domain reference (section 7), through the real models: one small input, one build."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from conftest import Project, Warehouse
from small_input import client, instalments, loan, payments, write_tables

AS_OF = date(2024, 12, 31)
MODELS = ["--select", "+fct_loan_month", "+seg_size", "+int_client_identity", "stg_loan_prime_rate"]
MODELS += ["--exclude-resource-type", "test"]

# GB/T 4754-2017 code, employees, revenue and total assets in ten thousand yuan (None: not in the statement), size
SIZE_VECTORS = [
    ("33", 1000, 40000, None, "LARGE"),
    ("33", 1000, "39999.99", None, "MEDIUM"),
    # one cent of a yuan below the bound is still below it
    ("33", 1000, "39999.999999", None, "MEDIUM"),
    ("33", 999, 40000, None, "MEDIUM"),
    ("33", 300, 2000, None, "MEDIUM"),
    ("33", 299, 2000, None, "SMALL"),
    ("33", 20, 300, None, "SMALL"),
    ("33", 5000, 250, None, "MICRO"),
    ("33", 19, 50000, None, "MICRO"),
    ("33", None, 40000, None, "UNKNOWN"),
    ("33", 1000, None, None, "UNKNOWN"),
    ("64", 150, 50000, None, "MEDIUM"),
    ("65", 103, "15735.28", None, "MEDIUM"),
    ("592", 150, 2000, None, "MEDIUM"),
    ("7010", None, 250000, 9999, "MEDIUM"),
    ("7010", None, 0, 800000, "MICRO"),
    ("72", 12, None, 90, "MICRO"),
    ("80", 100, None, None, "MEDIUM"),
    ("47", None, 6000, 4999, "SMALL"),
    ("51", 4, 90000, None, "MICRO"),
    ("53", 5000, 90000, 90000, "NOT_APPLICABLE"),
    ("66", 5000, 90000, 90000, "NOT_APPLICABLE"),
    ("83", 5000, 90000, 90000, "NOT_APPLICABLE"),
    ("84", 5000, 90000, 90000, "NOT_APPLICABLE"),
    ("91", 5000, 90000, 90000, "NOT_APPLICABLE"),
    # the rows below division 59 differ (591 is transport), so the division alone decides nothing
    ("59", 150, 2000, None, "UNKNOWN"),
    (None, 150, 2000, None, "UNKNOWN"),
]

# code as delivered, value kept, is it valid, mark
USCC_VECTORS = [
    ("91110000600037341L", "91110000600037341L", True, None),
    ("91350100M000100Y43", "91350100M000100Y43", True, None),
    ("91440300708461136T", "91440300708461136T", True, None),
    ("91330100799655058B", "91330100799655058B", True, None),
    # genuine codes of an early pilot: their check digit fails, the row stays
    ("91350100M0001TGQXM", "91350100M0001TGQXM", False, "S_USCC_CHECK"),
    ("91350211M0000XUF46", "91350211M0000XUF46", False, "S_USCC_CHECK"),
    ("91350203M0001FUE2P", "91350203M0001FUE2P", False, "S_USCC_CHECK"),
    ("911100006000373410", "911100006000373410", False, "S_USCC_CHECK"),
    # an I that stands for a 1: certain, because the check digit then holds
    ("9111000060003734IL", "91110000600037341L", True, "W_USCC_FIXED"),
    # an illegal letter that no repair makes valid, and a wrong length
    ("9133010079965S058B", "9133010079965S058B", False, "S_USCC"),
    ("9133010079965505", "9133010079965505", False, "S_USCC"),
]

FIVE_CLASS_VECTORS = [
    (0, "NORMAL", False, 1, "CURRENT"),
    (1, "SPECIAL_MENTION", False, 1, "D001_030"),
    (8, "SPECIAL_MENTION", False, 1, "D001_030"),
    (30, "SPECIAL_MENTION", False, 1, "D001_030"),
    (31, "SPECIAL_MENTION", False, 2, "D031_060"),
    (90, "SPECIAL_MENTION", False, 2, "D061_090"),
    (91, "SUBSTANDARD", True, 3, "D091_180"),
    (270, "SUBSTANDARD", True, 3, "D181_270"),
    (271, "DOUBTFUL", True, 3, "D271_360"),
    (360, "DOUBTFUL", True, 3, "D271_360"),
    (361, "LOSS", True, 3, "D361_PLUS"),
]

DPD_SCHEDULE = [("2024-01-20", 100, 0), ("2024-02-20", 100, 0), ("2024-03-20", 100, 0)]
DPD_MONTHS = [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
# payments, days past due at the three month ends
DPD_VECTORS: dict[str, tuple[list[tuple[str, Any]], list[int]]] = {
    "late_and_short": ([("2024-01-20", 100), ("2024-03-20", 50)], [9, 40, 70]),
    "late_then_punctual": ([("2024-01-25", 100), ("2024-02-20", 100), ("2024-03-20", 100)], [0, 0, 0]),
    "nothing_paid": ([], [40, 71, 101]),
    # a shortfall of one unit of money is no arrears, of one and a cent it is
    "tolerated_shortfall": ([("2024-01-20", 99), ("2024-02-20", 101), ("2024-03-20", 99)], [0, 0, 0]),
    "shortfall_beyond_tolerance": ([("2024-01-20", 100), ("2024-02-20", 100), ("2024-03-20", "98.99")], [0, 11, 41]),
    # money is counted by its value date, the day itself included
    "paid_on_the_last_day": ([("2024-01-20", 100), ("2024-02-29", 100), ("2024-03-31", 100)], [0, 0, 0]),
    "paid_a_day_after_month_end": ([("2024-01-20", 100), ("2024-03-01", 100), ("2024-04-01", 100)], [9, 11, 0]),
}

# registration: (source, number, name, attributes); then which registrations are one client
IDENTITY_GROUPS: list[list[tuple[str, str, str, dict[str, Any]]]] = [
    # one code, two spellings
    [
        ("CORE", "I01", "杭州云澜机械有限公司", {"uscc": "91440300708461136T"}),
        ("CRM", "I02", "云澜机械", {"uscc": "91440300708461136T"}),
        # the organisation code is positions 9 to 17 of that code
        ("LOS", "I03", "Yunlan Machinery", {"org_code": "708461136"}),
    ],
    # same name, same legal representative, but two different valid codes: never one client
    [("CORE", "I04", "宁波海桐贸易有限公司", {"legal_representative": "林一凡", "uscc": "91330100799655058B"})],
    [("CORE", "I05", "宁波海桐贸易有限公司", {"legal_representative": "林一凡", "uscc": "91350100M000100Y43"})],
    # no code at all: the legal form and the brackets may differ when something else agrees
    [
        ("CORE", "I06", "绍兴（越城）青禾纺织有限责任公司", {"legal_representative": "何千山"}),
        ("CRM", "I07", "绍兴(越城)青禾纺织有限公司", {"legal_representative": "何千山"}),
    ],
    [
        ("CORE", "I08", "温州北辰五金有限公司", {"phone": "10000000001"}),
        ("LOS", "I09", "温州北辰五金有限公司", {"phone": "10000000001"}),
    ],
    # the same name alone, and the same phone alone, are not enough
    [("CORE", "I10", "台州远帆科技有限公司", {"phone": "10000000002", "legal_representative": "程未名"})],
    [("CRM", "I11", "台州远帆科技有限公司", {"phone": "10000000003"})],
    [("CORE", "I12", "湖州临溪餐饮有限公司", {"phone": "10000000002"})],
    # a code whose check fails proves nothing
    [("CORE", "I13", "嘉兴初阳印刷有限公司", {"uscc": "911100006000373410"})],
    [("CRM", "I14", "金华暮云物流有限公司", {"uscc": "911100006000373410"})],
]


def size_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    clients, statements = [], []
    for number, (code, employees, revenue, assets, _) in enumerate(SIZE_VECTORS):
        clients.append(client(f"S{number:02d}", industry_code=code or "", industry_code_edition="2017" if code else ""))
        values = {"employees": employees, "revenue": revenue, "total_assets": assets}
        statements.append(
            {"source_system": "CORE", "client_no": f"S{number:02d}", "period_end": "2023-12-31", "period_type": "FY"}
            | {"scope": "SOLO", "filed_on": "2024-03-31", "currency": "CNY", "amount_unit": "WAN"}
            | {name: "" if value is None else value for name, value in values.items()}
        )
        # a file in ten thousand yuan has two decimals; finer amounts come in yuan
        if revenue is not None and len(str(revenue).partition(".")[2]) > 2:
            statements[-1] |= {"amount_unit": "YUAN", "revenue": str(revenue).replace(".", "")[:9] + ".99"}
    return clients, statements


def identifier(source: str, number: str, kind: str, value: str) -> dict[str, Any]:
    return {"source_system": source, "client_no": number, "identifier_type": kind, "identifier_value": value} | {
        "valid_from": "2015-01-01"
    }


@pytest.fixture(scope="module")
def golden(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    clients, statements = size_rows()
    identifiers, loans, schedules, paid = [], [], [], []
    for number, (code, *_) in enumerate(USCC_VECTORS):
        clients.append(client(f"U{number:02d}"))
        identifiers.append(identifier("CORE", f"U{number:02d}", "USCC", code))
    for group in IDENTITY_GROUPS:
        for source, number, name, attributes in group:
            known = {key: value for key, value in attributes.items() if key in ("legal_representative", "phone")}
            clients.append(client(number, source, client_name=name, **known))
            for key, kind in [("uscc", "USCC"), ("org_code", "ORG_CODE")]:
                if key in attributes:
                    identifiers.append(identifier(source, number, kind, attributes[key]))
    clients.append(client("L"))
    for days, *_ in FIVE_CLASS_VECTORS:
        due_on = (AS_OF - timedelta(days=days)).isoformat()
        loans.append(loan(f"DAYS-{days}", "L", 100000, "2023-08-01", due_on))
        schedules += instalments(f"DAYS-{days}", [(due_on, 100000, 500)])
    for name, (bookings, _) in DPD_VECTORS.items():
        loans.append(loan(f"DPD-{name}", "L", 300, "2024-01-02", "2024-12-31"))
        schedules += instalments(f"DPD-{name}", DPD_SCHEDULE)
        paid += payments(f"DPD-{name}", bookings)
    # more than 180 days: doubtful under the older bands, substandard since 2023-07-01
    loans.append(loan("RULE-CHANGE", "L", 1000, "2022-06-01", "2022-12-01"))
    schedules += instalments("RULE-CHANGE", [("2022-12-01", 1000, 10)])
    # a loan that was repaid and matured before the history begins, and one that is repaid early
    loans.append(loan("LONG-GONE", "L", 1000, "2020-01-10", "2020-06-10"))
    schedules += instalments("LONG-GONE", [("2020-06-10", 1000, 20)])
    paid += payments("LONG-GONE", [("2020-06-10", 1020)])
    loans.append(loan("PREPAID", "L", 1000, "2024-01-10", "2024-06-15"))
    schedules += instalments("PREPAID", [("2024-03-15", 500, 10), ("2024-06-15", 500, 10)])
    paid += payments("PREPAID", [("2024-02-10", 1020)])
    # a schedule that lost an instalment on the way: what it does not schedule is still owed
    loans.append(loan("SHORT-SCHEDULE", "L", 1000, "2024-01-10", "2025-06-15"))
    schedules += instalments("SHORT-SCHEDULE", [("2024-03-15", 400, 0)])
    paid += payments("SHORT-SCHEDULE", [("2024-03-15", 400)])
    tables = {
        "clients": clients,
        "client_identifiers": identifiers,
        "financial_statements": statements,
        "loans": loans,
        "repayment_schedules": schedules,
        "payments": paid,
    }
    folder = tmp_path_factory.mktemp("golden")
    write_tables(folder / "input", tables)
    settings = {"LENDING_INPUT": str(folder / "input"), "LENDING_HISTORY_START": "2023-06"}
    return project.build(folder / "home", *MODELS, **settings)


@pytest.fixture(scope="module")
def sizes(golden: Warehouse) -> dict[str, tuple[str, str]]:
    sql = """
        select identity.client_no, size.final_segment, size.reason_code
        from segments.seg_size as size
        inner join intermediate.int_client_identity as identity on size.client_key = identity.client_key
        where size.as_of_month = date '2024-12-31'
    """
    return {number: (segment, reason) for number, segment, reason in golden.rows(sql)}


@pytest.mark.parametrize(
    ("number", "vector"),
    list(enumerate(SIZE_VECTORS)),
    ids=["-".join(str(part) for part in vector) for vector in SIZE_VECTORS],
)
def test_size(sizes: dict[str, tuple[str, str]], number: int, vector: tuple[Any, ...]) -> None:
    segment, reason = sizes[f"S{number:02d}"]
    assert segment == vector[-1], reason


@pytest.fixture(scope="module")
def codes(golden: Warehouse) -> dict[str, tuple[Any, ...]]:
    sql = "select client_no, row_status, identifier_value, is_valid_uscc, issues from staging.base_client_identifiers"
    return {row[0]: row[1:] for row in golden.rows(sql) if row[0].startswith("U")}


@pytest.mark.parametrize(
    ("number", "vector"), list(enumerate(USCC_VECTORS)), ids=[vector[0] for vector in USCC_VECTORS]
)
def test_uscc(codes: dict[str, tuple[Any, ...]], number: int, vector: tuple[str, str, bool, str | None]) -> None:
    _, kept, is_valid, mark = vector
    assert codes[f"U{number:02d}"] == ("ACCEPTED", kept, is_valid, [] if mark is None else [mark])


@pytest.mark.parametrize("vector", FIVE_CLASS_VECTORS, ids=[str(vector[0]) for vector in FIVE_CLASS_VECTORS])
def test_five_class(golden: Warehouse, vector: tuple[int, str, bool, int, str]) -> None:
    days, *standing = vector
    sql = """
        select days_past_due, five_class, is_non_performing, stage, bucket_code
        from marts.fct_loan_month
        where loan_no = ? and as_of_month = ?
    """
    assert golden.rows(sql, [f"DAYS-{days}", AS_OF]) == [(days, *standing)]


def test_five_class_follows_the_rule_of_the_month(golden: Warehouse) -> None:
    sql = """
        select days_past_due, five_class, five_class_rule_version
        from marts.fct_loan_month
        where loan_no = 'RULE-CHANGE' and as_of_month in (date '2023-06-30', date '2023-07-31')
        order by as_of_month
    """
    assert golden.rows(sql) == [(211, "DOUBTFUL", "CBRC-2007"), (242, "SUBSTANDARD", "CBIRC-PBC-2023-1")]


@pytest.mark.parametrize("name", DPD_VECTORS)
def test_days_past_due(golden: Warehouse, name: str) -> None:
    sql = """
        select as_of_month, days_past_due
        from marts.fct_loan_month
        where loan_no = ? and as_of_month between date '2024-02-29' and date '2024-04-30'
        order by as_of_month
    """
    expected = list(zip(DPD_MONTHS, DPD_VECTORS[name][1], strict=True))
    assert golden.rows(sql, [f"DPD-{name}"]) == expected


def test_loan_repaid_before_the_history_has_no_month(golden: Warehouse) -> None:
    assert golden.rows("select as_of_month from marts.fct_loan_month where loan_no = 'LONG-GONE'") == []


def test_prepaid_loan_stays_through_the_month_of_its_maturity(golden: Warehouse) -> None:
    """What falls due in that month was paid in time: it belongs in the on-time rate like every other instalment."""
    sql = """
        select as_of_month, outstanding_amount, due_amount, paid_on_time_amount
        from marts.fct_loan_month
        where loan_no = 'PREPAID' and as_of_month >= date '2024-02-29'
        order by as_of_month
    """
    got = [(month.month, float(left), float(due), float(on_time)) for month, left, due, on_time in golden.rows(sql)]
    assert got == [(2, 0, 0, 0), (3, 0, 510, 510), (4, 0, 0, 0), (5, 0, 0, 0), (6, 0, 510, 510)]


def test_principal_outside_the_schedule_is_still_owed(golden: Warehouse) -> None:
    sql = "select outstanding_amount, loan_state from marts.fct_loan_month where loan_no = ? and as_of_month = ?"
    assert [(float(left), state) for left, state in golden.rows(sql, ["SHORT-SCHEDULE", AS_OF])] == [(600.0, "LIVE")]


def test_identity(golden: Warehouse) -> None:
    """The same groups of registrations, no more and no fewer."""
    sql = "select client_no, client_key from intermediate.int_client_identity where client_no like 'I%'"
    groups: dict[int, set[str]] = {}
    for number, key in golden.rows(sql):
        groups.setdefault(key, set()).add(number)
    assert sorted(map(sorted, groups.values())) == [[number for _, number, *_ in group] for group in IDENTITY_GROUPS]


def test_two_valid_codes_never_stand_in_one_client(golden: Warehouse) -> None:
    sql = """
        select identity.client_key, count(distinct identifiers.identifier_value) as codes
        from intermediate.int_client_identity as identity
        inner join staging.stg_client_identifiers as identifiers
            on identity.source_system = identifiers.source_system and identity.client_no = identifiers.client_no
        where identifiers.is_valid_uscc
        group by identity.client_key
        having count(distinct identifiers.identifier_value) > 1
    """
    assert golden.rows(sql) == []


@pytest.mark.parametrize(
    ("day", "rate"), [(date(2024, 10, 20), 0.0335), (date(2024, 10, 21), 0.031), (date(2024, 2, 20), 0.0345)]
)
def test_loan_prime_rate_as_of(golden: Warehouse, day: date, rate: float) -> None:
    sql = "select rate from staging.stg_loan_prime_rate where tenor = '1Y' and valid_from <= ? and valid_to > ?"
    assert [float(value) for (value,) in golden.rows(sql, [day, day])] == [rate]
