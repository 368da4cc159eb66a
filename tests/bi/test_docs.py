"""The documentation page: one file that needs no network and opens on the overview."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from browser import open_file
from conftest import ROOT, settings_left_out


@pytest.fixture(scope="module")
def page(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs` writes, over the demo that is built."""
    target = tmp_path_factory.mktemp("docs")
    env = settings_left_out(os.environ) | {"LENDING_HOME": str(built), "DBT_PROFILES_DIR": str(ROOT)}
    env |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    dbt = str(ROOT / ".venv" / "bin" / "dbt")
    done = subprocess.run(
        [dbt, "docs", "generate", "--static"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return target / "static_index.html"


def test_page_opens_on_the_overview_without_network(page: Path) -> None:
    seen = open_file(page, "Where to begin")
    assert seen.hosts == set()
    for words in ("Lending segments", "synthetic", "Layers", "mart_segment_performance"):
        assert words in seen.text


def test_page_shows_marts_and_exposures(page: Path) -> None:
    seen = open_file(page, "The scorecard of every segment", "#!/model/model.lending.mart_segment_performance")
    assert "par90_amount by exposure_amount" in seen.text
    seen = open_file(page, "Lending segments (Apache Superset)", "#!/exposure/exposure.lending.superset_dashboard")
    assert "Data team" in seen.text
