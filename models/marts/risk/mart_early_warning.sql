-- Borrowers that are flagged before they default: every month end at which a client that is not in default shows enough
-- early signs, since when without a break, and, once it is known, whether and when it defaulted within twelve months after
-- the flag first went up.
with reporting as (

    select last_month from {{ ref('stg_reporting_window') }}

),

enough as (

    select
        warnings.*,
        cast(limits.early_warning_score as integer) as score_limit
    from {{ ref('int_client_warning_month') }} as warnings
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'early_warning_score': ['EARLY_WARNING_SCORE', 'parameter_value']}) }} as limits
        on warnings.as_of_month = limits.as_of_month
    where warnings.score >= limits.early_warning_score

),

in_default as (

    select distinct enough.client_key, enough.as_of_month
    from enough
    inner join {{ ref('int_client_default') }} as episodes
        on enough.client_key = episodes.client_key
        and enough.as_of_month >= episodes.defaulted_on
        and enough.as_of_month < coalesce(episodes.ended_on, date '9999-12-31')

),

flagged as (

    select
        enough.*,
        lag(enough.as_of_month) over (partition by enough.client_key order by enough.as_of_month) as flagged_before
    from enough
    -- an early warning comes before the default
    left join in_default
        on enough.client_key = in_default.client_key
        and enough.as_of_month = in_default.as_of_month
    where in_default.client_key is null

),

numbered as (

    select
        *,
        sum(case when flagged_before = last_day({{ months_later('as_of_month', -1) }}) then 0 else 1 end) over (
            partition by client_key order by as_of_month rows between unbounded preceding and current row
        ) as run_no
    from flagged

),

run as (

    select
        client_key,
        run_no,
        min(as_of_month) as flagged_since
    from numbered
    group by client_key, run_no

),

outcome as (

    select
        run.client_key,
        run.run_no,
        run.flagged_since,
        last_day({{ months_later('run.flagged_since', 12) }}) as outcome_month,
        min(episodes.defaulted_on) as defaulted_on
    from run
    left join {{ ref('int_client_default') }} as episodes
        on run.client_key = episodes.client_key
        and run.flagged_since < episodes.defaulted_on
        and last_day({{ months_later('run.flagged_since', 12) }}) >= episodes.defaulted_on
    group by run.client_key, run.run_no, run.flagged_since

)

select
    numbered.client_key,
    numbered.as_of_month,
    numbered.signals,
    numbered.signal_count,
    numbered.score,
    numbered.score_limit,
    outcome.flagged_since,
    outcome.flagged_since = numbered.as_of_month as is_new,
    outcome.outcome_month <= reporting.last_month as is_mature,
    case when outcome.outcome_month <= reporting.last_month then outcome.defaulted_on is not null end as has_defaulted,
    outcome.defaulted_on,
    cast({{ days_between('outcome.flagged_since', 'outcome.defaulted_on') }} as integer) as lead_days
from numbered
cross join reporting
inner join outcome
    on numbered.client_key = outcome.client_key
    and numbered.run_no = outcome.run_no
