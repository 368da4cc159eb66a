-- Average use of the credit lines over the six month ends to each month end of the grid; month ends without a limit do
-- not count.
{{ monthly_model() }}
with used as (

    select
        client_key,
        {{ month_number('as_of_month') }} as month_number,
        utilisation
    from {{ ref('int_client_utilisation_month') }}
    where utilisation is not null
        and as_of_month >= last_day({{ months_later(first_rebuilt_month(), -5) }})

),

-- each month end counts for itself and the five after it
averaged as (

    select
        used.client_key,
        used.month_number + steps.step as month_number,
        sum(used.utilisation) as utilisation,
        count(*) as month_ends
    from used
    cross join {{ number_series(0, 5) }} as steps
    group by used.client_key, used.month_number + steps.step

)

select
    averaged.client_key,
    months.as_of_month,
    cast(averaged.month_ends as integer) as utilisation_months_6m,
    cast(cast(averaged.utilisation as double) / averaged.month_ends as decimal(28,10)) as util_avg_6m
from averaged
inner join {{ ref('int_month') }} as months on averaged.month_number = months.month_number
where months.as_of_month >= {{ first_rebuilt_month() }}
