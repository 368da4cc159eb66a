"""Writes a synthetic corporate-lending portfolio that fills the input contract.

    python bench/generate.py --demo                                   the committed demo, byte for byte
    python bench/generate.py --clients 100000 --seed 1 --out DIR      typed Parquet, clean
    python bench/generate.py --clients 2000 --seed 1 --out DIR --format csv --dirt 0.02 --truth TRUTH

Everything in the files is invented. The same arguments give the same bytes, whatever the number of processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generator import dirt  # noqa: E402
from generator.portfolio import COMMON, make_block  # noqa: E402
from generator.settings import BLOCK_CLIENTS, DEMO, EFFECTS, SCALE, Settings  # noqa: E402
from generator.summary import summarise  # noqa: E402
from generator.tables import REPOSITORY, as_text, keys_of, read_contract  # noqa: E402
from generator.writer import write_csv, write_parquet  # noqa: E402

DEMO_CLIENTS = 200
DEMO_SEED = 20260630
DEMO_DIRT = 0.02


@dataclass(frozen=True)
class Job:
    """One chunk of clients, made and written by one process."""

    settings: Settings
    blocks: tuple[int, ...]
    part: int
    parts: int
    out: Path
    file_format: str
    text: bool
    prefix: str
    truth: Path | None


def make_chunk(job: Job) -> dict[str, int]:
    contract = read_contract()
    parts: dict[str, list[pa.Table]] = {}
    truths = []
    for block in job.blocks:
        made, truth = make_block(job.settings, block, contract)
        for name, table in made.items():
            parts.setdefault(name, []).append(table)
        truths.append(truth)
    truth = {name: pa.concat_tables([one[name] for one in truths]) for name in truths[0]}
    tables = {name: pa.concat_tables(parts.pop(name)).combine_chunks() for name in list(parts)}
    planted = None
    if job.settings.dirt > 0 or job.text or job.file_format == "csv":
        tables = {name: as_text(table) for name, table in tables.items()}
    if job.settings.dirt > 0:
        tables, planted = dirt.plant(tables, job.settings, keys_of(), truth["clients"], job.part)
    for name, table in tables.items():
        is_whole = job.parts == 1 or name in COMMON
        if job.file_format == "parquet":
            write_parquet(job.out / (f"{name}.parquet" if is_whole else f"{name}/part-{job.part:05d}.parquet"), table)
        else:
            write_csv(job.out / (f"{job.prefix}{name}.csv" + ("" if is_whole else f".part-{job.part:05d}")), table)
    if job.truth:
        job.truth.mkdir(parents=True, exist_ok=True)
        for name, table in truth.items():
            write_csv(job.truth / f"{name}.csv.part-{job.part:05d}", as_text(table))
        if planted is not None:
            write_csv(job.truth / f"dirt.csv.part-{job.part:05d}", planted)
    return {name: table.num_rows for name, table in tables.items()}


def join_parts(folder: Path) -> None:
    """Turns <file>.part-00000, -00001 ... into <file> with one header."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.csv.part-*")):
        files.setdefault(path.name.rsplit(".part-", 1)[0], []).append(path)
    for name, parts in files.items():
        with open(folder / name, "wb") as target:
            for position, part in enumerate(parts):
                with open(part, "rb") as source:
                    header = source.readline()
                    if position == 0:
                        target.write(header)
                    shutil.copyfileobj(source, target, 1 << 20)
                part.unlink()


