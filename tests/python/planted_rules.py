"""Which true clients of a clean generated portfolio meet the rules of the segments at its end.

Written against the rules in words, not against the models: the planted classes of the generator are only worth
comparing with the warehouse where the files hold what the rules ask for. Per client a boolean for each rule, without
confirmation, dwell and overrides. Where a rule depends on an order of rules, the earlier ones are taken out.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

FEATURES = """
create temp table limits as select date '{end}' as m;

create temp table owned as
select true_client_id, loans.*
from loans
inner join truth using (source_system, client_no)
where loans.status <> 'CANCELLED';

create temp table evergreen as
select distinct later.loan_no
from owned as later
inner join owned as before
    on later.true_client_id = before.true_client_id and later.disbursed_on = before.closed_on
    and later.principal = before.principal and later.currency = before.currency and later.loan_no <> before.loan_no;

create temp table genuine as
select distinct true_client_id, coalesce(facility_no, loan_no) as line, disbursed_on
from owned
where renewed_from_loan_no is null and (restructured_on is null or restructured_on > disbursed_on)
    and loan_no not in (select loan_no from evergreen);

create temp table draws as
select
    true_client_id,
    count(*) filter (disbursed_on > m - interval 12 month) as draws_12m,
    count(distinct date_trunc('month', disbursed_on)) filter (disbursed_on > m - interval 12 month) as active_months,
    date_diff('day', max(disbursed_on), m) as days_since
from genuine
cross join limits
where disbursed_on <= m
group by true_client_id, m;

create temp table borrowed as
select
    true_client_id,
    count(*) filter (
        renewed_from_loan_no is not null and disbursed_on > m - interval 12 month
    ) as renewals_12m,
    count(*) filter (status = 'LIVE') as live
from loans
inner join truth using (source_system, client_no)
cross join limits
where status <> 'CANCELLED'
group by true_client_id;

-- the newest plan that is in force; money in the order of the instalments
create temp table instalments as
select
    loan_no,
    due_on,
    principal_due + interest_due as due,
    sum(principal_due + interest_due) over (partition by loan_no order by due_on, instalment_no) as due_so_far
from repayment_schedules as plan
where schedule_version = (select max(schedule_version) from repayment_schedules as x where x.loan_no = plan.loan_no);

create temp table money as
select
    loan_no, value_on,
    sum(case when reverses_payment_no is null then amount else -amount end)
        over (partition by loan_no order by value_on, payment_no) as paid_so_far
from payments;

create temp table paid as
select instalments.loan_no, instalments.due_on, any_value(due) as due, min(value_on) as paid_on
from instalments
left join money on money.loan_no = instalments.loan_no and paid_so_far >= due_so_far - 0.01
where due_on <= (select m from limits)
group by instalments.loan_no, instalments.due_on;

create temp table repayment as
select
    true_client_id,
    sum(due) filter (paid_on <= due_on) / nullif(sum(due), 0) as on_time_ratio,
    max(greatest(date_diff('day', due_on, least(coalesce(paid_on, m), m)), 0)) as max_days_late
from paid
inner join loans using (loan_no)
inner join truth using (source_system, client_no)
cross join limits
where due_on > m - interval 12 month
group by true_client_id;

-- the oldest unpaid instalment at each of the last twelve month ends
create temp table past_due as
select true_client_id, max(date_diff('day', due_on, month_end)) as max_dpd
from paid
inner join loans using (loan_no)
inner join truth using (source_system, client_no)
inner join (select last_day(m - to_months(n::integer)) as month_end from limits, range(12) as r(n))
    on due_on <= month_end and coalesce(paid_on, date '9999-12-31') > month_end
    and coalesce(closed_on, date '9999-12-31') > month_end and coalesce(written_off_on, date '9999-12-31') > month_end
group by true_client_id;

create temp table bureau as
select true_client_id, arg_max_null(lenders, reported_on) as lenders, arg_max_null(score, reported_on) as score,
    arg_max_null(non_performing_elsewhere, reported_on) as bad_elsewhere
from bureau_reports
inner join truth using (source_system, client_no)
cross join limits
where reported_on <= m and reported_on > last_day(m - interval 6 month)
group by true_client_id;

