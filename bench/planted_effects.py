"""Do the claims find the effects that the generator planted, and none where it planted none?

    python bench/planted_effects.py                      seeds 41 to 60 with and without effects, 20 000 clients each
    python bench/planted_effects.py --first 1 --seeds 2 --at-once 2
    python bench/planted_effects.py --report             the table from what has been run so far

For every seed a portfolio is generated, the models that mart_claims needs are built, and the effect, the interval and
the verdict of four claims are read. Every run is one JSON line of the result, so a run that was stopped goes on where
it ended. Seeds 1 to 40 were run while the intervals were built; 41 to 60 decide. What the interval should cover does
not come from the warehouse (planted() and bench/README.md). Tables that no such claim reads are left out of the
portfolio. Everything in it is synthetic.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))
sys.path.insert(0, str(BENCH.parent / "tests" / "python"))

import generate  # noqa: E402
from dbt_jobs import run  # noqa: E402
from generator import clock, names  # noqa: E402
from generator.loans import Loans  # noqa: E402
from generator.population import CURES, NEVER, Population, adoption  # noqa: E402
from generator.projects import Projects  # noqa: E402
from generator.settings import EFFECTS, Settings  # noqa: E402
from generator.tables import number  # noqa: E402
from measuring import PROJECT, end_cleanly_when_terminated, load_average, markdown_table  # noqa: E402

RESULTS = BENCH / "results" / "planted_effects.jsonl"
LEFT_OUT = (
    "account_flows", "digital_events", "crm_interactions", "satisfaction_surveys", "monitoring_tasks", "collaterals",
    "collateral_allocations", "project_cashflows", "project_risk_grades",
)  # fmt: skip
TIME, HIGH_MEDIUM, MEDIUM_ELEVATED, STABLE = (
    "APPROVAL_TIME", "TIER_HIGH_BELOW_MEDIUM", "TIER_MEDIUM_BELOW_ELEVATED", "FREQUENT_STABLE_ON_TIME",
)  # fmt: skip
CLAIMS = (TIME, HIGH_MEDIUM, MEDIUM_ELEVATED, STABLE)
SELECTION = ["build", "--select", "+mart_claims", "--exclude-resource-types", "test", "unit_test"]
# the history begins with the first month that a claim looks at: a year before the first branch adopts
FIRST_MONTH = 9
# Enough clients for the tier rates to be known far better than an interval is wide: with 400 000 the difference of HIGH
# and MEDIUM was known to 0.0003 (one standard error), a quarter of a run's own; with two millions it is 0.00012.
LARGE_CLIENTS, LARGE_SEED = 2_000_000, 990_001
BLOCK = 20
# runs of before decision 79 name no level: every interval stood for itself
BEFORE_FAMILIES = 0.95


def simulated(settings: Settings, block: int) -> tuple[Population, Loans]:
    people = Population(settings, block)
    people.adopted_on = adoption(settings)[people.branch]
    return people, Loans(people, Projects(people))


def history_start(settings: Settings) -> np.datetime64:
    return np.datetime64(settings.first_month + FIRST_MONTH, "M").astype(clock.DAY)


# -- what was planted -------------------------------------------------------------------------------------------------


def tier_counts(settings: Settings) -> np.ndarray:
    """Obligors that perform at the month ends a year, two and three years before the end, and those of them that are
    more than ninety days past due within the next twelve months: by the tier that the ratings say."""
    counts = np.zeros((5, 2), dtype=np.int64)
    for block in range(settings.blocks):
        people, loans = simulated(settings, block)
        owed = np.flatnonzero(loans.final.principal > 0)
        paid_on = loans.final_paid_on[owed]
        paid_on = np.where(np.isnat(paid_on), clock.FAR_DAY, paid_on)
        repaid_on = np.full(loans.rows, np.datetime64("1900-01-01", "D"))
        np.maximum.at(repaid_on.view(np.int64), loans.final.loan[owed], paid_on.astype(np.int64))
        for gone in (loans.written_off_on, loans.closed_on):
            repaid_on = np.where(np.isnat(gone), repaid_on, np.minimum(repaid_on, gone))
        defaulted_on = np.full(people.rows, clock.FAR_DAY)
        known = ~np.isnat(loans.defaulted_on)
        np.minimum.at(defaulted_on.view(np.int64), loans.client[known], loans.defaulted_on[known].astype(np.int64))
        cured = people.failure == CURES
        clients = np.arange(people.rows)
        for years in (1, 2, 3):
            month = settings.end_month - 12 * years
            at, until = clock.month_end(month), clock.month_end(month + 12)
            owes = np.zeros(people.rows, dtype=bool)
            owes[loans.client[(loans.disbursed_on <= at) & (repaid_on > at) & ~loans.is_cancelled]] = True
            inside = month - settings.first_month
            # a client that pays again performs again; a second failure is not planted
            performs = (defaulted_on > at) | (cured & (people.cure_month < inside - 3))
            obligor = owes & performs & (people.leave_month > inside) & (people.start_month <= inside)
            tier = loans.ratings.known.tier_known(clients, np.full(people.rows, at + 1))
            bad = (defaulted_on > at) & (defaulted_on <= until)
            counts[:, 0] += np.bincount(tier[obligor], minlength=5)
            counts[:, 1] += np.bincount(tier[obligor & bad], minlength=5)
    return counts


def on_time_probabilities(settings: Settings, block: int) -> pa.Table:
    """With what probability each instalment was to be paid by its day, as the generator draws it."""
    people, loans = simulated(settings, block)
    rows = loans.final
    client = loans.client[rows.loan]
    month = clock.month_of(rows.due_on) - settings.first_month
    onset, cure = people.onset_month[client], people.cure_month[client]
    late = np.where((month >= onset - 4) & (month < onset), np.maximum(0.40, people.late_share[client]), 0.0)
    late = np.maximum(late, people.late_share[client])
    # who has failed pays late or not at all; a restructured loan is served in six cases of ten
    amended = (~np.isnat(loans.amended_on))[rows.loan] & (rows.due_on >= loans.amended_on[rows.loan])
    failing = (month >= onset) & (month < cure) & (onset < NEVER)
    late = np.where(failing, np.where(amended, 0.4 + 0.6 * late, 1.0), late)
    in_one_sum = (loans.renewed_by[rows.loan] >= 0) & (rows.due_on == loans.matures_on[rows.loan])
    in_one_sum |= amended & loans.is_prepaid[rows.loan]
    late = np.where(in_one_sum, 0.0, late)
    numbers = number("L", names.numbers(block, settings.number_width, loans.rows))
    return pa.table({"loan_no": numbers.take(pa.array(rows.loan)), "due_on": rows.due_on, "probability": 1.0 - late})


PLANTED_ON_TIME = """
    select
        placement.flow_behaviour as segment,
        avg(planted.probability) as planted,
        count(*) as counted
    from intermediate.int_instalment as instalments
    inner join intermediate.int_loan as loans using (loan_key)
    inner join (
        select loan_no, due_on, avg(probability) as probability from read_parquet('{planted}') group by loan_no, due_on
    ) as planted on loans.loan_no = planted.loan_no and instalments.due_on = planted.due_on
    inner join intermediate.int_client_placement_month as placement
        on loans.client_key = placement.client_key and last_day(instalments.due_on) = placement.as_of_month
    left join intermediate.int_loan_month as before
        on instalments.loan_key = before.loan_key
        and last_day(date_trunc('month', instalments.due_on)::date - 1) = before.as_of_month
    where (before.loan_key is null or before.days_past_due = 0)
        and instalments.amount_due > 0
        and instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to
        and instalments.due_on <= loans.last_due_on
        and placement.flow_behaviour in ('HIGH_FREQUENCY_STABLE', 'HIGH_FREQUENCY_STRESSED')
        and instalments.due_on between date '{first}' and date '{last}'
    group by placement.flow_behaviour
