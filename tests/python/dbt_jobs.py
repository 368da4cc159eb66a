"""Runs many dbt commands on one project, which is read only once: run_jobs() for tests, and the process behind it.

Starting dbt and reading the project takes longer than what most small tests want to see. One process does both once
and forks for every job: each runs in a process of its own, with its own settings, warehouse and output, through dbt's
own runner, two at a time. What a setting decides while the project is read must be the same for all jobs: none of
them has the demo as its input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AT_ONCE = 2


@dataclass
class Job:
    """A dbt command on a warehouse, and what became of it. Its delivery is put where LENDING_INPUT says."""

    home: Path
    arguments: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    delivery: Path | None = None
    output: str = ""
    code: int = -1


def run_jobs(project: Path, jobs: Sequence[Job]) -> None:
    """Runs the jobs and fills in their codes and outputs; those on one home run one after another."""
    work = []
    for number, job in enumerate(jobs):
        job.home.mkdir(parents=True, exist_ok=True)
        folders = {"LENDING_HOME": job.home, "DBT_TARGET_PATH": job.home / "target", "DBT_LOG_PATH": job.home / "logs"}
        environment = {name: str(folder) for name, folder in folders.items()} | job.settings
        output = str(job.home / f"output_{number}.txt")
        delivery = str(job.delivery) if job.delivery else None
        work.append({"arguments": job.arguments, "environment": environment, "output": output, "delivery": delivery})
    listed = jobs[0].home / "jobs.json"
    listed.write_text(json.dumps(work), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LENDING_", "DBT_"))}
    folder = jobs[0].home / "reading"
    environment |= {"LENDING_INPUT": "not the demo", "LENDING_HOME": str(folder)}
    environment |= {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    command = [sys.executable, __file__, str(listed)]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for job, given, code in zip(jobs, work, json.loads(done.stdout.splitlines()[-1]), strict=True):
        job.code = code
        job.output = Path(given["output"]).read_text(encoding="utf-8")


def build_all(project: Path, settings: dict[Path, dict[str, str]], *arguments: str) -> None:
    """Builds a warehouse in every home, with its settings and the same arguments; none of them may fail."""
    jobs = [Job(home, ["build", *arguments], given) for home, given in settings.items()]
    run_jobs(project, jobs)
    for job in jobs:
        assert job.code == 0, job.output[-6000:]


def run(job: dict[str, Any], manifest: Any) -> int:
    """In the child: everything that dbt prints goes to the job's file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with open(job["output"], "wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.update(job["environment"])
    if job.get("delivery"):
        place = Path(os.environ["LENDING_INPUT"])
        place.unlink(missing_ok=True)
        place.symlink_to(job["delivery"])
    result = dbtRunner(manifest=manifest).invoke(job["arguments"])
    # the child ends without Python's own tidying up: without this the warehouse would stay in its write-ahead log
    DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        print(result.exception)
    return 0 if result.success else 1


def main(listed: Path) -> None:
    """Reads the project, forks for each job of the list and prints their codes."""
    from dbt.cli.main import dbtRunner

    work = json.loads(listed.read_text(encoding="utf-8"))
    parsed = dbtRunner().invoke(["--quiet", "parse"])
    if not parsed.success:
        sys.exit(f"the project cannot be read: {parsed.exception}")
    codes: dict[int, int] = {}
    running: dict[int, int] = {}
    waiting = list(range(len(work)))

    def home_of(number: int) -> str:
        return work[number]["environment"]["LENDING_HOME"]

    sys.stdout.flush()
    while waiting or running:
        busy = {home_of(number) for number in running.values()}
        number = next((number for number in waiting if home_of(number) not in busy), None)
        if number is None or len(running) == AT_ONCE:
            pid, status = os.wait()
            codes[running.pop(pid)] = os.waitstatus_to_exitcode(status)
            continue
        waiting.remove(number)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = run(work[number], parsed.result)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        running[pid] = number
    print(json.dumps([codes[number] for number in range(len(work))]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
