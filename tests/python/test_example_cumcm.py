"""examples/cumcm_sme end to end: real invoices and ratings, against figures computed without the warehouse."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import ROOT, SHARED, Project, Warehouse
from example_runs import run_example, segments_that_do_not_cover_the_grid

DATA = SHARED / "data"
FOLDER = DATA / "cumcm_sme"
EXAMPLE = ROOT / "examples" / "cumcm_sme"

SYMBOL_OF_RATING = {"A": "AA-", "B": "BBB-", "C": "B+", "D": "D"}
TIER_OF_RATING = {"A": "HIGH", "B": "MEDIUM", "C": "ELEVATED", "D": "RESTRICTED"}

# what this project counted in the files, beside what the tests count again
DELIVERED = {"SALES": 162484, "PURCHASE": 210947}


def cents(amounts: pd.Series) -> pd.Series:
    """Amounts of two decimals as whole cents, which sum without error."""
    return (amounts * 100).round().astype("int64")


@pytest.fixture(scope="module")
def firms() -> list[dict[str, str]]:
    file = FOLDER / "credit_enterprises.csv"
    if not file.is_file():
        pytest.skip(f"the small-firm data is not at {FOLDER}: the example is not run")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def invoices(firms: list[dict[str, str]]) -> pd.DataFrame:
    """Both files as delivered, in one shape, amounts in cents."""
    parts = []
    for direction, name, counterparty in (
        ("SALES", "credit_output_invoices", "购方单位代号"),
        ("PURCHASE", "credit_input_invoices", "销方单位代号"),
    ):
        part = pd.read_parquet(FOLDER / f"{name}.parquet").rename(
            columns={
                "企业代号": "client_no",
                "发票号码": "invoice_no",
                "开票日期": "issued_on",
                counterparty: "counterparty",
                "金额": "net",
                "税额": "tax",
                "价税合计": "gross",
                "发票状态": "status",
            }
        )
        part.insert(0, "direction", direction)
        parts.append(part)
    together = pd.concat(parts, ignore_index=True)
    for column in ("net", "tax", "gross"):
        together[column] = cents(together[column])
    together["status"] = together["status"].astype(str).str.strip()
    month = pd.to_datetime(together["issued_on"]) + pd.offsets.MonthEnd(0)
    return together.assign(month_end=month.dt.date)


@pytest.fixture(scope="module")
def counted(invoices: pd.DataFrame) -> pd.DataFrame:
    """The invoices that count: no copies, nothing voided."""
    return invoices.drop_duplicates()[lambda rows: rows["status"] == "有效发票"]


@pytest.fixture(scope="module")
def example(firms: list[dict[str, str]], project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the example, built by its own command; tests only read it."""
    home = tmp_path_factory.mktemp("cumcm")
    done = run_example(project.folder, "cumcm_sme", "--data", str(DATA), "--home", str(home))
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Firms by the bank's rating" in done.stdout
    return Warehouse(home)


def test_says_when_a_file_is_missing(tmp_path: Path) -> None:
    done = run_example(ROOT, "cumcm_sme", "--data", str(tmp_path), "--home", str(tmp_path / "home"))
    assert done.returncode == 1
    assert "credit_enterprises.csv" in done.stdout and "--data" in done.stdout
    assert not (tmp_path / "home").exists()


def test_every_row_is_accounted_for(example: Warehouse, firms: list[dict[str, str]], counted: pd.DataFrame) -> None:
    assert example.rows("select table_name from quality.dq_reconciliation where rows_unexplained <> 0") == []
    rows_in = dict(example.rows("select table_name, rows_in from quality.dq_reconciliation where rows_in > 0"))
    assert rows_in == {
        "clients": len(firms),
        "credit_ratings": len(firms),
        "credit_events": sum(firm["是否违约"] == "是" for firm in firms),
        "account_flows": len(counted[["direction", "client_no", "month_end"]].drop_duplicates()),
    }


def test_every_delivered_invoice_is_classed(example: Warehouse, invoices: pd.DataFrame) -> None:
    delivered = invoices["direction"].value_counts().to_dict()
    assert delivered == DELIVERED
    copies = invoices.duplicated()
    classes = pd.Series("VALID", index=invoices.index)
    classes[invoices["gross"] < 0] = "REFUND"
    classes[invoices["status"] == "作废发票"] = "VOIDED"
    classes[copies] = "COPY"
    expected = invoices.groupby([invoices["direction"], classes])["gross"].agg(["size", "sum"])
    noted = pd.read_parquet(example.home / "notes" / "invoice_rows.parquet")
    found = noted.set_index(["direction", "invoice_class"])
    assert found["delivered_rows"].to_dict() == expected["size"].to_dict()
    in_cents = {key: round(amount * 100) for key, amount in found["gross_amount"].astype(float).items()}
    assert in_cents == expected["sum"].to_dict()
    assert found["delivered_rows"].groupby("direction").sum().to_dict() == DELIVERED
    # the leading blank of a status changes nothing
    assert found["with_blank_in_status"].sum() == 47
    assert found.loc[("SALES", "VOIDED"), "with_blank_in_status"] == 47


