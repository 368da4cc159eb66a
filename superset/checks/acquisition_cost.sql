-- summed over another axis than the chart's: every axis holds the whole
select
    channel,
    cast(sum(cost_amount) as double) / nullif(cast(sum(first_drawdowns) as double), 0) as value
from marts.mart_acquisition
where axis = 'SIZE'
    and cost_amount is not null
group by channel