def write_effects(path: Path, settings: Settings) -> None:
    first, last = settings.downturn
    content = {
        "planted": settings.effects,
        "window_starts_on": str(settings.start),
        "window_ends_on": str(settings.end),
        "downturn_months": [str(np.datetime64(settings.first_month + m, "M")) for m in (first, last)],
        "adoption_centred_on": str(np.datetime64(settings.first_month + settings.adoption_month, "M")),
        **EFFECTS,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def clear_output(out: Path, contract: dict, file_format: str, parts: int) -> None:
    """Removes what an earlier run left and this one does not write over: it would be read as well."""
    for table in contract:
        in_parts = file_format == "parquet" and parts > 1 and table not in COMMON
        if file_format == "parquet":
            (out / f"{table}.csv").unlink(missing_ok=True)
        if file_format == "csv" or in_parts:
            (out / f"{table}.parquet").unlink(missing_ok=True)
        if (out / table).is_dir():
            for part in (out / table).glob("part-*.parquet"):
                if not in_parts or int(part.stem[-5:]) >= parts:
                    part.unlink()
            if not in_parts:
                (out / table).rmdir()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, help="number of true clients")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the tables")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--months", type=int, default=48, help="length of the window")
    parser.add_argument("--end", default="2026-06-30", help="last day of the window, the end of a month")
    parser.add_argument("--dirt", type=float, help="share of rows to damage per kind of dirt; implies --text")
    parser.add_argument("--text", action="store_true", help="every column as text")
    parser.add_argument("--demo", action="store_true", help="the settings of the committed demo")
    parser.add_argument("--truth", type=Path, help="folder for what the warehouse must find out by itself")
    parser.add_argument("--no-effects", action="store_true", help="plant no effects")
    parser.add_argument("--chunk", type=int, default=50_000, help="clients per file part")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--summary", action="store_true", help="print what the portfolio looks like")
    options = parser.parse_args(arguments)
    if not options.demo and (options.clients is None or options.out is None):
        parser.error("give --demo, or --clients and --out")
    if options.clients is not None and options.clients < 50:
        parser.error("--clients must be at least 50: fewer cannot show every kind of client")
    if options.months < 36:
        parser.error("--months must be at least 36: the planted histories need that long")
    end = np.datetime64(options.end, "D")
    if (end + 1).astype("datetime64[M]") == end.astype("datetime64[M]"):
        parser.error("--end must be the last day of a month")
    return options


def run(options: argparse.Namespace) -> dict[str, int]:
    demo = options.demo
    settings = Settings(
        clients=options.clients or DEMO_CLIENTS,
        seed=DEMO_SEED if demo else options.seed,
        months=options.months,
        end=np.datetime64(options.end, "D"),
        dirt=options.dirt if options.dirt is not None else DEMO_DIRT if demo else 0.0,
        effects=not options.no_effects,
        profile=DEMO if demo else SCALE,
    )
    out = options.out or REPOSITORY / "seeds" / "demo"
    truth = options.truth or (REPOSITORY / "tests" / "data" / "demo_truth" if demo and not options.out else None)
    file_format = "csv" if demo else options.format
    prefix = "demo_" if demo else ""
    out.mkdir(parents=True, exist_ok=True)
    contract = read_contract()
    # dirt is planted block by block, on text in memory
    per_part = 1 if settings.dirt > 0 else max(1, options.chunk // BLOCK_CLIENTS)
    groups = [tuple(range(b, min(b + per_part, settings.blocks))) for b in range(0, settings.blocks, per_part)]
    jobs = [
        Job(settings, blocks, part, len(groups), out, file_format, options.text, prefix, truth)
        for part, blocks in enumerate(groups)
    ]
    clear_output(out, contract, file_format, len(groups))
    rows: dict[str, int] = {}
    if len(jobs) > 1 and options.jobs > 1:
        with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=4) as pool:
            results = list(pool.imap_unordered(make_chunk, jobs))
    else:
        results = [make_chunk(job) for job in jobs]
    for result in results:
        for table, count in result.items():
            rows[table] = rows.get(table, 0) + count
    if file_format == "csv":
        join_parts(out)
    if truth:
        join_parts(truth)
        write_effects(truth / "effects.json", settings)
    return rows


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    began = time.perf_counter()
    rows = run(options)
    print(f"{sum(rows.values()):,} rows in {len(rows)} tables, {time.perf_counter() - began:.1f} s")
    if options.summary:
        if options.demo:
            settings = Settings(options.clients or DEMO_CLIENTS, DEMO_SEED, profile=DEMO)
        else:
            settings = Settings(options.clients, options.seed, options.months, np.datetime64(options.end, "D"))
        settings = replace(settings, effects=not options.no_effects)
        for table, count in rows.items():
            print(f"{table:24} {count:>12,}")
        print(summarise(settings))


if __name__ == "__main__":
    main()