def test_valid_invoices_of_every_firm(example: Warehouse, counted: pd.DataFrame) -> None:
    """Count, gross, net and tax per firm and direction, over every delivered month."""
    expected = counted.groupby(["client_no", "direction"]).agg(
        invoices=("gross", "size"), gross=("gross", "sum"), net=("net", "sum"), tax=("tax", "sum")
    )
    found = example.frame("""
        select
            client_no,
            case category when 'SALES_IN' then 'SALES' when 'SUPPLIER_OUT' then 'PURCHASE' end as direction,
            cast(sum(transactions) as bigint) as invoices,
            cast(sum(amount) * 100 as bigint) as gross,
            cast(sum(x_net_amount) * 100 as bigint) as net,
            cast(sum(x_tax_amount) * 100 as bigint) as tax
        from staging.base_account_flows
        group by all
    """).set_index(["client_no", "direction"])
    assert len(found) == 2 * 123
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), check_dtype=False)


def test_only_months_below_zero_are_rejected(example: Warehouse, counted: pd.DataFrame) -> None:
    months = counted.groupby(["direction", "client_no", "month_end"])["gross"].sum()
    below = months[months < 0]
    assert len(below) == 22
    rejected = example.rows("""
        select
            case category when 'SALES_IN' then 'SALES' else 'PURCHASE' end,
            client_no,
            month_end,
            cast(amount * 100 as bigint)
        from staging.base_account_flows
        where row_status <> 'ACCEPTED'
    """)
    assert {row[:3]: row[3] for row in rejected} == below.to_dict()
    reasons = example.rows(
        "select reason_code, issues from quality.dq_issue_summary where table_name = 'account_flows'"
    )
    assert reasons == [("Q_NEGATIVE", 22)]


def test_counterparties_and_the_largest_share(example: Warehouse, counted: pd.DataFrame) -> None:
    keys = ["direction", "client_no", "month_end"]
    sides = counted.groupby([*keys, "counterparty"])["gross"].sum()
    number = sides.groupby(keys).size()
    positive = sides[sides > 0].groupby(keys)
    share = positive.max() / positive.sum()
    found = example.frame("""
        select
            case category when 'SALES_IN' then 'SALES' else 'PURCHASE' end as direction,
            client_no,
            month_end,
            counterparties,
            cast(top_counterparty_share as double) as share
        from staging.base_account_flows
    """)
    found = found.assign(month_end=pd.to_datetime(found["month_end"]).dt.date).set_index(keys)
    assert found["counterparties"].to_dict() == number.to_dict()
    known = found["share"].dropna()
    assert set(known.index) == set(share.index)
    assert (known - share.reindex(known.index)).abs().max() < 1e-6
    assert known.between(0, 1).all() and known.max() == 1


def test_ratings_and_defaults(example: Warehouse, firms: list[dict[str, str]]) -> None:
    found = example.rows("select client_no, symbol, x_delivered_rating from staging.stg_credit_ratings")
    assert {row[0]: row[1:] for row in found} == {
        firm["企业代号"]: (SYMBOL_OF_RATING[firm["信誉评级"]], firm["信誉评级"]) for firm in firms
    }
    defaulted = {row[0] for row in example.rows("select client_no from staging.stg_credit_events")}
    assert defaulted == {firm["企业代号"] for firm in firms if firm["是否违约"] == "是"}
    assert len(defaulted) == 27


def test_credit_tier_when_the_axis_is_built(example: Warehouse, firms: list[dict[str, str]]) -> None:
    if ("segments", "seg_credit") not in example.tables("segments"):
        pytest.skip("this warehouse has no credit axis")
    rows = example.rows("""
        select identity.client_no, segments.as_of_month, segments.final_segment
        from segments.seg_credit as segments
        inner join intermediate.int_client_identity as identity on segments.client_key = identity.client_key
    """)
    last = max(row[1] for row in rows)
    for firm in firms:
        expected = "RESTRICTED" if firm["是否违约"] == "是" else TIER_OF_RATING[firm["信誉评级"]]
        held = {month: segment for client, month, segment in rows if client == firm["企业代号"]}
        assert held.pop(last) == expected, firm
        # nothing of the rating is known before the files were closed
        assert set(held.values()) == {"UNRATED"}


