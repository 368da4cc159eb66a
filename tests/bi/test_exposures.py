"""Every consumer is an exposure, every exposure lists what it reads, every mart has a reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from charts import SPEC
from conftest import ROOT, Published

sys.path.insert(0, str(ROOT / "scripts"))
import generate_exposures  # noqa: E402
from publish import public_tables  # noqa: E402


def reads(published: Published) -> dict[str, set[str]]:
    """The tables of every exposure, as dbt resolved them."""
    manifest = published.manifest
    alias = {unique_id: node.get("alias") for unique_id, node in manifest["nodes"].items()}
    exposures = manifest["exposures"].values()
    return {exposure["name"]: {alias[node] for node in exposure["depends_on"]["nodes"]} for exposure in exposures}


def test_lists_are_what_the_consumers_read(published: Published) -> None:
    script = ROOT / "scripts" / "generate_exposures.py"
    command = [sys.executable, str(script), "--check", "--manifest", str(published.manifest_file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_every_mart_has_a_reader(published: Published) -> None:
    """All that is published is listed for readers; nothing else is."""
    assert reads(published)["published_files"] == {table for _, table in public_tables(published.manifest_file)}
    marts = {
        node["alias"]
        for node in published.manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    assert marts and marts <= set().union(*reads(published).values())


def test_superset_depends_on_what_it_charts(published: Published) -> None:
    """Another way round than the generator's: from the charts and their datasets."""
    queries = {dataset["name"]: dataset["describes"] for dataset in SPEC["datasets"]}
    charted: set[str] = set()
    for chart in SPEC["charts"]:
        name = chart["dataset"].rpartition(".")[2]
        charted.update(queries.get(name, [name]))
    listed = {name.rpartition(".")[2] for name in SPEC["tables"]}
    assert reads(published)["superset_dashboard"] == charted | listed


def test_exposures_say_who_and_how_sure(published: Published) -> None:
    for exposure in published.manifest["exposures"].values():
        assert exposure["owner"]["name"] and exposure["maturity"] and exposure["description"].strip()
        assert not exposure.get("url"), "no address of a server in the project"
        assert exposure["depends_on"]["nodes"]


def test_a_forgotten_table_is_found(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = generate_exposures.FILE.read_text(encoding="utf-8")
    short = text.replace("      - ref('mart_early_warning')\n", "", 1)
    assert short != text
    assert generate_exposures.generate(short, published.manifest_file) == text
    assert yaml.safe_load(text)["exposures"]
