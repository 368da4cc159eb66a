"""bench/agreement.py: precision and recall on a small warehouse whose answers can be counted by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import agreement  # noqa: E402

# true client, registration, warehouse client, planted growth, behaviour, size, technology
TRUTH = [
    ("1", "C1", 11, "HIGH_GROWTH", "HIGH_FREQUENCY_STABLE", "SMALL", "true"),
    ("1", "C2", 11, "HIGH_GROWTH", "HIGH_FREQUENCY_STABLE", "SMALL", "true"),
    ("2", "C3", 12, "HIGH_GROWTH", "HIGH_FREQUENCY_OTHER", "SMALL", "false"),
    ("3", "C4", 13, "MATURE", "PROSPECT", "LARGE", "false"),
    ("4", "C5", 14, "MATURE", "POTENTIAL_QUALITY", "LARGE", "true"),
    # joined with client 1 by mistake, and split: client 4 has a second registration that was not joined
    ("5", "C6", 11, "DECLINING", "PROSPECT", "MICRO", "false"),
    ("4", "C7", 15, "MATURE", "POTENTIAL_QUALITY", "LARGE", "true"),
    # has left: in no segment at the last month
    ("6", "C8", 16, "HIGH_GROWTH", "HIGH_FREQUENCY_STABLE", "SMALL", "false"),
]
# warehouse client, month, lifecycle, behaviour, size, industry
SEGMENTS = [
    (11, "2026-06-30", "HIGH_GROWTH", "HIGH_FREQUENCY_OTHER", "SMALL", "TECHNOLOGY"),
    (12, "2026-06-30", "TRANSITIONAL", "HIGH_FREQUENCY_OTHER", "SMALL", "TRADE"),
    (13, "2026-06-30", "HIGH_GROWTH", "PROSPECT", "UNKNOWN", "TECHNOLOGY"),
    (14, "2026-06-30", "MATURE_STABLE_MEDIUM_LARGE", "POTENTIAL_QUALITY", "LARGE", "TECHNOLOGY"),
    (15, "2026-06-30", "MATURE_STABLE_SMALL_MICRO", "PROSPECT", "LARGE", "UNKNOWN"),
    (99, "2026-06-30", "HIGH_GROWTH", "PROSPECT", "LARGE", "TECHNOLOGY"),
    # an earlier month, which does not count
    (12, "2026-05-31", "HIGH_GROWTH", "PROSPECT", "SMALL", "TECHNOLOGY"),
    (16, "2026-05-31", "HIGH_GROWTH", "PROSPECT", "SMALL", "TECHNOLOGY"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "build.duckdb")) as conn:
        conn.execute("create schema intermediate")
        conn.execute("create schema marts")
        conn.execute(
            "create table intermediate.int_client_identity"
            " (source_system varchar, client_no varchar, client_key bigint)"
        )
        conn.execute(
            "create table marts.fct_client_segment_month"
            " (client_key bigint, as_of_month date, industry_segment varchar,"
            " size_segment varchar, credit_segment varchar, lifecycle_segment varchar, behaviour_segment varchar,"
            " project_type_segment varchar)"
        )
        for _, number, key, *_ in TRUTH:
            conn.execute("insert into intermediate.int_client_identity values ('CORE', ?, ?)", [number, key])
        for key, month, lifecycle, behaviour, size, industry in SEGMENTS:
            conn.execute(
                "insert into marts.fct_client_segment_month values (?, ?, ?, ?, 'UNRATED', ?, ?, 'NOT_APPLICABLE')",
                [key, month, industry, size, lifecycle, behaviour],
            )
    lines = ["true_client_id,source_system,client_no,growth_class,behaviour_class,size_class,is_technology"]
    lines += [f"{true},CORE,{number},{','.join(rest)}" for true, number, _, *rest in TRUTH]
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "clients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_counts_are_those_counted_by_hand(home: Path) -> None:
    facts, rows = agreement.compare(home / "build.duckdb", home / "truth")
    assert facts == {
        "month": "2026-06-30",
        "compared": 5,
        "without_truth": 1,
        "true_clients": 4,
        "split_clients": 1,
        "mixed_clients": 1,
    }
    counts = {row.label: (row.both, row.in_segment, row.planted) for row in rows}
    # client 11 has two registrations of true client 1 and one of 5: it is compared with 1
    assert counts["HIGH_GROWTH"] == (1, 2, 2)
    assert counts["MATURE"] == (2, 2, 3)
    assert counts["HIGH_FREQUENCY_*"] == (2, 2, 2)
    assert counts["HIGH_FREQUENCY_OTHER"] == (1, 2, 1)
    assert counts["HIGH_FREQUENCY_STABLE"] == (0, 0, 1)
    assert counts["POTENTIAL_QUALITY"] == (1, 1, 2)
    assert counts["TECHNOLOGY"] == (2, 3, 3)
    assert counts["LARGE"] == (2, 2, 3)
    assert counts["MICRO"] == (0, 0, 0)


def test_a_month_can_be_asked_for(home: Path) -> None:
    facts, rows = agreement.compare(home / "build.duckdb", home / "truth", "2026-05-31")
    assert (facts["month"], facts["compared"]) == ("2026-05-31", 2)
    assert next((row.both, row.in_segment, row.planted) for row in rows if row.label == "HIGH_GROWTH") == (2, 2, 2)


def test_it_prints_numerators_and_denominators(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = home / "agreement.json"
    assert agreement.main(["--home", str(home), "--truth", str(home / "truth"), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    lines = [line.split() for line in text.splitlines()]
    assert ["LIFECYCLE", "HIGH_GROWTH", "0.500", "(1/2)", "0.500", "(1/2)"] in lines
    assert ["SIZE", "MICRO", "-", "(0/0)", "-", "(0/0)"] in lines
    written = json.loads(out.read_text(encoding="utf-8"))
    technology = next(row for row in written["agreements"] if row["label"] == "TECHNOLOGY")
    assert (technology["precision"], technology["recall"]) == (2 / 3, 2 / 3)


def test_what_does_not_belong_together_is_said(home: Path) -> None:
    (home / "truth" / "clients.csv").write_text(
        "true_client_id,source_system,client_no,growth_class,behaviour_class,size_class,is_technology\n"
        "1,CORE,Z1,MATURE,PROSPECT,SMALL,true\n",
        encoding="utf-8",
    )
    with pytest.raises(SystemExit, match="do not belong together"):
        agreement.compare(home / "build.duckdb", home / "truth")
    with pytest.raises(SystemExit, match="generate with --truth"):
        agreement.compare(home / "build.duckdb", home)
