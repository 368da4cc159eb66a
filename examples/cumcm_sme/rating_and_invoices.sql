-- The firms by the bank's own rating: default, tier and what their invoices say, from the warehouse that
-- examples/cumcm_sme/run.py built. One row a rating and ALL.
--
-- Sales and purchases are the accepted account flows of the last full year, 2019: invoices tax included, voided ones and
-- copies left out, refunds taken off. Exports end between October 2019 and February 2020, so firms with fewer months
-- stand in it with what there is.
with rated as (

    select
        ratings.client_no,
        ratings.x_delivered_rating as rating,
        ratings.symbol,
        identity.client_key,
        events.event_no is not null as has_defaulted
    from staging.stg_credit_ratings as ratings
    inner join intermediate.int_client_identity as identity
        on ratings.source_system = identity.source_system
        and ratings.client_no = identity.client_no
    left join staging.stg_credit_events as events
        on ratings.source_system = events.source_system
        and ratings.client_no = events.client_no

),

flows_2019 as (

    select
        client_no,
        count(*) filter (where category = 'SALES_IN') as sales_months,
        sum(amount) filter (where category = 'SALES_IN') as sales_amount,
        sum(amount) filter (where category = 'SUPPLIER_OUT') as purchase_amount,
        sum(x_refund_amount) filter (where category = 'SALES_IN') as refund_amount,
        -- of a month's largest buyer, weighted with the month's sales
        sum(cast(top_counterparty_share as double) * amount) filter (where category = 'SALES_IN')
        / nullif(sum(amount) filter (where category = 'SALES_IN' and top_counterparty_share is not null), 0) as top_buyer_share
    from staging.stg_account_flows
    where month_end between date '2019-01-31' and date '2019-12-31'
    group by client_no

)

select
    coalesce(rated.rating, 'ALL') as rating,
    string_agg(distinct rated.symbol, ', ' order by rated.symbol) as symbol,
    count(*) as firms,
    count(*) filter (where rated.has_defaulted) as defaulted,
    cast(count(*) filter (where rated.has_defaulted) / cast(count(*) as double) as decimal(9,4)) as default_share,
    count(flows_2019.sales_months) as firms_with_flows_2019,
    cast(median(flows_2019.sales_months) as decimal(9,1)) as median_sales_months,
    cast(median(flows_2019.sales_amount) as decimal(18,0)) as median_sales_2019,
    cast(sum(flows_2019.sales_amount) as decimal(18,2)) as sales_2019,
    cast(sum(flows_2019.purchase_amount) as decimal(18,2)) as purchases_2019,
    cast(-sum(flows_2019.refund_amount) / sum(flows_2019.sales_amount - flows_2019.refund_amount) as decimal(9,4)) as refund_share,
    cast(median(flows_2019.top_buyer_share) as decimal(9,4)) as median_top_buyer_share
from rated
left join flows_2019 on rated.client_no = flows_2019.client_no
group by rollup(rated.rating)
order by rated.rating asc nulls last
