"""Every kind of dirt of domain.md section 5b, as cases: rows to deliver and what must become of each.

All of it is synthetic. Each case has registrations of its own (source system DIRT, numbered by the name of the case),
so that nothing of it can touch the demo portfolio, and exactly one thing is wrong in it. A `Row` says what is delivered
and what the warehouse must make of it; what it does not say must be clean: accepted, without any mark.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
EXTRACTED_AT = "2025-12-31 23:59:59"
DISBURSED_ON = "2025-01-10"


@dataclass(frozen=True)
class Row:
    """One delivered row and what it must become. Of rows with one delivered key it is left open which becomes what.

    marks     all of base_<table>.issue_columns, as "code column"
    found     all that dq_cross_table_issue must say about the row, as "code column"
    read      columns of base_<table> with the values they must have; columns that are not named are not looked at
    """

    table: str
    delivered: dict[str, str | None]
    status: str = "ACCEPTED"
    marks: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    read: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Rows with one thing wrong, and the line of section 5b (or the other rule) that they stand for.

    same_client        groups of registration numbers that must be one client
    different_clients  registration numbers that must all be different clients
    in_review          pairs that dq_identity_review must show
    """

    name: str
    line: str
    rows: tuple[Row, ...]
    same_client: tuple[frozenset[str], ...] = ()
    different_clients: frozenset[str] = frozenset()
    in_review: tuple[frozenset[str], ...] = ()


# -- Numbers of synthetic firms --

USCC_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc_check(body: str) -> str:
    """The 18th character for the first 17 of a unified social credit code (GB 32100-2015)."""
    total = sum(USCC_SYMBOLS.index(symbol) * (pow(3, i, 31)) for i, symbol in enumerate(body))
    return USCC_SYMBOLS[(31 - total % 31) % 31]


def organisation_code(serial: int) -> str:
    """A 9-character organisation code (GB 11714) of the invented range DT."""
    body = f"DT{serial:06d}"
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def valid_uscc(serial: int) -> str:
    body = "91440300" + organisation_code(serial)
    return body + uscc_check(body)


def in_chinese(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))


# -- Reference values, from the seeds themselves --


def _seed(name: str) -> list[dict[str, str]]:
    with open(SEEDS / "reference" / f"{name}.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def yuan(amount: str, currency: str, month_end: str, rate: str) -> Decimal:
    """An amount in yuan by the rate_end or rate_average of a month; the seed quotes every currency per euro."""
    quotes = {row["currency"]: Decimal(row[rate]) for row in _seed("ref_fx_rate") if row["month_end"] == month_end}
    per_unit = (quotes["CNY"] / quotes[currency]).quantize(Decimal("0.0000000001"), ROUND_HALF_UP)
    return cents(Decimal(amount) * per_unit)


def prime_rate(tenor: str, day: str) -> Decimal:
    published = [row for row in _seed("ref_lpr") if row["tenor"] == tenor and row["published_on"] <= day]
    return Decimal(max(published, key=lambda row: row["published_on"])["rate"])


def fraction(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), ROUND_HALF_UP)


# -- Clean rows, to be dirtied --

_serials = count(1)


