"""The main job: dbt build, then publication.

    python scripts/build.py [dbt build arguments]

Runs `dbt build` without unit tests (they belong to `make test`), and, when the whole project was built and every test
passed, publishes the public tables for readers (scripts/publish.py). A failed or partial build publishes nothing: the
release before stays. One build of a home at a time: a second one stops with a sentence. Exit code: that of dbt, or 1
when publication failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from publish import NotPublished, locked, publish_locked  # noqa: E402

SELECTING = ("-s", "--select", "-m", "--models", "--exclude", "--selector", "--resource-type", "--empty", "--sample")


def main(arguments: list[str]) -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    home = Path(os.environ.get("LENDING_HOME", "warehouse"))
    try:
        with locked(home) as lock:
            return build(home, arguments, lock.fileno())
    except NotPublished as reason:
        print(reason, file=sys.stderr)
        return 1


def build(home: Path, arguments: list[str], lock: int) -> int:
    """Builds and publishes; dbt inherits the lock, so it holds even when this process is killed and dbt runs on."""
    # a process of its own: dbt holds the warehouse file open as long as it lives
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test", *arguments]
    code = subprocess.run(command, check=False, pass_fds=(lock,)).returncode
    if code != 0:
        print("The build failed: nothing was published, the last release stays.", file=sys.stderr)
        return code
    if any(argument.split("=")[0] in SELECTING for argument in arguments):
        print("A selected build is not published.")
        return 0
    release = publish_locked(home, Path(os.environ.get("DBT_TARGET_PATH", "target")) / "manifest.json")
    print(f"Published {release.tables} tables, {release.rows} rows: {home / 'published' / 'lending.duckdb'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
