"""Every SQL statement of the dashboard, and how it reads the published copy.

The copy is opened read-only and the link `published` is resolved for every question, so a new release is picked up
without a restart, and no build is ever blocked. A figure of the dashboard is one of the published tables: rates are
sums of numerators over sums of denominators, what is suppressed or missing stays NULL.

Parameters: month ("latest" or a month end), axis, segment ("AXIS/CODE", or "AXIS/*" for all), window (months),
client (client_key as text: it is longer than a browser's numbers), source (contract table, or "*").
"""

from __future__ import annotations

import os
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

LATEST = "latest"
ALL = "*"

# pieces that several statements share
MONTH = "(select coalesce(try_cast($month as date), max(as_of_month)) from marts.dim_month)"
AXIS = "split_part($segment, '/', 1)"
CODE = "split_part($segment, '/', 2)"
NAME = "names.name_en || ' ' || names.name_zh as segment"
SEGMENT_AT_DECISION = f"""
    case {AXIS}
        when 'INDUSTRY' then decisions.industry_segment
        when 'SIZE' then decisions.size_segment
        when 'CREDIT' then decisions.credit_segment
        when 'LIFECYCLE' then decisions.lifecycle_segment
        when 'BEHAVIOUR' then decisions.behaviour_segment
        when 'PROJECT_TYPE' then decisions.project_type_segment
    end"""
IN_WINDOW = f"""
    compliance.decided_on <= {MONTH}
    and compliance.decided_on > last_day(cast({MONTH} - to_months(cast($window as integer)) as date))"""
COMPLIANCE_ROWS = f"""
    from marts.mart_policy_compliance as compliance
    left join marts.fct_loan_decision as decisions on compliance.loan_key = decisions.loan_key
    where {IN_WINDOW}
        and ({CODE} = '{ALL}' or {SEGMENT_AT_DECISION} = {CODE})"""

