"""What cannot be built stops before the first model, with a sentence that names the culprit, and leaves the warehouse
as it was; and every way to deliver the same data gives the same rows.

The refusals run in a copy of the project that keeps only the input layer: nothing later may run, and dbt reads it in a
fraction of the time.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from conftest import Project, Warehouse
from dbt_jobs import Job, build_all, run_jobs
from small_input import client, instalments, loan, payments, write_tables

TABLES = {
    "clients": [
        client(
            "C1", client_name="杭州示例机械有限公司", industry_code="C33", industry_code_edition="2017", x_note="乙"
        ),
        client("C2", client_name="宁波示例贸易有限公司", industry_code="51", industry_code_edition="2017", x_note=""),
    ],
    "loans": [loan("L1", "C1", 300, "2024-01-02", "2024-12-31", currency="CNY", x_desk="7")],
    "repayment_schedules": instalments("L1", [("2024-01-20", 100, 1), ("2024-02-20", 200, 1)]),
    "payments": payments("L1", [("2024-01-20", 101), ("2024-02-20", 50)]),
}
STAGING = [f"stg_{table}" for table in TABLES]


@dataclass
class Refusal:
    """A delivery or a setting that must be refused, and what the sentence must name."""

    named: list[str]
    spoil: Callable[[Path], None] = lambda folder: None
    settings: dict[str, str] = field(default_factory=dict)
    # None: the spoilt folder; otherwise the value of LENDING_INPUT
    given: str | None = None


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def replace_by(name: str, new_name: str, content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / new_name).write_bytes(content)

    return spoil


def parquet(sql: str) -> Callable[[Path], None]:
    """Loans as a Parquet file that holds the result of a query over the CSV file (relation `loans`)."""

    def spoil(folder: Path) -> None:
        with duckdb.connect() as conn:
            conn.execute(f"create view loans as select * from read_csv('{folder / 'loans.csv'}', all_varchar = true)")
            conn.execute(f"copy ({sql}) to '{folder / 'loans.parquet'}' (format parquet)")
        (folder / "loans.csv").unlink()

    return spoil


def cut_parquet(folder: Path) -> None:
    parquet("select * from loans")(folder)
    path = folder / "loans.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def parquet_named_csv(folder: Path) -> None:
    parquet("select * from loans")(folder)
    (folder / "loans.parquet").rename(folder / "loans.csv")


def folder_without_parts(folder: Path) -> None:
    (folder / "loans.csv").unlink()
    (folder / "loans").mkdir()


def without_extracted_at(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    write_tables(folder, TABLES, extracted_at=None)


def drop_header(folder: Path) -> None:
    (folder / "loans.csv").write_bytes(b"")


REFUSALS = {
    "needed table is missing": Refusal(["clients", "is needed"], remove("clients.csv")),
    "Parquet file cut off": Refusal(["loans.parquet", "cannot be read as Parquet"], cut_parquet),
    "text is not UTF-8": Refusal(
        ["loans.csv", "utf-8"], replace_by("loans.csv", "loans.csv", "loan_no,product_code\nL1,贷\n".encode("gbk"))
    ),
    "gzip is damaged": Refusal(
        ["loans.csv.gz", "cannot be read"],
        replace_by("loans.csv", "loans.csv.gz", gzip.compress(b"loan_no\n" * 99)[:-12]),
    ),
    "folder holds no parts": Refusal(["loans", "no .parquet file"], folder_without_parts),
    "file is empty": Refusal(["loans.csv", "header"], drop_header),
    "Parquet is named CSV": Refusal(["loans.csv", "is Parquet"], parquet_named_csv),
    "CSV is named Parquet": Refusal(
        ["loans.parquet", "is not one"], lambda folder: (folder / "loans.csv").rename(folder / "loans.parquet")
    ),
    "workbook is named CSV": Refusal(
        ["loans.csv", "Excel or zip"], replace_by("loans.csv", "loans.csv", b"PK\x03\x04" + bytes(60))
    ),
    "column is a list": Refusal(["product_code", "loans"], parquet("select *, ['A'] as product_code from loans")),
    "column is a structure": Refusal(
        ["product_code", "loans"], parquet("select *, {'a': 1} as product_code from loans")
    ),
    "column is binary": Refusal(["product_code", "loans"], parquet("select *, 'A'::blob as product_code from loans")),
    "no column of the contract": Refusal(["loans", "none of the columns"], parquet("select 1 as anything from loans")),
    "input is nowhere": Refusal(["LENDING_INPUT", "/nowhere/to/be/found"], given="/nowhere/to/be/found"),
    "reporting date does not exist": Refusal(
        ["LENDING_AS_OF_DATE", "2026-02-30"], settings={"LENDING_AS_OF_DATE": "2026-02-30"}
    ),
    "reporting date is not a date": Refusal(
        ["LENDING_AS_OF_DATE", "yesterday"], settings={"LENDING_AS_OF_DATE": "yesterday"}
    ),
    # both are dates; together they leave no month, which must not pass as an empty warehouse
    "history starts after the reporting date": Refusal(
        ["LENDING_HISTORY_START"], settings={"LENDING_AS_OF_DATE": "2024-12-31", "LENDING_HISTORY_START": "2025-02"}
    ),
    "history starts in no month": Refusal(
        ["LENDING_HISTORY_START", "2022-13"], settings={"LENDING_HISTORY_START": "2022-13"}
    ),
    "currency is unknown": Refusal(["LENDING_CURRENCY", "ABC"], settings={"LENDING_CURRENCY": "ABC"}),
    "encoding is unknown": Refusal(["LENDING_INPUT_ENCODING", "latin9"], settings={"LENDING_INPUT_ENCODING": "latin9"}),
    "name of the schema is none": Refusal(["LENDING_INPUT", "no such; name"], given="schema:no such; name"),
    "schema is not there": Refusal(["clients", "schema:elsewhere"], given="schema:elsewhere"),
    "reporting date is not known": Refusal(["LENDING_AS_OF_DATE", "extracted_at"], without_extracted_at),
}


def digest(home: Path) -> str:
    return hashlib.sha256((home / "build.duckdb").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def door(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project without anything behind the input layer."""
    folder = tmp_path_factory.mktemp("door") / "project"
    shutil.copytree(project.folder, folder)
    for path in (folder / "models").iterdir():
        if path.name != "input":
            shutil.rmtree(path)
    (folder / "tests" / "generic").rename(folder / "generic")
    shutil.rmtree(folder / "tests")
    shutil.rmtree(folder / "analyses")
    (folder / "tests").mkdir()
    (folder / "generic").rename(folder / "tests" / "generic")
    return Project(folder)


