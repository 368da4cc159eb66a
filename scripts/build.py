"""The main job: dbt build, then publication.

    python scripts/build.py [dbt build arguments]

Runs `dbt build` without unit tests (they belong to `make test`), and, when the whole project was built and every test
passed, publishes the public tables for readers (scripts/publish.py). A failed or partial build publishes nothing: the
release before stays. Exit code: that of dbt, or 1 when publication failed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner

sys.path.insert(0, str(Path(__file__).resolve().parent))
from publish import publish  # noqa: E402

SELECTING = ("-s", "--select", "-m", "--models", "--exclude", "--selector", "--resource-type", "--empty", "--sample")


def main(arguments: list[str]) -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    home = Path(os.environ.get("LENDING_HOME", "warehouse"))
    result = dbtRunner().invoke(["build", "--exclude-resource-type", "unit_test", *arguments])
    reset_adapters()  # releases the warehouse file
    if not result.success:
        print("The build failed: nothing was published, the last release stays.", file=sys.stderr)
        return 1 if result.exception is None else 2
    if any(argument.split("=")[0] in SELECTING for argument in arguments):
        print("A selected build is not published.")
        return 0
    release = publish(home, Path("target/manifest.json"))
    print(f"Published {release.tables} tables, {release.rows} rows: {home / 'published' / 'lending.duckdb'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
