"""Publication while others read, publish, build or are killed: readers see one complete release or another, never both.

The first half publishes small build files whose tables all hold the number of their version (race_jobs.py). The second
runs scripts/build.py itself, with dbt, in a copy of the project that has a few small models of that kind.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import race_jobs
from conftest import ROOT, SETTINGS
from publish import NotPublished, locked, publish
from race_jobs import HIDDEN, NAMES, PERSON, left_behind, read_duckdb, read_parquet, rows_of, write_build

SEED = 20260630
JOBS = Path(race_jobs.__file__)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder in memory where there is one: a kill finds it as it finds a disk, and nobody waits for that."""
    shared = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="races-", dir=shared if os.access(shared, os.W_OK) else None)
    yield Path(folder)
    shutil.rmtree(folder, ignore_errors=True)


def start(*arguments: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(JOBS), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        output = process.communicate(timeout=80)[0]
        assert process.returncode == 0, output


class Readers:
    """Processes that read the published release again and again, one by DuckDB file and one by Parquet files."""

    KINDS = ("read-duckdb", "read-parquet")

    def __init__(self, home: Path, pause: float) -> None:
        self.stop = home / "stop"
        self.results = [home / f"reader-{number}.json" for number in range(len(self.KINDS))]
        self.processes = [
            start(kind, home, self.stop, result, pause) for kind, result in zip(self.KINDS, self.results, strict=True)
        ]

    def end(self) -> list[dict[str, Any]]:
        self.stop.touch()
        finish(*self.processes)
        self.stop.unlink()
        return [json.loads(result.read_text(encoding="utf-8")) for result in self.results]


# -- small build files ----------------------------------------------------------------------------------------------


def test_fifty_publications_before_the_eyes_of_readers(home: Path) -> None:
    publish(home, write_build(home, 1))
    readers = Readers(home, 0.02)
    finish(start("publish-many", home, 2, 50))
    for result in readers.end():
        assert result["wrong"] == []
        assert result["reads"] > 20
        # they saw many of the fifty go by, in order (a reader may be slower than a publication)
        assert len(result["seen"]) > 10
    assert read_duckdb(home) == read_parquet(home) == {(51, True)}
    assert left_behind(home) == []


def test_a_reader_with_an_open_file_keeps_its_release(home: Path) -> None:
    publish(home, write_build(home, 1))
    first = (home / "published").resolve()
    with duckdb.connect(str(first / "lending.duckdb"), read_only=True) as conn:
        for version in (2, 3, 4):
            publish(home, write_build(home, version))
        assert not first.exists()
        for schema, table in NAMES:
            rows = conn.execute(f"select min(version), max(version), count(filling) from {schema}.{table}").fetchall()
            assert rows == [(1, 1, rows_of(1))]
    assert read_duckdb(home) == {(4, True)}


def test_fifty_killed_publications(home: Path, tmp_path: Path) -> None:
    """SIGKILL before and after each step that leaves something behind, and at seeded moments between."""
    result = tmp_path / "killed.json"
    finish(start("kill", home, SEED, 50, result))
    counts = json.loads(result.read_text(encoding="utf-8"))
    assert counts["wrong"] == []
    assert counts["killed"] >= 25
    # kills fell on both sides of the switch, and most left something to clean up
    assert counts["switched"] >= 2
    assert counts["messy"] >= 10


def test_of_two_publications_at_once_one_stops_with_a_sentence(home: Path) -> None:
    manifest = write_build(home, 1)
    publish(home, manifest)
    before = os.readlink(home / "published")
    script = [sys.executable, str(ROOT / "scripts" / "publish.py"), "--home", str(home), "--manifest", str(manifest)]
    with locked(home):
        stopped = subprocess.run(script, capture_output=True, text=True, check=False)
    assert stopped.returncode == 1
    assert stopped.stderr.strip() == (
        f"Another build or publication of {home} is running: start again when it has ended."
    )
    assert os.readlink(home / "published") == before
    # several at the same moment: at least one publishes, nobody fails in another way
    for version in (2, 3, 4):
        manifest = write_build(home, version)
        running = [subprocess.Popen(script, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
        assert sorted({code for _, code in ended}) in ([0], [0, 1]), ended
        assert all("is running: start again" in text for text, code in ended if code), ended
        assert read_duckdb(home) == read_parquet(home) == {(version, True)}
        assert left_behind(home) == []


def test_an_interruption_after_the_switch_keeps_the_release(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(home, write_build(home, 1))
    replace = os.replace

    def interrupted(source: Path, target: Path) -> None:
        replace(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(home, write_build(home, 2))
    assert read_duckdb(home) == read_parquet(home) == {(2, True)}


def test_an_interruption_before_the_switch_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(home, write_build(home, 1))

    def refused(source: Path, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="no space left"):
        publish(home, write_build(home, 2))
    assert read_duckdb(home) == {(1, True)}
    assert len(list((home / "releases").iterdir())) == 1
    assert left_behind(home) == []


def not_ended(home: Path) -> None:
    manifest = home / "target" / "manifest.json"
    described = json.loads(manifest.read_text(encoding="utf-8"))
    described["metadata"]["invocation_id"] = "a run that was killed"
    manifest.write_text(json.dumps(described), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda home: write_build(home, 2, status="error"), "The last build failed: 1 nodes, such as"),
        (lambda home: write_build(home, 2, status="fail"), "The last build failed: 1 nodes, such as"),
        (lambda home: write_build(home, 2, status="skipped"), "The last build failed: 1 nodes, such as"),
        (lambda home: write_build(home, 2, which="run"), "not a build of the whole project"),
        (lambda home: write_build(home, 2, select=["dim_client+"]), "not a build of the whole project"),
        (lambda home: write_build(home, 2, empty=True), "not a build of the whole project"),
        (lambda home: write_build(home, 2, exclude_resource_types=["test"]), "not a build of the whole project"),
        (not_ended, "has not ended"),
        (lambda home: (home / "target" / "run_results.json").unlink(), "no build has ended"),
        (lambda home: (home / "build.duckdb").unlink(), "There is no .*build.duckdb"),
    ],
)
def test_only_a_complete_and_successful_build_is_published(
    home: Path, spoil: Callable[[Path], Any], sentence: str
) -> None:
    manifest = write_build(home, 1)
    publish(home, manifest)
    before = os.readlink(home / "published")
    spoil(home)
    with pytest.raises(NotPublished, match=sentence):
        publish(home, manifest)
    assert os.readlink(home / "published") == before
    assert read_duckdb(home) == read_parquet(home) == {(1, True)}


def test_a_build_file_that_is_being_written_is_not_published(home: Path) -> None:
    manifest = write_build(home, 1)
    writing = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", writing, str(home / "build.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"open\n"
        with pytest.raises(NotPublished, match="perhaps because a build is writing it"):
            publish(home, manifest)
        writer.communicate()
    assert not (home / "published").exists()
    assert list((home / "releases").iterdir()) == []


def test_nothing_but_public_tables_leaves_the_warehouse(home: Path) -> None:
    publish(home, write_build(home, 1))
    release = (home / "published").resolve()
    files = sorted(str(path.relative_to(release)) for path in release.rglob("*") if path.is_file())
    assert files == sorted(["lending.duckdb", *(f"parquet/{table}.parquet" for _, table in NAMES)])
    with duckdb.connect(str(release / "lending.duckdb"), read_only=True) as conn:
        columns = {
            name for (name,) in conn.execute("select column_name from duckdb_columns() where not internal").fetchall()
        }
        schemas = {name for (name,) in conn.execute("select schema_name from duckdb_tables()").fetchall()}
    assert columns == {"version", "n", "filling"}
    assert schemas.isdisjoint({"staging", "intermediate"})
    for path in release.rglob("*"):
        if path.is_file():
            assert PERSON.encode() not in path.read_bytes(), path
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as conn:
        held = conn.execute(f"select distinct client_name from {HIDDEN[0][0]}.{HIDDEN[0][1]}").fetchall()
    assert held == [(PERSON,)]


# -- real builds ----------------------------------------------------------------------------------------------------

MODEL = """
-- as slow as a model of a real warehouse, so that a kill finds it at work
select
    cast({{{{ env_var('RACE_VERSION', '0') }}}} as integer) as version,
    cast(n as integer) as n,
    (select max(hash(i)) from range(3000000) as slow(i)) as filling{more}
from range({{{{ 40 + env_var('RACE_VERSION', '0') | int % 60 }}}}) as numbers(n)
"""
TEST = "select n from {{ ref('dim_client') }} where {{ env_var('RACE_TEST_FAILS', '0') }} = 1"
PROJECT_FILE = """
name: lending
version: "1.0"
config-version: 2
profile: lending
flags: {send_anonymous_usage_stats: false, use_colors: false}
models:
  lending:
    +materialized: table
    marts: {+schema: marts}
    quality: {+schema: quality}
    reference: {+schema: reference}
    staging: {+schema: staging}
    intermediate: {+schema: intermediate}
"""


class Builds:
    """scripts/build.py with its dbt in a small copy of the project."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        for name in ("scripts", "plugins"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "profiles.yml", folder)
        (folder / "dbt_project.yml").write_text(PROJECT_FILE, encoding="utf-8")
        (folder / "macros").mkdir()
        shutil.copy(ROOT / "macros" / "core" / "generate_schema_name.sql", folder / "macros")
        for schema, table in [*NAMES, *HIDDEN]:
            path = folder / "models" / schema / f"{table}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            more = f",\n    '{PERSON}' as client_name" if (schema, table) in HIDDEN else ""
            path.write_text(MODEL.format(more=more), encoding="utf-8")
        (folder / "tests").mkdir()
        (folder / "tests" / "no_client_fails.sql").write_text(TEST, encoding="utf-8")

    def start(self, version: int, script: str = "build.py", **settings: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        environment |= {"LENDING_HOME": str(self.home), "DBT_TARGET_PATH": str(self.home / "target")}
        environment |= {"DBT_LOG_PATH": str(self.home / "logs"), "RACE_VERSION": str(version), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, str(self.folder / "scripts" / script)],
            cwd=self.folder,
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, version: int, script: str = "build.py", **settings: str) -> tuple[int, str]:
        process = self.start(version, script, **settings)
        output = process.communicate(timeout=80)[0]
        return process.returncode, output

    def start_until(self, version: int, line: str) -> subprocess.Popen[str]:
        """A build that is as far as the first line of its output with some text."""
        process = self.start(version)
        assert process.stdout is not None
        seen = []
        for text in process.stdout:
            seen.append(text)
            if line in text:
                return process
        raise AssertionError("".join(seen))


@pytest.fixture
def builds(home: Path, tmp_path: Path) -> Builds:
    return Builds(tmp_path / "project", home)


def published(home: Path) -> set[tuple[int, bool]]:
    found = read_duckdb(home)
    assert read_parquet(home) == found
    return found


def test_real_builds_before_the_eyes_of_readers_fail_and_are_killed(builds: Builds) -> None:
    """One story, as every build takes seconds: three are published, one fails, four are killed, one cleans up."""
    home = builds.home
    code, output = builds.run(1)
    assert code == 0, output
    readers = Readers(home, 0.1)
    for version in (2, 3):
        began = time.perf_counter()
        code, output = builds.run(version)
        usual = time.perf_counter() - began
        assert code == 0, output
        assert published(home) == {(version, True)}

    # a failed data test, and somebody who wants to publish all the same
    code, output = builds.run(4, RACE_TEST_FAILS="1")
    assert code != 0 and "nothing was published" in output
    code, output = builds.run(4, script="publish.py")
    assert (code, "The last build failed" in output) == (1, True), output

    # kill -9 of the build and its dbt: in the middle of a model, and between start and end at a seeded moment
    chance = random.Random(SEED)
    for line in (f"{chance.randint(2, 4)} of", f"{chance.randint(5, 8)} of", None):
        if line is None:
            process = builds.start(5)
            time.sleep(usual * chance.uniform(0.1, 0.6))
        else:
            process = builds.start_until(5, line)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL
        assert published(home) == {(3, True)}
        if line is not None:
            code, output = builds.run(5, script="publish.py")
            assert (code, "has not ended" in output) == (1, True), output

    # only the script is killed: its dbt runs on, and keeps others out until it has ended
    process = builds.start_until(6, "1 of")
    process.kill()
    process.wait(timeout=30)
    code, output = builds.run(7)
    assert code == 1
    assert re.search("^Another build or publication of .* is running: start again when it has ended[.]$", output, re.M)
    process.communicate(timeout=60)  # the output ends when dbt does
    assert published(home) == {(3, True)}

    code, output = builds.run(8)
    assert code == 0, output
    assert published(home) == {(8, True)}
    assert left_behind(home) == []
    for result in readers.end():
        assert result["wrong"] == []
        assert result["seen"][-1] == 8
        assert set(result["seen"]) <= {1, 2, 3, 8}
        assert result["reads"] > 50
