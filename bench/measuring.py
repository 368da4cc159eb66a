"""What the benchmark scripts share: measured processes, what dbt reported, and the figures derived from both.

Only the standard library is imported here. A child process starts life in its parent's memory, and the kernel counts
that towards the child's peak: the process that measures has to stay small.
"""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")
MEBIBYTE = 1 << 20
SAMPLE_SECONDS = 0.1

# What dbt itself takes, measured on a project of trivial models (bench/README.md, "The floor").
FLOOR_START_SECONDS = 2.4
FLOOR_MODEL_SECONDS = 0.05
FLOOR_DATA_TEST_SECONDS = 0.022
FLOOR_UNIT_TEST_SECONDS = 0.08

# dbt of this Python, wherever its script lies.
DBT = "from dbt.cli.main import cli; cli()"

# What dbt calls a node that did not do its work; warnings and passes count as done, what lies behind a failed node is
# skipped.
FAILED_STATUSES = ("error", "fail", "partial success", "runtime error")
SKIPPED_STATUS = "skipped"


@dataclass(frozen=True)
class Measured:
    """One finished process with its children: seconds on the clock, CPU seconds and the largest resident memory."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    exit_code: int

    def as_dict(self) -> dict[str, float]:
        return {
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_mib": round(self.peak_mib, 1),
        }


class MemorySampler:
    """Watches the resident memory of a process and its descendants together, several times a second.

    The kernel keeps a peak for each process, and none for a process that shares its work with children. The sum counts
    shared pages more than once, so it is a little too high; without /proc it is zero, and the kernel's peak is left.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def finish(self) -> int:
        """Ends the watch and returns the largest sum, in bytes."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, resident_bytes(self._pid))


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and its descendants now; what has just ended counts as nothing."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident_bytes(int(child)) for child in children)


def measure(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Measured:
    """Runs a command in the project's folder to its end; what it prints goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        started = time.perf_counter()
        child = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        sampler = MemorySampler(child.pid)
        try:
            # wait4 and not Popen.wait: it alone tells what this one child used
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            tree_bytes = sampler.finish()
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    # the peak is in KiB on Linux and in bytes on macOS
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    peak_mib = max(peak_bytes, tree_bytes) / MEBIBYTE
    return Measured(seconds, usage.ru_utime + usage.ru_stime, peak_mib, child.returncode)


def end_cleanly_when_terminated() -> None:
    """A polite kill ends the script as Ctrl+C does: the running child is stopped and the work folder removed."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def project_environment(**settings: str) -> dict[str, str]:
    """The caller's environment without its own settings of the warehouse and of dbt, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LENDING_", "DBT_"))}
    if "LENDING_MEMORY" in os.environ:  # a setting of the machine, not of the data
        kept["LENDING_MEMORY"] = os.environ["LENDING_MEMORY"]
    return {**kept, "DBT_PROFILES_DIR": str(PROJECT), "PYTHONUTF8": "1", **settings}


def dbt_build_command(target: Path, logs: Path, unit_tests: bool = False) -> list[str]:
    """`dbt build` of the whole project, with its artifacts apart from those of daily work."""
    command = [sys.executable, "-c", DBT, "build", "--target-path", str(target), "--log-path", str(logs)]
    return command if unit_tests else [*command, "--exclude-resource-type", "unit_test"]


def last_lines(log: Path, count: int = 15) -> str:
    """The end of what a process printed, for an error message."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def summarise_build(target: Path) -> dict[str, Any]:
    """What dbt says about a build, from its run_results.json: nodes and seconds by kind, each model, each failure.

    `node_seconds` are dbt's `execution_time`: compilation of the node, its statements in DuckDB and dbt's own work
    around them. `other_seconds` lie between the nodes of the run (dbt's scheduler, on-run-start is a node).
    """
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    nodes: dict[str, int] = {}
    seconds: dict[str, float] = {}
    models: dict[str, float] = {}
    failed: list[str] = []
    skipped = 0
    for result in results["results"]:
        kind, _, name = result["unique_id"].split(".", 2)
        nodes[kind] = nodes.get(kind, 0) + 1
        seconds[kind] = seconds.get(kind, 0.0) + result["execution_time"]
        if kind == "model":
            models[name] = round(result["execution_time"], 3)
        if result["status"] in FAILED_STATUSES:
            failed.append(f"{kind} {name}: {result['status']}")
        skipped += result["status"] == SKIPPED_STATUS
    return {
        "nodes": dict(sorted(nodes.items())),
        "node_seconds": {kind: round(value, 3) for kind, value in sorted(seconds.items())},
        "other_seconds": round(max(results["elapsed_time"] - sum(seconds.values()), 0.0), 3),
        "run_seconds": round(results["elapsed_time"], 3),
        "models": models,
        "failed": sorted(failed),
        "skipped": skipped,
    }


def growth_exponent(small_size: float, small_value: float, large_size: float, large_value: float) -> float | None:
    """b of value = a * size^b through two points: 1 grows as the size does, 2 as its square.

    None where there is no such number: equal sizes, or a value that is not positive.
    """
    if min(small_size, large_size, small_value, large_value) <= 0 or small_size == large_size:
        return None
    return math.log(large_value / small_value) / math.log(large_size / small_size)


def floor_seconds(models: int, data_tests: int, unit_tests: int) -> float:
    """The seconds that dbt itself needs for so many nodes, whatever they compute."""
    return (
        FLOOR_START_SECONDS
        + FLOOR_MODEL_SECONDS * models
        + FLOOR_DATA_TEST_SECONDS * data_tests
        + FLOOR_UNIT_TEST_SECONDS * unit_tests
    )


def ratio(value: float, base: float) -> float | None:
    """How many times the base, or None where the base is nothing."""
    return round(value / base, 3) if base > 0 else None


def machine() -> dict[str, Any]:
    """What the figures depend on: processor cores, memory and versions; nothing that names the machine."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": usable_cores(),
        "memory_gib": round(usable_memory() / (1 << 30), 1),
        "versions": versions,
    }


def usable_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_memory() -> int:
    """Bytes of memory: the machine's, or the limit of the container when that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else "max"
    return min(total, int(text)) if text.isdigit() else total


def machine_line(found: dict[str, Any]) -> str:
    """One sentence about the machine for the head of a result."""
    versions = ", ".join(f"{package} {number}" for package, number in found["versions"].items())
    return f"{found['cores']} cores, {found['memory_gib']} GiB of memory, {found['system']}; {versions}."


def load_average() -> float:
    """Processes that wanted a core in the last minute: how busy the machine was with other work."""
    return round(os.getloadavg()[0], 2)


def markdown_table(header: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a Markdown table; every column but the first is aligned to the right."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in [header, marks, *rows]]


def number(value: float | None, digits: int = 1) -> str:
    """A figure for a table, with separated thousands; a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def write_result(path: Path, result: dict[str, Any], text: str) -> None:
    """Writes the result twice: for readers (`path`, Markdown) and for programs (the same name with .json)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    data = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(data, encoding="utf-8")
