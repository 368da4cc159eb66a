"""Publication: what readers get, and what they never get."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Warehouse, manifest

sys.path.insert(0, str(ROOT / "scripts"))
from publish import PRIVATE, public_tables, publish  # noqa: E402


@pytest.fixture(scope="module")
def home(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's home, so that releases do not pile up beside the shared one."""
    folder = tmp_path_factory.mktemp("publish")
    shutil.copy(demo.file, folder / "build.duckdb")
    (folder / "target").mkdir()
    for name in ("manifest.json", "run_results.json"):
        shutil.copy(demo.home / "target" / name, folder / "target" / name)
    publish(folder, folder / "target" / "manifest.json")
    return folder


def reader(home: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(home / "published" / "lending.duckdb"), read_only=True)


def test_every_public_table_is_there_with_its_rows(home: Path, demo: Warehouse) -> None:
    with reader(home) as conn:
        found = conn.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        assert found == public_tables(home / "target" / "manifest.json")
        for schema, table in found:
            rows = conn.execute(f"select count(*) from {schema}.{table}").fetchone()[0]
            assert rows == demo.value(f"select count(*) from {schema}.{table}")
            parquet = home / "published" / "parquet" / f"{table}.parquet"
            assert conn.execute(f"select count(*) from '{parquet}'").fetchone()[0] == rows


def test_nothing_private_is_there(home: Path) -> None:
    with reader(home) as conn:
        tables = {name for (name,) in conn.execute("select table_name from duckdb_tables()").fetchall()}
        columns = {name for (name,) in conn.execute("select column_name from duckdb_columns()").fetchall()}
        schemas = {name for (name,) in conn.execute("select schema_name from duckdb_tables()").fetchall()}
    assert not tables & PRIVATE
    assert schemas == {"marts", "reference", "quality"}
    personal = {"client_name", "legal_representative", "phone", "email", "address", "delivered_row", "row_key"}
    assert not columns & personal


def test_constraints_and_comments_survive(home: Path) -> None:
    with reader(home) as conn:
        keys = conn.execute(
            "select constraint_type from duckdb_constraints() where table_name = 'dim_client' order by all"
        ).fetchall()
        comment = conn.execute("select comment from duckdb_tables() where table_name = 'dim_client'").fetchone()[0]
    assert ("PRIMARY KEY",) in keys
    described = manifest(home)["nodes"]["model.lending.dim_client"]["description"]
    assert comment.strip() == described.strip()


def test_the_release_before_is_kept_for_its_readers(home: Path) -> None:
    before = os.readlink(home / "published")
    with reader(home) as old:
        publish(home, home / "target" / "manifest.json")
        now = os.readlink(home / "published")
        assert now != before
        assert old.execute("select count(*) from marts.dim_client").fetchone()[0] > 0
        publish(home, home / "target" / "manifest.json")
    kept = {path.name for path in (home / "releases").iterdir()}
    assert kept == {Path(now).name, Path(os.readlink(home / "published")).name}


def test_a_failed_publication_changes_nothing(home: Path, tmp_path: Path) -> None:
    before = os.readlink(home / "published")
    releases = {path.name for path in (home / "releases").iterdir()}
    broken = json.loads((home / "target" / "manifest.json").read_text(encoding="utf-8"))
    node = dict(broken["nodes"]["model.lending.dim_client"], alias="dim_absent")
    broken["nodes"]["model.lending.dim_absent"] = node
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(broken), encoding="utf-8")
    ran = json.loads((home / "target" / "run_results.json").read_text(encoding="utf-8"))
    ran["results"].append({"unique_id": "model.lending.dim_absent", "status": "success"})
    (tmp_path / "run_results.json").write_text(json.dumps(ran), encoding="utf-8")
    with pytest.raises(RuntimeError, match="dim_absent is in the manifest but not in the warehouse"):
        publish(home, file)
    assert os.readlink(home / "published") == before
    assert {path.name for path in (home / "releases").iterdir()} == releases
