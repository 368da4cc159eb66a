"""How long the demo takes to build, against what dbt itself needs for a project of that size.

    python bench/demo_floor.py [--with-unit-tests] [--out bench/results/demo_floor.md]

Builds the demo from nothing, as `make build` does on a fresh clone after the install (nothing parsed before, no
warehouse), and then publishes it. The floor is what dbt needs for that many nodes whatever they compute: 2.4 s, 0.05 s
a model, 0.022 s a data test and 0.08 s a unit test. A floor is no limit of time and this is no test: it prints where
the seconds go. Exit code 1 only when the build or the publication failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measuring import (  # noqa: E402
    FLOOR_DATA_TEST_SECONDS,
    FLOOR_MODEL_SECONDS,
    FLOOR_START_SECONDS,
    FLOOR_UNIT_TEST_SECONDS,
    PROJECT,
    dbt_build_command,
    end_cleanly_when_terminated,
    floor_seconds,
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

# The aim for the demo on two cores, after the install.
AIM_SECONDS = 60.0


def measure_demo(work: Path, unit_tests: bool) -> dict[str, Any]:
    """Seconds of the demo's build and publication, and the nodes that were built."""
    home, target = work / "warehouse", work / "target"
    environment = project_environment(LENDING_INPUT="demo", LENDING_HOME=str(home))
    if unit_tests:
        # a unit test with `input: this` needs its relation (engine.md): an empty build makes it, off the clock
        empty = [*dbt_build_command(work / "empty", work / "logs"), "--empty"]
        measure(empty, work / "empty.log", environment)
    build_log = work / "build.log"
    load_before = load_average()
    built = measure(dbt_build_command(target, work / "logs", unit_tests), build_log, environment)
    if not (target / "run_results.json").is_file():
        raise SystemExit(f"The build ended before its first node:\n{last_lines(build_log)}")
    summary = summarise_build(target)
    nodes = summary["nodes"]
    counts = {kind: nodes.get(kind, 0) for kind in ("model", "seed", "test", "unit_test")}
    floor = floor_seconds(counts["model"], counts["test"], counts["unit_test"])
    result: dict[str, Any] = {
        "machine": machine(),
        "load_before": load_before,
        "build": {
            **built.as_dict(),
            "start_seconds": round(max(built.seconds - summary["run_seconds"], 0.0), 3),
            "exit_code": built.exit_code,
            **summary,
        },
        "counts": counts,
        "floor_seconds": round(floor, 2),
        "times_the_floor": ratio(built.seconds, floor),
        "times_the_floor_cpu": ratio(built.cpu_seconds, floor),
        "publish": None,
    }
    if built.exit_code == 0:
        publish_log = work / "publish.log"
        command = [sys.executable, str(PROJECT / "scripts" / "publish.py"), "--home", str(home)]
        published = measure([*command, "--manifest", str(target / "manifest.json")], publish_log, environment)
        result["publish"] = {**published.as_dict(), "exit_code": published.exit_code}
        if published.exit_code != 0:
            print(last_lines(publish_log), file=sys.stderr)
    else:
        print(last_lines(build_log), file=sys.stderr)
    return result


def report(result: dict[str, Any]) -> str:
    """The result for readers."""
    build, counts, publish = result["build"], result["counts"], result["publish"]
    parts = [
        ("start", 1, FLOOR_START_SECONDS),
        ("models", counts["model"], FLOOR_MODEL_SECONDS),
        ("data tests", counts["test"], FLOOR_DATA_TEST_SECONDS),
        ("unit tests", counts["unit_test"], FLOOR_UNIT_TEST_SECONDS),
    ]
    floor_rows = [[name, str(nodes), str(each), number(nodes * each, 2)] for name, nodes, each in parts]
    floor_rows.append(["**floor**", "", "", f"**{number(result['floor_seconds'], 2)}**"])
    seconds = build["node_seconds"]
    spent_rows = [
        ["start and parse", "", number(build["start_seconds"], 2)],
        *([kind + "s", str(build["nodes"][kind]), number(seconds[kind], 2)] for kind in sorted(seconds)),
        ["between nodes", "", number(build["other_seconds"], 2)],
        ["**build**", "", f"**{number(build['seconds'], 2)}**"],
        ["publication", "", number(publish["seconds"] if publish else None, 2)],
    ]
    whole = build["seconds"] + (publish["seconds"] if publish else 0.0)
    verdict = "under" if whole <= AIM_SECONDS else "over"
    what = "With publication" if publish else "Without publication"
    lines = ["# The demo against dbt's floor", ""]
    lines += ["Written by `python bench/demo_floor.py`; bench/README.md says what each figure means.", ""]
    lines += [f"Measured on {machine_line(result['machine'])} Load before: {number(result['load_before'], 2)}.", ""]
    if build["failed"]:
        lines += ["**Not every node succeeded, so this build did less than its work:**", ""]
        lines += [*(f"- {line}" for line in build["failed"]), f"- {build['skipped']} nodes skipped", ""]
    lines += [
        f"Build: {number(build['seconds'])} s, {number(result['times_the_floor'], 2)} times the floor of "
        f"{number(result['floor_seconds'])} s (CPU {number(build['cpu_seconds'])} s, "
        f"{number(result['times_the_floor_cpu'], 2)} times the floor; peak {number(build['peak_mib'], 0)} MiB). "
        f"{what} {number(whole)} s: {verdict} the aim of {AIM_SECONDS:.0f} s.",
        "",
    ]
    lines += ["## The floor", ""]
    lines += [*markdown_table(["part", "number", "seconds each", "seconds"], floor_rows), ""]
    lines += [f"Seeds ({counts['seed']}) have no term in the formula: they lie above the floor.", ""]
    lines += ["## Where the seconds went", "", *markdown_table(["part", "nodes", "seconds"], spent_rows), ""]
    lines += ["## Slowest models", ""]
    slowest = sorted(build["models"].items(), key=lambda item: (-item[1], item[0]))[:10]
    lines += [*markdown_table(["model", "seconds"], [[name, number(value, 2)] for name, value in slowest]), ""]
    return "\n".join(lines)


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with-unit-tests", action="store_true", help="run the unit tests as well")
    parser.add_argument("--out", type=Path, default=PROJECT / "bench" / "results" / "demo_floor.md")
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="lending_demo_") as folder:
        result = measure_demo(Path(folder).resolve(), arguments.with_unit_tests)
    text = report(result)
    write_result(arguments.out, result, text)
    print(text)
    published = result["publish"] is not None and result["publish"]["exit_code"] == 0
    return 0 if result["build"]["exit_code"] == 0 and published else 1


if __name__ == "__main__":
    end_cleanly_when_terminated()
    sys.exit(main())