SQL: dict[str, str] = {
    # what the copy is
    "about": """
        select input_kind, is_synthetic_demo, currency, as_of_date, first_month, last_month
        from quality.dq_build_input""",
    # options of the filters
    "months": "select as_of_month from marts.dim_month order by as_of_month desc",
    "axes": "select axis from marts.dim_segment group by axis",
    "segments": """
        select names.axis, names.segment_code, names.name_en || ' ' || names.name_zh as segment
        from marts.dim_segment as names
        order by names.axis, names.display_order, names.segment_code""",
    "clients": """
        with found as (
            select
                cast(clients.client_key as varchar) as client_key,
                names.name_en || ' ' || names.name_zh as credit,
                sizes.name_en || ' ' || sizes.name_zh as size,
                policies.exposure_amount
            from marts.dim_client as clients
            left join marts.mart_client_policy as policies on clients.client_key = policies.client_key
            left join marts.dim_segment as names
                on names.axis = 'CREDIT' and clients.credit_segment = names.segment_code
            left join marts.dim_segment as sizes
                on sizes.axis = 'SIZE' and clients.size_segment = sizes.segment_code
            where clients.is_active
        )
        select client_key, credit, size, exposure_amount
        from found
        where client_key || ' ' || coalesce(credit, '') || ' ' || coalesce(size, '') ilike '%' || $search || '%'
        order by exposure_amount desc nulls last, client_key
        limit 50""",
    "sources": "select table_name from quality.dq_reconciliation order by table_name",
    # overview
    "overview_kpi": f"""
        select
            performance.as_of_month,
            cast(sum(clients) as bigint) as clients,
            cast(sum(borrowers) as bigint) as borrowers,
            sum(exposure_amount) as exposure_amount,
            sum(par30_amount) as par30_amount,
            sum(par30_amount) / nullif(sum(exposure_amount), 0) as par30_rate,
            sum(non_performing_amount) as non_performing_amount,
            sum(non_performing_amount) / nullif(sum(exposure_amount), 0) as non_performing_rate,
            sum(due_amount) as due_amount,
            sum(paid_on_time_amount) as paid_on_time_amount,
            sum(paid_on_time_amount) / nullif(sum(due_amount), 0) as on_time_rate,
            any_value(warned.clients_flagged) as clients_flagged
        from marts.mart_segment_performance as performance
        left join (
            select as_of_month, count(*) as clients_flagged from marts.mart_early_warning group by as_of_month
        ) as warned on performance.as_of_month = warned.as_of_month
        where axis = $axis
            and performance.as_of_month in ({MONTH}, last_day(cast({MONTH} - interval 1 month as date)))
        group by performance.as_of_month
        order by performance.as_of_month desc""",
    "overview_segments": f"""
        with cohort as (
            select *, row_number() over (partition by segment_code order by cohort_month desc) as recency
            from marts.mart_segment_default_cohort
            where axis = $axis and is_mature and cohort_month <= {MONTH}
        )
        select
            {NAME},
            performance.axis,
            performance.segment_code,
            performance.as_of_month,
            performance.clients,
            performance.borrowers,
            performance.live_loans,
            performance.exposure_amount,
            performance.par30_amount,
            performance.par30_rate,
            performance.par90_rate,
            performance.non_performing_amount,
            performance.non_performing_rate,
            performance.due_amount,
            performance.paid_on_time_amount,
            performance.on_time_rate,
            performance.cumulative_repayment_rate,
            performance.matured_loans,
            performance.is_loan_count_suppressed,
            performance.loan_count_repayment_rate,
            cohort.cohort_month,
            cohort.performing as cohort_performing,
            cohort.defaulted as cohort_defaulted,
            coalesce(cohort.is_suppressed, true) as is_default_suppressed,
            cohort.default_rate,
            cohort.wilson_lower,
            cohort.wilson_upper,
            cohort.benchmark_rate,
            cohort.against_benchmark
        from marts.mart_segment_performance as performance
        inner join marts.dim_segment as names
            on performance.axis = names.axis and performance.segment_code = names.segment_code
        left join cohort on performance.segment_code = cohort.segment_code and cohort.recency = 1
        where performance.axis = $axis and performance.as_of_month = {MONTH}
        order by names.display_order, performance.segment_code""",
    "overview_trend": f"""
        select {NAME}, performance.axis, performance.segment_code, performance.as_of_month,
            performance.exposure_amount, performance.clients
        from marts.mart_segment_performance as performance
        inner join marts.dim_segment as names
            on performance.axis = names.axis and performance.segment_code = names.segment_code
        where performance.axis = $axis and performance.as_of_month <= {MONTH}
        order by names.display_order, performance.segment_code, performance.as_of_month""",
    # one segment in depth
    "segment_head": f"""
        select {NAME}, names.axis, names.segment_code, names.definition, performance.*
            exclude (axis, segment_code), concentration.top_ten_share, concentration.obligor_hhi,
            concentration.book_share
        from marts.dim_segment as names
        left join marts.mart_segment_performance as performance
            on names.axis = performance.axis and names.segment_code = performance.segment_code
            and performance.as_of_month = {MONTH}
        left join marts.mart_segment_concentration as concentration
            on names.axis = concentration.axis and names.segment_code = concentration.segment_code
            and concentration.as_of_month = {MONTH}
        where names.axis = {AXIS} and names.segment_code = {CODE}""",
    "segment_history": f"""
        select performance.*, concentration.top_ten_share, concentration.book_share
        from marts.mart_segment_performance as performance
        left join marts.mart_segment_concentration as concentration
            on performance.axis = concentration.axis and performance.segment_code = concentration.segment_code
            and performance.as_of_month = concentration.as_of_month
        where performance.axis = {AXIS} and performance.segment_code = {CODE}
            and performance.as_of_month <= {MONTH}
        order by performance.as_of_month""",
    "segment_default": f"""
        select cohort_month, is_mature, is_suppressed, performing, defaulted, default_rate, wilson_lower,
            wilson_upper, benchmark_rate, against_benchmark
        from marts.mart_segment_default_cohort
        where axis = {AXIS} and segment_code = {CODE} and cohort_month <= {MONTH}
        order by cohort_month""",
    "segment_vintage": f"""
        select origination_quarter, months_on_book, loans, ever_30_loans, ever_30_rate, is_suppressed
        from marts.mart_segment_vintage
        where axis = {AXIS} and segment_code = {CODE} and is_observable
            and last_day(origination_quarter) <= {MONTH}
        order by origination_quarter, months_on_book""",
    "segment_policy": f"""
        select policy.*
        from marts.mart_segment_policy as policy
        where policy.axis = {AXIS} and policy.segment_code = {CODE}
            and policy.valid_from <= {MONTH} and policy.valid_to > {MONTH}""",
    "segment_effort": f"""
        select *
        from marts.mart_resource_allocation
        where axis = {AXIS} and segment_code = {CODE} and as_of_month <= {MONTH}
        order by as_of_month""",
    # migration
    "migration_kpi": f"""
        select * from marts.mart_segment_stability where axis = $axis and as_of_month = {MONTH}""",
    "migration_matrix": f"""
        with moved as (
            select from_segment, to_segment, cast(sum(clients) as bigint) as moves
            from marts.mart_segment_migration
            where axis = $axis and as_of_month <= {MONTH}
                and as_of_month > last_day(cast({MONTH} - to_months(cast($window as integer)) as date))
            group by from_segment, to_segment
        )
        select
            moved.from_segment,
            moved.to_segment,
            coalesce(origin.name_en || ' ' || origin.name_zh, 'New client 新客户') as from_name,
            coalesce(target.name_en || ' ' || target.name_zh, 'Left 退出') as to_name,
            moved.moves,
            cast(sum(moved.moves) over (partition by moved.from_segment) as bigint) as from_moves,
            moved.moves / sum(moved.moves) over (partition by moved.from_segment) as move_share,
            coalesce(origin.display_order, 0) as from_order,
            coalesce(target.display_order, 100000) as to_order
        from moved
        left join marts.dim_segment as origin on origin.axis = $axis and moved.from_segment = origin.segment_code
        left join marts.dim_segment as target on target.axis = $axis and moved.to_segment = target.segment_code
        order by from_order, moved.from_segment, to_order, moved.to_segment""",
    "migration_trend": f"""
        select * from marts.mart_segment_stability
        where axis = $axis and as_of_month <= {MONTH}
        order by as_of_month""",
    # policy and compliance
    "policy_levers": f"""
        select {NAME}, policy.axis, policy.segment_code, policy.regime, policy.standard_product_code,
            policy.spread_bp, policy.limit_multiplier, policy.unsecured_share_max, policy.unsecured_amount_max_yuan,
            policy.collateral_coverage_min, policy.is_guarantor_required, policy.repayment_methods,
            policy.approval_track, policy.service_level_days, policy.monitoring_interval_months,
            policy.review_interval_months, policy.use_of_funds_share, policy.is_new_credit_allowed,
            policy.valid_from
        from marts.mart_segment_policy as policy
        inner join marts.dim_segment as names
            on policy.axis = names.axis and policy.segment_code = names.segment_code
        where policy.axis = {AXIS} and policy.valid_from <= {MONTH} and policy.valid_to > {MONTH}
        order by names.display_order, policy.segment_code""",
    "compliance_kpi": f"""
        select
            count(distinct compliance.loan_key) as loans,
            count(distinct compliance.loan_key) filter (where compliance.status = 'BREACH') as loans_in_breach,
            count(*) filter (where compliance.status <> 'NOT_TESTABLE') as tests,
            count(*) filter (where compliance.status = 'COMPLIANT') as compliant,
            count(*) filter (where compliance.status = 'EXCUSED') as excused,
            count(*) filter (where compliance.status = 'BREACH') as breaches,
            count(*) filter (where compliance.status = 'NOT_TESTABLE') as not_testable,
            count(*) filter (where compliance.status = 'BREACH')
            / nullif(count(*) filter (where compliance.status <> 'NOT_TESTABLE'), 0) as breach_rate
        {COMPLIANCE_ROWS}""",
    "compliance_by_lever": f"""
        select compliance.lever, compliance.status, count(*) as tests
        {COMPLIANCE_ROWS}
        group by compliance.lever, compliance.status
        order by compliance.lever, compliance.status""",
    "compliance_reasons": f"""
        select compliance.reason_code, compliance.lever, compliance.status, count(*) as tests
        {COMPLIANCE_ROWS} and compliance.status in ('BREACH', 'EXCUSED')
        group by compliance.reason_code, compliance.lever, compliance.status
        order by tests desc, compliance.reason_code, compliance.lever, compliance.status""",
    "compliance_trend": f"""
        select
            cast(date_trunc('quarter', compliance.decided_on) as date) as decision_quarter,
            count(*) filter (where compliance.status <> 'NOT_TESTABLE') as tests,
            count(*) filter (where compliance.status = 'BREACH') as breaches,
            count(*) filter (where compliance.status = 'BREACH')
            / nullif(count(*) filter (where compliance.status <> 'NOT_TESTABLE'), 0) as breach_rate
        {COMPLIANCE_ROWS.replace(IN_WINDOW, f"compliance.decided_on <= {MONTH}")}
        group by decision_quarter
        order by decision_quarter""",
    "compliance_breaches": f"""
        select compliance.decided_on, compliance.loan_no, cast(compliance.client_key as varchar) as client_key,
            compliance.product_code, compliance.credit_segment, compliance.lever, compliance.unit,
            compliance.policy_value, compliance.policy_text, compliance.contract_value, compliance.contract_text,
            compliance.status, compliance.reason_code, compliance.exception_code, compliance.rule_id
        {COMPLIANCE_ROWS} and compliance.status in ('BREACH', 'EXCUSED')
        order by compliance.decided_on desc, compliance.loan_no, compliance.lever""",
    "project_schemes": """
        select cast(schemes.project_key as varchar) as project_key,
            names.name_en || ' ' || names.name_zh as project_type,
            schemes.revenue_model, schemes.phase, schemes.slotting_grade, schemes.dscr_headroom, schemes.llcr_headroom,
            schemes.gearing_headroom, schemes.tenor_years_headroom, schemes.tail_years_headroom,
            schemes.reserve_months_headroom, schemes.breaches, schemes.tested_levers
        from marts.mart_project_scheme as schemes
        left join marts.dim_segment as names
            on names.axis = 'PROJECT_TYPE' and schemes.project_type = names.segment_code
        order by schemes.breaches desc, schemes.project_key""",
    # claims
    "claims": """
        select claims.claim_id, claims.display_order, claims.promise_en, claims.promise_zh, claims.axis,
            claims.segment_code, names.name_en || ' ' || names.name_zh as segment, claims.metric_code,
            claims.definition, claims.data_used, claims.design, claims.unit, claims.better,
            claims.subject_numerator, claims.subject_denominator, claims.subject_value,
            claims.reference_numerator, claims.reference_denominator, claims.reference_value,
            claims.target_value, claims.effect_value, claims.effect_lower, claims.effect_upper,
            claims.confidence_level, claims.verdict, claims.verdict_reason
        from marts.mart_claims as claims
        left join marts.dim_segment as names
            on claims.axis = names.axis and claims.segment_code = names.segment_code
        where ($axis = '*' or claims.axis = $axis) and ($verdict = '*' or claims.verdict = $verdict)
        order by claims.display_order, claims.claim_id""",
    "claim_evidence": """
        select evidence.*
        from marts.mart_claim_evidence as evidence
        inner join marts.mart_claims as claims on evidence.claim_id = claims.claim_id
        where ($axis = '*' or claims.axis = $axis) and ($verdict = '*' or claims.verdict = $verdict)
        order by claims.display_order, evidence.claim_id, evidence.arm, evidence.period""",
    # data quality
    "quality_kpi": """
        select cast(sum(rows_in) as bigint) as rows_in, cast(sum(rows_accepted) as bigint) as rows_accepted,
            cast(sum(rows_rejected) as bigint) as rows_rejected, cast(sum(rows_duplicate) as bigint) as rows_duplicate,
            cast(sum(rows_superseded) as bigint) as rows_superseded,
            cast(sum(rows_unexplained) as bigint) as rows_unexplained
        from quality.dq_reconciliation
        where ($source = '*' or table_name = $source)""",
    "quality_amount_kpi": """
        select count(*) as amounts, count(*) filter (where amount_unexplained <> 0) as amounts_unexplained
        from quality.dq_amount_reconciliation
        where ($source = '*' or table_name = $source)""",
    "quality_tables": """
        select table_name, rows_in, rows_accepted, rows_rejected, rows_duplicate, rows_superseded, rows_unexplained
        from quality.dq_reconciliation
        where ($source = '*' or table_name = $source)
        order by rows_in desc, table_name""",
    "quality_issues": """
        select table_name, reason_code, name_en || ' ' || name_zh as issue, effect, issues, rows_with_issue, rows_in,
            issue_share, meaning, who_fixes, how_to_fix
        from quality.dq_issue_summary
        where ($source = '*' or table_name = $source)
        order by issues desc, table_name, reason_code""",
    "quality_fixers": """
        select who_fixes, effect, cast(sum(issues) as bigint) as issues
        from quality.dq_issue_summary
        where ($source = '*' or table_name = $source)
        group by who_fixes, effect
        order by who_fixes, effect""",
    "quality_without_data": f"""
        select axis, as_of_month, clients, clients_without_data, without_data_share
        from marts.mart_segment_stability
        where as_of_month <= {MONTH}
        order by axis, as_of_month""",
    # one client
    "client_segments": """
        select
            why.axis,
            why.as_of_month,
            names.name_en || ' ' || names.name_zh as segment,
            candidate.name_en || ' ' || candidate.name_zh as candidate,
            model.name_en || ' ' || model.name_zh as model_segment,
            pending.name_en || ' ' || pending.name_zh as pending_segment,
            why.final_segment,
            why.rule_id,
            why.rule_version,
            why.rule_in_words,
            why.reason_code,
            why.reason_in_words,
            why.reason_in_words_zh,
            why.stability_reason,
            why.stability_in_words,
            why.is_held_back,
            why.pending_months,
            why.dwell_months,
            why.is_overridden,
            why.override_no,
            why.evidence,
            why.evidence_unknown,
            held.valid_from,
            previous.name_en || ' ' || previous.name_zh as previous_segment
        from marts.mart_client_explanation as why
        inner join marts.dim_segment as names on why.axis = names.axis and why.final_segment = names.segment_code
        left join marts.dim_segment as candidate
            on why.axis = candidate.axis and why.candidate_segment = candidate.segment_code
        left join marts.dim_segment as model on why.axis = model.axis and why.model_segment = model.segment_code
        left join marts.dim_segment as pending on why.axis = pending.axis and why.pending_segment = pending.segment_code
        left join marts.fct_client_segment_history as held
            on why.client_key = held.client_key and why.axis = held.axis and held.is_current
        left join marts.dim_segment as previous
            on held.axis = previous.axis and held.previous_segment = previous.segment_code
        where why.client_key = try_cast($client as bigint)""",
    "client_head": """
        select cast(clients.client_key as varchar) as client_key, clients.registrations,
            clients.relationship_started_on,
            clients.region_code, clients.is_active, clients.loans, clients.first_disbursed_on,
            policies.regime, policies.is_knocked_out, policies.knock_out_rule_id, policies.is_new_credit_allowed,
            policies.capacity_basis, policies.capacity_based_limit_amount, policies.limit_amount,
            policies.exposure_amount, policies.headroom_amount, policies.indicative_rate, policies.spread_bp,
            policies.lpr_rate, policies.lpr_tenor, policies.approval_track, policies.service_level_days,
            policies.best_product_code, products.name_en || ' ' || products.name_zh as best_product,
            policies.offered_product_codes, warnings.signals, warnings.flagged_since
        from marts.dim_client as clients
        left join marts.mart_client_policy as policies on clients.client_key = policies.client_key
        left join marts.dim_product as products on policies.best_product_code = products.product_code
        left join marts.mart_early_warning as warnings
            on clients.client_key = warnings.client_key
            and warnings.as_of_month = (select max(as_of_month) from marts.dim_month)
        where clients.client_key = try_cast($client as bigint)""",
    "client_history": """
        select
            history.axis,
            history.segment_code,
            names.name_en || ' ' || names.name_zh as segment,
            history.valid_from,
            least(history.valid_to, months.last_month) as valid_to,
            history.is_current
        from marts.fct_client_segment_history as history
        inner join marts.dim_segment as names
            on history.axis = names.axis and history.segment_code = names.segment_code
        cross join (select max(as_of_month) as last_month from marts.dim_month) as months
        where history.client_key = try_cast($client as bigint)
        order by history.axis, history.valid_from""",
    "client_loans": """
        select as_of_month, sum(outstanding_amount) as outstanding_amount, max(days_past_due) as days_past_due,
            count(*) as loans
        from marts.fct_loan_month
        where client_key = try_cast($client as bigint)
        group by as_of_month
        order by as_of_month""",
    "client_levers": """
        select
            coalesce(words.in_words, levers.lever) as lever_in_words,
            levers.lever,
            levers.base_value,
            levers.lever_value,
            words.unit,
            levers.binding_rule_id,
            rules.rule_kind,
            rules.in_words as rule_in_words,
            rules.owner,
            rules.rule_version,
            levers.applied_rule_ids
        from marts.mart_client_policy as policies
        inner join marts.mart_policy_case_lever as levers on policies.policy_case_key = levers.policy_case_key
        left join marts.dim_policy_lever as words on levers.lever = words.lever
        left join marts.dim_policy_rule as rules
            on levers.binding_rule_id = rules.rule_id
            and policies.policy_from >= rules.valid_from and policies.policy_from < rules.valid_to
        where policies.client_key = try_cast($client as bigint)
        order by words.display_order, levers.lever""",
}


