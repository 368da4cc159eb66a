-- What did a client won through each channel cost, where no later client can still bear the cost?
select
    channel,
    sum(cost_amount) as cost_amount,
    cast(sum(first_drawdowns) as bigint) as clients_won,
    {{ ratio('sum(cost_amount)', 'sum(first_drawdowns)') }} as cost_per_client
from {{ ref('mart_acquisition') }}
where axis = 'SIZE'
    and is_mature
    -- nothing is known of the months before the delivery has costs
    and cost_amount is not null
group by channel
order by channel
