"""The dbt unit tests, run once over a copy of the demo warehouse: they need the types of the relations they replace."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from conftest import Project, Warehouse


def test_unit_tests_pass(project: Project, demo: Warehouse, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(demo.file, home / "build.duckdb")
    # what dbt has read for the demo is read again for nothing
    shutil.copytree(demo.home / "target", home / "target")
    run = project.dbt("test", "--select", "test_type:unit", home=home)
    assert run.ok, run.output[-6000:]
    # dbt counts the three hooks at the start as well
    unit_tests = re.search(r"Finished running .*?(\d+) unit tests", run.output)
    assert unit_tests is not None and int(unit_tests[1]) > 10, run.output[-2000:]