def test_firms_with_one_masked_name_stay_apart(example: Warehouse, firms: list[dict[str, str]]) -> None:
    names = pd.Series([firm["企业名称"] for firm in firms])
    assert names.duplicated(keep=False).sum() == 41
    keys, registrations = example.rows(
        "select count(distinct client_key), count(*) from intermediate.int_client_identity"
    )[0]
    assert keys == registrations == len(firms) == 123
    assert example.value("select count(*) from marts.dim_client") == 123


def test_a_warehouse_without_loans_has_every_client_on_every_axis(example: Warehouse) -> None:
    assert example.value("select count(*) from marts.fct_loan_month") == 0
    assert segments_that_do_not_cover_the_grid(example) == {}
    clients = dict(
        example.rows("""
            select axis, sum(clients) from marts.mart_segment_performance
            where as_of_month = date '2020-02-29' group by axis
        """)
    )
    assert set(clients) >= {"INDUSTRY", "SIZE"} and set(clients.values()) == {123}
    assert example.value("select sum(exposure_amount) from marts.mart_segment_performance") == 0


def test_rate_sensitivity(example: Warehouse) -> None:
    with (FOLDER / "rate_churn_2019.csv").open(encoding="utf-8-sig", newline="") as lines:
        table = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]
    rates = [row["贷款年利率"] for row in table]
    saved = pd.read_csv(example.home / "rate_sensitivity.csv").set_index("rating")
    assert list(saved.index) == ["A", "B", "C"]
    for rating in saved.index:
        lost = dict(zip(rates, (row[f"客户流失率_{rating}"] for row in table), strict=True))
        best = max(rates, key=lambda rate: rate * (1 - lost[rate]))
        assert saved.loc[rating, "best_rate"] == best
        assert saved.loc[rating, "interest_at_best_rate"] == pytest.approx(best * (1 - lost[best]), abs=1e-6)
        # 8 % lies between two rates of the table
        below, above = max(rate for rate in rates if rate <= 0.08), min(rate for rate in rates if rate > 0.08)
        between = lost[below] + (lost[above] - lost[below]) * (0.08 - below) / (above - below)
        assert saved.loc[rating, "kept_at_8"] == pytest.approx(1 - between, abs=1e-4)
        falls = sum(lost[later] < lost[rate] for rate, later in zip(rates, rates[1:], strict=False))
        assert saved.loc[rating, "steps_where_fewer_leave"] == falls


def test_rating_report_adds_up(example: Warehouse, firms: list[dict[str, str]], counted: pd.DataFrame) -> None:
    report = example.frame((EXAMPLE / "rating_and_invoices.sql").read_text(encoding="utf-8")).set_index("rating")
    assert report["firms"].to_dict() == {"A": 27, "B": 38, "C": 34, "D": 24, "ALL": 123}
    assert report["defaulted"].to_dict() == {"A": 0, "B": 1, "C": 2, "D": 24, "ALL": 27}
    rating = {firm["企业代号"]: firm["信誉评级"] for firm in firms}
    months = counted.groupby(["direction", "client_no", "month_end"])["gross"].sum().reset_index()
    in_2019 = months[(months["gross"] >= 0) & (pd.to_datetime(months["month_end"]).dt.year == 2019)]
    sums = in_2019.groupby(["direction", in_2019["client_no"].map(rating)])["gross"].sum()
    for letter in "ABCD":
        assert round(float(report.loc[letter, "sales_2019"]) * 100) == sums["SALES", letter]
        assert round(float(report.loc[letter, "purchases_2019"]) * 100) == sums["PURCHASE", letter]


def test_segment_report_reads_the_fact_of_all_axes() -> None:
    """The fact is built elsewhere; its shape is what segments.sql relies on."""
    with duckdb.connect() as conn:
        conn.execute("create schema marts")
        conn.execute("create table marts.dim_month as select date '2020-02-29' as as_of_month")
        conn.execute("""
            create table marts.fct_client_segment_month as
            select
                range as client_key, date '2020-02-29' as as_of_month, 'UNKNOWN' as industry_segment,
                'UNKNOWN' as size_segment, case when range = 0 then 'HIGH' else 'MEDIUM' end as credit_segment,
                'TRANSITIONAL' as lifecycle_segment, 'PROSPECT' as behaviour_segment,
                'NOT_APPLICABLE' as project_type_segment
            from range(3)
        """)
        rows = conn.execute((ROOT / "examples" / "segments.sql").read_text(encoding="utf-8")).fetchall()
    assert rows == [
        ("BEHAVIOUR", "PROSPECT", 3),
        ("CREDIT", "MEDIUM", 2),
        ("CREDIT", "HIGH", 1),
        ("LIFECYCLE", "TRANSITIONAL", 3),
        ("PROJECT_TYPE", "NOT_APPLICABLE", 3),
    ]
