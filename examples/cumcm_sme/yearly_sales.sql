-- Invoiced sales without tax by calendar year, and how many firms and months carry them. Not a statement of revenue: see
-- mapping.sql. One row a year.
with firm_year as (

    select
        client_no,
        year(month_end) as sales_year,
        count(*) as months,
        sum(x_net_amount) as net_amount,
        sum(x_tax_amount) as tax_amount
    from staging.stg_account_flows
    where category = 'SALES_IN'
    group by client_no, sales_year

)

select
    sales_year,
    count(*) as firms,
    count(*) filter (where months = 12) as firms_with_12_months,
    cast(sum(net_amount) as decimal(18,2)) as net_sales,
    cast(sum(net_amount) filter (where months = 12) as decimal(18,2)) as net_sales_of_12_months,
    cast(sum(tax_amount) as decimal(18,2)) as tax_charged
from firm_year
group by sales_year
order by sales_year
