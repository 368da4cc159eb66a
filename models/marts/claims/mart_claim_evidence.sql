-- What stands behind each claim: the sums of its sides and periods.
with hours as (

    -- the median stands beside the geometric mean that the interval is for
    select
        claims.claim_id,
        decisions.arm,
        decisions.period,
        median(case
            when claims.metric_code = 'BUSINESS_HOURS_TO_DECISION' then decisions.business_hours
            when claims.metric_code = 'CALENDAR_HOURS_TO_DECISION' then decisions.calendar_hours
        end) as median_value
    from {{ ref('int_claim_decision') }} as decisions
    inner join {{ ref('int_claim') }} as claims
        on claims.effect_scale = 'LOG'
    group by claims.claim_id, decisions.arm, decisions.period

)

select
    cells.claim_id,
    cells.arm,
    cells.period,
    cells.window_from,
    cells.window_to,
    cells.observations,
    cells.clusters,
    cells.observations < limits.minimum_cell as is_suppressed,
    cells.numerator,
    cells.denominator,
    case
        when cells.observations < limits.minimum_cell then null
        when claims.effect_scale = 'LOG' then {{ six_decimals('exp(cells.raw_value)') }}
        else {{ six_decimals('cells.raw_value') }}
    end as value,
    case when cells.observations >= limits.minimum_cell then {{ six_decimals('hours.median_value') }} end as median_value
from {{ ref('int_claim_cell') }} as cells
inner join {{ ref('int_claim') }} as claims
    on cells.claim_id = claims.claim_id
cross join {{ ref('stg_reporting_window') }} as reporting
inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
    on reporting.last_month = limits.as_of_month
left join hours
    on cells.claim_id = hours.claim_id
    and cells.arm = hours.arm
    and cells.period = hours.period
