-- The two times that claims about the segmentation compare: so many months before the first branch adopted it and so many
-- after the last one did. What lies between is neither. Always one row; without a roll-out its days are NULL.
{{ config(schema = 'intermediate') }}
with reporting as (

    select
        windows.first_month,
        windows.last_month,
        cast(parameter.window_months as integer) as window_months,
        cast(parameter.rollout_months as integer) as rollout_months
    from {{ ref('stg_reporting_window') }} as windows
    inner join {{ rule_values(ref('rule_claim_parameter'), 'parameter_id', {
        'window_months': ['WINDOW_MONTHS', 'parameter_value'],
        'rollout_months': ['ROLLOUT_MONTHS', 'parameter_value'],
    }) }} as parameter
        on windows.last_month = parameter.as_of_month

),

adopted as (

    select rollouts.adopted_on
    from {{ ref('stg_policy_rollouts') }} as rollouts
    inner join reporting
        on rollouts.adopted_on <= reporting.last_month
    where rollouts.policy_code = 'SEGMENTATION'

),

begun as (

    select min(adopted_on) as first_adopted_on
    from adopted

),

-- who adopts long after the first is no part of the roll-out
rolled_out as (

    select
        begun.first_adopted_on,
        max(adopted.adopted_on) as last_adopted_on
    from begun
    cross join reporting
    left join adopted
        on adopted.adopted_on < {{ months_later('begun.first_adopted_on', 'reporting.rollout_months') }}
    group by begun.first_adopted_on

),

bounded as (

    select
        rolled_out.first_adopted_on,
        rolled_out.last_adopted_on,
        reporting.window_months,
        reporting.first_month,
        reporting.last_month,
        cast(date_trunc('month', rolled_out.first_adopted_on) as date) as go_live_month,
        -- whole months in which all of them work by segments
        case
            when rolled_out.last_adopted_on = cast(date_trunc('month', rolled_out.last_adopted_on) as date) then rolled_out.last_adopted_on
            else {{ days_later('last_day(rolled_out.last_adopted_on)', 1) }}
        end as after_from
    from rolled_out
    cross join reporting

),

dated as (

    select
        *,
        {{ months_later('go_live_month', '-window_months') }} as before_from,
        {{ days_later('go_live_month', -1) }} as before_to,
        {{ days_later(months_later('after_from', 'window_months'), -1) }} as after_to
    from bounded

)

select
    window_months,
    first_adopted_on,
    last_adopted_on,
    before_from,
    before_to,
    after_from,
    after_to,
    coalesce(before_from >= cast(date_trunc('month', first_month) as date), false) as has_before,
    coalesce(after_to <= last_month, false) as has_after,
    -- for claims over time: the last months and as many before them
    {{ months_later('cast(date_trunc(\'month\', last_month) as date)', '1 - window_months') }} as recent_from,
    {{ months_later('cast(date_trunc(\'month\', last_month) as date)', '1 - 2 * window_months') }} as earlier_from,
    last_month as recent_to,
    {{ months_later('cast(date_trunc(\'month\', last_month) as date)', '1 - 2 * window_months') }} >= cast(date_trunc('month', first_month) as date) as has_earlier
from dated
