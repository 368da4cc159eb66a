"""How the warehouse grows: seconds and memory of generating, building and scanning portfolios of several sizes.

    python bench/run_benchmarks.py [--clients 1000,10000,100000] [--work DIR] [--out bench/results/scaling.md]
                                   [--keep] [--threads 1] [--dirt 0.01] [--merge] [--dry]

For each size, one after another and each in a process of its own:

    generate  bench/generate.py writes the portfolio as Parquet files: text with planted dirt, typed with --dirt 0
    build     `dbt build` of the whole project but for unit tests, into an empty LENDING_HOME
    sql       the SQL of that build again, without dbt (bench/replay_sql.py)
    scan      every value of the input files read once (bench/plain_scan.py)

The result is written after every size: Markdown for readers and, beside it, JSON with every figure. This is a
measurement, not a test: it promises nothing, and fails only when a step fails. bench/README.md explains the figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measuring import (  # noqa: E402
    PROJECT,
    dbt_build_command,
    end_cleanly_when_terminated,
    growth_exponent,
    last_lines,
    load_average,
    machine,
    machine_line,
    markdown_table,
    measure,
    number,
    project_environment,
    ratio,
    summarise_build,
    write_result,
)

BENCH = Path(__file__).resolve().parent
STEP_NAMES = {"generate": "generate", "build": "full build", "sql": "SQL alone", "scan": "plain scan"}
STEPS = tuple(STEP_NAMES)
INPUT_FIGURES = ("rows", "bytes", "columns", "text_columns", "tables")
SLOWEST_MODELS = 10
# A model counts as steep when it took long enough for its seconds to mean something and grew clearly faster than the
# number of clients.
STEEP_SECONDS = 1.0
STEEP_EXPONENT = 1.15


class StepFailed(Exception):
    """A step of the benchmark ended with an error; the message says which and shows the end of its output."""


def run_step(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Runs one step and returns its seconds, CPU seconds and peak memory."""
    log = folder / f"{name}.log"
    measured = measure(command, log, environment)
    if measured.exit_code != 0:
        raise StepFailed(f"{name} ended with exit code {measured.exit_code}:\n{last_lines(log)}")
    return measured.as_dict()


