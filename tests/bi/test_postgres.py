"""The copy in PostgreSQL, on a throwaway server: the same rows, by psql and by ODBC, read-only, all or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Published

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
ODBC_DRIVERS = sorted(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))
QUESTION = (
    "select segment_code, clients, exposure_amount from marts.mart_segment_performance "
    "where axis = 'CREDIT' and as_of_month = (select max(as_of_month) from marts.dim_month) order by segment_code"
)


@dataclass
class Server:
    """A server that listens on a socket in its own folder and nowhere else."""

    folder: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"PGHOST": str(self.folder), "PGDATABASE": "postgres", "PGUSER": "postgres"}

    def psql(self, sql: str, user: str = "postgres") -> subprocess.CompletedProcess[str]:
        command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql]
        env = self.environment | {"PGUSER": user}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    def lines(self, sql: str, user: str = "postgres") -> list[str]:
        done = self.psql(sql, user)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def copy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts" / "publish_postgres.py"), "--home", str(self.home), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def server(published: Published) -> Iterator[Server]:
    # a socket's path may not be long
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    account = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}

    def run(program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), *arguments]
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=False, **account
        )
        assert done.returncode == 0, done.stderr.decode()

    data = str(folder / "data")
    try:
        run("initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "--pgdata", data, "--wait", "--log", str(folder / "log"), "--options", options, "start")
        try:
            made = Server(folder, published.home)
            made.lines("create role analyst login")
            done = made.copy("--reader", "analyst")
            assert done.returncode == 0, done.stderr
            yield made
        finally:
            run("pg_ctl", "--pgdata", data, "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_every_table_has_the_same_rows(server: Server, published: Published) -> None:
    """Counted, and compared value by value: both sides write every row as text in the same form."""
    tables = published.rows("select schema_name, table_name from duckdb_tables() order by all")
    assert len(tables) > 40
    for schema, table in tables:
        columns = published.rows(
            f"select column_name, data_type from duckdb_columns() where schema_name = '{schema}' "
            f"and table_name = '{table}' order by column_index"
        )
        # md5 of a text that is written alike on both sides
        parts = ", ".join(f"coalesce(cast({name} as varchar), '~')" for name, _ in columns)
        digest = f"select md5(concat_ws('|', {parts})) from {schema}.{table}"
        assert sorted(server.lines(digest)) == sorted(row for (row,) in published.rows(digest)), f"{schema}.{table}"


def test_types_and_descriptions_come_along(server: Server, published: Published) -> None:
    kind = "select data_type, numeric_precision, numeric_scale from information_schema.columns where "
    where = "table_name = 'mart_segment_performance' and column_name = 'exposure_amount'"
    assert server.lines(kind + where) == ["numeric|28|2"]
    described = "select count(*) from pg_description where objsubid > 0 and objoid::regclass::text like 'marts.%'"
    ((columns,),) = published.rows("select count(*) from duckdb_columns() where schema_name = 'marts'")
    assert server.lines(described) == [str(columns)]


def test_reader_reads_and_cannot_write(server: Server) -> None:
    assert len(server.lines(QUESTION, "analyst")) >= 3
    for write in ("delete from marts.dim_month", "create table marts.made (a int)", "drop table marts.dim_month"):
        done = server.psql(write, "analyst")
        assert done.returncode != 0 and ("permission denied" in done.stderr or "must be owner" in done.stderr)


def test_odbc(server: Server, published: Published, tmp_path: Path) -> None:
    """PostgreSQL's ODBC driver, the way of Tableau, Power BI and Excel."""
    source = f"[lending]\nDriver={ODBC_DRIVERS[0]}\nServername={server.folder}\nDatabase=postgres\nUsername=analyst\n"
    (tmp_path / "odbc.ini").write_text(source + "ReadOnly=Yes\n")
    done = subprocess.run(
        ["isql", "lending", "-b", "-d|"],
        input=QUESTION + "\n",
        env=os.environ | {"ODBCINI": str(tmp_path / "odbc.ini")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [tuple(line.split("|")) for line in done.stdout.splitlines() if line]
    assert rows == [tuple(str(value) for value in row) for row in published.rows(QUESTION)]


def test_all_or_nothing(server: Server, published: Published, tmp_path: Path) -> None:
    """A copy that fails at its end leaves the tables of before; the next one replaces them."""
    before = server.lines("select count(*) from marts.dim_client")
    release = published.home / "releases" / "shorter"
    shutil.copytree(published.home / "releases" / "first", release)
    with duckdb.connect(str(release / "lending.duckdb")) as conn:
        conn.execute("delete from marts.dim_client")
    published.switch("shorter")
    try:
        failed = server.copy("--reader", "nobody_of_this_name")
        assert failed.returncode == 1 and "left as it was" in failed.stderr
        assert server.lines("select count(*) from marts.dim_client") == before
        assert server.copy("--reader", "analyst").returncode == 0
        assert server.lines("select count(*) from marts.dim_client", "analyst") == ["0"]
    finally:
        published.switch("first")
    assert server.copy("--reader", "analyst").returncode == 0
    assert server.lines("select count(*) from marts.dim_client", "analyst") == before