class NoRelease(RuntimeError):
    """There is no published copy to read, in a sentence."""


def home() -> Path:
    return Path(os.environ.get("LENDING_HOME", "warehouse"))


def release() -> Path:
    """The file that `published` points to now; raises NoRelease when there is none."""
    link = home() / "published" / "lending.duckdb"
    file = link.resolve()
    if not file.is_file():
        raise NoRelease(f"There is no {link}. Run `make build` first.")
    return file


_lock = threading.Lock()
_open: tuple[Path, duckdb.DuckDBPyConnection] | None = None


def cursor() -> duckdb.DuckDBPyConnection:
    """A cursor on the newest release. The release before is let go once no question is running on it."""
    global _open
    with _lock:
        file = release()
        if _open is None or _open[0] != file:
            # without extensions and without files of its own: this connection reads one file and nothing else
            settings = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 2}
            connection = duckdb.connect(str(file), read_only=True, config=settings)
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            _open = (file, connection)
        return _open[1].cursor()


def load(name: str, **parameters: Any) -> pd.DataFrame:
    """The rows of a statement. When the release lacks the table, or there is none, an empty frame that says why."""
    sql = SQL[name]
    given = {key: value for key, value in parameters.items() if re.search(rf"\${key}\b", sql)}
    try:
        with cursor() as asked:
            return asked.execute(sql, given).df()
    except NoRelease as reason:
        return unavailable(str(reason))
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        missing = re.search(r"(?:Table with name|Referenced column) \"?(\w+)", str(error))
        what = missing.group(1) if missing else "a table"
        return unavailable(
            f"This release does not have {what}. It comes with a later version: build and publish again."
        )


def constant(name: str) -> pd.DataFrame:
    """The rows of a statement without parameters, asked once a release; nobody may change the frame."""
    try:
        return _constant(name, release())
    except NoRelease:
        return load(name)


@lru_cache(maxsize=16)
def _constant(name: str, _release: Path) -> pd.DataFrame:
    return load(name)


def unavailable(why: str) -> pd.DataFrame:
    frame = pd.DataFrame()
    frame.attrs["why"] = why
    return frame