def run_child(name: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Runs one of the measuring scripts: its own clock, which leaves out the start of Python, with its peak memory."""
    result = folder / f"{name}.json"
    command = [sys.executable, *arguments, "--result", str(result)]
    outside = run_step(name, command, folder, environment)
    return {**json.loads(result.read_text(encoding="utf-8")), "peak_mib": outside["peak_mib"]}


def generate(clients: int, seed: int, dirt: float, folder: Path) -> dict[str, Any]:
    """Writes a portfolio of so many clients into the folder's `input`."""
    command = [sys.executable, str(BENCH / "generate.py"), "--clients", str(clients), "--seed", str(seed)]
    command += ["--out", str(folder / "input"), "--format", "parquet", "--dirt", str(dirt)]
    return run_step("generate", command, folder, project_environment())


def build(folder: Path, threads: int) -> dict[str, Any]:
    """Builds the warehouse of the folder's `input` from nothing, and says what dbt did with the time."""
    target = folder / "target"
    environment = project_environment(
        LENDING_INPUT=str(folder / "input"), LENDING_HOME=str(folder / "warehouse"), LENDING_THREADS=str(threads)
    )
    log = folder / "build.log"
    measured = measure(dbt_build_command(target, folder / "logs"), log, environment)
    if not (target / "run_results.json").is_file():
        raise StepFailed(f"build ended with exit code {measured.exit_code} before its first node:\n{last_lines(log)}")
    summary = summarise_build(target)
    return {
        **measured.as_dict(),
        "start_seconds": round(max(measured.seconds - summary["run_seconds"], 0.0), 3),
        "warehouse_bytes": (folder / "warehouse" / "build.duckdb").stat().st_size,
        "exit_code": measured.exit_code,
        **summary,
    }


def slowest_models(built: dict[str, Any], sql: dict[str, Any]) -> list[dict[str, Any]]:
    """The models with the most seconds in the build, with those of their SQL alone and the rows they made."""
    named = sorted(built["models"].items(), key=lambda item: (-item[1], item[0]))[:SLOWEST_MODELS]
    return [
        {
            "model": name,
            "build_seconds": seconds,
            "sql_seconds": sql["models"].get(name, {}).get("seconds"),
            "sql_cpu_seconds": sql["models"].get(name, {}).get("cpu_seconds"),
            "rows": sql["models"].get(name, {}).get("rows"),
        }
        for name, seconds in named
    ]


def measure_size(clients: int, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Every figure of one size."""
    folder.mkdir(parents=True)
    size: dict[str, Any] = {"clients": clients, "load_before": load_average()}
    size["generate"] = generate(clients, arguments.seed, arguments.dirt, folder)
    if not arguments.dry:
        size["build"] = build(folder, arguments.threads)
        warehouse = folder / "warehouse" / "build.duckdb"
        replay = [str(BENCH / "replay_sql.py"), "--target", str(folder / "target"), "--built", str(warehouse)]
        size["sql"] = run_child("sql", replay, folder, project_environment(LENDING_HOME=str(folder / "replay")))
    scan = [str(BENCH / "plain_scan.py"), "--input", str(folder / "input")]
    size["scan"] = run_child("scan", scan, folder, project_environment())
    size["input"] = {name: size["scan"].pop(name) for name in INPUT_FIGURES}
    if not arguments.dry:
        size["ratios"] = {
            "build_to_scan": ratio(size["build"]["seconds"], size["scan"]["seconds"]),
            "build_to_scan_cpu": ratio(size["build"]["cpu_seconds"], size["scan"]["cpu_seconds"]),
            "sql_to_scan": ratio(size["sql"]["seconds"], size["scan"]["seconds"]),
            "sql_to_scan_cpu": ratio(size["sql"]["cpu_seconds"], size["scan"]["cpu_seconds"]),
        }
        size["slowest_models"] = slowest_models(size["build"], size["sql"])
    return size


def growth(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Growth exponents of each step between each size and the next."""
    rows = []
    for small, large in zip(sizes, sizes[1:], strict=False):
        row: dict[str, Any] = {"from_clients": small["clients"], "to_clients": large["clients"]}
        for step in STEPS:
            for figure in ("seconds", "cpu_seconds", "peak_mib"):
                if step in small and step in large:
                    exponent = growth_exponent(
                        small["clients"], small[step][figure], large["clients"], large[step][figure]
                    )
                    row[f"{step}_{figure}"] = None if exponent is None else round(exponent, 2)
        rows.append(row)
    return rows


def steep_models(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models whose SQL grew clearly faster than the clients between the two largest sizes."""
    measured = [size for size in sizes if "sql" in size]
    if len(measured) < 2:
        return []
    small, large = measured[-2:]
    found = []
    for name, figures in large["sql"]["models"].items():
        before = small["sql"]["models"].get(name)
        if before is None or figures["cpu_seconds"] < STEEP_SECONDS:
            continue
        exponent = growth_exponent(small["clients"], before["cpu_seconds"], large["clients"], figures["cpu_seconds"])
        if exponent is not None and exponent > STEEP_EXPONENT:
            found.append({"model": name, "cpu_seconds": figures["cpu_seconds"], "exponent": round(exponent, 2)})
    return sorted(found, key=lambda model: -model["cpu_seconds"])


def failures(sizes: list[dict[str, Any]]) -> list[str]:
    """What was not built or not passed; the figures of such a build are too low, since dbt skips what follows."""
    lines = []
    for size in sizes:
        built = size.get("build", {"failed": [], "skipped": 0})
        lines += [f"{size['clients']:,} clients: {line}" for line in built["failed"]]
        if built["skipped"]:
            lines.append(f"{size['clients']:,} clients: {built['skipped']} nodes skipped")
    return lines


def size_table(sizes: list[dict[str, Any]]) -> list[str]:
    """The figures of every size, one row a size and step."""
    header = ["step", "clients", "seconds", "CPU seconds", "peak MiB", "times the scan", "times the scan (CPU)"]
    rows = []
    for size in sizes:
        for step in STEPS:
            if step not in size:
                continue
            figures = size[step]
            rows.append(
                [
                    STEP_NAMES[step],
                    f"{size['clients']:,}",
                    number(figures["seconds"], 2),
                    number(figures["cpu_seconds"], 2),
                    number(figures["peak_mib"], 0),
                    number(size.get("ratios", {}).get(f"{step}_to_scan")),
                    number(size.get("ratios", {}).get(f"{step}_to_scan_cpu")),
                ]
            )
    return markdown_table(header, rows)


def growth_table(rows: list[dict[str, Any]]) -> list[str]:
    """Growth exponents, one row for each step and pair of sizes."""
    lines = []
    for row in rows:
        for step in STEPS:
            if f"{step}_seconds" in row:
                exponents = [number(row[f"{step}_{figure}"], 2) for figure in ("seconds", "cpu_seconds", "peak_mib")]
                lines.append([STEP_NAMES[step], f"{row['from_clients']:,} to {row['to_clients']:,}", *exponents])
    return markdown_table(["step", "clients", "seconds", "CPU seconds", "peak memory"], lines)


def build_table(sizes: list[dict[str, Any]]) -> list[str]:
    """Where the seconds of each build went."""
    kinds = ("model", "seed", "test", "operation")
    header = ["clients", "start and parse", *(f"{kind}s" for kind in kinds), "between nodes", "warehouse MiB"]
    rows = []
    for size in sizes:
        if "build" not in size:
            continue
        figures = size["build"]
        rows.append(
            [
                f"{size['clients']:,}",
                number(figures["start_seconds"]),
                *(f"{number(figures['node_seconds'].get(kind))} ({figures['nodes'].get(kind, 0)})" for kind in kinds),
                number(figures["other_seconds"]),
                number(figures["warehouse_bytes"] / (1 << 20)),
            ]
        )
    return markdown_table(header, rows)


def model_table(size: dict[str, Any]) -> list[str]:
    """The slowest models of one size."""
    header = ["model", "build seconds", "SQL seconds", "SQL CPU seconds", "rows"]
    rows = [
        [
            model["model"],
            number(model["build_seconds"], 2),
            number(model["sql_seconds"], 2),
            number(model["sql_cpu_seconds"], 2),
            number(model["rows"], 0),
        ]
        for model in size["slowest_models"]
    ]
    return markdown_table(header, rows)


def report(result: dict[str, Any]) -> str:
    """The result for readers."""
    sizes, settings = result["sizes"], result["settings"]
    lines = ["# Growth of the warehouse", ""]
    lines += ["Written by `python bench/run_benchmarks.py`; bench/README.md says what each figure means.", ""]
    lines += [f"Measured on {machine_line(result['machine'])}", ""]
    lines += [
        f"Synthetic portfolios of bench/generate.py, seed {settings['seed']}, {settings['dirt']:.1%} of each kind of "
        f"dirt; dbt with {settings['threads']} thread(s), DuckDB with all cores and at most "
        f"{settings['memory']} of memory.",
        "",
    ]
    failed = failures(sizes)
    if failed:
        lines += ["**Not every node succeeded, so the builds below did less than their work:**", ""]
        lines += [*(f"- {line}" for line in failed), ""]
    lines += ["## Input", ""]
    inputs = [
        [
            f"{size['clients']:,}",
            f"{size['input']['rows']:,}",
            number(size["input"]["bytes"] / (1 << 20)),
            f"{size['input']['text_columns']} of {size['input']['columns']}",
            number(size["load_before"], 2),
        ]
        for size in sizes
    ]
    lines += [*markdown_table(["clients", "rows", "Parquet MiB", "text columns", "load before"], inputs), ""]
    lines += ["## Seconds and memory", "", *size_table(sizes), ""]
    if result["growth"]:
        lines += ["## Growth exponents", "", "1 is growth in step with the clients, 2 with their square.", ""]
        lines += [*growth_table(result["growth"]), ""]
    if any("build" in size for size in sizes):
        lines += ["## Where a build's seconds go", "", "Seconds, and the number of nodes in brackets.", ""]
        lines += [*build_table(sizes), ""]
    for size in sizes:
        if "slowest_models" in size:
            lines += [f"## Slowest models at {size['clients']:,} clients", "", *model_table(size), ""]
            copied = size["sql"]["copied_models"]
            if copied:
                lines += [f"Not SQL, so not in the figures of the SQL alone: {', '.join(copied)}.", ""]
    if result["steep_models"]:
        lines += ["## Models that grow faster than the clients", ""]
        lines += [f"CPU seconds of the SQL between the two largest sizes, exponent above {STEEP_EXPONENT}.", ""]
        rows = [[m["model"], number(m["cpu_seconds"]), number(m["exponent"], 2)] for m in result["steep_models"]]
        lines += [*markdown_table(["model", "CPU seconds", "exponent"], rows), ""]
    return "\n".join(lines)


def earlier_sizes(path: Path, result: dict[str, Any]) -> list[dict[str, Any]]:
    """The sizes of the result that is already there; only figures of the same machine and settings stand together."""
    if not path.is_file():
        return []
    before = json.loads(path.read_text(encoding="utf-8"))
    for part in ("machine", "settings"):
        if before[part] != result[part]:
            raise SystemExit(f"{path.name} was measured with another {part}: {before[part]}; run without --merge.")
    return before["sizes"]


def parse_arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="1000,10000,100000", help="sizes, separated by commas")
    parser.add_argument("--work", type=Path, help="folder for inputs and warehouses (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=PROJECT / "bench" / "results" / "scaling.md")
    parser.add_argument("--keep", action="store_true", help="leave inputs, warehouses and logs in the work folder")
    parser.add_argument("--threads", type=int, default=1, help="threads of dbt; DuckDB uses all cores anyway")
    parser.add_argument("--seed", type=int, default=1, help="seed of the portfolio")
    parser.add_argument(
        "--dirt", type=float, default=0.01, help="share of rows of each kind of dirt; 0: clean and typed"
    )
    parser.add_argument("--merge", action="store_true", help="keep the sizes of the last result not measured now")
    parser.add_argument("--dry", action="store_true", help="generate and scan only, without a build")
    arguments = parser.parse_args(given)
    try:
        arguments.sizes = sorted({int(size) for size in arguments.clients.split(",")})
    except ValueError:
        parser.error("--clients takes whole numbers separated by commas, such as 1000,10000")
    if arguments.sizes[0] < 1:
        parser.error("--clients takes numbers above zero")
    return arguments


def main(given: list[str] | None = None) -> int:
    arguments = parse_arguments(given)
    environment = project_environment()
    result: dict[str, Any] = {
        "machine": machine(),
        "settings": {
            "seed": arguments.seed,
            "dirt": arguments.dirt,
            "threads": arguments.threads,
            "memory": environment.get("LENDING_MEMORY", "8GB"),
        },
    }
    kept = earlier_sizes(arguments.out.with_suffix(".json"), result) if arguments.merge else []
    sizes = {size["clients"]: size for size in kept if size["clients"] not in arguments.sizes}
    if arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="lending_bench_", dir=arguments.work)).resolve()
    exit_code = 0
    try:
        for clients in arguments.sizes:
            folder = work / str(clients)
            try:
                sizes[clients] = measure_size(clients, arguments, folder)
            except StepFailed as problem:
                print(f"{clients:,} clients: {problem}", file=sys.stderr)
                exit_code = 1
                break
            finally:
                if not arguments.keep:
                    shutil.rmtree(folder, ignore_errors=True)
            result["sizes"] = [sizes[size] for size in sorted(sizes)]
            result["growth"] = growth(result["sizes"])
            result["steep_models"] = steep_models(result["sizes"])
            write_result(arguments.out, result, report(result))
            print("\n".join([*size_table([sizes[clients]]), ""]), flush=True)
    finally:
        if arguments.keep:
            print(f"Inputs, warehouses and logs: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    if "sizes" in result:
        print(report(result))
        exit_code = exit_code or int(bool(failures(result["sizes"])))
    return exit_code


if __name__ == "__main__":
    end_cleanly_when_terminated()
    sys.exit(main())
