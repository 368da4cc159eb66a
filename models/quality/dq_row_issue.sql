-- Every issue of every delivered row: one row per row, reason and column. Rows are named by their key as text.
{% for table, contract in input_contract().items() %}
select
    '{{ table }}' as table_name,
    row_key,
    row_status,
    split_part(mark, ' ', 1) as reason_code,
    split_part(mark, ' ', 2) as column_name
from (
    select
        {{ key_text(contract['key']) }} as row_key,
        row_status,
        {{ unnested('issue_columns') }} as mark
    from {{ ref('base_' ~ table) }}
    where {{ list_length('issue_columns') }} > 0
)

union all
{% endfor %}
select table_name, row_key, 'ACCEPTED', reason_code, column_name
from {{ ref('dq_cross_table_issue') }}

union all

-- a registration that joined another one is no dirt, but whoever counts clients wants to see it
select 'clients', source_system || '|' || client_no, 'ACCEPTED', 'M_MERGED', matched_by
from {{ ref('int_client_identity') }}
where registration_rank > 1
