"""Running an example as a user does, and what every example must hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import SETTINGS, Warehouse

AXES = ["industry", "size", "credit", "lifecycle", "behaviour", "project_type"]


def run_example(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command of examples/<name> in a copy of the project."""
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.run(
        [sys.executable, str(folder / "examples" / name / "run.py"), *arguments],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def segments_that_do_not_cover_the_grid(example: Warehouse) -> dict[str, int]:
    """Per segment table the rows of the grid that it lacks, has twice or has too many; empty when all is well."""
    built = {table for _, table in example.tables("segments")}
    assert {"seg_industry", "seg_size"} <= built
    wrong = {}
    for axis in AXES:
        if f"seg_{axis}" in built:
            wrong[axis] = example.value(f"""
                select count(*) from (
                    select client_key, as_of_month from intermediate.int_client_month
                    except all
                    select client_key, as_of_month from segments.seg_{axis} where final_segment is not null
                    union all
                    (
                        select client_key, as_of_month from segments.seg_{axis}
                        except all
                        select client_key, as_of_month from intermediate.int_client_month
                    )
                )
            """)
    return {axis: rows for axis, rows in wrong.items() if rows}