"""


def planted_on_time(conn: duckdb.DuckDBPyConnection, settings: Settings, planted: Path) -> float:
    """The planted probability of paying on time, stable less stressed, over the instalments that the claim is about.

    Which instalments those are depends on what happened before they fell due; how they are paid, on the generator.
    """
    sql = PLANTED_ON_TIME.format(planted=planted / "*.parquet", first=history_start(settings), last=settings.end)
    found = {segment: value for segment, value, _ in conn.execute(sql).fetchall()}
    return found["HIGH_FREQUENCY_STABLE"] - found["HIGH_FREQUENCY_STRESSED"]


# -- one run ----------------------------------------------------------------------------------------------------------


def prepare(folder: Path, settings: Settings) -> None:
    """The portfolio, and beside it the planted probabilities."""
    arguments = ["--clients", str(settings.clients), "--seed", str(settings.seed), "--out", str(folder / "input")]
    generate.run(generate.parse_arguments([*arguments, "--jobs", "1", *([] if settings.effects else ["--no-effects"])]))
    for table in LEFT_OUT:
        (folder / "input" / f"{table}.parquet").unlink(missing_ok=True)
    (folder / "planted").mkdir(parents=True)
    for block in range(settings.blocks):
        pq.write_table(on_time_probabilities(settings, block), folder / "planted" / f"{block}.parquet")


def read_claims(folder: Path, settings: Settings) -> dict[str, Any]:
    with duckdb.connect(str(folder / "home" / "build.duckdb"), read_only=True) as conn:
        rows = conn.execute(
            "select claim_id, effect_value, effect_lower, effect_upper, verdict, verdict_reason, confidence_level"
            " from marts.mart_claims where list_contains(?, claim_id)",
            [list(CLAIMS)],
        ).fetchall()
        claims = {
            claim: {
                **dict(
                    zip(("effect", "lower", "upper"), (None if v is None else float(v) for v in values), strict=True)
                ),
                "verdict": verdict,
                "reason": reason,
                "level": float(level),
            }
            for claim, *values, verdict, reason, level in rows
        }
        claims[STABLE]["planted"] = planted_on_time(conn, settings, folder / "planted")
    return claims


def run_one(settings: Settings, work: Path, manifest: Any) -> dict[str, Any]:
    """Generates, builds and reads, in processes of their own: what one leaves in memory does not burden the next."""
    folder = work / f"{settings.seed}_{'effects' if settings.effects else 'none'}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    started = time.perf_counter()

    def in_child(task) -> None:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = task() or 0
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status):
            output = folder / "output.txt"
            sys.exit("failed: " + (output.read_text(encoding="utf-8")[-4000:] if output.exists() else "generating"))

    in_child(lambda: prepare(folder, settings))
    environment = {
        "LENDING_INPUT": str(folder / "input"),
        "LENDING_HOME": str(folder / "home"),
        "LENDING_HISTORY_START": str(history_start(settings))[:7],
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    job = {"arguments": SELECTION, "environment": environment, "output": str(folder / "output.txt")}
    in_child(lambda: run(job, manifest))
    in_child(lambda: (folder / "claims.json").write_text(json.dumps(read_claims(folder, settings))) and None)
    claims = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "kind": "effects" if settings.effects else "none",
        "seed": settings.seed,
        "clients": settings.clients,
        "seconds": round(time.perf_counter() - started, 1),
        "load": load_average(),
        "claims": claims,
    }


# -- all of them ------------------------------------------------------------------------------------------------------


def read_results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def level_of(line: dict[str, Any]) -> float:
    """The confidence of the intervals of a run."""
    return max(claim.get("level", BEFORE_FAMILIES) for claim in line["claims"].values())


def append(path: Path, line: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as handle:
        handle.write(json.dumps(line) + "\n")


def planted(results: list[dict[str, Any]], path: Path) -> dict[str, float]:
    """What was planted: the factor of the times, and the difference of default rates in a very large portfolio."""
    truth = next((line for line in results if line["kind"] == "truth"), None)
    if truth is None:
        print(f"simulating {LARGE_CLIENTS} clients for the default rates of the tiers", flush=True)
        counts = tier_counts(Settings(LARGE_CLIENTS, LARGE_SEED))
        tiers = ("HIGH", "MEDIUM", "ELEVATED", "RESTRICTED", "UNRATED")
        truth = {"kind": "truth", "clients": LARGE_CLIENTS, "seed": LARGE_SEED}
        truth["tiers"] = {
            tier: {"obligors": int(obligors), "defaults": int(defaults)}
            for tier, (obligors, defaults) in zip(tiers, counts, strict=True)
        }
        append(path, truth)
    rate = {tier: found["defaults"] / found["obligors"] for tier, found in truth["tiers"].items()}
    return {
        TIME: EFFECTS["time_to_decision_factor"] - 1,
        HIGH_MEDIUM: rate["HIGH"] - rate["MEDIUM"],
        MEDIUM_ELEVATED: rate["MEDIUM"] - rate["ELEVATED"],
    }


def table(results: list[dict[str, Any]], truth: dict[str, float]) -> list[str]:
    """Claim by claim what the runs found, as lines of a table."""
    runs = {kind: [line for line in results if line["kind"] == kind] for kind in ("effects", "none")}
    rows = []
    for claim in CLAIMS:
        found = [line["claims"][claim] for line in runs["effects"]]
        without = [line["claims"][claim] for line in runs["none"]]
        measured = [one for one in found if one["effect"] is not None]
        values = [one.get("planted", truth.get(claim)) for one in measured]
        covers = sum(one["lower"] <= value <= one["upper"] for one, value in zip(measured, values, strict=True))
        excludes = sum(one["lower"] > 0 or one["upper"] < 0 for one in measured)
        mean = [f"{np.mean(numbers):.4f}" if numbers else "-" for numbers in (values, [m["effect"] for m in measured])]
        verdicts = [
            str(sum(one["verdict"] == verdict for one in group))
            for group, verdict in (
                (found, "SUPPORTED"),
                (without, "SUPPORTED"),
                (without, "NOT_SUPPORTED"),
                (without, "NOT_ENOUGH_DATA"),
            )
        ]
        rows.append([claim, *mean, f"{covers} of {len(found)}", f"{excludes} of {len(found)}", *verdicts])
    head = ["claim", "planted", "mean estimate", "interval covers", "excludes zero", "SUPPORTED"]
    head += ["without: SUPPORTED", "NOT_SUPPORTED", "NOT_ENOUGH_DATA"]
    return markdown_table(head, rows)


def report(results: list[dict[str, Any]], truth: dict[str, float]) -> str:
    """The tables of a result: twenty seeds each, those of the widest intervals and the latest seeds first."""
    runs = [line for line in results if line["kind"] in ("effects", "none")]
    groups: dict[tuple[float, int], list[dict[str, Any]]] = {}
    for line in runs:
        groups.setdefault((-level_of(line), -((line["seed"] - 1) // BLOCK)), []).append(line)
    clients = sorted({line["clients"] for line in runs})
    text = [
        "# Planted effects",
        "",
        "Written by `bench/planted_effects.py`; every figure is synthetic. "
        f"{', '.join(str(count) for count in clients) or 'No'} clients each. The aim: of 20 seeds at least 18 "
        "intervals that cover the planted figure and 18 that leave out zero; without effects SUPPORTED at most twice.",
        "",
    ]
    for (level, block), chosen in sorted(groups.items()):
        kinds = [line["kind"] for line in chosen]
        text += [f"## Seeds {1 - block * BLOCK} to {(1 - block) * BLOCK}, intervals of {-level:.2%}", ""]
        text += [f"{kinds.count('effects')} with effects, {kinds.count('none')} without.", ""]
        text += [*table(chosen, truth), ""]
    return "\n".join(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=41, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds with effects")
    parser.add_argument("--without", type=int, default=20, help="how many seeds without effects")
    parser.add_argument("--clients", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=1, help="runs at a time")
    parser.add_argument("--work", type=Path, help="folder for portfolios and warehouses (default: temporary)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--report", action="store_true", help="run nothing, write the table")
    given = parser.parse_args()
    end_cleanly_when_terminated()
    truth = planted(read_results(given.results), given.results)
    done = {
        (line["kind"], line["seed"], line["clients"])
        for line in read_results(given.results)
        if "claims" in line and level_of(line) != BEFORE_FAMILIES
    }
    last = {"effects": given.seeds, "none": given.without}
    wanted = [(kind, given.first + nth) for nth in range(max(last.values())) for kind in last if nth < last[kind]]
    wanted = [] if given.report else [(k, s) for k, s in wanted if (k, s, given.clients) not in done]
    with tempfile.TemporaryDirectory(dir=given.work) as temporary:
        work = Path(temporary)
        manifest = read_project(work) if wanted else None
        running: set[int] = set()
        for kind, seed in wanted:
            if len(running) == given.at_once:
                running.discard(os.wait()[0])
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    line = run_one(Settings(given.clients, seed, effects=kind == "effects"), work, manifest)
                    append(given.results, line)
                    print(f"{kind} {seed}: {line['seconds']} s", flush=True)
                    code = 0
                except SystemExit as error:
                    print(f"{kind} {seed}: {error}", file=sys.stderr, flush=True)
                finally:
                    os._exit(code)
            running.add(pid)
        while running:
            running.discard(os.wait()[0])
    results = read_results(given.results)
    given.results.with_suffix(".md").write_text(report(results, truth), encoding="utf-8")
    print(report(results, truth))
    return 0


def read_project(work: Path) -> Any:
    """dbt's manifest, read once for all runs; none of them has the demo as its input."""
    from dbt.cli.main import dbtRunner

    for name in [name for name in os.environ if name.startswith(("LENDING_", "DBT_"))]:
        del os.environ[name]
    folder = work / "reading"
    folder.mkdir()
    os.environ |= {"LENDING_INPUT": "not the demo", "LENDING_HOME": str(folder), "DBT_PROFILES_DIR": str(PROJECT)}
    os.environ |= {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    os.chdir(PROJECT)
    parsed = dbtRunner().invoke(["--quiet", "parse"])
    if not parsed.success:
        sys.exit(f"the project cannot be read: {parsed.exception}")
    return parsed.result


if __name__ == "__main__":
    sys.exit(main())
