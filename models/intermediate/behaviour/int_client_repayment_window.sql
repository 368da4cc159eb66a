-- How a client paid over the twelve months to each month end of the grid. Months before the history are not there: in
-- its first eleven months the window is what the history has.
{{ monthly_model() }}
with fact as (

    select *
    from {{ ref('int_client_repayment_month') }}
    where as_of_month >= last_day({{ months_later(first_rebuilt_month(), -11) }})

),

-- the months asked for and the months with facts: a client may have paid before it stood in the grid
timeline as (

    select
        coalesce(grid.client_key, fact.client_key) as client_key,
        coalesce(grid.as_of_month, fact.as_of_month) as as_of_month,
        {{ month_number('coalesce(grid.as_of_month, fact.as_of_month)') }} as month_number,
        grid.client_key is not null as is_asked,
        fact.due_amount,
        fact.paid_on_time_amount,
        fact.scheduled_amount,
        fact.paid_early_amount,
        fact.max_days_past_due
    from (
        select client_key, as_of_month
        from {{ ref('int_client_month') }}
        where as_of_month >= {{ first_rebuilt_month() }}
    ) as grid
    full join fact
        on grid.client_key = fact.client_key
        and grid.as_of_month = fact.as_of_month

),

summed as (

    select
        client_key,
        as_of_month,
        is_asked,
        sum(due_amount) over of_year as due_amount,
        sum(paid_on_time_amount) over of_year as paid_on_time_amount,
        sum(scheduled_amount) over of_year as scheduled_amount,
        sum(paid_early_amount) over of_year as paid_early_amount,
        max(max_days_past_due) over of_year as max_dpd_12m
    from timeline
    window of_year as (partition by client_key order by month_number range between 11 preceding and current row)

)

select
    client_key,
    as_of_month,
    cast(due_amount as decimal(18,2)) as due_12m,
    cast(paid_on_time_amount as decimal(18,2)) as paid_on_time_12m,
    {{ ratio('paid_on_time_amount', 'due_amount') }} as on_time_ratio_12m,
    {{ ratio('paid_early_amount', 'scheduled_amount') }} as early_repay_ratio_12m,
    max_dpd_12m
from summed
where is_asked
    and (due_amount is not null or max_dpd_12m is not null)
