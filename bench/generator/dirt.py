"""Plants known dirt in a portfolio that is already text, and writes down every place.

What a warehouse can repair or must flag is planted in rows that stay. What it must reject is planted in extra rows,
copies of small ones under new numbers, so that rejecting them leaves the portfolio whole. No row carries two kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from generator.settings import Settings

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
NULL_WORDS = ("NULL", "N/A", "-", "无", "不详")
UNREADABLE = ("锟斤拷锟斤拷锟斤拷", "\ufffd\ufffd\ufffd\ufffd公司", "ï¿½ï¿½ï¿½")
USCC_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
EXCEL_EPOCH = np.datetime64("1899-12-30")
ROBOT_EVENTS = 500  # more events of a client in a day are no person's
# At most this many rows a kind and table in a small portfolio, whose truth is committed.
SMALL_PORTFOLIO, SMALL_LIMIT = 2_000, 24


def full_width(text: str) -> str:
    return text.translate(FULL_WIDTH)


def padded(text: str, way: int) -> str:
    """Invisible or needless blanks, in one of five ways."""
    middle = max(1, len(text) // 2)
    return (
        text + " ",
        "\u00a0" + text,
        text[:middle] + "\u200b" + text[middle:],
        "\t" + text,
        text + "\ufeff",
    )[way % 5]


def spaced_name(text: str, way: int) -> str:
    middle = max(1, len(text) // 2)
    return (
        text[:middle] + " " + text[middle:],
        text[:middle] + "\u3000" + text[middle:],
        text[:2] + "\u200b" + text[2:],
        text + "\u00a0",
    )[way % 4]


def other_date(text: str, way: int) -> str:
    """A date as other tools write it."""
    year, month, day = text[:10].split("-")
    serial = int((np.datetime64(text[:10]) - EXCEL_EPOCH).astype(int))
    short = f"{int(year)}/{int(month)}/{int(day)}"
    if len(text) > 10:
        return (f"{short} {text[11:16]}", text.replace("-", "").replace(" ", "").replace(":", ""))[way % 2]
    return (short, f"{year}{month}{day}", str(serial), f"{int(year)}年{int(month)}月{int(day)}日")[way % 4]


def grouped(text: str) -> str:
    whole, _, part = text.partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")


def other_amount(text: str, way: int) -> str:
    """The same amount as people write it; only forms that keep every cent."""
    if text.startswith("-"):
        return "(" + grouped(text[1:]) + ")"
    cents = round(float(text) * 100)
    forms = [grouped(text), "￥" + grouped(text), grouped(text) + "元"]
    if cents % 10_000 == 0 and cents >= 1_000_000:
        forms.append(f"{cents / 1_000_000:.2f}万".replace(".00万", "万"))
    if cents % 100_000_000 == 0 and cents >= 10_000_000_000:
        forms.append(f"{cents / 10_000_000_000:.2f}亿".replace(".00亿", "亿"))
    usable = [form for form in forms if form != text]
    return usable[way % len(usable)]


def percent(text: str, way: int) -> str:
    value = f"{float(text) * 100:.6f}".rstrip("0").rstrip(".")
    return value if way % 2 else value + "%"


class Editor:
    """The tables as columns of Python text, with a list of everything that was done to them."""

    def __init__(self, tables: dict[str, pa.Table], settings: Settings, keys: dict[str, list[str]], part: int) -> None:
        self.tables, self.keys, self.settings = tables, keys, settings
        self.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([settings.seed, part, 99])))
        self.columns: dict[tuple[str, str], np.ndarray] = {}
        self.touched = {name: np.zeros(table.num_rows, dtype=bool) for name, table in tables.items()}
        self.extra: dict[str, list[dict[str, Any]]] = {name: [] for name in tables}
        self.log: list[tuple[str, str, str, str, str | None, str | None]] = []
        self.part = part
        self.added = 0

    def values(self, table: str, column: str) -> np.ndarray:
        if (table, column) not in self.columns:
            array = self.tables[table].column(column)
            self.columns[table, column] = np.array(array.to_pylist(), dtype=object)
        return self.columns[table, column]

    def has(self, table: str, column: str) -> np.ndarray:
        return np.array([value is not None for value in self.values(table, column)], dtype=bool)

    def row(self, table: str, index: int) -> dict[str, Any]:
        return {name: self.values(table, name)[index] for name in self.tables[table].column_names}

    def key(self, table: str, row: dict[str, Any]) -> str:
        return "|".join("~" if row[name] is None else row[name] for name in self.keys[table])

    def pick(
        self,
        table: str,
        eligible: np.ndarray | None = None,
        least: int = 2,
        most: int | None = None,
        share: float = 1.0,
    ) -> list[int]:
        """Rows that no other dirt has touched, about as many as the asked rate gives."""
        free = ~self.touched[table] if eligible is None else ~self.touched[table] & eligible
        choice = np.flatnonzero(free)
        wanted = max(least, round(len(choice) * self.settings.dirt * share))
        if self.settings.clients <= SMALL_PORTFOLIO:
            wanted = min(wanted, SMALL_LIMIT)
        if most is not None:
            wanted = min(wanted, most)
        wanted = min(wanted, len(choice))
        chosen = np.sort(self.rng.permutation(choice)[:wanted])
        self.touched[table][chosen] = True
        return chosen.tolist()

    def change(
        self, table: str, rows: Sequence[int], column: str, kind: str, make: Callable[[str, int], str | None]
    ) -> None:
        """Writes another value into rows that stay."""
        values = self.values(table, column)
        for place, index in enumerate(rows):
            key = self.key(table, self.row_key(table, index))
            before = values[index]
            after = make(before, place)
            values[index] = after
            self.log.append((table, key, column, kind, before, after))

    def row_key(self, table: str, index: int) -> dict[str, Any]:
        return {name: self.values(table, name)[index] for name in self.keys[table]}

    def in_place(
        self,
        table: str,
        column: str,
        kind: str,
        make: Callable[[str, int], str | None],
        eligible: np.ndarray | None = None,
        **limits: Any,
    ) -> None:
        known = self.has(table, column)
        eligible = known if eligible is None else known & eligible
        self.change(table, self.pick(table, eligible, **limits), column, kind, make)

    def add(
        self, table: str, base: dict[str, Any], column: str, kind: str, before: str | None = None, **changed: Any
    ) -> dict[str, Any]:
        """An extra row: a copy with other values, recorded under its own key."""
        row = {**base, **changed}
        self.extra[table].append(row)
        self.log.append((table, self.key(table, row), column, kind, before, row.get(column)))
        return row

    def fresh(self, prefix: str) -> str:
        """A number that no generated row has."""
        self.added += 1
        return f"{prefix}X{self.part:03d}{self.added:05d}"

    def repeat(self, table: str, kind: str = "D_EXACT", **limits: Any) -> None:
        """Rows that come a second time, equal to the letter."""
        for index in self.pick(table, **limits):
            row = self.row(table, index)
            self.add(table, row, self.keys[table][-1], kind, row[self.keys[table][-1]])

    def result(self) -> dict[str, pa.Table]:
        tables = {}
        for name, table in self.tables.items():
            arrays = []
            for column in table.column_names:
                more = [row[column] for row in self.extra[name]]
                if (name, column) in self.columns:
                    arrays.append(pa.array(list(self.columns[name, column]) + more, pa.string()))
                else:
                    arrays.append(
                        pa.chunked_array([*table.column(column).chunks, pa.array(more, pa.string())], pa.string())
                    )
            tables[name] = pa.Table.from_arrays(arrays, names=table.column_names)
        return tables

    def written_down(self) -> pa.Table:
        names = ("table_name", "row_key", "column_name", "kind", "original_value", "dirty_value")
        columns = zip(*self.log, strict=True) if self.log else [[] for _ in names]
        return pa.Table.from_arrays([pa.array(list(column), pa.string()) for column in columns], names=list(names))


def plant(
    tables: dict[str, pa.Table], settings: Settings, keys: dict[str, list[str]], truth: pa.Table, part: int
) -> tuple[dict[str, pa.Table], pa.Table]:
    editor = Editor(tables, settings, keys, part)
    _what_is_there_already(editor, truth)
    _lending_rejects(editor)
    _clients(editor, truth)
    _identifiers(editor, truth)
    _statements(editor)
    _ratings(editor)
    _lending(editor)
    _payments(editor)
    _projects(editor)
    _engagement(editor)
    _rest(editor)
    return editor.result(), editor.written_down()


# -- what the clean portfolio already has ----------------------------------------------------------


def _what_is_there_already(editor: Editor, truth: pa.Table) -> None:
    """Registrations of one firm, brackets of full width, and ratings nobody renewed are no accident of the files."""
    seen: set[str] = set()
    for true_id, system, number in zip(
        *(truth.column(name).to_pylist() for name in ("true_client_id", "source_system", "client_no")), strict=True
    ):
        if true_id in seen:
            editor.log.append(("clients", f"{system}|{number}", "client_no", "M_MERGED", None, number))
        seen.add(true_id)
    for column in ("client_name", "former_name"):
        values = editor.values("clients", column)
        for index, value in enumerate(values):
            if value is not None and "（" in value:
                editor.touched["clients"][index] = True
                plain = value.replace("（", "(").replace("）", ")")
                key = editor.key("clients", editor.row_key("clients", index))
                editor.log.append(("clients", key, column, "W_FOLDED", plain, value))
    # days of robots, and renewals booked as new loans
    events: dict[tuple, list[int]] = {}
    columns = [editor.values("digital_events", name) for name in ("source_system", "client_no", "occurred_at")]
    for index, (system, number, moment) in enumerate(zip(*columns, strict=True)):
        if number is not None:
            events.setdefault((system, number, moment[:10]), []).append(index)
    for rows in events.values():
        if len(rows) > ROBOT_EVENTS:
            editor.touched["digital_events"][rows] = True
            key = editor.key("digital_events", editor.row_key("digital_events", rows[0]))
            editor.log.append(("digital_events", key, "occurred_at", "S_BOT", None, str(len(rows))))
    columns = [
        editor.values("loans", name)
        for name in ("source_system", "client_no", "principal", "currency", "disbursed_on", "closed_on")
    ]
    loans = list(zip(*columns, strict=True))
    paid_off = {(*row[:4], row[5]) for row in loans if row[5] is not None and row[5] != row[4]}
    renewed = editor.values("loans", "renewed_from_loan_no")
    for index, row in enumerate(loans):
        if renewed[index] is None and row[:5] in paid_off:
            editor.touched["loans"][index] = True
            key = editor.key("loans", editor.row_key("loans", index))
            editor.log.append(("loans", key, "renewed_from_loan_no", "S_EVERGREEN", None, None))
    newest: dict[tuple, str] = {}
    columns = [editor.values("credit_ratings", name) for name in ("source_system", "client_no", "rated_on")]
    for system, number, day in zip(*columns, strict=True):
        newest[system, number] = max(newest.get((system, number), ""), day)
    year, month, day = str(editor.settings.end).split("-")
    limit = f"{int(year) - 1}-{month}-{day}"
    for index, (system, number, rated_on) in enumerate(zip(*columns, strict=True)):
        if rated_on == newest[system, number] and rated_on < limit:
            key = editor.key("credit_ratings", editor.row_key("credit_ratings", index))
            editor.log.append(("credit_ratings", key, "rated_on", "S_STALE", rated_on, rated_on))


# -- rows that must be rejected --------------------------------------------------------------------


def _small_loans(editor: Editor) -> list[dict[str, Any]]:
    """Short, small, settled loans in yuan to copy from, of clients that nothing else was done to."""
    status, principal = editor.values("loans", "status"), editor.values("loans", "principal")
    project, currency = editor.values("loans", "project_no"), editor.values("loans", "currency")
    fits = [
        index
        for index in range(len(status))
        if status[index] == "SETTLED"
        and project[index] is None
        and currency[index] == "CNY"
        and float(principal[index]) < 600_000
    ]
    wanted = max(30, round(len(fits) * editor.settings.dirt))
    chosen = np.sort(editor.rng.permutation(fits)[: min(wanted, len(fits))])
    return [editor.row("loans", int(index)) for index in chosen]


def _lending_rejects(editor: Editor) -> None:
    models = _small_loans(editor)
    if not models:
        return
    empty = {
        "facility_no": None, "application_no": None, "renewed_from_loan_no": None, "restructured_on": None,
        "written_off_on": None, "written_off_amount": None,
    }  # fmt: skip
    place = 0

    def loan(column: str, kind: str, **changed: Any) -> dict[str, Any]:
        nonlocal place
        model = models[place % len(models)]
        place += 1
        number = changed.pop("loan_no", None) or editor.fresh("L")
        return editor.add("loans", model, column, kind, model.get(column), **{**empty, **changed, "loan_no": number})

    rounds = max(1, len(models) // 30)
    for _ in range(rounds):
        model = models[place % len(models)]
        rejected = [
            loan("principal", "Q_NEGATIVE", principal=f"-{100 * editor.rng.integers(301, 999)}.07"),
            loan("principal", "Q_ZERO", principal="0"),
            loan("matures_on", "Q_ORDER", matures_on=_shift(models[place % len(models)]["disbursed_on"], -30)),
            loan("currency", "Q_FX_MISSING", currency="VND"),
            loan("disbursed_on", "Q_DATE", disbursed_on="2023-02-29"),
            loan(
                "disbursed_on",
                "Q_FUTURE",
                disbursed_on=_after(editor, 96),
                matures_on=_after(editor, 400),
                closed_on=None,
                status="LIVE",
            ),
            loan("principal", "Q_AMOUNT", principal="3.0E+05"),
            loan("client_no", "Q_ORPHAN", client_no=f"C{9_000_000 + place}"),
            loan("matures_on", "Q_REQUIRED", matures_on=None),
        ]
        # a booking and its reversal, written with a sign and netted out
        amount = f"{1_000 * int(editor.rng.integers(101, 399))}.11"
        twin = models[place % len(models)]
        loan("principal", "W_REVERSAL", principal=amount)
        place -= 1
        loan("principal", "W_REVERSAL", principal=f"-{amount}")
        # two deliveries of one number that contradict each other
        number = editor.fresh("L")
        loan("loan_no", "Q_KEY_CONFLICT", loan_no=number)
        place -= 1
        loan("loan_no", "Q_KEY_CONFLICT", loan_no=number, principal=f"{float(twin['principal']) + 5_000:.2f}")
        # what hangs on a rejected loan cannot stay
        for parent in rejected[:3]:
            payment = {
                "payment_no": editor.fresh("T"), "loan_no": parent["loan_no"], "value_on": model["closed_on"],
                "booked_at": f"{model['closed_on']} 10:00:00", "amount": "1000", "reverses_payment_no": None,
                "paid_from": "OWN", "extracted_at": f"{editor.settings.end} 23:59:59", "batch_id": parent["batch_id"],
            }  # fmt: skip
            editor.add("payments", payment, "loan_no", "ORPHAN_OF_QUARANTINED", None)
            schedule = {
                "loan_no": parent["loan_no"], "schedule_version": "1", "instalment_no": "1",
                "due_on": model["matures_on"], "principal_due": "1000", "interest_due": "12.5",
                "version_from": model["disbursed_on"], "extracted_at": f"{editor.settings.end} 23:59:59",
                "batch_id": parent["batch_id"],
            }  # fmt: skip
            editor.add("repayment_schedules", schedule, "loan_no", "ORPHAN_OF_QUARANTINED", None)

    # a firm that is no longer one and yet draws
    ended = {}
    columns = [editor.values("clients", name) for name in ("source_system", "client_no", "status", "status_changed_on")]
    for system, number, status, day in zip(*columns, strict=True):
        if status in ("CANCELLED", "REVOKED") and day is not None:
            ended[system, number] = day
    for (system, number), day in sorted(ended.items())[: max(1, rounds)]:
        drawn = _shift(day, 40)
        if drawn < _shift(str(editor.settings.end), -60):
            loan(
                "status", "S_STATUS", source_system=system, client_no=number, principal="30000", disbursed_on=drawn,
                matures_on=_shift(drawn, 60), closed_on=_shift(drawn, 30),
                extracted_at=f"{editor.settings.end} 23:59:59",
            )  # fmt: skip


def _shift(day: str, days: int) -> str:
    # a date may already be written in another way
    written = day.replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "").split(" ")[0]
    if written.isdigit() and len(written) == 8:
        return str(np.datetime64(f"{written[:4]}-{written[4:6]}-{written[6:]}") + days)
    if written.isdigit():
        return str(np.datetime64("1899-12-30") + int(written) + days)
    year, month, date = (int(part) for part in written[:10].split("-"))
    return str(np.datetime64(f"{year:04d}-{month:02d}-{date:02d}") + days)


def _after(editor: Editor, days: int) -> str:
    return str(editor.settings.end + days)


# -- clients ---------------------------------------------------------------------------------------


def _clients(editor: Editor, truth: pa.Table) -> None:
    table = "clients"
    number, code = editor.values(table, "client_no"), editor.values(table, "industry_code")
    system = editor.values(table, "source_system")
    linked = {
        (s, c): link
        for s, c, link in zip(
            *(truth.column(name).to_pylist() for name in ("source_system", "client_no", "linked_by")), strict=True
        )
    }
    # the name is the only tie of some registrations: it stays readable there
    by_code = np.array([linked.get((s, c)) == "USCC" for s, c in zip(system, number, strict=True)])
    first = np.array([linked.get((s, c)) is None for s, c in zip(system, number, strict=True)])
    starts_with_zero = np.array([value is not None and len(value) == 4 and value[0] == "0" for value in code])
    moved = np.array(
        [value is not None and len(value) == 4 and value[:2] in ("80", "81", "84", "85") for value in code]
    )
    editor.in_place(
        table,
        "industry_code",
        "W_PAD",
        lambda value, _: value[1:],
        starts_with_zero,
        most=2 if len(code) < 1_000 else None,
    )
    rows = editor.pick(table, moved & first, most=2 if len(code) < 1_000 else None)
    editor.change(table, rows, "industry_code", "AMBIGUOUS_INDUSTRY_EDITION", lambda value, _: value[:2])
    for index in rows:
        editor.values(table, "industry_code_edition")[index] = None
    editor.in_place(table, "industry_code", "S_INDUSTRY", lambda _, way: ("9999", "A3911", "0000")[way % 3], ~first)
    editor.in_place(table, "industry_code", "W_FOLDED", lambda value, _: full_width(value))
    editor.in_place(table, "client_name", "W_NAME_UNREADABLE", lambda _, way: UNREADABLE[way % 3], by_code, share=2.0)
    editor.in_place(table, "client_name", "W_TRIMMED", spaced_name)
    editor.in_place(table, "phone", "W_FOLDED", lambda value, _: full_width(value))
    editor.in_place(
        table, "address", "W_FOLDED", lambda value, _: "".join(full_width(c) if c.isdigit() else c for c in value)
    )
    editor.in_place(table, "phone", "W_TRIMMED", padded)
    editor.in_place(table, "email", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
    editor.in_place(table, "branch_code", "W_NULLED", lambda _, way: ("0", "NULL")[way % 2], ~first)
    editor.in_place(table, "employees", "W_PARSED", lambda value, way: f"约{value}人" if way % 2 else f"{value}人")
    editor.in_place(table, "employees", "S_EMP", lambda *_: "999999", ~first)
    editor.in_place(table, "employees", "Q_INTEGER", lambda value, _: f"{value}.5", ~first)
    editor.in_place(table, "registered_capital", "W_PARSED", lambda value, _: f"￥{grouped(value)}")
    editor.in_place(table, "registered_capital", "Q_AMOUNT", lambda *_: "五百万", ~first)
    editor.in_place(table, "registered_on", "W_DATE", other_date)
    editor.in_place(table, "registered_on", "Q_DATE", lambda *_: "2021-02-30", ~first)
    editor.in_place(table, "registered_on", "W_SENTINEL", lambda _, way: ("1900-01-01", "1970-01-01")[way % 2], ~first)
    editor.in_place(table, "registered_on", "Q_FUTURE", lambda *_: "2062-05-01", ~first)
    editor.in_place(table, "status", "W_FOLDED", lambda value, _: full_width(value))
    editor.in_place(table, "org_type", "S_CODE", lambda *_: "GUILD", ~first)
    editor.in_place(
        table,
        "consent_profiling",
        "W_PARSED",
        lambda value, way: ("是" if value == "true" else "否") if way % 2 else ("Y" if value == "true" else "N"),
    )
    editor.in_place(table, "consent_profiling", "Q_BOOLEAN", lambda *_: "maybe", ~first)
    editor.repeat(table)
    # rows of people who tried the system, and one that nobody can read
    base = editor.row(table, 0)
    blank = {name: None for name in base} | {
        "extracted_at": base["extracted_at"],
        "batch_id": base["batch_id"],
        "status": "ACTIVE",
        "relationship_started_on": "2022-08-01",
    }
    tests = [
        ("测试客户有限公司", None),
        ("test company", None),
        ("北京张三公司", None),
        ("北京中源科技有限公司", "999999"),
    ]
    for name, fixed in tests if editor.part == 0 else tests[:2]:
        row = editor.add(
            table,
            blank,
            "client_no" if fixed else "client_name",
            "Q_TEST",
            None,
            source_system="CRM",
            client_no=fixed or editor.fresh("K"),
            client_name=name,
        )
        if fixed is None and editor.extra["loans"]:
            child = {
                **editor.extra["loans"][0],
                "source_system": "CRM",
                "client_no": row["client_no"],
                "loan_no": editor.fresh("L"),
                "principal": "50000",
            }
            editor.add("loans", child, "client_no", "ORPHAN_OF_QUARANTINED", None)
    for way in range(2):
        editor.add(
            table,
            blank,
            "client_name",
            "Q_ENCODING",
            None,
            source_system="CRM",
            client_no=editor.fresh("K"),
            client_name=UNREADABLE[way],
        )
    editor.add(
        table,
        blank,
        "client_no",
        "Q_KEY",
        None,
        source_system="CRM",
        client_no=None,
        client_name="上海恒源贸易有限公司",
    )


def _identifiers(editor: Editor, truth: pa.Table) -> None:
    table = "client_identifiers"
    kind, value = editor.values(table, "identifier_type"), editor.values(table, "identifier_value")
    columns = [truth.column(name).to_pylist() for name in ("true_client_id", "source_system", "client_no")]
    count: dict[str, int] = {}
    for true_id, _, _ in zip(*columns, strict=True):
        count[true_id] = count.get(true_id, 0) + 1
    lonely = {(system, number) for true_id, system, number in zip(*columns, strict=True) if count[true_id] == 1}
    owner = zip(editor.values(table, "source_system"), editor.values(table, "client_no"), strict=True)
    alone = np.array([pair in lonely for pair in owner], dtype=bool)
    is_uscc = kind == "USCC"
    # the letters O and I where digits belong: certain to repair, so it may hit anybody
    editor.in_place(table, "identifier_value", "W_USCC_FIXED", lambda text, way: _mistyped(text, way), is_uscc)
    editor.in_place(table, "identifier_value", "W_FOLDED", lambda text, _: full_width(text), is_uscc)
    editor.in_place(table, "identifier_value", "W_TRIMMED", lambda text, way: padded(text, way), is_uscc)
    # these lose the number: only where no other registration depends on it
    editor.in_place(table, "identifier_value", "S_USCC_CHECK", lambda text, _: _wrong_check(text), is_uscc & alone)
    editor.in_place(
        table,
        "identifier_value",
        "S_USCC",
        lambda text, way: text[:-1] if way % 2 else text[:8] + "Z" + text[9:],
        is_uscc & alone,
    )
    editor.in_place(table, "identifier_type", "W_ID_MOVED", lambda *_: "USCC", np.isin(kind, ("ORG_CODE", "REG_NO")))
    old = np.flatnonzero(is_uscc & alone & ~editor.touched[table])[: 2 if len(kind) < 5_000 else 40]
    for index in old.tolist():
        base = editor.row(table, index)
        editor.add(
            table,
            base,
            "identifier_value",
            "S_EXCEL",
            value[index],
            identifier_type="TAX_NO",
            identifier_value="9.11E+17",
            valid_from="2016-01-01",
        )
    editor.repeat(table)


def _mistyped(text: str, way: int) -> str:
    digit, letter = ("0", "O") if way % 2 == 0 and "0" in text else ("1", "I")
    place = text.find(digit, 2)
    place = text.find(digit) if place < 0 else place
    return text[:place] + letter + text[place + 1 :]


def _wrong_check(text: str) -> str:
    return text[:-1] + USCC_SYMBOLS[(USCC_SYMBOLS.index(text[-1]) + 7) % 31]


# -- finances --------------------------------------------------------------------------------------

STATEMENT_AMOUNTS = (
    "revenue", "ebitda", "interest_expense", "net_profit", "operating_cash_flow", "capital_expenditure",
    "research_expense", "total_assets", "current_assets", "cash", "total_liabilities", "current_liabilities",
    "short_term_debt", "long_term_debt", "equity",
)  # fmt: skip


def _statements(editor: Editor) -> None:
    table = "financial_statements"
    assets = np.array([_money(value) for value in editor.values(table, "total_assets")])
    names = ("source_system", "client_no", "period_type", "scope")
    group = list(zip(*(editor.values(table, name) for name in names), strict=True))
    filed = editor.values(table, "filed_on")
    order = sorted(range(len(group)), key=lambda i: (group[i], editor.values(table, "period_end")[i], filed[i]))
    close = np.zeros(len(group), dtype=bool)
    for before, after in zip(order, order[1:], strict=False):
        ratio = assets[after] / max(assets[before], 1)
        close[after] = group[before] == group[after] and 0.93 < ratio < 1.07
    # the row before a suspect one must keep its own figures
    previous = dict(zip(order[1:], order, strict=False))
    suspects = [index for index in editor.pick(table, close, most=12 if len(close) < 5_000 else None)]
    suspects = [index for index in suspects if not editor.touched[table][previous[index]]]
    for index in suspects:
        editor.touched[table][previous[index]] = True
    _in_ten_thousands(editor, suspects, None, "S_UNIT")
    _in_ten_thousands(editor, editor.pick(table), "WAN", "W_UNIT")
    # out of balance by a twentieth of the assets
    unbalanced = editor.pick(table, assets < 2e8)
    excess = {index: 0.05 * (way % 3 + 1) * assets[index] for way, index in enumerate(unbalanced)}
    for index in unbalanced:
        editor.change(
            table, [index], "equity", "S_BALANCE", lambda value, _, by=excess[index]: f"{float(value) + by:.2f}"
        )
    editor.in_place(
        table, "revenue", "W_PARSED", other_amount, np.array([_money(v) > 0 for v in editor.values(table, "revenue")])
    )
    negative = np.array([v is not None and v.startswith("-") for v in editor.values(table, "net_profit")])
    editor.in_place(table, "net_profit", "W_PARSED", other_amount, negative)
    editor.in_place(table, "ebitda", "Q_AMOUNT", lambda value, _: f"{float(value):.2E}")
    editor.in_place(table, "research_expense", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
    editor.in_place(table, "currency", "W_TRIMMED", padded)
    for index in editor.pick(table, assets < 5e7, most=2):
        base = editor.row(table, index)
        day = base["filed_on"]
        editor.add(table, base, "currency", "Q_FX_MISSING", "CNY", currency="VND", filed_on=_shift(day, 1))
        editor.add(table, base, "filed_on", "Q_ORDER", day, filed_on=_shift(base["period_end"], -9))
        editor.add(table, base, "filed_on", "Q_KEY", day, filed_on=None)
        editor.add(
            table,
            base,
            "period_end",
            "Q_FUTURE",
            base["period_end"],
            period_end=f"{str(editor.settings.end)[:4]}-12-31",
            filed_on=_after(editor, 270),
        )
    editor.repeat(table)


def _in_ten_thousands(editor: Editor, rows: list[int], unit: str | None, kind: str) -> None:
    table = "financial_statements"
    for column in STATEMENT_AMOUNTS:
        values = editor.values(table, column)
        for index in rows:
            if values[index] is not None:
                values[index] = f"{float(values[index]) / 10_000:.2f}"
    editor.change(table, rows, "amount_unit", kind, lambda *_: unit)


def _ratings(editor: Editor) -> None:
    table = "credit_ratings"
    symbol = editor.values(table, "symbol")
    internal = editor.values(table, "rating_scale") == "INTERNAL"
    editor.in_place(
        table,
        "symbol",
        "W_RATING",
        lambda value, way: (value.lower(), full_width(value), value + " ")[way % 3],
        internal,
    )
    plus = np.array([value is not None and value.endswith(("+", "-")) and value.startswith("A") for value in symbol])
    editor.in_place(
        table,
        "symbol",
        "W_RATING",
        lambda value, way: (value[:-1] + " " + full_width(value[-1]), full_width(value))[way % 2],
        plus,
    )
    domestic = editor.values(table, "rating_scale") == "CN_DOMESTIC"
    editor.in_place(table, "symbol", "S_RATING", lambda *_: "AAA-", domestic)
    editor.in_place(table, "valid_to", "W_DATE", other_date)
    editor.in_place(table, "valid_to", "Q_DATE", lambda value, _: f"{value[:4]}-13-01")
    editor.repeat(table)
    table = "bureau_reports"
    editor.in_place(table, "other_debt", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
    owed = np.array([_money(value) > 1_000 for value in editor.values(table, "other_debt")])
    editor.in_place(table, "other_debt", "W_PARSED", other_amount, owed)
    for index in editor.pick(table, most=2):
        base = editor.row(table, index)
        editor.add(table, base, "reported_on", "Q_FUTURE", base["reported_on"], reported_on=_after(editor, 45))
    editor.repeat(table)


# -- lending ---------------------------------------------------------------------------------------


def _lending(editor: Editor) -> None:
    table = "loans"
    principal = np.array([_money(value) for value in editor.values(table, "principal")])
    small = (principal < 3_000_000) & np.array([value is None for value in editor.values(table, "project_no")])
    status = editor.values(table, "status")
    numbers = {value: index for index, value in enumerate(editor.values(table, "loan_no"))}
    renewed = editor.values(table, "renewed_from_loan_no")
    closed, drawn = editor.values(table, "closed_on"), editor.values(table, "disbursed_on")
    hidden = np.array(
        [value is not None and closed[numbers[value]] == drawn[index] for index, value in enumerate(renewed)]
    )
    editor.in_place(
        table, "renewed_from_loan_no", "S_EVERGREEN", lambda *_: None, hidden, most=3 if len(status) < 5_000 else None
    )
    paid: dict[str, float] = {}
    for number, amount in zip(editor.values("payments", "loan_no"), editor.values("payments", "amount"), strict=True):
        paid[number] = paid.get(number, 0.0) + _money(amount)
    own = editor.values(table, "loan_no")
    short = np.array([0 < paid.get(number, 0.0) < 0.9 * amount for number, amount in zip(own, principal, strict=True)])
    rows = editor.pick(table, small & short & (status == "LIVE"), most=2 if len(status) < 5_000 else None)
    editor.change(table, rows, "status", "S_STATUS", lambda *_: "SETTLED")
    for index in rows:
        closed[index] = str(editor.settings.end)
    editor.in_place(table, "rate", "W_RATE", percent)
    one_year = (editor.values(table, "lpr_tenor") == "1Y") & small
    editor.in_place(table, "rate", "W_RATE", lambda _, way: ("上浮30%", "1.2倍")[way % 2], one_year, most=2)
    editor.in_place(
        table,
        "rate",
        "Q_RATE",
        lambda value, way: (f"{float(value) * 10_000:.0f}", "72")[way % 2],
        small,
        most=3 if len(status) < 5_000 else None,
    )
    editor.in_place(table, "principal", "W_PARSED", other_amount)
    editor.in_place(table, "matures_on", "W_DATE", other_date)
    editor.in_place(table, "disbursed_on", "W_DATE", other_date)
    editor.in_place(
        table, "product_code", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower()
    )
    editor.in_place(table, "security_type", "W_TRIMMED", padded)
    editor.in_place(table, "repayment_method", "S_CODE", lambda *_: "NEGOTIATED", small, most=3)
    editor.in_place(
        table, "restructured_on", "W_SENTINEL", lambda *_: "1900-01-01", np.zeros(len(status), dtype=bool), least=0
    )
    nothing = np.array([value is None for value in editor.values(table, "written_off_on")])
    editor.change(
        table,
        editor.pick(table, nothing),
        "written_off_on",
        "W_SENTINEL",
        lambda _, way: ("1900-01-01", "1970-01-01")[way % 2],
    )
    editor.in_place(table, "booked_five_class", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
    # an earlier delivery of the same loan, when it was still running
    for index in editor.pick(table, small & (status == "SETTLED")):
        base = editor.row(table, index)
        stamp = f"{_month_end(base['disbursed_on'])} 23:59:59"
        if stamp < base["extracted_at"]:
            editor.add(
                table,
                base,
                "extracted_at",
                "D_SUPERSEDED",
                base["extracted_at"],
                status="LIVE",
                closed_on=None,
                booked_five_class="NORMAL",
                extracted_at=stamp,
            )
    editor.repeat(table)

    table = "loan_applications"
    requested = np.array([_money(value) for value in editor.values(table, "requested_amount")])
    small = requested < 2_000_000
    editor.in_place(table, "requested_amount", "W_PARSED", other_amount)
    editor.in_place(table, "offered_rate", "W_RATE", percent)
    editor.in_place(table, "offered_rate", "Q_RATE", lambda value, _: f"{float(value) * 10_000:.0f}", small)
    editor.in_place(table, "submitted_at", "W_DATE", other_date)
    editor.in_place(table, "decided_at", "W_DATE", other_date)
    editor.in_place(table, "decision", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower())
    editor.in_place(table, "channel", "W_TRIMMED", padded)
    editor.in_place(table, "campaign", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
    declined = editor.values(table, "decision") == "DECLINED"
    for index in editor.pick(table, small & declined, most=None if len(small) > 5_000 else 3):
        base = editor.row(table, index)
        decided = base["decided_at"] or base["submitted_at"]
        editor.add(
            table,
            base,
            "decided_at",
            "Q_ORDER",
            decided,
            application_no=editor.fresh("A"),
            completed_at=None,
            decided_at=f"{_shift(base['submitted_at'], -4)} 10:00:00",
        )
        editor.add(
            table,
            base,
            "submitted_at",
            "Q_FUTURE",
            base["submitted_at"],
            application_no=editor.fresh("A"),
            submitted_at=f"{_after(editor, 80)} 09:30:00",
            completed_at=None,
            decided_at=None,
            decision="PENDING",
        )
        editor.add(
            table,
            base,
            "client_no",
            "Q_ORPHAN",
            base["client_no"],
            application_no=editor.fresh("A"),
            client_no="C9999998",
        )
        editor.add(
            table,
            base,
            "requested_amount",
            "Q_AMOUNT",
            base["requested_amount"],
            application_no=editor.fresh("A"),
            requested_amount=f"{float(base['requested_amount']):.1E}",
        )
        editor.add(
            table,
            base,
            "submitted_at",
            "Q_DATE",
            base["submitted_at"],
            application_no=editor.fresh("A"),
            submitted_at="2024-13-01 09:30:00",
        )
    editor.repeat(table)

    table = "facilities"
    if len(editor.values(table, "facility_no")):
        editor.in_place(table, "limit_amount", "W_PARSED", other_amount)
        editor.in_place(table, "started_on", "W_DATE", other_date)
        base = editor.row(table, 0)
        editor.add(
            table,
            base,
            "expires_on",
            "Q_ORDER",
            base["expires_on"],
            facility_no=editor.fresh("F"),
            expires_on=_shift(base["started_on"], -5),
        )
        editor.repeat(table, most=2)

    table = "repayment_schedules"
    editor.in_place(table, "due_on", "W_DATE", other_date, share=0.3)
    large = np.array([_money(value) > 1_000 for value in editor.values(table, "principal_due")])
    editor.in_place(table, "principal_due", "W_PARSED", other_amount, large, share=0.3)
    editor.in_place(
        table, "interest_due", "W_TRIMMED", lambda value, _: value, np.zeros(len(large), dtype=bool), least=0
    )
    for index in editor.pick(table, most=2):
        base = editor.row(table, index)
        editor.add(table, base, "due_on", "Q_DATE", base["due_on"], instalment_no="901", due_on="2024-13-01")
        editor.add(
            table,
            base,
            "principal_due",
            "Q_AMOUNT",
            base["principal_due"],
            instalment_no="902",
            principal_due="1.2E+05",
        )
        editor.add(table, base, "loan_no", "Q_ORPHAN", base["loan_no"], loan_no=editor.fresh("L"))
    editor.repeat(table, share=0.3)

    table = "collaterals"
    editor.in_place(table, "value_amount", "W_PARSED", other_amount)
    editor.in_place(
        table, "collateral_type", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower()
    )
    for index in editor.pick(table, most=2):
        base = editor.row(table, index)
        editor.add(
            table, base, "currency", "Q_FX_MISSING", base["currency"], collateral_no=editor.fresh("G"), currency="VND"
        )
        editor.add(
            table,
            base,
            "value_amount",
            "Q_NEGATIVE",
            base["value_amount"],
            collateral_no=editor.fresh("G"),
            value_amount=f"-{base['value_amount']}",
        )
    editor.repeat(table)

    table = "collateral_allocations"
    editor.in_place(table, "allocated_share", "W_RATE", lambda value, _: percent(value, 0))
    share = np.array([value == "1" for value in editor.values(table, "allocated_share")])
    other = editor.values("loans", "loan_no")
    for index in editor.pick(table, share, most=3 if len(share) < 5_000 else None):
        base = editor.row(table, index)
        editor.log.append((table, editor.key(table, base), "allocated_share", "S_COLL", "1", "1"))
        second = other[int(editor.rng.integers(0, len(other)))]
        if second != base["loan_no"]:
            editor.add(
                table,
                base,
                "allocated_share",
                "S_COLL",
                None,
                loan_no=second,
                allocated_share="0.5",
                valid_from=None,
                valid_to=None,
            )
    editor.repeat(table)

    table = "loan_month_ends"
    if editor.tables[table].num_rows:
        owed = np.array([_money(value) > 1_000 for value in editor.values(table, "outstanding_principal")])
        editor.in_place(table, "outstanding_principal", "W_PARSED", other_amount, owed)
        editor.repeat(table, most=3)


def _month_end(day: str) -> str:
    month = np.datetime64(day[:7], "M")
    return str((month + 1).astype("datetime64[D]") - 1)


def _payments(editor: Editor) -> None:
    table = "payments"
    amount = np.array([_money(value) for value in editor.values(table, "amount")])
    reverses = editor.has(table, "reverses_payment_no")
    number, loan = editor.values(table, "payment_no"), editor.values(table, "loan_no")
    reversed_numbers = set(editor.values(table, "reverses_payment_no")[reverses])
    plain = ~reverses & np.array([value not in reversed_numbers for value in number])
    editor.in_place(
        table, "amount", "W_REVERSAL", lambda value, _: f"-{value}", reverses, most=4 if len(number) < 10_000 else None
    )
    principal = dict(zip(editor.values("loans", "loan_no"), editor.values("loans", "principal"), strict=True))
    status = dict(zip(editor.values("loans", "loan_no"), editor.values("loans", "status"), strict=True))
    settled = np.array([status.get(value) == "SETTLED" for value in loan])
    minor = np.array([value < 0.02 * _money(principal.get(name)) for value, name in zip(amount, loan, strict=True)])
    # the same interest booked twice; the loan was settled, so nobody seems in arrears or ahead for long
    for index in editor.pick(table, plain & settled & minor, share=0.3, most=5 if len(number) < 10_000 else None):
        base = editor.row(table, index)
        editor.add(table, base, "payment_no", "S_DUP_PAYMENT", base["payment_no"], payment_no=editor.fresh("T"))
    # paid more than was due: flagged on the loan
    final = np.array([value > 0.5 * _money(principal.get(name)) for value, name in zip(amount, loan, strict=True)])
    for index in editor.pick(
        table, plain & settled & final & (amount < 500_000), share=0.2, most=2 if len(number) < 10_000 else None
    ):
        base = editor.row(table, index)
        extra = {**base, "payment_no": editor.fresh("T"), "amount": f"{0.15 * _money(principal[base['loan_no']]):.2f}"}
        editor.extra[table].append(extra)
        editor.log.append(("loans", base["loan_no"], "loan_no", "S_OVERPAID", None, extra["payment_no"]))
    for index in editor.pick(table, plain & (amount < 200_000), share=0.2, most=3 if len(number) < 10_000 else None):
        base = editor.row(table, index)
        editor.add(
            table,
            base,
            "value_on",
            "Q_FUTURE",
            base["value_on"],
            payment_no=editor.fresh("T"),
            value_on=_after(editor, 46),
            booked_at=None,
        )
        editor.add(
            table,
            base,
            "value_on",
            "Q_ORDER",
            base["value_on"],
            payment_no=editor.fresh("T"),
            value_on="2009-01-15",
            booked_at=None,
        )
        editor.add(table, base, "amount", "Q_NEGATIVE", base["amount"], payment_no=editor.fresh("T"), amount="-500.01")
        editor.add(table, base, "amount", "Q_AMOUNT", base["amount"], payment_no=editor.fresh("T"), amount="1.5E+04")
        editor.add(
            table, base, "loan_no", "Q_ORPHAN", base["loan_no"], payment_no=editor.fresh("T"), loan_no=editor.fresh("L")
        )
        editor.add(
            table,
            base,
            "value_on",
            "Q_DATE",
            base["value_on"],
            payment_no=editor.fresh("T"),
            value_on="2023-02-29",
            booked_at=None,
        )
        editor.add(table, base, "amount", "Q_REQUIRED", base["amount"], payment_no=editor.fresh("T"), amount=None)
    editor.in_place(table, "amount", "W_PARSED", other_amount, amount > 1_000, share=0.4)
    editor.in_place(table, "value_on", "W_DATE", other_date, share=0.4)
    editor.in_place(table, "booked_at", "W_SENTINEL", lambda *_: "1900-01-01 00:00:00", share=0.2)
    editor.in_place(
        table, "paid_from", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower(), share=0.3
    )
    editor.repeat(table, share=0.4)


def _money(text: str | None) -> float:
    """The amount of a clean or already repairable text; what cannot be read counts as nothing."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


