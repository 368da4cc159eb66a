-- Every rejected row of every table, whole and with its reasons: nothing is dropped in silence. Holds personal data and
-- is never published.
{% for table, contract in input_contract().items() %}
select
    '{{ table }}' as table_name,
    {{ key_text(contract['key']) }} as row_key,
    issues as reason_codes,
    issue_columns as reason_columns,
    delivered_row
from {{ ref('base_' ~ table) }}
where row_status = 'REJECTED'
{{ 'union all' if not loop.last }}
{%- endfor %}