def job(home: Path, *arguments: str, **settings: str) -> Job:
    return Job(home, ["run", "--select", "inp_clients", *arguments], settings)


@pytest.fixture(scope="module")
def built(door: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an input and a warehouse made from it; copied for every case, never changed."""
    folder = tmp_path_factory.mktemp("built")
    write_tables(folder / "input", TABLES)
    first = job(folder / "home", LENDING_INPUT=str(folder / "input"))
    run_jobs(door.folder, [first])
    assert first.code == 0, first.output
    return folder


@pytest.fixture(scope="module")
def tried(door: Project, built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """Every case in a copy of the built warehouse."""
    root = tmp_path_factory.mktemp("cases")
    jobs = {}
    for number, (name, case) in enumerate(REFUSALS.items()):
        given = str(built / "input")
        if case.given is not None:
            given = case.given
        elif not case.settings:
            shutil.copytree(built / "input", root / str(number) / "input")
            case.spoil(root / str(number) / "input")
            given = str(root / str(number) / "input")
        jobs[name] = job(root / str(number) / "home", LENDING_INPUT=given, **case.settings)
    write_tables(root / "other", TABLES)
    other = str(root / "other")
    jobs["another input"] = job(root / "another" / "home", LENDING_INPUT=other)
    jobs["another input, full refresh"] = job(root / "refreshed" / "home", "--full-refresh", LENDING_INPUT=other)
    for each in jobs.values():
        each.home.mkdir(parents=True)
        shutil.copy(built / "home" / "build.duckdb", each.home)
    run_jobs(door.folder, list(jobs.values()))
    return jobs


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_before_the_first_model(tried: dict[str, Job], built: Path, name: str) -> None:
    refusal = tried[name]
    assert refusal.code == 1, refusal.output
    for word in REFUSALS[name].named:
        assert word in refusal.output, f"{word!r} is not named:\n{refusal.output}"
    assert "Traceback" not in refusal.output, refusal.output
    assert "raw.inp_clients" not in refusal.output, "a model ran"
    assert digest(refusal.home) == digest(built / "home"), "the warehouse file changed"


def test_another_input_needs_full_refresh(tried: dict[str, Job], built: Path) -> None:
    refusal = tried["another input"]
    assert refusal.code == 1, refusal.output
    assert "--full-refresh" in refusal.output and str(built / "input") in refusal.output
    assert digest(refusal.home) == digest(built / "home")
    replaced = tried["another input, full refresh"]
    assert replaced.code == 0, replaced.output


# The same data, delivered in other ways ------------------------------------------------------------------------------


def staging_rows(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(warehouse.rows(f"select * from staging.{table}"), key=repr) for table in STAGING}


def mixed_formats(folder: Path) -> None:
    """A byte order mark, gzip, a folder of parts, and a single Parquet file."""
    clients = folder / "clients.csv"
    clients.write_bytes(b"\xef\xbb\xbf" + clients.read_bytes())
    (folder / "loans.csv.gz").write_bytes(gzip.compress((folder / "loans.csv").read_bytes()))
    (folder / "payments").mkdir()
    with duckdb.connect() as conn:
        rows = "from read_csv('{}', all_varchar = true)"
        paid = rows.format(folder / "payments.csv")
        for part, condition in enumerate(["value_on < '2024-02-01'", "value_on >= '2024-02-01'"]):
            target = folder / "payments" / f"part-{part}.parquet"
            conn.execute(f"copy (select * {paid} where {condition}) to '{target}' (format parquet)")
        # typed, as a database would deliver it
        typed = "cast(instalment_no as integer) as instalment_no, cast(due_on as date) as due_on"
        typed += (
            ", cast(principal_due as decimal(18, 2)) as principal_due, cast(extracted_at as timestamp) as extracted_at"
        )
        target = folder / "repayment_schedules.parquet"
        scheduled = rows.format(folder / "repayment_schedules.csv")
        conn.execute(f"copy (select * replace ({typed}) {scheduled}) to '{target}' (format parquet)")
    for table in ("loans", "payments", "repayment_schedules"):
        (folder / f"{table}.csv").unlink()


def in_gbk(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


@pytest.fixture(scope="module")
def delivered(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[tuple[object, ...]]]]:
    """Staging rows per way of delivery."""
    root = tmp_path_factory.mktemp("delivered")
    for name in ("plain", "mixed", "gbk"):
        write_tables(root / name / "input", TABLES)
    mixed_formats(root / "mixed" / "input")
    in_gbk(root / "gbk" / "input")
    home = root / "schema" / "home"
    home.mkdir(parents=True)
    with duckdb.connect(str(home / "build.duckdb")) as conn:
        conn.execute("create schema lender")
        for table in TABLES:
            source = root / "plain" / "input" / f"{table}.csv"
            conn.execute(f"create table lender.{table} as select * from read_csv('{source}', all_varchar = true)")
    settings = {name: {"LENDING_INPUT": str(root / name / "input")} for name in ("plain", "mixed", "gbk")}
    settings["gbk"]["LENDING_INPUT_ENCODING"] = "gbk"
    settings["schema"] = {"LENDING_INPUT": "schema:lender"}

    select = ["--select", *[f"+{table}" for table in STAGING], "--exclude-resource-type", "test", "unit_test"]
    build_all(project.folder, {root / name / "home": given for name, given in settings.items()}, *select)
    return {name: staging_rows(Warehouse(root / name / "home")) for name in settings}


def test_plain_delivery_is_accepted(delivered: dict[str, dict[str, list[tuple[object, ...]]]]) -> None:
    assert {table: len(rows) for table, rows in delivered["plain"].items()} == {
        f"stg_{table}": len(rows) for table, rows in TABLES.items()
    }


@pytest.mark.parametrize("way", ["mixed", "gbk", "schema"])
def test_every_delivery_gives_the_same_rows(
    delivered: dict[str, dict[str, list[tuple[object, ...]]]], way: str
) -> None:
    assert delivered[way] == delivered["plain"]


def test_own_columns_pass_through(delivered: dict[str, dict[str, list[tuple[object, ...]]]]) -> None:
    """x_ columns stand untouched in the accepted rows."""
    for rows, own in [("stg_clients", "乙"), ("stg_loans", "7")]:
        assert any(own in row for row in delivered["schema"][rows]), rows


def test_tables_without_rows_build(project: Project, tmp_path: Path) -> None:
    """Headers only: everything builds, empty, and the reporting date has to be given."""
    folder = write_tables(tmp_path / "input", TABLES)
    for path in folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    settings = {"LENDING_INPUT": str(folder), "LENDING_AS_OF_DATE": "2024-12-31"}
    warehouse = project.build(tmp_path / "home", "--exclude-resource-type", "test", **settings)
    assert warehouse.value("select count(*) from marts.dim_month") == 48
    for table in ("dim_client", "fct_loan_month", "mart_segment_performance"):
        assert warehouse.value(f"select count(*) from marts.{table}") == 0, table
    # a promise without data is a promise without an answer, not one that has vanished
    claims = warehouse.rows("select claim_id, verdict from marts.mart_claims order by claim_id")
    rules = warehouse.rows("select claim_id, 'NOT_ENOUGH_DATA' from rules.rule_claim order by claim_id")
    assert claims == rules and claims