# -- the rest --------------------------------------------------------------------------------------


def _projects(editor: Editor) -> None:
    if not editor.tables["projects"].num_rows:
        return
    few = 2 if editor.tables["projects"].num_rows < 100 else None
    editor.in_place("projects", "total_cost", "W_PARSED", other_amount, most=few)
    editor.in_place("projects", "planned_completion_on", "W_DATE", other_date, most=few)
    editor.in_place("projects", "project_name", "W_TRIMMED", spaced_name, most=few)
    editor.in_place(
        "project_risk_grades", "grade", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower()
    )
    editor.repeat("project_risk_grades", most=3)
    revenue = np.array([_money(value) > 1_000 for value in editor.values("project_cashflows", "revenue")])
    editor.in_place("project_cashflows", "revenue", "W_PARSED", other_amount, revenue)
    actual = editor.values("project_cashflows", "scenario") == "ACTUAL"
    for index in editor.pick("project_cashflows", actual, most=2):
        base = editor.row("project_cashflows", index)
        editor.add(
            "project_cashflows", base, "period_end", "Q_FUTURE", base["period_end"], period_end=_after(editor, 365)
        )
        editor.add(
            "project_cashflows", base, "project_no", "Q_ORPHAN", base["project_no"], project_no=editor.fresh("P")
        )
    editor.repeat("project_cashflows", most=4)


