"""How far the segments of a built warehouse agree with what the generator planted.

    python bench/generate.py --clients 20000 --seed 1 --out DATA --truth TRUTH
    LENDING_INPUT=DATA LENDING_HOME=HOME dbt build --exclude-resource-type unit_test
    python bench/agreement.py --home HOME --truth TRUTH [--month 2026-06-30] [--out FILE.json]

For the demo: `--home warehouse --truth tests/data/demo_truth`. Prints precision (of the clients in a segment, how many
were planted so) and recall (of the clients planted so, how many are in the segment), each with its numerator and
denominator, of the final segments at the last month. The planted class is what a client is like at the end of the
window, so segments of earlier months have nothing to be compared with.

One warehouse client counts once. Where it joins registrations of several true clients, the one with most of them is
compared; both kinds of wrong identity are counted. Clients that are in no truth (planted dirt) are left out, and so
are true clients that the warehouse has none for at that month (they had left).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

HIGH_FREQUENCY = ("HIGH_FREQUENCY_STABLE", "HIGH_FREQUENCY_STRESSED", "HIGH_FREQUENCY_OTHER")


@dataclass(frozen=True)
class Measure:
    """One line: a set of planted classes against a set of segments of an axis."""

    axis: str
    label: str
    planted_column: str
    planted: tuple[str, ...]
    segment_column: str
    segments: tuple[str, ...]


def _same(axis: str, planted_column: str, segment_column: str, *names: str) -> list[Measure]:
    return [Measure(axis, name, planted_column, (name,), segment_column, (name,)) for name in names]


MEASURES = [
    *_same("LIFECYCLE", "growth_class", "lifecycle_segment", "HIGH_GROWTH", "STARTUP", "DECLINING", "DISTRESSED"),
    Measure(
        "LIFECYCLE",
        "MATURE",
        "growth_class",
        ("MATURE",),
        "lifecycle_segment",
        ("MATURE_STABLE_SMALL_MICRO", "MATURE_STABLE_MEDIUM_LARGE"),
    ),
    *_same("LIFECYCLE", "growth_class", "lifecycle_segment", "TRANSITIONAL"),
    Measure("BEHAVIOUR", "HIGH_FREQUENCY_*", "behaviour_class", HIGH_FREQUENCY, "behaviour_segment", HIGH_FREQUENCY),
    *_same(
        "BEHAVIOUR",
        "behaviour_class",
        "behaviour_segment",
        *HIGH_FREQUENCY,
        "POTENTIAL_QUALITY",
        "OCCASIONAL",
        "TERM_BORROWER",
        "DORMANT",
        "LAPSED_ACTIVE",
        "PROSPECT",
        "INSUFFICIENT_DATA",
    ),
    Measure("INDUSTRY", "TECHNOLOGY", "is_technology", ("true",), "industry_segment", ("TECHNOLOGY",)),
    *_same("SIZE", "size_class", "size_segment", "LARGE", "MEDIUM", "SMALL", "MICRO", "NOT_APPLICABLE"),
]


@dataclass(frozen=True)
class Agreement:
    """A measure's counts: clients in the segment, planted so, and both."""

    axis: str
    label: str
    both: int
    in_segment: int
    planted: int

    @property
    def precision(self) -> float | None:
        return self.both / self.in_segment if self.in_segment else None

    @property
    def recall(self) -> float | None:
        return self.both / self.planted if self.planted else None


# One row a warehouse client of the month: its true client and both sides' classes.
COMPARED = """
create temp table registration as
select identity.client_key, truth.*
from truth
inner join built.intermediate.int_client_identity as identity
    on truth.source_system = identity.source_system and truth.client_no = identity.client_no;

create temp table owner as
select client_key, true_client_id
from (select client_key, true_client_id, count(*) as registrations from registration group by all)
qualify row_number() over (partition by client_key order by registrations desc, true_client_id) = 1;

create temp table planted as
select
    true_client_id,
    any_value(growth_class) as growth_class,
    any_value(behaviour_class) as behaviour_class,
    any_value(size_class) as size_class,
    any_value(is_technology) as is_technology
from truth
group by true_client_id;

create temp table month_segment as
select *
from built.marts.fct_client_segment_month
where as_of_month = coalesce(?, (select max(as_of_month) from built.marts.fct_client_segment_month));
"""


