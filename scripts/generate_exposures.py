"""Writes who reads which table into models/semantic/exposures.yml.

    python scripts/generate_exposures.py [--manifest target/manifest.json] [--check]

Each exposure names under meta.read_from the files of its consumer; it depends on every public table that these files
name with its schema (marts.dim_client). An exposure with an empty list reads all that is published. A consumer whose
files are not there keeps its list. `--check` changes nothing and fails when the file would change.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from publish import PUBLIC_SCHEMAS, public_tables  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "models" / "semantic" / "exposures.yml"
QUALIFIED = re.compile(rf"\b({'|'.join(PUBLIC_SCHEMAS)})\.([a-z][a-z_0-9]*)\b")


def tables_read(patterns: list[str], public: set[tuple[str, str]]) -> set[str] | None:
    """Public tables that the files name, or None when there is no such file."""
    files = sorted({file for pattern in patterns for file in ROOT.glob(pattern) if file.is_file()})
    if not files:
        return None
    named = {(schema, table) for file in files for schema, table in QUALIFIED.findall(file.read_text(encoding="utf-8"))}
    return {table for _, table in named & public}


def generate(text: str, manifest: Path) -> str:
    """The file with every list of tables brought up to date."""
    public = set(public_tables(manifest))
    for exposure in yaml.safe_load(text)["exposures"]:
        patterns = exposure["config"]["meta"]["read_from"]
        tables = tables_read(patterns, public) if patterns else {table for _, table in public}
        if tables is None:
            continue
        lines = "".join(f"      - ref('{table}')\n" for table in sorted(tables))
        block = re.compile(
            rf"(  - name: {exposure['name']}\n(?:(?!  - name: ).*\n)*?    depends_on:)(?: \[\])?\n(?:      - .*\n)*"
        )
        text, found = block.subn(lambda match, lines=lines: f"{match.group(1)}\n{lines}", text)
        if found != 1:
            raise SystemExit(f"{FILE.name}: {exposure['name']} needs depends_on as its last key.")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, default=Path("target/manifest.json"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if not arguments.manifest.is_file():
        print(f"There is no {arguments.manifest}. Run dbt parse or make build.", file=sys.stderr)
        return 1
    before = FILE.read_text(encoding="utf-8")
    after = generate(before, arguments.manifest)
    if before == after:
        return 0
    if not arguments.check:
        FILE.write_text(after, encoding="utf-8")
        print(f"{FILE.relative_to(ROOT)} written")
        return 0
    sys.stderr.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "is", "should be", n=1))
    print("Run scripts/generate_exposures.py.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