def _engagement(editor: Editor) -> None:
    table = "digital_events"
    known = editor.has(table, "client_no")
    editor.repeat(table, kind="D_EVENT", share=0.3)
    editor.in_place(table, "occurred_at", "W_DATE", other_date, share=0.3)
    editor.in_place(
        table, "event_type", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower(), share=0.3
    )
    editor.in_place(table, "channel", "W_TRIMMED", padded, share=0.3)
    for index in editor.pick(table, known, share=0.05, most=4 if len(known) < 20_000 else None):
        base = editor.row(table, index)
        editor.add(
            table,
            base,
            "occurred_at",
            "Q_FUTURE",
            base["occurred_at"],
            event_no=editor.fresh("V"),
            occurred_at=f"{_after(editor, 3)} 08:15:00",
        )
        editor.add(
            table, base, "client_no", "Q_ORPHAN", base["client_no"], event_no=editor.fresh("V"), client_no="D9999998"
        )
    table = "account_flows"
    editor.in_place(table, "amount", "W_PARSED", other_amount, share=0.3)
    editor.in_place(table, "top_counterparty_share", "W_RATE", lambda value, _: percent(value, 0), share=0.3)
    editor.in_place(
        table, "category", "W_FOLDED", lambda value, way: full_width(value) if way % 2 else value.lower(), share=0.2
    )
    editor.in_place(table, "counterparties", "W_NULLED", lambda _, way: NULL_WORDS[way % 5], share=0.3)
    for index in editor.pick(table, share=0.05, most=3 if len(known) < 20_000 else None):
        base = editor.row(table, index)
        editor.add(table, base, "client_no", "Q_ORPHAN", base["client_no"], client_no="C9999997")
        editor.add(
            table, base, "amount", "Q_NEGATIVE", base["amount"], category="OTHER_IN", amount=f"-{base['amount']}"
        )
        editor.add(table, base, "amount", "Q_AMOUNT", base["amount"], category="OTHER_OUT", amount="about a million")
    editor.repeat(table, share=0.3)
    table = "crm_interactions"
    editor.in_place(table, "occurred_at", "W_DATE", other_date, share=0.5)
    editor.in_place(table, "outcome", "W_NULLED", lambda _, way: NULL_WORDS[way % 5], share=0.5)
    editor.in_place(table, "relationship_manager", "W_TRIMMED", spaced_name, share=0.5)
    for index in editor.pick(table, most=2):
        base = editor.row(table, index)
        editor.add(
            table,
            base,
            "occurred_at",
            "Q_FUTURE",
            base["occurred_at"],
            interaction_no=editor.fresh("N"),
            occurred_at=f"{_after(editor, 12)} 11:00:00",
        )
    editor.repeat(table, share=0.5)