create temp table online as
select true_client_id, count(distinct cast(occurred_at as date)) as active_days
from (
    select truth.true_client_id, occurred_at,
        count(*) over (partition by truth.true_client_id, cast(occurred_at as date)) as of_day
    from digital_events
    inner join truth using (source_system, client_no)
), limits
where cast(occurred_at as date) > m - interval 90 day and of_day <= 500
group by true_client_id;

create temp table flows as
select
    true_client_id,
    sum(amount) filter (age between 0 and 5 and category in ('SALES_IN', 'OTHER_IN')) as now,
    sum(amount) filter (age between 12 and 17 and category in ('SALES_IN', 'OTHER_IN')) as before,
    count(distinct month_end) filter (age between 0 and 5 or age between 12 and 17) as months
from (
    select *, date_diff('month', month_end, m) as age from account_flows, limits
)
inner join truth using (source_system, client_no)
group by true_client_id;

create temp table grade as
select unnest(['AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C', 'D']) as symbol,
    unnest([0.0004, 0.0012, 0.0034, 0.010, 0.029, 0.082, 0.15, 0.3, 0.3, 1.0]) as pd;

create temp table rated as
select true_client_id, arg_max_null(symbol, rated_on) as symbol
from credit_ratings
inner join truth using (source_system, client_no)
cross join limits
where agency = 'INTERNAL' and rated_on <= m
group by true_client_id
having max(rated_on) >= any_value(m) - interval 12 month
    and coalesce(arg_max_null(valid_to, rated_on), date '9999-12-31') >= any_value(m);

create temp table events as
select true_client_id, event_type, occurred_on
from credit_events
inner join truth using (source_system, client_no);

create temp table knocked_out as
select distinct bad.true_client_id
from events as bad
left join events as cure
    on bad.true_client_id = cure.true_client_id and cure.event_type = 'CURED'
    and cure.occurred_on >= bad.occurred_on and bad.event_type <> 'BANKRUPTCY'
where bad.event_type <> 'CURED' and cure.event_type is null
union
select distinct true_client_id
from owned
where status = 'WRITTEN_OFF';

create temp table consent as
select true_client_id, arg_max_null(coalesce(consent_marketing, false), extracted_at) as may_contact,
    min(relationship_started_on) as client_since, min(registered_on) as registered_on
from clients
inner join truth using (source_system, client_no)
group by true_client_id;

create temp table years as
select true_client_id, period_end,
    arg_max_null(revenue, filed_on) as revenue, arg_max_null(employees, filed_on) as employees,
    arg_max_null(ebitda, filed_on) as ebitda, arg_max_null(interest_expense, filed_on) as interest,
    arg_max_null(operating_cash_flow, filed_on) as cash_flow, arg_max_null(equity, filed_on) as equity
from financial_statements
inner join truth using (source_system, client_no)
cross join limits
where period_type = 'FY' and scope = 'SOLO' and filed_on <= m
group by true_client_id, period_end;

create temp table growth as
select
    now.true_client_id,
    power(then3.revenue / now.revenue, -1.0 / 3) - 1 as cagr_3y,
    power(then2.revenue / now.revenue, -1.0 / 2) - 1 as cagr_2y,
    then3.employees as base_employees,
    now.ebitda / nullif(now.interest, 0) as cover,
    now.cash_flow,
    now.equity
from (select *, max(period_end) over (partition by true_client_id) as newest from years) as now
left join years as then3
    on now.true_client_id = then3.true_client_id and last_day(now.period_end - interval 36 month) = then3.period_end
    and then3.revenue > 0 and now.revenue > 0
left join years as then2
    on now.true_client_id = then2.true_client_id and last_day(now.period_end - interval 24 month) = then2.period_end
    and then2.revenue > 0 and now.revenue > 0
where now.period_end = now.newest and now.period_end > (select m - interval 24 month from limits);

create temp table technology as
select distinct true_client_id
from clients
inner join truth using (source_system, client_no)
cross join limits
left join hi_tech_prefix
    on starts_with(regexp_replace(industry_code, '^[A-T]', ''), code_prefix)
    and hi_tech_prefix.edition = coalesce(clients.industry_code_edition, '2017')
where status = 'ACTIVE' and (
    code_prefix is not null
    or (regexp_replace(industry_code, '^[A-T]', '')[:2] between '13' and '43'
        or regexp_replace(industry_code, '^[A-T]', '')[:2] in ('63', '64', '65', '73', '74', '75'))
    and technology_certificate is not null and technology_certificate_expires_on >= m
    or regexp_replace(industry_code, '^[A-T]', '')[:2] in ('63', '64', '65', '73')
);

