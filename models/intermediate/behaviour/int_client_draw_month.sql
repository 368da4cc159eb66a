-- How often a client drew in the year, and the usual gap between its draws, at every month end that sees a drawdown of
-- the last 24 months. Months without one have no row. The windows (12 and 24 months) are what the features are named
-- after and defined by; the least number of draws for a gap is a parameter.
{{ monthly_model() }}
with draw_day as (

    select
        client_key,
        drawn_on,
        count(*) filter (where not is_renewal) as draws,
        count(*) filter (where is_renewal) as renewals
    from {{ ref('int_draw') }}
    group by client_key, drawn_on

),

placed as (

    select
        *,
        {{ month_number('drawn_on') }} as drawn_month,
        max(case when draws > 0 then drawn_on end) over (
            partition by client_key order by drawn_on rows between unbounded preceding and 1 preceding
        ) as previous_draw_on
    from draw_day

),

seen as (

    select
        placed.client_key,
        months.as_of_month,
        placed.draws,
        placed.drawn_month,
        case when steps.step < 12 then placed.draws else 0 end as draws_of_year,
        case when steps.step < 12 then placed.renewals else 0 end as renewals_of_year,
        case when steps.step < 12 and placed.draws > 0 then placed.drawn_month end as active_month,
        -- both ends of a gap lie in the window
        case
            when placed.draws > 0 and {{ month_number('placed.previous_draw_on') }} > months.month_number - 24
                then {{ days_between('placed.previous_draw_on', 'placed.drawn_on') }}
        end as gap_days
    from placed
    cross join {{ number_series(0, 23) }} as steps
    inner join {{ ref('int_month') }} as months
        on placed.drawn_month + steps.step = months.month_number
    where months.as_of_month >= {{ first_rebuilt_month() }}

),

counted as (

    select
        client_key,
        as_of_month,
        sum(draws_of_year) as draws_12m,
        sum(renewals_of_year) as renewals_12m,
        count(distinct active_month) as active_months_12m,
        sum(draws) as draws_24m,
        median(gap_days) as median_gap_days
    from seen
    group by client_key, as_of_month

),

parameter as {{ rule_values(ref('rule_behaviour_parameter'), 'parameter_id', {
    'draws_for_gap': ['DRAWS_FOR_GAP', 'parameter_value'],
}) }}

select
    counted.client_key,
    counted.as_of_month,
    cast(counted.draws_12m as integer) as draws_12m,
    cast(counted.renewals_12m as integer) as renewals_12m,
    {{ ratio('counted.renewals_12m', '(counted.renewals_12m + counted.draws_12m)') }} as renewal_share_12m,
    cast(counted.active_months_12m as integer) as active_months_12m,
    cast(counted.draws_24m as integer) as draws_24m,
    case
        when counted.draws_24m >= parameter.draws_for_gap then cast(counted.median_gap_days as decimal(9,1))
    end as median_interdraw_days
from counted
left join parameter on counted.as_of_month = parameter.as_of_month
