"""The semantic layer is valid, and `mf query` answers what SQL answers on the same warehouse."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import SETTINGS, Project, Warehouse

LAST = "(select max(as_of_month) from marts.dim_month)"
PARAMETER = "(select parameter_value::integer from rules.rule_relationship_parameter where parameter_id = '{}')"
WINDOW = PARAMETER.format("DECISION_WINDOW_DAYS")


def held_at(segment: str, client_key: str, month: str) -> str:
    """The segment that a client held at a month end, its last one if it had left, in SQL."""
    return f"""coalesce((
        select arg_max({segment}, as_of_month) from marts.fct_client_segment_month as held
        where held.client_key = {client_key} and held.as_of_month <= {month}), 'NOT_YET_CLIENT')"""


# (metrics, groups, filter, the same question in SQL, from the facts where the metric is of a mart over them)
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
        ["judged_applications", "approval_rate", "timed_decisions"]
        + ["median_hours_to_decision", "p90_hours_to_decision"],
        ["application__channel"],
        None,
        """
        select channel, nullif(count(*) filter (where decision in ('APPROVED', 'DECLINED')), 0),
            count(*) filter (where decision = 'APPROVED')
                / nullif(count(*) filter (where decision in ('APPROVED', 'DECLINED')), 0),
            count(business_hours_to_decision) filter (where decision not in ('WITHDRAWN', 'EXPIRED')),
            median(business_hours_to_decision) filter (where decision not in ('WITHDRAWN', 'EXPIRED')),
            quantile_cont(business_hours_to_decision, 0.9) filter (where decision not in ('WITHDRAWN', 'EXPIRED'))
        from marts.fct_application where decided_at is not null group by all""",
    ),
    # by cohort of submission, from the applications themselves
    "approval_by_submission": (
        ["cohort_judged_applications", "cohort_approved_applications", "cohort_approval_rate"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'SIZE'",
        f"""
        with submitted as (
            select client_key, decision, last_day(submitted_at::date - interval 1 month)::date as month_before,
                decided_at::date - submitted_at::date <= {WINDOW} as is_in_time
            from marts.fct_application
            where last_day(submitted_at::date) in (select as_of_month from marts.dim_month)
                and last_day(submitted_at::date) + {WINDOW} <= {LAST} and decision in ('APPROVED', 'DECLINED')
        ), placed as (
            select submitted.*, {held_at("size_segment", "submitted.client_key", "submitted.month_before")} as segment
            from submitted
        )
        select segment, count(*) filter (where is_in_time),
            count(*) filter (where is_in_time and decision = 'APPROVED'),
            count(*) filter (where is_in_time and decision = 'APPROVED') / nullif(count(*) filter (where is_in_time), 0)
        from placed group by all""",
    ),
    # from the answers as delivered: the latest of a client in a month
    "satisfaction_by_tier": (
        ["nps_answers", "net_promoter_share", "csat_answers", "csat_satisfied", "csat_rate"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'CREDIT'",
        f"""
        with answer as (
            select client_key, last_day(answered_at::date) as month_end,
                last_day(answered_at::date - interval 1 month)::date as month_before,
                arg_max(struct_pack(nps, csat), (answered_at, response_no)) as given
            from staging.stg_satisfaction_surveys
            inner join intermediate.int_client_identity using (source_system, client_no)
            where answered_at::date > (select last_day(min(as_of_month) - interval 1 month) from marts.dim_month)
                and answered_at::date <= {LAST}
            group by all
        ), placed as (
            select given.nps, given.csat,
                {held_at("credit_segment", "answer.client_key", "answer.month_before")} as segment
            from answer
        )
        select segment, count(nps),
            (count(*) filter (where nps between 9 and 10) - count(*) filter (where nps between 0 and 6))
                / nullif(count(nps), 0),
            count(csat), count(*) filter (where csat in (4, 5)),
            count(*) filter (where csat in (4, 5)) / nullif(count(csat), 0)
        from placed group by all""",
    ),
    # client by client, in the segment of the month before
    "stickiness_by_behaviour": (
        ["active_client_days", "active_day_share", "clients_drawing", "repeat_borrow_rate", "products_held"]
        + ["products_per_holder"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'BEHAVIOUR'",
        """
        with client as (
            select now.client_key, now.as_of_month, coalesce(before.behaviour_segment, 'NOT_YET_CLIENT') as segment,
                now.as_of_month >= (select min(occurred_at)::date from staging.stg_digital_events) as is_known
            from marts.fct_client_segment_month as now
            left join marts.fct_client_segment_month as before
                on now.client_key = before.client_key
                and last_day(now.as_of_month - interval 1 month) = before.as_of_month
        ), online as (
            select client.client_key, client.as_of_month, count(*) as days
            from client inner join intermediate.int_client_online_day as days
                on client.client_key = days.client_key and not days.is_robot_day
                and days.online_on between client.as_of_month - 29 and client.as_of_month
            group by all
        ), holding as (
            select client_key, as_of_month, product_code from marts.fct_loan_month
            where loan_state = 'LIVE' and product_code is not null
            union
            select client_key, dim_month.as_of_month, product_code
            from staging.stg_facilities inner join intermediate.int_client_identity using (source_system, client_no)
            inner join marts.dim_month
                on dim_month.as_of_month >= started_on and (expires_on is null or dim_month.as_of_month <= expires_on)
            where product_code is not null
        ), held as (
            select client_key, as_of_month, count(*) as products from holding group by all
        )
        select segment, sum(days) filter (where is_known),
            sum(coalesce(days, 0)) filter (where is_known) / (30 * count(*) filter (where is_known)),
            count(*) filter (where draws_12m > 0), count(*) filter (where draws_12m > 1)
                / nullif(count(*) filter (where draws_12m > 0), 0),
            sum(products), sum(products) / nullif(count(products), 0)
        from client left join online using (client_key, as_of_month)
        left join intermediate.int_client_draw_month using (client_key, as_of_month)
        left join held using (client_key, as_of_month)
        group by all""",
    ),
    # who is a client in the same month of the next year, client by client
    "retention_by_size": (
        ["retention_clients", "retained_clients", "retention_rate_12m"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'SIZE'",
        f"""
        select coalesce(before.size_segment, 'NOT_YET_CLIENT'), count(*), count(later.client_key),
            count(later.client_key) / count(*)
        from marts.fct_client_segment_month as now
        left join marts.fct_client_segment_month as before
            on now.client_key = before.client_key and last_day(now.as_of_month - interval 1 month) = before.as_of_month
        left join marts.fct_client_segment_month as later
            on now.client_key = later.client_key and last_day(now.as_of_month + interval 12 month) = later.as_of_month
        where last_day(now.as_of_month + interval 12 month) <= {LAST}
        group by all""",
    ),
    # loan by loan, in the segment that the client held before (its last one after it has left)
    "three_repayment_rates": (
        ["on_time_rate", "current_repayment_rate", "matured_loans", "loan_count_repayment_rate"],
        ["segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'BEHAVIOUR'",
        """
        with flow as (
            select flow_behaviour as segment, sum(due_amount)::double as due,
                sum(collected_amount)::double as collected, sum(paid_on_time_amount)::double as on_time
            from marts.fct_loan_month
            inner join intermediate.int_client_placement_month using (client_key, as_of_month) group by all
        ), matured as (
            select flow_behaviour as segment, count(*) as loans, count(*) filter (where is_repaid_on_time) as repaid
            from intermediate.int_loan_maturity as maturity
            inner join intermediate.int_client_placement_month as placement
                on maturity.client_key = placement.client_key and maturity.matured_month = placement.as_of_month
            group by all
        )
        select segment, on_time / nullif(due, 0), collected / nullif(due, 0),
            coalesce(loans, 0), repaid / nullif(loans, 0)
        from flow full outer join matured using (segment)""",
    ),
    # to date means to the end of each month
    "repayment_to_date": (
        ["cumulative_due_amount", "cumulative_repayment_rate"],
        ["metric_time__month", "segment_month__segment_code"],
        "{{ Dimension('segment_month__axis') }} = 'CREDIT' and {{ Dimension('segment_month__segment_code') }} in"
        " ('HIGH', 'MEDIUM', 'ELEVATED', 'RESTRICTED')",
        """
        select strftime(date_trunc('month', as_of_month), '%Y-%m-%d %H:%M:%S'), segment_code, cumulative_due_amount,
            cumulative_collected_amount / nullif(cumulative_due_amount, 0)::double
        from marts.mart_segment_performance
        where axis = 'CREDIT' and segment_code in ('HIGH', 'MEDIUM', 'ELEVATED', 'RESTRICTED')""",
    ),
    # the market as delivered, the own book of its day loan by loan
    "market_share_by_sector": (
        ["own_balance_in_market_amount", "market_balance_amount", "market_share", "quality_market_share"],
        ["sector_month__sector"],
        None,
        f"""
        with market as (
            select sector, population, arg_max(struct_pack(period_end, value), (period_end, released_on)) as newest
            from staging.stg_market_indicators
            where indicator = 'LOAN_BALANCE' and size_class = 'ALL' and sector <> 'ALL' and released_on <= {LAST}
            group by all
        ), own as (
            select stock_industry as sector, as_of_month, sum(outstanding_amount) as balance,
                coalesce(sum(outstanding_amount) filter (where stock_credit = 'HIGH'), 0) as quality
            from marts.fct_loan_month inner join intermediate.int_client_placement_month using (client_key, as_of_month)
            group by all
        )
        select everyone.sector, coalesce(own.balance, 0), everyone.newest.value,
            coalesce(own.balance, 0) / everyone.newest.value::double,
            coalesce(own_then.quality, 0) / quality.newest.value::double
        from (select * from market where population = 'ALL') as everyone
        left join (select * from market where population = 'HIGH') as quality using (sector)
        left join own on everyone.sector = own.sector and everyone.newest.period_end = own.as_of_month
        left join own as own_then
            on quality.sector = own_then.sector and quality.newest.period_end = own_then.as_of_month""",
    ),
    "quality_share": (
        ["own_balance_amount", "own_quality_balance_amount", "quality_share_of_book"],
        ["metric_time__month"],
        None,
        """
        select strftime(date_trunc('month', as_of_month), '%Y-%m-%d %H:%M:%S'), sum(outstanding_amount),
            coalesce(sum(outstanding_amount) filter (where stock_credit = 'HIGH'), 0),
            coalesce(sum(outstanding_amount) filter (where stock_credit = 'HIGH'), 0) / sum(outstanding_amount)::double
        from marts.fct_loan_month inner join intermediate.int_client_placement_month using (client_key, as_of_month)
        group by all""",
    ),
    # obligor by obligor
    "concentration": (
        ["segment_exposure_amount", "share_of_book", "top_ten_share", "obligor_hhi"],
        ["segment_book__segment_code"],
        "{{ Dimension('segment_book__axis') }} = 'INDUSTRY'",
        f"""
        with obligor as (
            select stock_industry as segment, client_key, sum(outstanding_amount)::double as owed
            from marts.fct_loan_month inner join intermediate.int_client_placement_month using (client_key, as_of_month)
            where as_of_month = {LAST} group by all having sum(outstanding_amount) > 0
        )
        select segment, sum(owed), sum(owed) / (select sum(owed) from obligor),
            list_sum(list_sort(list(owed), 'desc')[:10]) / sum(owed), sum(owed * owed) / (sum(owed) * sum(owed))
        from obligor group by all""",
    ),
    "concentration_over_segments": (
        ["book_amount", "segment_hhi", "obligor_hhi"],
        ["segment_book__axis"],
        None,
        f"""
        with obligor as (
            select client_key, sum(outstanding_amount)::double as owed
            from marts.fct_loan_month where as_of_month = {LAST} group by all
        )
        select axis, (select sum(owed) from obligor), max(axis_hhi),
            (select sum(owed * owed) / (sum(owed) * sum(owed)) from obligor)
        from marts.mart_segment_concentration where as_of_month = {LAST} group by all""",
    ),
    # what the curves of the quarters say at twelve months, put together again
    "vintages": (
        ["vintage_loans", "vintage_defaulted_loans", "vintage_default_rate", "vintage_ever_90_rate"],
        ["vintage__months_on_book"],
        "{{ Dimension('vintage__axis') }} = 'SIZE'",
        """
        select months_on_book, sum(loans), sum(defaulted_loans), sum(defaulted_loans) / sum(loans),
            sum(ever_90_loans) / sum(loans)
        from marts.mart_segment_vintage where axis = 'SIZE' and defaulted_loans is not null group by all""",
    ),
    # warning by warning, and the defaults of the obligors that performed
    "warnings": (
        [
            "mature_warnings",
            "correct_warnings",
            "warning_precision",
            "warned_defaults",
            "all_defaults",
            "warning_recall",
        ],
        ["signal_month__signal_code"],
        "{{ Dimension('signal_month__signal_code') }} = 'EARLY_WARNING_SCORE'",
        f"""
        with warning as (
            select count(*) filter (where is_new) as warnings,
                count(*) filter (where is_new and has_defaulted) as correct
            from marts.mart_early_warning where last_day(flagged_since + interval 12 month) <= {LAST}
        ), obligor as (
            select count(*) as defaults, count(flags.client_key) as warned
            from intermediate.int_client_default_cohort as cohort
            left join marts.mart_early_warning as flags
                on cohort.client_key = flags.client_key and cohort.as_of_month = flags.as_of_month
            where cohort.is_performing and cohort.defaulted_on is not null
                and last_day(cohort.as_of_month + interval 12 month) <= {LAST}
        )
        select 'EARLY_WARNING_SCORE', warnings, correct, correct / warnings, warned, defaults, warned / defaults
        from warning, obligor""",
    ),
    "lead_time": (
        ["median_lead_days"],
        ["metric_time__year"],
        None,
        """
        select strftime(date_trunc('year', as_of_month), '%Y-%m-%d %H:%M:%S'), median(defaulted_on - as_of_month)
        from marts.mart_early_warning where as_of_month = flagged_since and has_defaulted group by all""",
    ),
    # cost as delivered, applications one by one
    "conversion_by_channel": (
        ["acquisition_cost_amount", "leads", "approval_conversion_rate", "drawdown_conversion_rate"],
        ["won__channel"],
        "{{ Dimension('won__axis') }} = 'SIZE'",
        """
        with spent as (
            select channel, sum(cost) as cost, sum(leads) as leads from staging.stg_marketing_costs group by all
        ), applied as (
            select coalesce(application.channel, 'UNKNOWN') as channel,
                count(*) filter (where decision = 'APPROVED') / count(*) as approved,
                count(*) filter (where won.application_no = application.application_no)
                    / count(*) filter (where won.acquired_on is null
                        or won.acquired_on >= application.submitted_at::date
                        or won.application_no = application.application_no) as won
            from marts.fct_application as application
            left join intermediate.int_client_acquisition as won using (client_key)
            where last_day(application.submitted_at::date) in (select as_of_month from marts.dim_month)
            group by all
        )
        select channel, cost, leads, approved, won from spent full outer join applied using (channel)""",
    ),
    "cost_of_clients_won": (
        ["acquisition_cost_per_client", "lead_conversion_rate", "margin_per_client_won"],
        ["won__channel"],
        "{{ Dimension('won__axis') }} = 'CREDIT'",
        """
        select channel,
            sum(cost_amount) filter (where is_mature)
                / nullif(sum(first_drawdowns) filter (where is_mature), 0)::double,
            sum(campaign_drawdowns) filter (where is_mature) / nullif(sum(leads) filter (where is_mature), 0),
            sum(margin_amount) / nullif(sum(margin_clients), 0)::double
        from marts.mart_acquisition where axis = 'INDUSTRY' group by all""",
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


# a segment or channel that had nothing is a row of the mart and none of the facts
EMPTY_IS_NONE = {"three_repayment_rates", "conversion_by_channel"}


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
    said = metricflow(own, warehouse.home, "validate-configs", "--show-all")
    assert said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: ") >= 6, said[-4000:]
    assert said.count("WARNING: ") == 0, said[-4000:]
    return own, warehouse


def answer_of(value: str | None) -> float | str | None:
    if value in (None, ""):
        return None
    try:
        return float(value)
    except ValueError:
        return value


def answers_of(
    project: Project, home: Path, metrics: list[str], groups: list[str], condition: str | None, file: Path
) -> dict[tuple[str, ...], list[float | str | None]]:
    """What `mf query` says, by the values of the groups; without rows of nothing."""
    arguments = ["query", "--metrics", ",".join(metrics), "--group-by", ",".join(groups), "--csv", str(file)]
    metricflow(project, home, *arguments, *(["--where", condition] if condition else []))
    with open(file, newline="", encoding="utf-8") as lines:
        return {
            tuple(row[group] for group in groups): [answer_of(row[metric]) for metric in metrics]
            for row in csv.DictReader(lines)
            if any(row[metric] not in ("", None) for metric in metrics)
        }


@pytest.mark.parametrize("name", list(QUERIES))
def test_metrics_equal_sql(name: str, layer: tuple[Project, Warehouse], tmp_path: Path) -> None:
    project, demo = layer
    metrics, groups, condition, sql = QUERIES[name]
    answered = answers_of(project, demo.home, metrics, groups, condition, tmp_path / "answer.csv")
    keys = len(groups)
    expected = {
        tuple("" if key is None else str(key) for key in row[:keys]): [
            None if value is None else float(value) for value in row[keys:]
        ]
        for row in demo.rows(sql)
    }
    if name in EMPTY_IS_NONE:
        answered, expected = (
            {key: values for key, values in side.items() if any(values)} for side in (answered, expected)
        )
    expected = {key: values for key, values in expected.items() if any(value is not None for value in values)}
    # clients outside the grid have no segment of the month: the scorecard places them, the fact does not
    answered.pop(("",), None)
    expected.pop(("",), None)
    assert set(answered) == set(expected) and expected
    for key, values in expected.items():
        for metric, found, wanted in zip(metrics, answered[key], values, strict=True):
            # both divide doubles; indices are put together again from such of six decimals
            precision = {"abs": 1e-6} if metric.endswith("_hhi") else {"rel": 1e-9}
            assert (found is None and wanted is None) or found == pytest.approx(wanted, **precision), (key, metric)


def test_what_is_unknown_is_in_no_denominator(layer: tuple[Project, Warehouse], tmp_path: Path) -> None:
    """Half of the history loses its answers and online days, two sectors the market or the own balance of its day."""
    project, demo = layer
    warehouse = Warehouse(demo.copy_to(tmp_path / "home"))
    half = demo.value("select last_day(max(as_of_month) - interval 24 month) from marts.dim_month")
    with duckdb.connect(str(warehouse.file)) as conn:
        unknown = ["active_days_30", "nps_answers", "promoters", "detractors", "csat_answers", "csat_satisfied"]
        unknown += ["retention_clients", "retained_clients"]
        settings = ", ".join(f"{column} = null" for column in unknown)
        conn.execute(f"update marts.mart_segment_performance set {settings} where as_of_month <= ?", [half])
        sectors = ["CONSTRUCTION", "TRANSPORT"]
        for sector, column in zip(sectors, ["market_balance_amount", "own_balance_then_amount"], strict=True):
            conn.execute(f"update marts.mart_market_share set {column} = null where sector = ?", [sector])
    metrics = ["active_day_share", "net_promoter_share", "csat_rate", "retention_rate_12m"]
    condition = "{{ Dimension('segment_month__axis') }} = 'SIZE'"
    groups = ["segment_month__axis"]
    scorecard = answers_of(project, warehouse.home, metrics, groups, condition, tmp_path / "scorecard.csv")
    known = """
        select sum(active_days_30) / (30 * sum(clients_held_before)),
            (sum(promoters) - sum(detractors)) / sum(nps_answers), sum(csat_satisfied) / sum(csat_answers),
            sum(retained_clients) / sum(retention_clients)
        from marts.mart_segment_performance where axis = 'SIZE'"""
    expected = demo.rows(f"{known} and as_of_month > ?", [half])[0]
    # both divide doubles
    assert scorecard == {("SIZE",): pytest.approx(expected, rel=1e-9)}
    assert all(
        value != pytest.approx(whole, rel=1e-9) for value, whole in zip(expected, demo.rows(known)[0], strict=True)
    )
    metrics = ["market_share", "own_balance_in_market_amount", "market_balance_amount"]
    found = answers_of(project, warehouse.home, metrics, ["metric_time__month"], None, tmp_path / "market.csv")
    own, market = demo.rows(
        f"""
        select sum(own_balance_then_amount)::double, sum(market_balance_amount)::double
        from marts.mart_market_share where as_of_month = {LAST} and sector not in ('CONSTRUCTION', 'TRANSPORT')"""
    )[0]
    newest = found[max(found)]
    assert newest == pytest.approx([own / market, own, market], rel=1e-9)