create temp table facts as
select
    people.*,
    coalesce(draws_12m, 0) as draws,
    coalesce(active_months, 0) as active_months,
    days_since,
    renewals_12m / nullif(coalesce(draws_12m, 0) + renewals_12m, 0) as renewal_share,
    on_time_ratio,
    max_dpd,
    lenders,
    coalesce(active_days, 0) as active_days,
    case when months = 12 and before > 0 then now / before - 1 end as inflow_growth,
    coalesce(grade.pd, 1 / (1 + exp((bureau.score - 487.1229) / 28.8539))) as pd,
    knocked_out.true_client_id is not null as is_knocked_out,
    may_contact, coalesce(bad_elsewhere, false) as is_bad_elsewhere,
    borrowed.true_client_id is not null as has_borrowed, coalesce(live, 0) as live_loans,
    date_diff('month', client_since, m) as tenure, date_diff('month', consent.registered_on, m) as age,
    cagr_3y, cagr_2y, base_employees, cover, cash_flow, equity,
    technology.true_client_id is not null as is_technology_by_file
from (
    select distinct true_client_id, growth_class, behaviour_class, size_class, is_technology = 'true' as is_technology,
        size_basis
    from truth
    where not exists (
        select 1
        from clients
        where clients.source_system = truth.source_system and clients.client_no = truth.client_no
            and clients.status <> 'ACTIVE'
    )
) as people
left join draws using (true_client_id)
left join borrowed using (true_client_id)
left join repayment using (true_client_id)
left join past_due using (true_client_id)
left join bureau using (true_client_id)
left join online using (true_client_id)
left join flows using (true_client_id)
left join rated using (true_client_id)
left join grade using (symbol)
left join knocked_out using (true_client_id)
left join consent using (true_client_id)
left join growth using (true_client_id)
left join technology using (true_client_id), limits;

create temp table met as
select
    *,
    case
        when tenure < 3 and not has_borrowed then 'INSUFFICIENT_DATA'
        when draws >= 6 and (max_dpd > 30 or on_time_ratio < 0.95 or lenders > 5 or renewal_share > 0.5)
            then 'HIGH_FREQUENCY_STRESSED'
        when draws >= 6 and active_months >= 6 and days_since <= 60 and on_time_ratio >= 0.98
            and coalesce(max_dpd, 0) <= 7 and coalesce(lenders, 0) <= 3 then 'HIGH_FREQUENCY_STABLE'
        when draws >= 6 then 'HIGH_FREQUENCY_OTHER'
        when draws <= 2 and inflow_growth >= 0.20 and active_days >= 20 and pd <= 0.03 and not is_knocked_out
            and may_contact and not is_bad_elsewhere then 'POTENTIAL_QUALITY'
        when draws >= 1 then 'OCCASIONAL'
        when live_loans > 0 then 'TERM_BORROWER'
        when has_borrowed and active_days < 3 then 'DORMANT'
        when has_borrowed then 'LAPSED_ACTIVE'
        else 'PROSPECT'
    end as behaviour_met,
    age >= 36 and cagr_3y >= 0.20 and base_employees >= 10 and not is_knocked_out
        and (cover >= 1 or coalesce(cash_flow, 1) >= 0) as grows
from facts
"""


def meets(portfolio: Path, truth: Path, hi_tech: Path, end: str = "2026-06-30") -> duckdb.DuckDBPyConnection:
    """A connection with the table `met`: one row a true client that is still there at the end."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for table in (
        "loans repayment_schedules payments bureau_reports digital_events account_flows credit_ratings credit_events "
        "clients financial_statements"
    ).split():
        file = portfolio / f"{table}.parquet"
        source = file if file.exists() else portfolio / table / "*.parquet"
        connection.execute(f"create view {table} as select * from read_parquet('{source.as_posix()}')")
    connection.execute(f"create view truth as select * from read_csv('{truth.as_posix()}', all_varchar = true)")
    connection.execute(
        f"create view hi_tech_prefix as select * from read_csv('{hi_tech.as_posix()}', all_varchar = true)"
        " where code_system = 'GBT4754' and is_part = 'false'"
    )
    connection.execute(FEATURES.format(end=end))
    return connection
