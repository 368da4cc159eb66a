-- The control totals of every amount that can be summed, per table, column and currency as delivered. amount_in is read
-- at the door; an amount that cannot be read has no value and is counted in rows_without_amount.
{%- set ns = namespace(first = true) %}
{% for table, columns in summable_amounts().items() %}
{%- set has_currency = 'currency' in input_contract()[table]['columns'] %}
{%- for column in columns %}
{{ 'union all' if not ns.first }}{% set ns.first = false %}
select
    '{{ table }}' as table_name,
    '{{ column }}' as column_name,
    coalesce(delivered.currency, judged.currency) as currency,
    coalesce(delivered.amount_in, 0) as amount_in,
    coalesce(judged.amount_accepted, 0) as amount_accepted,
    coalesce(judged.amount_rejected, 0) as amount_rejected,
    coalesce(judged.amount_duplicate, 0) as amount_duplicate,
    coalesce(judged.amount_superseded, 0) as amount_superseded,
    coalesce(delivered.amount_in, 0) - coalesce(judged.amount_accepted, 0) - coalesce(judged.amount_rejected, 0)
        - coalesce(judged.amount_duplicate, 0) - coalesce(judged.amount_superseded, 0) as amount_unexplained,
    coalesce(delivered.rows_without_amount, 0) as rows_without_amount
from (
    select
        {{ "coalesce(read_code(currency), '" ~ lending_currency() ~ "')" if has_currency else "'" ~ lending_currency() ~ "'" }} as currency,
        cast(sum({{ delivered_amount(table, column) }}) as decimal(38,2)) as amount_in,
        count(*) filter (where {{ column }} is not null and {{ delivered_amount(table, column) }} is null) as rows_without_amount
    from {{ ref('inp_' ~ table) }}
    group by 1
) as delivered
full join (
    select
        {{ "coalesce(currency, '" ~ lending_currency() ~ "')" if has_currency else "'" ~ lending_currency() ~ "'" }} as currency,
        cast(sum({{ column }}) filter (where row_status = 'ACCEPTED') as decimal(38,2)) as amount_accepted,
        cast(sum({{ column }}) filter (where row_status = 'REJECTED') as decimal(38,2)) as amount_rejected,
        cast(sum({{ column }}) filter (where row_status = 'DUPLICATE') as decimal(38,2)) as amount_duplicate,
        cast(sum({{ column }}) filter (where row_status = 'SUPERSEDED') as decimal(38,2)) as amount_superseded
    from {{ ref('base_' ~ table) }}
    group by 1
) as judged on delivered.currency = judged.currency
{%- endfor %}
{%- endfor %}