def _rest(editor: Editor) -> None:
    if editor.tables["satisfaction_surveys"].num_rows:
        editor.in_place("satisfaction_surveys", "nps", "Q_RANGE", lambda *_: "11", most=2)
        editor.in_place("satisfaction_surveys", "answered_at", "W_DATE", other_date, most=3)
        editor.repeat("satisfaction_surveys", most=2)
    if editor.tables["monitoring_tasks"].num_rows:
        editor.in_place("monitoring_tasks", "due_on", "W_DATE", other_date)
        editor.in_place("monitoring_tasks", "finding", "W_NULLED", lambda _, way: NULL_WORDS[way % 5])
        editor.repeat("monitoring_tasks", most=2)
    if editor.tables["segment_overrides"].num_rows:
        base = editor.row("segment_overrides", 0)
        editor.add(
            "segment_overrides", base, "reason", "Q_REQUIRED", base["reason"],
            override_no=editor.fresh("O"), reason=None,
        )  # fmt: skip
    if editor.tables["client_relationships"].num_rows:
        base = editor.row("client_relationships", 0)
        editor.add(
            "client_relationships", base, "to_client_no", "Q_ORPHAN", base["to_client_no"], to_client_no="C9999996"
        )
        editor.in_place("client_relationships", "ownership_share", "W_RATE", lambda value, _: percent(value, 0))
    if "market_indicators" in editor.tables:
        table = "market_indicators"
        balances = editor.values(table, "indicator") == "LOAN_BALANCE"
        editor.in_place(table, "value", "W_PARSED", lambda value, _: grouped(value), balances, most=6)
        for index in editor.pick(table, balances, most=2):
            base = editor.row(table, index)
            editor.add(
                table, base, "released_on", "Q_ORDER", base["released_on"], released_on=_shift(base["period_end"], -20)
            )
        editor.repeat(table, most=4)
    if "marketing_costs" in editor.tables:
        editor.in_place("marketing_costs", "cost", "W_PARSED", other_amount, most=4)
        editor.in_place("marketing_costs", "leads", "W_PARSED", lambda value, _: f"约{value}", most=2)
