"""The semantic layer is valid, and `mf query` answers what SQL answers on the same warehouse."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SETTINGS, Project, Warehouse

# (metrics, groups, filter, the same question in SQL)
LAST = "(select max(as_of_month) from marts.dim_month)"
QUERIES = {
    "risk_by_tier": (
        ["clients", "exposure_amount", "par30_amount", "par30_rate"],
        ["client_month__credit_segment"],
        "{{ TimeDimension('metric_time', 'month') }} >= '2026-06-01'",
        f"""
        with loans as (
            select client_key, sum(outstanding_amount) as exposure, sum(outstanding_amount) filter (
                where days_past_due > 30) as par30
            from marts.fct_loan_month where as_of_month = {LAST} group by all
        )
        select credit_segment, count(*), sum(exposure), coalesce(sum(par30), 0),
            coalesce(sum(par30), 0) / nullif(sum(exposure), 0)
        from marts.fct_client_segment_month left join loans using (client_key)
        where as_of_month = {LAST} group by all""",
    ),
    "repayment_by_behaviour": (
        ["segment_due_amount", "on_time_rate", "current_repayment_rate"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'BEHAVIOUR'",
        """
        select segment_code, sum(due_amount), sum(paid_on_time_amount) / nullif(sum(due_amount), 0)::double,
            sum(collected_amount) / nullif(sum(due_amount), 0)::double
        from marts.mart_segment_performance where axis = 'BEHAVIOUR' group by all""",
    ),
    "default_against_benchmark": (
        ["performing_obligors", "defaulted_obligors", "default_rate_12m", "benchmark_default_rate"],
        ["cohort__segment_code"],
        "{{ Dimension('cohort__axis') }} = 'CREDIT'",
        """
        select segment_code, sum(performing), sum(defaulted), sum(defaulted) / sum(performing),
            sum(benchmark_defaults) / sum(benchmark_obligors)::double
        from marts.mart_segment_default_cohort where axis = 'CREDIT' and is_mature group by all""",
    ),
    "approval": (
        ["judged_applications", "approval_rate", "median_hours_to_decision", "p90_hours_to_decision"],
        ["application__channel"],
        None,
        """
        select channel, nullif(count(*) filter (where decision in ('APPROVED', 'DECLINED')), 0),
            count(*) filter (where decision = 'APPROVED')
                / nullif(count(*) filter (where decision in ('APPROVED', 'DECLINED')), 0),
            median(business_hours_to_decision), quantile_cont(business_hours_to_decision, 0.9)
        from marts.fct_application where decided_at is not null group by all""",
    ),
    "breaches": (
        ["tested_levers", "breached_levers", "breach_rate"],
        ["loan_lever__lever"],
        None,
        """
        select lever, count(*) filter (where status <> 'NOT_TESTABLE'), count(*) filter (where status = 'BREACH'),
            count(*) filter (where status = 'BREACH') / nullif(count(*) filter (where status <> 'NOT_TESTABLE'), 0)
        from marts.mart_policy_compliance group by all""",
    ),
    "return_on_capital": (
        ["manager_minutes", "risk_adjusted_income_of_twelve_months", "capital_of_months", "risk_adjusted_return"],
        ["allocation__segment_code"],
        "{{ Dimension('allocation__axis') }} = 'CREDIT'",
        """
        select segment_code, sum(contact_minutes), 12 * sum(risk_adjusted_income_amount), sum(capital_amount),
            12 * sum(risk_adjusted_income_amount) / nullif(sum(capital_amount), 0)
        from marts.mart_resource_allocation where axis = 'CREDIT' group by all""",
    ),
}


def metricflow(project: Project, home: Path, *arguments: str) -> str:
    """Runs `mf` in the project's folder as a person would, on the warehouse of `home`."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {"LENDING_HOME": str(home), "DBT_PROFILES_DIR": str(project.folder)}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), *arguments],
        cwd=project.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def layer(project: Project, demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Warehouse]:
    """The demo with the configuration validated, in a copy: `mf` knows only the target folder of the project itself."""
    folder = tmp_path_factory.mktemp("layer")
    own = Project(Path(shutil.copytree(project.folder, folder / "project")))
    (own.folder / "target").mkdir(exist_ok=True)
    shutil.copy(demo.home / "target" / "semantic_manifest.json", own.folder / "target")
    warehouse = Warehouse(demo.copy_to(folder / "home"))
    said = metricflow(own, warehouse.home, "validate-configs")
    assert said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 6, said[-4000:]
    return own, warehouse


def answer_of(value: str | None) -> float | str | None:
    if value in (None, ""):
        return None
    try:
        return float(value)
    except ValueError:
        return value


@pytest.mark.parametrize("name", list(QUERIES))
def test_metrics_equal_sql(name: str, layer: tuple[Project, Warehouse], tmp_path: Path) -> None:
    project, demo = layer
    metrics, groups, condition, sql = QUERIES[name]
    file = tmp_path / "answer.csv"
    arguments = ["query", "--metrics", ",".join(metrics), "--group-by", ",".join(groups), "--csv", str(file)]
    metricflow(project, demo.home, *arguments, *(["--where", condition] if condition else []))
    with open(file, newline="", encoding="utf-8") as lines:
        answered = {
            row[groups[0]]: [answer_of(row[metric]) for metric in metrics]
            for row in csv.DictReader(lines)
            if any(row[metric] not in ("", None) for metric in metrics)
        }
    expected = {row[0] or "": [None if value is None else float(value) for value in row[1:]] for row in demo.rows(sql)}
    expected = {key: values for key, values in expected.items() if any(value is not None for value in values)}
    # clients outside the grid have no segment of the month: the scorecard places them, the fact does not
    answered.pop("", None)
    expected.pop("", None)
    assert set(answered) == set(expected) and expected
    for key, values in expected.items():
        for found, wanted in zip(answered[key], values, strict=True):
            # both divide doubles
            assert (found is None and wanted is None) or found == pytest.approx(wanted, rel=1e-9), key
