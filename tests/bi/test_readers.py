"""The other readers of the published file, each really connected: command line, Python, SQLAlchemy, Parquet."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas
import pytest
import sqlalchemy
from conftest import Published
from sqlalchemy.exc import DBAPIError

QUESTION = """
select segment_code, clients, cast(exposure_amount as varchar) as exposure_amount
from marts.mart_segment_performance
where axis = 'CREDIT' and as_of_month = (select max(as_of_month) from marts.dim_month)
order by segment_code
"""
WRITE = "create table marts.made as select 1 as a"
CLI = Path(sys.executable).parent / "duckdb"


def cli(published: Published, sql: str) -> subprocess.CompletedProcess[str]:
    command = [str(CLI), "-readonly", "-csv", str(published.file), "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def answer(published: Published) -> list[tuple[str, int, str]]:
    """From the Parquet files, which no driver of the other tests reads."""
    folder = published.parquet.resolve()
    with duckdb.connect() as conn:
        conn.execute("create schema marts")
        for table in ("mart_segment_performance", "dim_month"):
            conn.execute(f"create view marts.{table} as select * from read_parquet('{folder}/{table}.parquet')")
        rows = conn.execute(QUESTION).fetchall()
    assert len(rows) >= 3 and sum(clients for _, clients, _ in rows) > 100
    return rows


def test_command_line(published: Published, answer: list[tuple[str, int, str]]) -> None:
    done = cli(published, QUESTION)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[1:] == [[str(value) for value in row] for row in answer]


def test_command_line_cannot_write(published: Published) -> None:
    done = cli(published, WRITE)
    assert done.returncode != 0 and "read-only" in done.stderr


def test_python(published: Published, answer: list[tuple[str, int, str]]) -> None:
    with duckdb.connect(str(published.file), read_only=True) as conn:
        assert conn.execute(QUESTION).fetchall() == answer
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            conn.execute(WRITE)


def engine(published: Published) -> sqlalchemy.engine.Engine:
    return sqlalchemy.create_engine(f"duckdb:///{published.file}", connect_args={"read_only": True})


def test_sqlalchemy(published: Published, answer: list[tuple[str, int, str]]) -> None:
    connected = engine(published)
    try:
        with connected.connect() as conn:
            assert [tuple(row) for row in conn.execute(sqlalchemy.text(QUESTION))] == answer
            frame = pandas.read_sql(sqlalchemy.text(QUESTION), conn)
            assert list(frame.itertuples(index=False, name=None)) == answer
            with pytest.raises(DBAPIError, match="read-only"):
                conn.execute(sqlalchemy.text(WRITE))
    finally:
        connected.dispose()


def test_sqlalchemy_lists_tables_and_columns(published: Published) -> None:
    """What a tool's data browser asks for, descriptions included."""
    # asked before: one process opens a file with the same settings only, and the engine has its own
    sql = "select table_name from duckdb_tables() where schema_name = 'marts'"
    marts = {name for (name,) in published.rows(sql)}
    connected = engine(published)
    try:
        inspector = sqlalchemy.inspect(connected)
        assert set(inspector.get_table_names(schema="marts")) == marts
        columns = {column["name"]: column["comment"] for column in inspector.get_columns("dim_month", schema="marts")}
        assert columns["as_of_month"] == "Last day of the month." and "is_last_month" in columns
    finally:
        connected.dispose()


def test_descriptions_travel_in_the_file(published: Published) -> None:
    sql = "select count(*), count(comment) from duckdb_columns() where schema_name = 'marts'"
    ((columns, described),) = published.rows(sql)
    assert columns > 300 and described == columns


def test_many_processes_read_at_once(published: Published, answer: list[tuple[str, int, str]]) -> None:
    command = [str(CLI), "-readonly", "-csv", "-noheader", str(published.file), "-c", QUESTION]
    with duckdb.connect(str(published.file), read_only=True) as conn:
        readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        results = [reader.communicate(timeout=60)[0] for reader in readers]
        assert conn.execute(QUESTION).fetchall() == answer
    assert len(set(results)) == 1 and len(results[0].splitlines()) == len(answer)


def test_open_readers_keep_their_release(published: Published, answer: list[tuple[str, int, str]]) -> None:
    """A reader that is connected sees its release to the end; who connects after the switch sees the next one."""
    second = published.home / "releases" / "next"
    shutil.copytree(published.home / "releases" / "first", second)
    with duckdb.connect(str(second / "lending.duckdb")) as conn:
        conn.execute("delete from marts.mart_segment_performance where axis = 'CREDIT'")
    with duckdb.connect(str(published.file), read_only=True) as old:
        published.switch("next")
        try:
            assert cli(published, QUESTION).stdout.splitlines()[1:] == []
            assert old.execute(QUESTION).fetchall() == answer
        finally:
            published.switch("first")
    assert published.rows(QUESTION) == answer
