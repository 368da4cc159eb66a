"""What would another rule set change? Rebuilds a copy of the warehouse with it and compares.

    python scripts/what_if.py RULES [--name NAME]

RULES is a folder of rule seeds as for LENDING_RULES: each file replaces the one of its name that is in force, the
lender's own or the shipped one. The warehouse of LENDING_HOME and its published copy are only read; the answer lies in
LENDING_HOME/what_if/<NAME> (by default the name of the folder): what_if.duckdb and, as Parquet, mart_policy_what_if,
mart_rule_migration and mart_client_what_if. Only what reads a changed rule, directly or through other tables, is built
again. A wrong rule stops with its sentence and leaves everything as it was, an earlier answer of the same name
included. Exit code: 0, or 1 when nothing was compared.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "plugins")]
from lending_rules import Seed, check_rules, rule_rows  # noqa: E402
from publish import NotPublished, locked  # noqa: E402

KEPT = ("mart_client_policy", "fct_application")
ANSWERS = ("mart_policy_what_if", "mart_rule_migration", "mart_client_what_if")
SUMMARY = """
    select axis, segment_code, clients, moved_in, moved_out, limit_difference_amount, indicative_rate_difference,
        median_indicative_rate_difference, expected_approvals_difference
    from marts.mart_policy_what_if
    where rule_set = 'OTHER' and (moved_in > 0 or moved_out > 0 or limit_difference_amount <> 0
        or limited_clients_difference <> 0 or priced_clients_difference <> 0
        or coalesce(indicative_rate_difference, 0) <> 0 or coalesce(median_indicative_rate_difference, 0) <> 0)
    order by axis, segment_code
"""


# the answer is a folder that is replaced: its name may lead nowhere else
PLAIN_NAME = re.compile(r"[\w][\w.-]*")


class NotCompared(Exception):
    """Why there is no answer; the message is the sentence that the user sees."""


def keep_today(file: Path) -> dict[str, str]:
    """Keeps today's tables in the copy and returns the settings that the warehouse was built with."""
    with duckdb.connect(str(file)) as conn:
        has_ended = conn.execute(
            "select count(*) from duckdb_tables() where schema_name = 'quality' and table_name = 'applied_rule'"
        ).fetchone()
        if has_ended is None or has_ended[0] == 0:
            raise NotCompared("The warehouse has no whole build that succeeded: run `make build` first.")
        conn.execute("create schema what_if_today")
        for table in KEPT:
            conn.execute(f"create table what_if_today.{table} as from marts.{table}")
        given = conn.execute("select input_setting, lending_currency from quality.build_input").fetchone()
        # a warehouse that grew month by month starts with its first month, whatever the settings say today
        window = conn.execute("select as_of_date, first_month from staging.stg_reporting_window").fetchone()
    assert given is not None and window is not None
    return {
        "LENDING_INPUT": given[0],
        "LENDING_CURRENCY": given[1],
        "LENDING_AS_OF_DATE": str(window[0]),
        "LENDING_HISTORY_START": str(window[1])[:7],
    }


def overlaid(rules: Path, own: str, folder: Path) -> Path:
    """The rules to compare with: the lender's own rules in force (LENDING_RULES) with the files of RULES over them."""
    if not own:
        return rules
    folder.mkdir(parents=True)
    for source in (Path(own), rules):
        for file in source.glob("*.csv"):
            shutil.copyfile(file, folder / file.name)
    return folder


def changed_seeds(file: Path, seeds: dict[str, Seed]) -> list[str]:
    """The seeds of which the warehouse was built with other rows."""
    rows = [(row["seed"], row["row_text"], row["valid_from"], row["valid_to"]) for row in rule_rows(seeds)]
    with duckdb.connect(str(file), read_only=True) as conn:
        applied = conn.execute(
            "select seed, row_text, cast(valid_from as varchar), cast(valid_to as varchar) from quality.applied_rule"
        ).fetchall()
    return sorted({row[0] for row in (Counter(rows) - Counter(applied)) + (Counter(applied) - Counter(rows))})


def is_mixed(file: Path) -> bool:
    """Whether a build of a part, or one that failed, has left tables of other rules behind."""
    with duckdb.connect(str(file), read_only=True) as conn:
        left = conn.execute("select first_changed_on from quality.build_state").fetchone()
    return left is not None and left[0] is not None


def compare(home: Path, rules: Path, name: str) -> Path:
    """Builds the answer beside its place, moves it there and returns the folder."""
    folder, work = home / "what_if" / name, home / "what_if" / f".unfinished-{name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        wanted = overlaid(rules.resolve(), os.environ.get("LENDING_RULES", ""), work / "rules").resolve()
        seeds, problems = check_rules(ROOT, str(wanted))
        if problems:
            raise NotCompared("\n".join(problem.replace(str(wanted), str(rules)) for problem in problems))
        copy = work / "build.duckdb"
        shutil.copyfile(home / "build.duckdb", copy)
        settings = keep_today(copy)
        environment = dict(os.environ) | settings
        environment |= {
            "LENDING_HOME": str(work.resolve()),
            "LENDING_RULES": str(wanted),
            "LENDING_WHAT_IF": "1",
            "DBT_TARGET_PATH": str((work / "target").resolve()),
            "DBT_LOG_PATH": str((work / "logs").resolve()),
            "DBT_PROFILES_DIR": str(ROOT),
        }
        command = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test", "test"]
        if not is_mixed(copy):
            command += ["--select", *(f"{seed}+" for seed in changed_seeds(copy, seeds)), *ANSWERS]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotCompared(done.stdout[-4000:] + done.stderr[-2000:])
        with duckdb.connect(str(copy)) as conn:
            for table in ANSWERS:
                target = str(work / f"{table}.parquet").replace("'", "''")
                conn.execute(f"copy (from marts.{table} order by all) to '{target}' (format parquet)")
        copy.rename(work / "what_if.duckdb")
        for leftover in ("target", "logs", "tmp", "rules"):
            shutil.rmtree(work / leftover, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="What would another rule set change?")
    parser.add_argument("rules", type=Path, help="folder of rule seeds, as for LENDING_RULES")
    parser.add_argument("--name", help="name of the answer (default: that of the folder)")
    given = parser.parse_args(arguments)
    home = Path(os.environ.get("LENDING_HOME", "warehouse"))
    name = given.name or given.rules.resolve().name
    try:
        if not given.rules.is_dir():
            raise NotCompared(f"{given.rules} is not a folder; give a folder of rule seeds.")
        if not PLAIN_NAME.fullmatch(name):
            raise NotCompared(
                f"{name} cannot be the name of an answer; give one of letters, digits, -, _ and . with --name."
            )
        if not (home / "build.duckdb").is_file():
            raise NotCompared(f"There is no {home / 'build.duckdb'}: run `make build` first.")
        # nobody writes the warehouse while it is copied and compared
        with locked(home):
            folder = compare(home, given.rules, name)
    except (NotCompared, NotPublished) as reason:
        print(reason, file=sys.stderr)
        return 1
    with duckdb.connect(str(folder / "what_if.duckdb"), read_only=True) as conn:
        changed = conn.execute(SUMMARY)
        columns = [column[0] for column in changed.description]
        rows = changed.fetchall()
    if rows:
        print("\t".join(columns))
        for row in rows:
            print("\t".join("" if value is None else str(value) for value in row))
    else:
        print("No segment, limit or rate changes.")
    print(f"The whole answer: {folder / 'what_if.duckdb'}, marts.mart_policy_what_if and marts.mart_rule_migration.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
