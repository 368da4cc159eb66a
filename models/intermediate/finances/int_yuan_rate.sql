-- What one unit of the lender's currency is in yuan, per month end for which both are quoted.
select
    yuan.month_end,
    round(cast(cast(yuan.rate_end as double) / cast(own.rate_end as double) as decimal(28,10)), 10) as yuan_per_unit
from {{ ref('ref_fx_rate') }} as yuan
inner join {{ ref('ref_fx_rate') }} as own
    on yuan.month_end = own.month_end
    and own.currency = '{{ lending_currency() }}'
where yuan.currency = 'CNY'