def compare(warehouse: Path, truth: Path, month: str | None = None) -> tuple[dict[str, Any], list[Agreement]]:
    """What was compared, and the agreement of every measure."""
    file = truth / "clients.csv"
    if not warehouse.is_file():
        raise SystemExit(f"There is no warehouse {warehouse}: build one first.")
    if not file.is_file():
        raise SystemExit(f"There is no {file}: generate with --truth.")
    with duckdb.connect() as conn:
        conn.execute("attach '{}' as built (read_only)".format(str(warehouse).replace("'", "''")))
        conn.read_csv(str(file), all_varchar=True).to_table("truth")
        for statement in COMPARED.split(";")[:-1]:
            conn.execute(statement, [month] if "?" in statement else None)
        conn.execute(
            "create temp table compared as select * from month_segment inner join owner using (client_key)"
            " inner join planted using (true_client_id)"
        )
        facts = dict(
            zip(
                ("month", "compared", "without_truth", "true_clients", "split_clients", "mixed_clients"),
                conn.execute(
                    """
                    select
                        cast((select max(as_of_month) from month_segment) as varchar),
                        (select count(*) from compared),
                        (select count(*) from month_segment) - (select count(*) from compared),
                        (select count(distinct true_client_id) from compared),
                        (select count(*) from (select 1 from registration group by true_client_id
                            having count(distinct client_key) > 1)),
                        (select count(*) from (select 1 from registration group by client_key
                            having count(distinct true_client_id) > 1))
                    """
                ).fetchone(),
                strict=True,
            )
        )
        if not facts["compared"]:
            raise SystemExit(f"No client of the truth {file} is in {warehouse}: they do not belong together.")
        result = []
        for measure in MEASURES:
            counts = conn.execute(
                f"""
                select
                    count(*) filter (is_planted and is_in_segment),
                    count(*) filter (is_in_segment),
                    count(*) filter (is_planted)
                from (
                    select
                        coalesce(list_contains(?, {measure.planted_column}), false) as is_planted,
                        coalesce(list_contains(?, {measure.segment_column}), false) as is_in_segment
                    from compared
                )
                """,
                [list(measure.planted), list(measure.segments)],
            ).fetchone()
            result.append(Agreement(measure.axis, measure.label, *counts))
    return facts, result


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "- (0/0)"


def report(facts: dict[str, Any], agreements: list[Agreement]) -> str:
    lines = [
        f"{facts['compared']} warehouse clients of {facts['true_clients']} true clients, {facts['month']};"
        f" {facts['without_truth']} without truth left out; true clients in several warehouse clients:"
        f" {facts['split_clients']}, warehouse clients of several true clients: {facts['mixed_clients']}",
        "",
        f"{'axis':10} {'class':24} {'precision':>22} {'recall':>22}",
    ]
    for row in agreements:
        lines.append(
            f"{row.axis:10} {row.label:24} {share(row.both, row.in_segment):>22} {share(row.both, row.planted):>22}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LENDING_HOME", "warehouse")))
    parser.add_argument("--truth", type=Path, required=True, help="folder that bench/generate.py --truth wrote")
    parser.add_argument("--month", help="a month end; the last month by default")
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    options = parser.parse_args(arguments)
    facts, agreements = compare(options.home / "build.duckdb", options.truth, options.month)
    print(report(facts, agreements))
    if options.out:
        rows = [{**asdict(row), "precision": row.precision, "recall": row.recall} for row in agreements]
        options.out.write_text(json.dumps({**facts, "agreements": rows}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