class Firm:
    """A synthetic registration whose rows are clean unless a keyword says otherwise.

    Keywords of the row methods are delivered values, except status_is, marks, found and read: what a Row expects.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        self.serial = next(_serials)
        self.name = f"样例{in_chinese(self.serial)}精密器件有限公司"
        self.uscc = valid_uscc(self.serial)
        self.loan_no = f"{number}-LOAN"

    def _row(self, table: str, defaults: dict[str, str | None], changes: dict[str, Any], with_client: bool) -> Row:
        said = {key: changes.pop(key) for key in ("status_is", "marks", "found", "read") if key in changes}
        delivered = {"source_system": "DIRT", "client_no": self.number} if with_client else {}
        delivered |= defaults | {"extracted_at": EXTRACTED_AT, "batch_id": "DIRT"} | changes
        marks = tuple(sorted(said.get("marks", ())))
        return Row(
            table, delivered, said.get("status_is", "ACCEPTED"), marks, said.get("found", ()), said.get("read", {})
        )

    def client(self, **changes: Any) -> Row:
        defaults = {
            "branch_code": "BR001",
            "client_name": self.name,
            "org_type": "LIMITED",
            "registered_on": "2015-03-09",
            "status": "ACTIVE",
            "legal_representative": f"代表{in_chinese(self.serial)}",
            "phone": f"199{self.serial:08d}",
            "region_code": "440300",
            "industry_code": "3911",
            "industry_code_system": "GBT4754",
            "industry_code_edition": "2017",
            "employees": "50",
            "registered_capital": "500",
            "registered_capital_unit": "WAN",
            "relationship_started_on": "2023-01-05",
        }
        return self._row("clients", defaults, changes, True)

    def identifier(self, **changes: Any) -> Row:
        defaults = {"identifier_type": "USCC", "identifier_value": self.uscc, "valid_from": "2015-03-09"}
        return self._row("client_identifiers", defaults, changes, True)

    def relationship(self, to: str, **changes: Any) -> Row:
        defaults = {
            "from_source_system": "DIRT",
            "from_client_no": self.number,
            "to_source_system": "DIRT",
            "to_client_no": to,
            "relationship_type": "PARENT_OF",
            "ownership_share": "0.8",
            "valid_from": "2020-01-01",
        }
        return self._row("client_relationships", defaults, changes, False)

    def statement(self, **changes: Any) -> Row:
        defaults = {
            "period_end": "2024-12-31",
            "period_type": "FY",
            "scope": "SOLO",
            "filed_on": "2025-04-20",
            "currency": "CNY",
            "amount_unit": "YUAN",
            "employees": "50",
            "revenue": "3000000",
            "total_assets": "2000000",
            "total_liabilities": "800000",
            "equity": "1200000",
        }
        return self._row("financial_statements", defaults, changes, True)

    def rating(self, **changes: Any) -> Row:
        defaults = {
            "agency": "INTERNAL",
            "rating_scale": "INTERNAL",
            "rated_on": "2025-11-20",
            "symbol": "AA+",
            "action": "NEW",
        }
        return self._row("credit_ratings", defaults, changes, True)

    def bureau_report(self, **changes: Any) -> Row:
        defaults = {"bureau": "MARKET_BUREAU", "reported_on": "2025-11-20", "score": "640", "other_debt": "100000"}
        return self._row("bureau_reports", defaults, changes, True)

    def application(self, **changes: Any) -> Row:
        defaults = {
            "application_no": f"{self.number}-APPLICATION",
            "channel": "BRANCH",
            "requested_amount": "100000",
            "currency": "CNY",
            "submitted_at": "2025-01-02 10:00:00",
            "decided_at": "2025-01-06 15:00:00",
            "decision": "APPROVED",
            "approved_amount": "100000",
        }
        return self._row("loan_applications", defaults, changes, True)

    def facility(self, **changes: Any) -> Row:
        defaults = {
            "facility_no": f"{self.number}-FACILITY",
            "limit_amount": "500000",
            "currency": "CNY",
            "started_on": "2025-01-08",
            "expires_on": "2027-01-08",
        }
        return self._row("facilities", defaults, changes, True)

    def loan(self, **changes: Any) -> Row:
        defaults = {
            "loan_no": self.loan_no,
            "product_code": "TERM_EQUIP",
            "principal": "100000",
            "currency": "CNY",
            "disbursed_on": DISBURSED_ON,
            "matures_on": "2026-12-10",
            "rate": "0.0435",
            "rate_type": "FIXED",
            "repayment_method": "BULLET",
            "security_type": "UNSECURED",
            "status": "LIVE",
        }
        return self._row("loans", defaults, changes, True)

    def instalment(self, **changes: Any) -> Row:
        defaults = {
            "loan_no": self.loan_no,
            "schedule_version": "1",
            "instalment_no": "1",
            "due_on": "2025-06-10",
            "principal_due": "100000",
            "interest_due": "2000",
        }
        return self._row("repayment_schedules", defaults, changes, False)

    def payment(self, **changes: Any) -> Row:
        defaults = {
            "payment_no": f"{self.number}-PAYMENT",
            "loan_no": self.loan_no,
            "value_on": "2025-06-10",
            "booked_at": "2025-06-10 09:30:00",
            "amount": "1000",
            "paid_from": "OWN",
        }
        return self._row("payments", defaults, changes, False)

    def month_end(self, **changes: Any) -> Row:
        defaults = {
            "loan_no": self.loan_no,
            "month_end": "2025-06-30",
            "outstanding_principal": "100000",
            "days_past_due": "0",
        }
        return self._row("loan_month_ends", defaults, changes, False)

    def collateral(self, **changes: Any) -> Row:
        defaults = {
            "collateral_no": f"{self.number}-COLLATERAL",
            "collateral_type": "REAL_ESTATE",
            "value_amount": "400000",
            "currency": "CNY",
            "valued_on": "2025-09-15",
        }
        return self._row("collaterals", defaults, changes, False)

    def allocation(self, **changes: Any) -> Row:
        defaults = {"collateral_no": f"{self.number}-COLLATERAL", "loan_no": self.loan_no, "allocated_share": "0.5"}
        return self._row("collateral_allocations", defaults, changes, False)

    def project(self, **changes: Any) -> Row:
        defaults = {
            "project_no": f"{self.number}-PROJECT",
            "project_name": f"样例{in_chinese(self.serial)}风电项目",
            "project_type": "ENERGY",
            "borrower_source_system": "DIRT",
            "borrower_client_no": self.number,
            "total_cost": "9000000",
            "debt_amount": "6000000",
            "currency": "CNY",
            "financial_close_on": "2024-03-15",
            "planned_completion_on": "2027-03-31",
        }
        return self._row("projects", defaults, changes, False)

    def cashflow(self, **changes: Any) -> Row:
        defaults = {
            "project_no": f"{self.number}-PROJECT",
            "scenario": "BASE",
            "period_end": "2027-12-31",
            "known_on": "2024-03-15",
            "revenue": "700000",
        }
        return self._row("project_cashflows", defaults, changes, False)

    def credit_event(self, **changes: Any) -> Row:
        defaults = {"event_no": f"{self.number}-CREDIT-EVENT", "event_type": "BLACKLISTED", "occurred_on": "2025-08-01"}
        return self._row("credit_events", defaults, changes, True)

    def event(self, **changes: Any) -> Row:
        defaults = {
            "event_no": f"{self.number}-EVENT",
            "occurred_at": "2025-11-03 10:15:00",
            "event_type": "LOGIN",
            "channel": "WEB",
        }
        return self._row("digital_events", defaults, changes, True)

    def flow(self, **changes: Any) -> Row:
        defaults = {"month_end": "2025-06-30", "category": "PAYROLL_OUT", "amount": "80000", "transactions": "4"}
        return self._row("account_flows", defaults, changes, True)

    def survey(self, **changes: Any) -> Row:
        defaults = {
            "response_no": f"{self.number}-SURVEY",
            "answered_at": "2025-07-01 12:00:00",
            "nps": "8",
            "csat": "4",
        }
        return self._row("satisfaction_surveys", defaults, changes, True)

    def clean(self, table: str) -> list[Row]:
        """The clean rows that a row of a table hangs on."""
        if table == "clients":
            return []
        if table in ("repayment_schedules", "payments", "loan_month_ends"):
            return [self.client(), self.loan()]
        if table == "collateral_allocations":
            return [self.client(), self.loan(), self.collateral()]
        return [self.client()]

    def row_of(self, table: str, **changes: Any) -> Row:
        return getattr(self, ROW_METHODS[table])(**changes)


ROW_METHODS = {
    "clients": "client",
    "client_identifiers": "identifier",
    "financial_statements": "statement",
    "credit_ratings": "rating",
    "loan_applications": "application",
    "facilities": "facility",
    "loans": "loan",
    "repayment_schedules": "instalment",
    "payments": "payment",
    "collaterals": "collateral",
    "collateral_allocations": "allocation",
    "digital_events": "event",
    "account_flows": "flow",
    "satisfaction_surveys": "survey",
}

CASES: list[Case] = []

# Dirt in typed columns: (name, table, column, SQL of the value, read, status, marks). The other columns are those of
# the clean row of this table in the case settled-and-paid.
TYPED_DIRT: list[tuple[str, str, str, str, Any, str, tuple[str, ...]]] = [
    ("rate-percent", "loans", "rate", "4.35", Decimal("0.0435"), "ACCEPTED", ("W_RATE rate",)),
    ("rate-basis-points", "loans", "rate", "435.0", None, "ACCEPTED", ("Q_RATE rate",)),
    ("negative", "loans", "principal", "-5", Decimal("-5.00"), "REJECTED", ("Q_NEGATIVE principal",)),
    ("zero", "loans", "principal", "0", Decimal("0.00"), "REJECTED", ("Q_ZERO principal",)),
    (
        "sentinel-required",
        "loans",
        "disbursed_on",
        "date '1970-01-01'",
        None,
        "REJECTED",
        ("Q_REQUIRED disbursed_on", "W_SENTINEL disbursed_on"),
    ),
    ("order", "loans", "matures_on", "date '2025-01-09'", date(2025, 1, 9), "REJECTED", ("Q_ORDER matures_on",)),
    ("future", "payments", "value_on", "date '2099-06-10'", date(2099, 6, 10), "REJECTED", ("Q_FUTURE value_on",)),
    ("missing", "payments", "amount", "null", None, "REJECTED", ("Q_REQUIRED amount",)),
    ("orphan", "payments", "loan_no", "'NOWHERE'", "NOWHERE", "REJECTED", ("Q_ORPHAN loan_no",)),
    ("sentinel", "clients", "registered_on", "date '1900-01-01'", None, "ACCEPTED", ("W_SENTINEL registered_on",)),
    ("open-end", "clients", "technology_certificate_expires_on", "date '9999-12-31'", None, "ACCEPTED", ()),
    ("nines", "clients", "employees", "999999", None, "ACCEPTED", ("S_EMP employees",)),
    ("full-width", "clients", "client_name", "'ＡＢＣ'", "ABC", "ACCEPTED", ("W_FOLDED client_name",)),
    ("empty-text", "clients", "branch_code", "''", None, "ACCEPTED", ("W_NULLED branch_code",)),
]


def add(name: str, line: str, *rows: Row, **identity: Any) -> None:
    CASES.append(Case(name, line, tuple(rows), **identity))


# -- One value --
# (name, table, column, delivered, read, reason codes of the column); REJECTED where a required or key column has no
# value left, and then with the code that says so.

Value = tuple[str, str, str, str, Any, tuple[str, ...]]

TEXT: list[Value] = [
    (
        "full-width-name",
        "clients",
        "client_name",
        "ＡＢＣ样例（中国）精密％有限公司，壹",
        "ABC样例(中国)精密%有限公司,壹",
        ("W_FOLDED",),
    ),
    ("full-width-id", "clients", "phone", "０７５５－１２３４", "0755-1234", ("W_FOLDED",)),
    ("full-width-code", "clients", "org_type", "ＬＩＭＩＴＥＤ", "LIMITED", ("W_FOLDED",)),
    ("lower-case-code", "clients", "status", "active", "ACTIVE", ("W_FOLDED",)),
    (
        "no-break-space",
        "clients",
        "client_name",
        "\u00a0样例不断行空格有限公司\u00a0",
        "样例不断行空格有限公司",
        ("W_TRIMMED",),
    ),
    ("ideographic-space", "clients", "client_name", "样例全角空格　有限公司", "样例全角空格有限公司", ("W_TRIMMED",)),
    (
        "zero-width-space",
        "clients",
        "client_name",
        "样例零宽\u200b空格有限公司",
        "样例零宽空格有限公司",
        ("W_TRIMMED",),
    ),
    ("byte-order-mark", "clients", "client_name", "\ufeff样例字节序有限公司", "样例字节序有限公司", ("W_TRIMMED",)),
    ("tabulator", "clients", "client_name", "\t样例制表\t有限公司", "样例制表有限公司", ("W_TRIMMED",)),
    (
        "blanks-in-chinese-name",
        "clients",
        "client_name",
        "样 例 内 空 格 有 限 公 司",
        "样例内空格有限公司",
        ("W_TRIMMED",),
    ),
    (
        "blanks-in-english-name",
        "clients",
        "client_name",
        "Sample  Blanks   Company ",
        "Sample Blanks Company",
        ("W_TRIMMED",),
    ),
    ("blank-in-id", "clients", "phone", "0755 1234\u200b", "07551234", ("W_TRIMMED",)),
    ("zero-width-in-code", "clients", "org_type", "LIMITED\u200b", "LIMITED", ("W_TRIMMED",)),
    ("unknown-code", "clients", "org_type", "COOPERATIVE", "COOPERATIVE", ("S_CODE",)),
]

NULL_WORDS: list[Value] = [
    *(
        (f"null-word-{name}", "clients", "address", word, None, ("W_NULLED",))
        for name, word in [
            ("null", "NULL"),
            ("na", "N/A"),
            ("dash", "-"),
            ("wu", "无"),
            ("buxiang", "不详"),
            ("blank", " "),
        ]
    ),
    ("null-word-full-width", "clients", "address", "Ｎ／Ａ", None, ("W_NULLED",)),
    ("null-word-in-id", "clients", "phone", "无", None, ("W_NULLED",)),
    ("null-word-full-width-in-id", "clients", "phone", "－", None, ("W_NULLED",)),
    ("zero-in-id", "clients", "phone", "0", None, ("W_NULLED",)),
    ("null-word-in-code", "clients", "org_type", "不详", None, ("W_NULLED",)),
    ("null-word-in-count", "clients", "employees", "不详", None, ("W_NULLED",)),
    ("null-word-in-date", "clients", "registered_on", "无", None, ("W_NULLED",)),
    ("null-word-in-rate", "loans", "rate", "N/A", None, ("W_NULLED",)),
    ("null-word-in-amount", "financial_statements", "revenue", "-", None, ("W_NULLED",)),
    ("null-word-in-required-amount", "payments", "amount", "-", None, ("W_NULLED", "Q_REQUIRED")),
    ("null-word-in-required-name", "clients", "client_name", "不详", None, ("W_NULLED", "Q_REQUIRED")),
    ("zero-in-key", "clients", "client_no", "0", None, ("W_NULLED", "Q_KEY")),
    ("missing-key", "payments", "payment_no", "", None, ("Q_KEY",)),
    ("missing-required", "payments", "value_on", "", None, ("Q_REQUIRED",)),
]

NUMBERS: list[Value] = [
    ("thousands-separators", "payments", "amount", "1,234.50", Decimal("1234.50"), ("W_PARSED",)),
    ("yuan-sign-full-width", "payments", "amount", "￥1,234.50", Decimal("1234.50"), ("W_PARSED",)),
    ("yuan-sign", "payments", "amount", "¥1234.5", Decimal("1234.50"), ("W_PARSED",)),
    ("yuan-word", "payments", "amount", "1,234.50元", Decimal("1234.50"), ("W_PARSED",)),
    ("wan", "loans", "principal", "300万", Decimal("3000000.00"), ("W_PARSED",)),
    ("wan-with-sign-and-word", "loans", "principal", "￥12.5万元", Decimal("125000.00"), ("W_PARSED",)),
    ("yi", "loans", "principal", "1.2亿", Decimal("120000000.00"), ("W_PARSED",)),
    ("full-width-number", "loans", "principal", "１２，５００", Decimal("12500.00"), ("W_PARSED",)),
    ("accounting-negative", "financial_statements", "net_profit", "(500)", Decimal("-500.00"), ("W_PARSED",)),
    (
        "accounting-negative-full-width",
        "financial_statements",
        "net_profit",
        "（1,500.5）",
        Decimal("-1500.50"),
        ("W_PARSED",),
    ),
    ("scientific-notation", "financial_statements", "revenue", "1e3", None, ("Q_AMOUNT",)),
    ("scientific-notation-required", "loans", "principal", "1.5E+05", None, ("Q_AMOUNT",)),
    ("separators-not-by-three", "payments", "amount", "12,34.5", None, ("Q_AMOUNT",)),
    ("separators-of-another-country", "payments", "amount", "1.234,50", None, ("Q_AMOUNT",)),
    ("words-for-an-amount", "payments", "amount", "about 500", None, ("Q_AMOUNT",)),
    ("amount-beyond-its-type", "payments", "amount", "99999999999999999999", None, ("Q_AMOUNT",)),
    ("about-300-persons", "clients", "employees", "约300人", 300, ("W_PARSED",)),
    ("persons-in-words", "clients", "employees", "三百", None, ("Q_INTEGER",)),
    ("half-a-person", "clients", "employees", "12.5", None, ("Q_INTEGER",)),
    ("boolean-in-words", "clients", "consent_marketing", "是", True, ("W_PARSED",)),
    ("boolean-as-a-digit", "clients", "consent_profiling", "0", False, ("W_PARSED",)),
    ("boolean-unreadable", "clients", "consent_marketing", "maybe", None, ("Q_BOOLEAN",)),
]

RATES: list[Value] = [
    ("rate-fraction", "loans", "rate", "0.0435", Decimal("0.0435"), ()),
    ("rate-percent", "loans", "rate", "4.35", Decimal("0.0435"), ("W_RATE",)),
    ("rate-percent-sign", "loans", "rate", "4.35%", Decimal("0.0435"), ("W_RATE",)),
    ("rate-percent-sign-full-width", "loans", "rate", "４．３５％", Decimal("0.0435"), ("W_RATE",)),
    ("rate-basis-points", "loans", "rate", "435", None, ("Q_RATE",)),
    ("rate-below-half", "loans", "rate", "0.49", Decimal("0.49"), ()),
    ("rate-half", "loans", "rate", "0.5", Decimal("0.005"), ("W_RATE",)),
    ("rate-36", "loans", "rate", "36", Decimal("0.36"), ("W_RATE",)),
    ("rate-above-36", "loans", "rate", "36.01", None, ("Q_RATE",)),
    ("rate-zero", "loans", "rate", "0", None, ("Q_RATE",)),
    ("rate-negative", "loans", "rate", "-0.04", None, ("Q_RATE",)),
    (
        "rate-benchmark-up",
        "loans",
        "rate",
        "上浮30%",
        fraction(prime_rate("1Y", DISBURSED_ON) * Decimal("1.3")),
        ("W_RATE",),
    ),
    (
        "rate-benchmark-down",
        "loans",
        "rate",
        "下浮10%",
        fraction(prime_rate("1Y", DISBURSED_ON) * Decimal("0.9")),
        ("W_RATE",),
    ),
    ("rate-approved-percent", "loan_applications", "approved_rate", "5.9%", Decimal("0.059"), ("W_RATE",)),
    ("share-percent", "collateral_allocations", "allocated_share", "40%", Decimal("0.4"), ("W_RATE",)),
    ("share-beyond-the-whole", "collateral_allocations", "allocated_share", "150", None, ("Q_RATE",)),
]

DATES: list[Value] = [
    ("date-slashes", "clients", "registered_on", "2024/1/5", date(2024, 1, 5), ("W_DATE",)),
    ("date-dots", "clients", "registered_on", "2024.01.05", date(2024, 1, 5), ("W_DATE",)),
    ("date-compact", "clients", "registered_on", "20240105", date(2024, 1, 5), ("W_DATE",)),
    ("date-serial", "clients", "registered_on", "45296", date(2024, 1, 5), ("W_DATE",)),
    ("date-chinese", "clients", "registered_on", "2024年1月5日", date(2024, 1, 5), ("W_DATE",)),
    ("date-full-width", "clients", "registered_on", "２０２４－０１－０５", date(2024, 1, 5), ("W_DATE",)),
    ("date-with-time", "clients", "registered_on", "2024-01-05 00:00:00", date(2024, 1, 5), ("W_DATE",)),
    ("date-required", "payments", "value_on", "2025年6月10日", date(2025, 6, 10), ("W_DATE",)),
    (
        "timestamp-slashes",
        "loan_applications",
        "submitted_at",
        "2025/1/3 8:05",
        datetime(2025, 1, 3, 8, 5),
        ("W_DATE",),
    ),
    (
        "timestamp-compact",
        "loan_applications",
        "submitted_at",
        "20250103080500",
        datetime(2025, 1, 3, 8, 5),
        ("W_DATE",),
    ),
    ("date-day-first", "clients", "registered_on", "05/01/2024", None, ("Q_DATE",)),
    ("date-no-leap-year", "clients", "registered_on", "2023-02-29", None, ("Q_DATE",)),
    ("date-month-13", "clients", "registered_on", "2024-13-01", None, ("Q_DATE",)),
    ("date-chinese-impossible", "clients", "registered_on", "2024年2月30日", None, ("Q_DATE",)),
    ("date-impossible-required", "payments", "value_on", "2025-02-29", None, ("Q_DATE",)),
    ("date-impossible-key", "credit_ratings", "rated_on", "2025-11-31", None, ("Q_DATE",)),
    ("timestamp-impossible", "loan_applications", "decided_at", "2025-02-29 10:00:00", None, ("Q_DATE",)),
    ("sentinel-1900", "clients", "registered_on", "1900-01-01", None, ("W_SENTINEL",)),
    ("sentinel-1970", "clients", "registered_on", "1970-01-01", None, ("W_SENTINEL",)),
    ("sentinel-9999", "clients", "registered_on", "9999-12-31", None, ("W_SENTINEL",)),
    ("sentinel-9999-as-open-end", "client_identifiers", "valid_to", "9999-12-31", None, ()),
    ("sentinel-1970-as-end", "client_identifiers", "valid_to", "1970-01-01", None, ("W_SENTINEL",)),
    ("sentinel-required", "loans", "disbursed_on", "1970-01-01", None, ("W_SENTINEL", "Q_REQUIRED")),
    ("future-fact", "payments", "value_on", "2099-06-10", date(2099, 6, 10), ("Q_FUTURE",)),
    ("future-after-extraction", "payments", "value_on", "2026-01-15", date(2026, 1, 15), ("Q_FUTURE",)),
    ("future-on-day-of-extraction", "payments", "value_on", "2025-12-31", date(2025, 12, 31), ()),
    ("future-optional-fact", "clients", "registered_on", "2099-01-01", None, ("Q_FUTURE",)),
    (
        "future-clock-skew",
        "digital_events",
        "occurred_at",
        "2026-01-01 00:00:05",
        datetime(2026, 1, 1, 0, 0, 5),
        ("Q_FUTURE",),
    ),
    ("future-maturity", "loans", "matures_on", "2041-12-10", date(2041, 12, 10), ()),
    ("future-due-date", "repayment_schedules", "due_on", "2031-06-10", date(2031, 6, 10), ()),
]

RANGES: list[Value] = [
    ("order-maturity", "loans", "matures_on", "2025-01-09", date(2025, 1, 9), ("Q_ORDER",)),
    ("order-maturity-same-day", "loans", "matures_on", DISBURSED_ON, date(2025, 1, 10), ()),
    (
        "order-decision",
        "loan_applications",
        "decided_at",
        "2025-01-02 09:59:59",
        datetime(2025, 1, 2, 9, 59, 59),
        ("Q_ORDER",),
    ),
    ("order-decision-same-day", "loan_applications", "decided_at", "2025-01-02 10:00:00", datetime(2025, 1, 2, 10), ()),
    ("order-payment", "payments", "value_on", "2025-01-09", date(2025, 1, 9), ("Q_ORDER",)),
    ("order-payment-same-day", "payments", "value_on", DISBURSED_ON, date(2025, 1, 10), ()),
    ("order-filing", "financial_statements", "filed_on", "2024-12-30", date(2024, 12, 30), ("Q_ORDER",)),
    ("order-facility", "facilities", "expires_on", "2025-01-07", date(2025, 1, 7), ("Q_ORDER",)),
    ("order-validity", "client_identifiers", "valid_to", "2015-03-08", None, ("Q_ORDER",)),
    ("negative-principal", "loans", "principal", "-100000", Decimal("-100000.00"), ("Q_NEGATIVE",)),
    ("negative-payment", "payments", "amount", "-1000", Decimal("-1000.00"), ("Q_NEGATIVE",)),
    ("negative-payment-in-brackets", "payments", "amount", "(1,000)", Decimal("-1000.00"), ("Q_NEGATIVE", "W_PARSED")),
    ("negative-flow", "account_flows", "amount", "-80000", Decimal("-80000.00"), ("Q_NEGATIVE",)),
    ("zero-principal", "loans", "principal", "0", Decimal("0.00"), ("Q_ZERO",)),
    ("zero-facility", "facilities", "limit_amount", "0", Decimal("0.00"), ()),
    ("nps-out-of-range", "satisfaction_surveys", "nps", "11", None, ("Q_RANGE",)),
]

IDENTIFIERS: list[Value] = [
    (
        "uscc-lower-case",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900001).lower(),
        valid_uscc(900001),
        ("W_FOLDED",),
    ),
    (
        "uscc-with-blank",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900002)[:8] + " " + valid_uscc(900002)[8:],
        valid_uscc(900002),
        ("W_TRIMMED",),
    ),
    (
        "uscc-letter-o",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900003).replace("0", "O"),
        valid_uscc(900003),
        ("W_USCC_FIXED",),
    ),
    (
        "uscc-17-characters",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900004)[:17],
        valid_uscc(900004)[:17],
        ("S_USCC",),
    ),
    (
        "uscc-19-characters",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900005) + "0",
        valid_uscc(900005) + "0",
        ("S_USCC",),
    ),
    (
        "uscc-10-characters",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900006)[:10],
        valid_uscc(900006)[:10],
        ("S_USCC",),
    ),
    (
        "uscc-15-with-letters",
        "client_identifiers",
        "identifier_value",
        valid_uscc(900007)[:15],
        valid_uscc(900007)[:15],
        ("S_USCC",),
    ),
    (
        "uscc-letter-z",
        "client_identifiers",
        "identifier_value",
        "Z" + valid_uscc(900008)[1:],
        "Z" + valid_uscc(900008)[1:],
        ("S_USCC",),
    ),
    ("uscc-spreadsheet", "client_identifiers", "identifier_value", "9.11E+17", None, ("S_EXCEL", "Q_REQUIRED")),
    ("id-spreadsheet", "clients", "phone", "1.38E+10", None, ("S_EXCEL",)),
    ("key-spreadsheet", "payments", "payment_no", "4.5E+15", None, ("S_EXCEL", "Q_KEY")),
    ("org-code-with-hyphen", "client_identifiers", "identifier_value", "DT900009-4", "DT9000094", ("W_ID_MOVED",)),
]

RATINGS: list[Value] = [
    ("rating-lower-case", "credit_ratings", "symbol", "aaa", "AAA", ("W_RATING",)),
    ("rating-full-width", "credit_ratings", "symbol", "ＡＡ＋", "AA+", ("W_RATING",)),
    ("rating-blank-and-full-width-plus", "credit_ratings", "symbol", "AA ＋", "AA+", ("W_RATING",)),
    ("rating-that-does-not-exist", "credit_ratings", "symbol", "AAA-", "AAA-", ("S_RATING",)),
]

VALUES: list[tuple[str, list[Value]]] = [
    ("full width, blanks, zero width", TEXT),
    ("null words", NULL_WORDS),
    ("numbers", NUMBERS),
    ("rates and shares", RATES),
    ("dates", DATES),
    ("order, sign, range", RANGES),
    ("identifiers", IDENTIFIERS),
    ("ratings", RATINGS),
]

# a row with one of these in a key or required column, or one of these at all, is rejected
REQUIRED = {
    ("clients", "client_name"),
    ("clients", "client_no"),
    ("client_identifiers", "identifier_value"),
    ("credit_ratings", "rated_on"),
    ("loan_applications", "decided_at"),
    ("loans", "principal"),
    ("loans", "disbursed_on"),
    ("loans", "matures_on"),
    ("payments", "payment_no"),
    ("payments", "value_on"),
    ("payments", "amount"),
    ("collateral_allocations", "allocated_share"),
    ("digital_events", "occurred_at"),
    ("account_flows", "amount"),
    ("financial_statements", "filed_on"),
    ("facilities", "expires_on"),
}


def _single_values() -> None:
    for line, values in VALUES:
        for name, table, column, delivered, read, codes in values:
            firm = Firm(name.upper())
            is_unusable = any(code.startswith("Q_") for code in codes)
            # an optional time that cannot be read is empty; one in the wrong order rejects the application
            is_rejected = is_unusable and (table, column) in REQUIRED and not (column == "decided_at" and read is None)
            row = firm.row_of(
                table,
                **{column: delivered},
                status_is="REJECTED" if is_rejected else "ACCEPTED",
                marks=[f"{code} {'identifier_type' if code == 'W_ID_MOVED' else column}" for code in codes],
                read={column: read},
            )
            add(name, line, *firm.clean(table), row)


_single_values()


# -- Text in the wrong encoding --


def _encoding() -> None:
    for name, text in [
        ("gbk-as-utf8", "锟斤拷锟斤拷有限公司"),
        ("replacement-character", "样例\ufffd\ufffd有限公司"),
        ("latin", "ï¿½ï¿½有限公司"),
    ]:
        line = "GBK read as UTF-8"
        firm = Firm(f"UNREADABLE-{name.upper()}")
        orphan = {"status_is": "REJECTED"}
        add(
            f"unreadable-{name}-without-code",
            line,
            firm.client(
                client_name=text, status_is="REJECTED", marks=["Q_ENCODING client_name"], read={"client_name": None}
            ),
            firm.loan(marks=["ORPHAN_OF_QUARANTINED client_no"], **orphan),
            firm.instalment(marks=["ORPHAN_OF_QUARANTINED loan_no"], **orphan),
            firm.payment(marks=["ORPHAN_OF_QUARANTINED loan_no"], **orphan),
        )
        firm = Firm(f"UNREADABLE-KNOWN-{name.upper()}")
        add(
            f"unreadable-{name}-with-code",
            line,
            firm.client(client_name=text, marks=["W_NAME_UNREADABLE client_name"], read={"client_name": None}),
            firm.identifier(read={"is_valid_uscc": True}),
            firm.loan(),
        )
    firm = Firm("UNREADABLE-WRONG-CODE")
    wrong = firm.uscc[:17] + ("0" if firm.uscc[17] != "0" else "1")
    add(
        "unreadable-with-code-that-fails",
        line,
        firm.client(client_name="锟斤拷有限公司", status_is="REJECTED", marks=["Q_ENCODING client_name"]),
        firm.identifier(
            identifier_value=wrong,
            status_is="REJECTED",
            marks=["ORPHAN_OF_QUARANTINED client_no", "S_USCC_CHECK identifier_value"],
        ),
    )
    firm = Firm("UNREADABLE-ONE-VERSION")
    add(
        "unreadable-in-one-version",
        line,
        firm.client(extracted_at="2024-12-31 23:59:59"),
        firm.client(client_name="锟斤拷有限公司", status_is="REJECTED", marks=["Q_ENCODING client_name"]),
        firm.loan(),
    )


_encoding()


# -- Units and currencies --


def _units() -> None:
    line = "ten thousand yuan or yuan"
    for unit, factor in [("WAN", 10_000), ("THOUSAND", 1_000), ("MILLION", 1_000_000)]:
        firm = Firm(f"UNIT-{unit}")
        add(
            f"unit-{unit.lower()}",
            line,
            firm.client(),
            firm.statement(
                amount_unit=unit,
                revenue="300",
                total_assets="200",
                total_liabilities="80",
                equity="120",
                marks=["W_UNIT amount_unit"],
                read={
                    "revenue": Decimal("300.00"),
                    "revenue_amount": Decimal(300 * factor),
                    "total_assets_amount": Decimal(200 * factor),
                    "is_ratio_usable": True,
                },
            ),
        )
    before = {"period_end": "2023-12-31", "filed_on": "2024-04-20"}
    in_wan = {"revenue": "300", "total_assets": "200", "total_liabilities": "80", "equity": "120"}
    suspect = {"amount_unit": None, "marks": ["S_UNIT amount_unit"]}
    as_it_is = {"total_assets_amount": Decimal("200.00"), "is_ratio_usable": False}

    firm = Firm("UNIT-ABSENT")
    add(
        "unit-absent-plausible",
        line,
        firm.client(),
        firm.statement(**before),
        firm.statement(amount_unit=None, read={"is_ratio_usable": True}),
    )
    firm = Firm("UNIT-SUSPECT")
    add(
        "unit-absent-beside-period-before",
        line,
        firm.client(),
        firm.statement(**before),
        firm.statement(**in_wan, **suspect, read=as_it_is),
    )
    firm = Firm("UNIT-SUSPECT-AFTER-WAN")
    add(
        "unit-absent-beside-period-before-in-wan",
        line,
        firm.client(),
        firm.statement(**before, **in_wan, amount_unit="WAN", marks=["W_UNIT amount_unit"]),
        firm.statement(**in_wan, **suspect, read=as_it_is),
    )
    firm = Firm("UNIT-GIVEN-BEFORE")
    add(
        "unit-absent-and-equal-to-period-before-in-wan",
        line,
        firm.client(),
        firm.statement(**before, **in_wan, amount_unit="WAN", marks=["W_UNIT amount_unit"]),
        firm.statement(amount_unit=None, read={"is_ratio_usable": True}),
    )
    firm = Firm("UNIT-SUSPECT-CAPITAL")
    add(
        "unit-absent-beside-registered-capital",
        line,
        firm.client(
            registered_capital="200",
            registered_capital_unit="WAN",
            read={"registered_capital_amount": Decimal("2000000.00")},
        ),
        firm.statement(**in_wan, **suspect, read=as_it_is),
    )
    firm = Firm("UNIT-SUSPECT-LOANS")
    add(
        "unit-absent-beside-loans",
        line,
        firm.client(registered_capital=None, registered_capital_unit=None),
        firm.loan(principal="2000000"),
        firm.statement(**in_wan, **suspect, read=as_it_is),
    )

    line = "mixed currency"
    firm = Firm("CURRENCY-STOCK-AND-FLOW")
    add(
        "currency-statement",
        line,
        firm.client(),
        firm.statement(
            currency="USD",
            read={
                "revenue_amount": yuan("3000000", "USD", "2024-12-31", "rate_average"),
                "total_assets_amount": yuan("2000000", "USD", "2024-12-31", "rate_end"),
            },
        ),
    )
    firm = Firm("CURRENCY-LOAN")
    add(
        "currency-loan",
        line,
        firm.client(),
        firm.loan(
            currency="usd",
            marks=["W_FOLDED currency"],
            read={"currency": "USD", "principal_amount": yuan("100000", "USD", "2025-01-31", "rate_end")},
        ),
        firm.payment(),
    )
    firm = Firm("CURRENCY-ABSENT")
    add(
        "currency-absent-is-the-lenders",
        line,
        firm.client(),
        firm.loan(currency=None, read={"principal_amount": Decimal("100000.00")}),
    )
    firm = Firm("CURRENCY-WITHOUT-RATE")
    add(
        "currency-without-rate",
        line,
        firm.client(),
        firm.loan(currency="XAU", status_is="REJECTED", marks=["Q_FX_MISSING currency"]),
        firm.statement(currency="XAU", status_is="REJECTED", marks=["Q_FX_MISSING currency"]),
        firm.facility(currency="XAU", status_is="REJECTED", marks=["Q_FX_MISSING currency"]),
    )

    line = "rate as a multiple of the benchmark"
    firm = Firm("RATE-LONG-TENOR")
    expected = fraction(prime_rate("5Y", DISBURSED_ON) * Decimal("1.3"))
    add(
        "rate-benchmark-long",
        line,
        firm.client(),
        firm.loan(rate="基准上浮30%", matures_on="2035-01-10", marks=["W_RATE rate"], read={"rate": expected}),
    )
    firm = Firm("RATE-BEFORE-BENCHMARK")
    add(
        "rate-benchmark-not-yet-published",
        line,
        firm.client(),
        firm.loan(rate="上浮30%", disbursed_on="2018-03-01", marks=["Q_RATE rate"], read={"rate": None}),
    )


_units()


# -- Reversals, copies, versions, conflicts --


def _reversals_and_copies() -> None:
    line = "negative principal"
    firm = Firm("TWIN")
    gone = {"status_is": "REJECTED", "marks": ["W_REVERSAL principal"]}
    add(
        "negative-principal-with-twin",
        line,
        firm.client(),
        firm.loan(**gone, read={"principal": Decimal("100000.00")}),
        firm.loan(loan_no="TWIN-REVERSAL", principal="-100000", **gone, read={"principal": Decimal("-100000.00")}),
        firm.payment(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
    )
    # two real loans of one day and amount, one of them taken back: the other stays
    firm = Firm("TWIN-OF-TWO")
    add(
        "negative-principal-with-one-of-two",
        line,
        firm.client(),
        firm.loan(loan_no="TWIN-OF-TWO-A"),
        firm.loan(loan_no="TWIN-OF-TWO-B", status="CANCELLED", **gone),
        firm.loan(loan_no="TWIN-OF-TWO-REVERSAL", principal="-100000", **gone),
    )
    firm = Firm("REVERSED-PAYMENT")
    add(
        "payment-reversed",
        line,
        firm.client(),
        firm.loan(),
        firm.payment(read={"signed_amount": Decimal("1000.00")}),
        firm.payment(
            payment_no="REVERSED-PAYMENT-2",
            reverses_payment_no="REVERSED-PAYMENT-PAYMENT",
            value_on="2025-06-11",
            read={"signed_amount": Decimal("-1000.00")},
        ),
    )
    firm = Firm("REVERSED-WITH-SIGN")
    add(
        "payment-reversed-with-a-sign",
        line,
        firm.client(),
        firm.loan(),
        firm.payment(),
        firm.payment(
            payment_no="REVERSED-WITH-SIGN-2",
            reverses_payment_no="REVERSED-WITH-SIGN-PAYMENT",
            value_on="2025-06-11",
            amount="-1000",
            marks=["W_REVERSAL amount"],
            read={"amount": Decimal("1000.00"), "signed_amount": Decimal("-1000.00")},
        ),
    )

    line = "exact duplicate rows"
    firm = Firm("COPY")
    copy = {"status_is": "DUPLICATE"}
    add(
        "copy-in-one-batch",
        line,
        firm.client(),
        firm.client(marks=["D_EXACT extracted_at"], **copy),
        firm.identifier(),
        firm.identifier(marks=["D_EXACT valid_from"], **copy),
        firm.loan(),
        firm.loan(marks=["D_EXACT loan_no"], **copy),
        firm.payment(),
        firm.payment(marks=["D_EXACT payment_no"], **copy),
        firm.payment(marks=["D_EXACT payment_no"], **copy),
    )
    firm = Firm("RESENT")
    add(
        "copy-in-a-batch-sent-again",
        line,
        firm.client(),
        firm.loan(batch_id="SENT-AGAIN"),
        firm.loan(extracted_at="2025-11-30 23:59:59", marks=["D_EXACT loan_no"], **copy),
    )
    firm = Firm("COPY-REPAIRED")
    add(
        "copy-after-repair",
        line,
        firm.client(),
        firm.loan(extracted_at="2025-12-31 23:59:59"),
        firm.loan(
            extracted_at="2025-11-30 23:59:59",
            principal="10万",
            disbursed_on="20250110",
            marks=["D_EXACT loan_no", "W_DATE disbursed_on", "W_PARSED principal"],
            **copy,
        ),
    )

    line = "rows with one key"
    older = {"extracted_at": "2025-06-30 23:59:59", "status_is": "SUPERSEDED", "marks": ["D_SUPERSEDED loan_no"]}
    firm = Firm("SUPERSEDED")
    add(
        "superseded-by-a-later-extraction",
        line,
        firm.client(),
        firm.loan(principal="90000", **older),
        firm.loan(),
        firm.payment(),
    )
    firm = Firm("SUPERSEDED-UNDATED")
    add(
        "superseded-because-undated",
        line,
        firm.client(),
        firm.loan(principal="90000", **(older | {"extracted_at": None})),
        firm.loan(),
    )
    firm = Firm("CONFLICT")
    conflict = {"status_is": "REJECTED", "marks": ["Q_KEY_CONFLICT loan_no"]}
    add(
        "conflict-of-amounts",
        line,
        firm.client(),
        firm.loan(**conflict),
        firm.loan(principal="120000", **conflict),
        firm.payment(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
    )
    firm = Firm("CONFLICT-UNDATED")
    add(
        "conflict-of-dates-without-extraction",
        line,
        firm.client(),
        firm.loan(extracted_at=None, **conflict),
        firm.loan(extracted_at=None, disbursed_on="2025-01-11", **conflict),
    )
    firm = Firm("VARIANT")
    add(
        "variant-in-something-else",
        line,
        firm.client(),
        firm.loan(product_code="TERM_EQUIP", marks=["S_KEY_VARIANT loan_no"]),
        firm.loan(product_code="TERM_TECH", status_is="SUPERSEDED", marks=["D_SUPERSEDED loan_no"]),
    )
    firm = Firm("CLIENT-VERSIONS")
    add(
        "client-versions-are-kept",
        line,
        firm.client(extracted_at="2024-06-30 23:59:59", employees="40"),
        firm.client(employees="50"),
        firm.loan(),
    )

    line = "same payment twice, overpayment"
    firm = Firm("PAID-TWICE")
    add(
        "payment-under-two-numbers",
        line,
        firm.client(),
        firm.loan(),
        firm.payment(payment_no="PAID-TWICE-1"),
        firm.payment(payment_no="PAID-TWICE-2", found=("S_DUP_PAYMENT payment_no",)),
    )
    firm = Firm("PAID-TWICE-AND-REVERSED")
    add(
        "payment-under-two-numbers-one-reversed",
        line,
        firm.client(),
        firm.loan(),
        firm.payment(payment_no="PAID-TWICE-AND-REVERSED-1"),
        firm.payment(payment_no="PAID-TWICE-AND-REVERSED-2"),
        firm.payment(
            payment_no="PAID-TWICE-AND-REVERSED-3",
            reverses_payment_no="PAID-TWICE-AND-REVERSED-2",
            value_on="2025-06-12",
        ),
    )
    for name, amount, found in [
        ("OVERPAID", "107100.01", ("S_OVERPAID loan_no",)),
        ("PAID-AS-DUE-AND-5", "107100.00", ()),
    ]:
        firm = Firm(name)
        add(name.lower(), line, firm.client(), firm.loan(found=found), firm.instalment(), firm.payment(amount=amount))


_reversals_and_copies()


# -- Orphans --


def _orphans() -> None:
    line = "orphan client, loan or facility key"
    firm = Firm("NOBODY")
    orphan = {"status_is": "REJECTED", "marks": ["Q_ORPHAN client_no"]}
    add(
        "orphan-of-client",
        line,
        firm.loan(**orphan),
        firm.facility(**orphan),
        firm.application(**orphan),
        firm.statement(**orphan),
        firm.rating(**orphan),
        firm.identifier(**orphan),
        firm.bureau_report(**orphan),
        firm.credit_event(**orphan),
        firm.flow(**orphan),
        firm.survey(**orphan),
        firm.payment(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
    )
    firm = Firm("NO-LOAN")
    orphan = {"status_is": "REJECTED", "marks": ["Q_ORPHAN loan_no"]}
    add(
        "orphan-of-loan",
        line,
        firm.client(),
        firm.payment(**orphan),
        firm.instalment(**orphan),
        firm.month_end(**orphan),
        firm.collateral(),
        firm.allocation(**orphan),
        firm.credit_event(loan_no=firm.loan_no, marks=["Q_ORPHAN loan_no"], read={"loan_no": None}),
    )
    firm = Firm("NO-FACILITY")
    lost = {"facility_no": "NOWHERE", "application_no": "NOWHERE", "project_no": "NOWHERE"}
    add(
        "orphan-of-optional-parents",
        line,
        firm.client(),
        firm.loan(**lost, marks=[f"Q_ORPHAN {column}" for column in lost], read=dict.fromkeys(lost)),
        firm.payment(),
    )
    firm = Firm("QUARANTINED-FACILITY")
    add(
        "orphan-of-quarantined-optional-parent",
        line,
        firm.client(),
        firm.facility(limit_amount="-1", status_is="REJECTED", marks=["Q_NEGATIVE limit_amount"]),
        firm.loan(
            facility_no="QUARANTINED-FACILITY-FACILITY",
            marks=["ORPHAN_OF_QUARANTINED facility_no"],
            read={"facility_no": None},
        ),
    )
    firm = Firm("ONE-SIDED")
    add(
        "orphan-of-relationship",
        line,
        firm.client(),
        firm.relationship("NOBODY", status_is="REJECTED", marks=["Q_ORPHAN to_client_no"]),
    )
    firm = Firm("PROJECT-OF-NOBODY")
    add(
        "orphan-of-project",
        line,
        firm.project(
            marks=["Q_ORPHAN borrower_client_no"], read={"borrower_client_no": None, "borrower_source_system": None}
        ),
        firm.cashflow(),
        firm.cashflow(project_no="NOWHERE", status_is="REJECTED", marks=["Q_ORPHAN project_no"]),
    )
    firm = Firm("CHAIN")
    add(
        "orphan-of-quarantined-down-the-chain",
        line,
        firm.client(),
        firm.loan(principal="0", status_is="REJECTED", marks=["Q_ZERO principal"]),
        firm.instalment(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
        firm.payment(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
        firm.month_end(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
        firm.collateral(),
        firm.allocation(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED loan_no"]),
    )
    # the key is repaired before parents are looked up
    firm = Firm("FOLDED")
    add(
        "key-repaired-before-the-parent-is-looked-up",
        "full width, blanks, zero width",
        firm.client(client_no="ＦＯＬＤＥＤ", marks=["W_FOLDED client_no"], read={"client_no": "FOLDED"}),
        firm.loan(
            client_no=" FOLDED",
            loan_no="FOLDED-\u200bLOAN",
            marks=["W_TRIMMED client_no", "W_TRIMMED loan_no"],
            read={"loan_no": "FOLDED-LOAN"},
        ),
        firm.payment(),
    )


_orphans()


# -- Identity --


def _identity() -> None:
    line = "same firm registered several times"

    def pair(name: str, size: int = 2) -> list[Firm]:
        return [Firm(f"{name}-{i + 1}") for i in range(size)]

    def together(*firms: Firm) -> dict[str, Any]:
        return {"same_client": (frozenset(firm.number for firm in firms),)}

    def apart(*firms: Firm) -> dict[str, Any]:
        return {"different_clients": frozenset(firm.number for firm in firms)}

    a, b = pair("SAME-USCC")
    add(
        "merged-by-uscc",
        line,
        a.client(),
        a.identifier(),
        b.client(former_name=a.name),
        b.identifier(identifier_value=a.uscc),
        **together(a, b),
    )
    a, b = pair("SAME-USCC-DIRTY")
    add(
        "merged-by-uscc-after-repair",
        line,
        a.client(),
        a.identifier(),
        b.client(),
        b.identifier(
            identifier_value=a.uscc.replace("0", "O"),
            marks=["W_USCC_FIXED identifier_value"],
            read={"identifier_value": a.uscc, "is_valid_uscc": True},
        ),
        **together(a, b),
    )
    a, b, c = pair("SAME-ORG-CODE", 3)
    add(
        "merged-by-organisation-code",
        line,
        a.client(),
        a.identifier(),
        b.client(),
        b.identifier(identifier_type="ORG_CODE", identifier_value=a.uscc[8:17]),
        c.client(),
        c.identifier(
            identifier_value=a.uscc[8:17], marks=["W_ID_MOVED identifier_type"], read={"identifier_type": "ORG_CODE"}
        ),
        **together(a, b, c),
    )
    a, b = pair("SAME-REG-NO")
    add(
        "merged-by-registration-number",
        line,
        a.client(),
        a.identifier(identifier_type="REG_NO", identifier_value="449900000000017"),
        b.client(),
        b.identifier(
            identifier_value="449900000000017", marks=["W_ID_MOVED identifier_type"], read={"identifier_type": "REG_NO"}
        ),
        **together(a, b),
    )
    a, b = pair("SAME-TAX-NO")
    tax = {"identifier_type": "TAX_NO", "identifier_value": "TAXDT0000000001"}
    add(
        "merged-by-tax-number", line, a.client(), a.identifier(**tax), b.client(), b.identifier(**tax), **together(a, b)
    )

    alone = {"legal_representative": None, "phone": None, "region_code": None, "registered_on": None}
    a, b = pair("SAME-LEGAL-REP")
    same = alone | {"legal_representative": "样例甲"}
    add(
        "merged-by-name-and-legal-representative",
        line,
        a.client(**same),
        b.client(**same | {"client_name": a.name}),
        **together(a, b),
    )
    a, b = pair("SAME-PHONE")
    add(
        "merged-by-name-and-phone",
        line,
        a.client(**alone | {"phone": "0755-900-1"}),
        b.client(**alone | {"phone": "07559001", "client_name": a.name}),
        **together(a, b),
    )
    a, b = pair("SAME-REG-DATE")
    same = alone | {"region_code": "440300", "registered_on": "2011-11-11"}
    add(
        "merged-by-name-region-and-date",
        line,
        a.client(**same),
        b.client(**same | {"client_name": a.name}),
        **together(a, b),
    )

    # brackets, legal forms and traditional characters count for nothing in the match key and stay in the name
    line_names = "brackets, legal forms, traditional characters"
    spellings = [
        "样例臺灣〔中国〕商贸有限责任公司",
        "样例台湾【中国】商贸有限公司",
        "样例台湾(中国)商贸有限公司",
        "样例台湾中国商贸有限公司",
    ]
    firms = pair("SPELLING", 4)
    same = alone | {"legal_representative": "样例乙"}
    rows = [
        firm.client(**same | {"client_name": spelling}, read={"client_name": spelling})
        for firm, spelling in zip(firms, spellings, strict=True)
    ]
    add("merged-over-spellings", line_names, *rows, **together(*firms))

    line = "cannot-link"
    a, b = pair("SAME-NAME-ONLY")
    add("not-merged-by-name-alone", line, a.client(**alone), b.client(**alone | {"client_name": a.name}), **apart(a, b))
    a, b = pair("SAME-PHONE-ONLY")
    add("not-merged-by-phone-alone", line, a.client(phone="07559002"), b.client(phone="07559002"), **apart(a, b))
    firms = pair("AGENT-PHONE", 6)
    rows = [
        firm.client(**alone | {"phone": "07559003", "client_name": firms[i // 2].name}) for i, firm in enumerate(firms)
    ]
    add("not-merged-by-the-phone-of-an-agent", line, *rows, **apart(*firms))
    a, b = pair("TWO-USCC")
    same = alone | {"legal_representative": "样例丙"}
    add(
        "not-merged-with-two-valid-codes",
        line,
        a.client(**same),
        a.identifier(),
        b.client(**same | {"client_name": a.name}),
        b.identifier(),
        in_review=(frozenset((a.number, b.number)),),
        **apart(a, b),
    )
    a, b, c = pair("BRIDGE", 3)
    same = alone | {"legal_representative": "样例丁"}
    add(
        "not-merged-over-a-bridge",
        line,
        a.client(**same),
        a.identifier(),
        b.client(**same | {"client_name": a.name}),
        b.identifier(),
        c.client(**same | {"client_name": a.name}),
        **apart(a, b),
    )
    a, b = pair("TWO-FAILED-USCC")
    fails = "91350100M0001TGQXN"
    mark = {"identifier_value": fails, "marks": ["S_USCC_CHECK identifier_value"]}
    add(
        "not-merged-by-a-code-that-fails",
        line,
        a.client(),
        a.identifier(**mark),
        b.client(),
        b.identifier(**mark),
        **apart(a, b),
    )

    # golden vectors of domain.md section 7
    line = "USCC golden vectors"
    for i, code in enumerate(["91350100M000100Y43", "91440300708461136T", "91330100799655058B"]):
        firm = Firm(f"GOLDEN-VALID-{i + 2}")
        add(
            f"golden-valid-{i + 2}",
            line,
            firm.client(),
            firm.identifier(identifier_value=code, read={"is_valid_uscc": True}),
        )
    for i, code in enumerate(["91350100M0001TGQXM", "91350211M0000XUF46", "91350203M0001FUE2P", "911100006000373410"]):
        firm = Firm(f"GOLDEN-FAILS-{i + 1}")
        add(
            f"golden-fails-{i + 1}",
            line,
            firm.client(),
            firm.identifier(
                identifier_value=code,
                marks=["S_USCC_CHECK identifier_value"],
                read={"identifier_value": code, "is_valid_uscc": False},
            ),
            firm.loan(),
        )
    a, b = pair("GOLDEN-LETTER-I")
    add(
        "golden-letter-i",
        line,
        a.client(),
        a.identifier(identifier_value="91110000600037341L", read={"is_valid_uscc": True}),
        b.client(),
        b.identifier(
            identifier_value="9111000060003734IL",
            marks=["W_USCC_FIXED identifier_value"],
            read={"identifier_value": "91110000600037341L"},
        ),
        **together(a, b),
    )


_identity()


# -- Industry, ratings, employees, balance, status, collateral, evergreen, events, test rows --


def _industry() -> None:
    line = "industry codes"

    def resolved(code: str | None, edition: str | None = "2017") -> dict[str, Any]:
        return {"resolved_industry_code": code, "resolved_industry_edition": edition}

    cases: list[tuple[str, str | None, str | None, tuple[str, ...], dict[str, Any]]] = [
        ("section-and-class", "C3911", "2017", (), resolved("3911")),
        ("class", "3911", None, (), resolved("3911")),
        ("division", "39", None, (), resolved("39")),
        ("section", "C", "2017", (), resolved("C")),
        ("code-and-name", "C39 计算机", "2017", (), resolved("39")),
        ("full-width", "Ｃ３９", "2017", ("W_FOLDED",), resolved("39")),
        ("name-only", "制造业", "2017", (), resolved("C")),
        ("zero-lost", "113", "2017", ("W_PAD",), resolved("0113")),
        ("zero-lost-of-division", "1", "2017", ("W_PAD",), resolved("01")),
        ("zero-lost-without-parent", "999", "2017", ("S_INDUSTRY",), resolved(None, None)),
        ("unknown", "9999", "2017", ("S_INDUSTRY",), resolved(None, None)),
        ("wrong-edition", "97", "2011", ("S_INDUSTRY",), resolved(None, None)),
        ("letter-contradicts-digits", "A39", "2017", ("S_INDUSTRY",), resolved(None, None)),
        ("name-contradicts-code", "C39 批发业", "2017", ("S_INDUSTRY",), resolved(None, None)),
        ("edition-unknown", "80", None, ("AMBIGUOUS_INDUSTRY_EDITION",), resolved(None, None)),
        ("edition-unknown-group", "396", None, ("AMBIGUOUS_INDUSTRY_EDITION",), resolved(None, None)),
        ("edition-given", "80", "2011", (), resolved("80", "2011")),
        ("edition-by-letter-2017", "N79", None, (), resolved("79")),
        ("edition-by-letter-2011", "O79", None, (), resolved("79", "2011")),
        ("edition-by-letter-education-2017", "P83", None, (), resolved("83")),
        ("edition-by-letter-education-2011", "P82", None, (), resolved("82", "2011")),
        ("null-word", "不详", "2017", ("W_NULLED",), resolved(None, None)),
    ]
    for name, code, edition, codes, read in cases:
        firm = Firm(f"INDUSTRY-{name.upper()}")
        marks = [f"{mark} industry_code" for mark in codes]
        add(
            f"industry-{name}",
            line,
            firm.client(industry_code=code, industry_code_edition=edition, marks=marks, read=read),
        )


def _ratings() -> None:
    line = "ratings"
    firm = Firm("RATING-SCALES")
    add(
        "rating-symbols-of-agencies",
        line,
        firm.client(),
        firm.rating(
            agency="GLOBAL1", rating_scale="GLOBAL", symbol="Baa2", read={"symbol": "Baa2", "is_known_symbol": True}
        ),
        firm.rating(
            agency="GLOBAL2", rating_scale="GLOBAL", symbol="A-1", read={"symbol": "A-1", "is_known_symbol": True}
        ),
        firm.rating(agency="LOCAL", rating_scale="CN_DOMESTIC", symbol="AAA", read={"is_known_symbol": True}),
    )
    firm = Firm("RATING-EMPTY")
    add(
        "rating-without-symbol-and-score",
        line,
        firm.client(),
        firm.rating(symbol=None, status_is="REJECTED", marks=["Q_REQUIRED symbol"]),
        firm.rating(agency="BUREAU", rating_scale="BUREAU", symbol=None, score="640"),
    )
    firm = Firm("RATING-STALE")
    add(
        "rating-older-than-a-year",
        "stale ratings",
        firm.client(),
        firm.rating(rated_on="2023-02-01"),
        firm.rating(rated_on="2024-02-01", marks=["S_STALE rated_on"]),
    )
    firm = Firm("RATING-RENEWED")
    add("rating-renewed", "stale ratings", firm.client(), firm.rating(rated_on="2023-02-01"), firm.rating())
    firm = Firm("RATING-SAME-DAY")
    add(
        "rating-several-on-one-day",
        "stale ratings",
        firm.client(),
        firm.rating(),
        firm.rating(agency="LOCAL", rating_scale="CN_DOMESTIC", symbol="AA"),
    )


def _plausibility() -> None:
    firm = Firm("CLOSED-TOO-EARLY")
    early = {"status": "SETTLED", "closed_on": "2025-01-09"}
    add(
        "order-closing",
        "order, sign, range",
        firm.client(),
        firm.loan(**early, marks=["Q_ORDER closed_on"], read={"closed_on": None}),
    )

    line = "employees"
    firm = Firm("NO-EMPLOYEES-PAID")
    add(
        "employees-zero-beside-wages",
        line,
        firm.client(employees="0", marks=["S_EMP employees"], read={"employees": None}),
        firm.flow(),
    )
    firm = Firm("NO-EMPLOYEES")
    add(
        "employees-zero-without-wages",
        line,
        firm.client(employees="0", read={"employees": 0}),
        firm.flow(category="TAX_OUT"),
    )
    firm = Firm("NINES")
    add(
        "employees-of-nines", line, firm.client(employees="999999", marks=["S_EMP employees"], read={"employees": None})
    )
    firm = Firm("MINUS-EMPLOYEES")
    add("employees-negative", line, firm.client(employees="-5", marks=["S_EMP employees"], read={"employees": None}))
    firm = Firm("STATEMENT-NINES")
    add(
        "employees-of-nines-in-a-statement",
        line,
        firm.client(),
        firm.statement(employees="999999", marks=["S_EMP employees"], read={"employees": None}),
    )

    firm = Firm("STATEMENT-NO-EMPLOYEES-PAID")
    add(
        "employees-zero-in-a-statement-beside-wages",
        line,
        firm.client(),
        firm.flow(month_end="2025-03-31"),
        firm.statement(employees="0", marks=["S_EMP employees"], read={"employees": None}),
    )
    # wages paid after the filing were not known on its day
    firm = Firm("STATEMENT-NO-EMPLOYEES-YET")
    add(
        "employees-zero-in-a-statement-before-wages",
        line,
        firm.client(),
        firm.flow(month_end="2025-06-30"),
        firm.statement(employees="0", read={"employees": 0}),
    )

    line = "balance"
    firm = Firm("UNBALANCED")
    add(
        "balance-off-by-more-than-1-percent",
        line,
        firm.client(),
        firm.statement(equity="1179999.99", marks=["S_BALANCE total_assets"], read={"is_ratio_usable": False}),
    )
    firm = Firm("BALANCED")
    add(
        "balance-off-by-1-percent",
        line,
        firm.client(),
        firm.statement(equity="1180000", read={"is_ratio_usable": True}),
    )

    line = "status"
    settled = {"status": "SETTLED", "closed_on": "2025-06-10"}
    firm = Firm("SETTLED-SHORT")
    add(
        "settled-and-paid-short",
        line,
        firm.client(),
        firm.loan(**settled, found=("S_STATUS status",)),
        firm.instalment(),
        firm.payment(amount="98999.99"),
    )
    firm = Firm("SETTLED-PAID")
    add("settled-and-paid", line, firm.client(), firm.loan(**settled), firm.instalment(), firm.payment(amount="102000"))
    firm = Firm("SETTLED-WITH-BALANCE")
    add(
        "settled-with-balance",
        line,
        firm.client(),
        firm.loan(**settled, found=("S_STATUS status",)),
        firm.month_end(month_end="2025-07-31"),
    )
    firm = Firm("CANCELLED-FIRM")
    add(
        "loan-after-cancellation",
        line,
        firm.client(status="CANCELLED", status_changed_on="2025-01-09"),
        firm.loan(marks=["S_STATUS status"]),
        firm.loan(loan_no="CANCELLED-FIRM-BEFORE", disbursed_on="2025-01-09"),
    )
    firm = Firm("LIVE-AND-CLOSED")
    add("live-and-closed", line, firm.client(), firm.loan(closed_on="2025-06-10", marks=["S_STATUS status"]))
    firm = Firm("WRITTEN-OFF-UNDATED")
    add("written-off-without-a-day", line, firm.client(), firm.loan(status="WRITTEN_OFF", marks=["S_STATUS status"]))

    line = "collateral"
    firm = Firm("OVERPLEDGED")
    over = {"found": ("S_COLL allocated_share",)}
    second = {"loan_no": "OVERPLEDGED-LOAN-2"}
    add(
        "collateral-pledged-beyond-its-value",
        line,
        firm.client(),
        firm.loan(),
        firm.loan(**second),
        firm.collateral(),
        firm.allocation(allocated_share="0.6", **over),
        firm.allocation(allocated_share="0.6", **second, **over),
    )
    firm = Firm("PLEDGED")
    second = {"loan_no": "PLEDGED-LOAN-2"}
    add(
        "collateral-pledged-in-full",
        line,
        firm.client(),
        firm.loan(),
        firm.loan(**second),
        firm.collateral(),
        firm.allocation(),
        firm.allocation(**second),
    )
    firm = Firm("OLD-VALUATION")
    add(
        "collateral-valuation-expired",
        line,
        firm.collateral(valued_on="2023-09-15"),
        firm.collateral(valued_on="2024-09-15", found=("S_COLL valued_on",)),
    )

    line = "evergreen"
    firm = Firm("EVERGREEN")
    renewed = {"loan_no": "EVERGREEN-LOAN-2", "disbursed_on": "2025-06-10"}
    add(
        "evergreen-not-declared",
        line,
        firm.client(),
        firm.loan(**settled),
        firm.instalment(),
        firm.payment(amount="102000"),
        firm.loan(**renewed, found=("S_EVERGREEN loan_no",)),
    )
    firm = Firm("RENEWED")
    renewed = {"loan_no": "RENEWED-LOAN-2", "disbursed_on": "2025-06-10", "renewed_from_loan_no": "RENEWED-LOAN"}
    add(
        "renewal-declared",
        line,
        firm.client(),
        firm.loan(**settled),
        firm.instalment(),
        firm.payment(amount="102000"),
        firm.loan(**renewed),
    )


def _events() -> None:
    line = "events"
    firm = Firm("EVENTS")
    add(
        "event-twice",
        line,
        firm.client(),
        firm.event(),
        firm.event(status_is="DUPLICATE", marks=["D_EVENT event_no"]),
    )
    nobody = {"source_system": None, "client_no": None}
    firm = Firm("ANONYMOUS")
    add("event-of-nobody", line, firm.event(**nobody))
    firm = Firm("EVENT-OF-UNKNOWN")
    add("event-of-an-unknown-client", line, firm.event(marks=["Q_ORPHAN client_no"], read=nobody))
    firm = Firm("ROBOT")
    robot = [
        firm.event(
            event_no=f"ROBOT-{i:03d}",
            occurred_at=f"2025-11-03 10:{i // 60:02d}:{i % 60:02d}",
            found=("S_BOT occurred_at",),
        )
        for i in range(501)
    ]
    add("event-of-a-robot", line, firm.client(), *robot, firm.event(occurred_at="2025-11-04 10:00:00"))


def _test_rows() -> None:
    line = "test and demo rows"
    rejected = {"status_is": "REJECTED", "marks": ["Q_TEST client_name"]}
    names = [
        ("word", "样例测试有限公司"),
        ("english", "Sample TEST Company"),
        ("one-word", "TEST"),
        ("everyman", "深圳张三公司"),
    ]
    for name, client_name in names:
        firm = Firm(f"SAMPLE-{name.upper()}")
        add(
            f"test-row-{name}",
            line,
            firm.client(client_name=client_name, **rejected),
            firm.loan(status_is="REJECTED", marks=["ORPHAN_OF_QUARANTINED client_no"]),
        )
    firm = Firm("999999")
    add("test-row-number", line, firm.client(**rejected))
    firm = Firm("CONTEST")
    add("test-row-only-in-part-of-a-word", line, firm.client(client_name="Latest Contests Company"))
    firm = Firm("NAMED-TEST")
    add("test-row-only-in-a-real-name", line, firm.client(client_name="Sample National Test Systems"))


_industry()
_ratings()
_plausibility()
_events()
_test_rows()
