-- What was delivered, column by column of the contract: is it there, in which type, and how often it had a usable value,
-- needed repair, could not be used or looked suspect.
{%- set inventory = input_inventory()['tables'] if execute and not input_is_demo() else {} %}
with marked as (

    select
        table_name,
        column_name,
        count(*) filter (where reason_code like 'W~_%' escape '~') as repaired,
        count(*) filter (where reason_code like 'Q~_%' escape '~') as unusable,
        count(*) filter (where reason_code like 'S~_%' escape '~') as suspect
    from {{ ref('dq_row_issue') }}
    group by table_name, column_name

),

profile as (

    {% for table, contract in input_contract().items() %}
    {%- set delivered = inventory.get(table, {}).get('columns', {}) %}
    select
        '{{ table }}' as table_name,
        contract_column.*,
        counted.rows_in,
        case contract_column.column_name
            {% for column in contract['columns'] -%}
            when '{{ column }}' then counted.values_of_{{ column }}
            {% endfor -%}
        end as values_usable
    from (
        select
            count(*) as rows_in,
            {% for column in contract['columns'] -%}
            count({{ column }}) as values_of_{{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ ref('base_' ~ table) }}
    ) as counted
    cross join (
        values
        {% for column, spec in contract['columns'].items() -%}
        {%- set is_there = input_is_demo() or column in delivered %}
        (
            '{{ column }}', '{{ spec['requirement'] }}', '{{ spec['type'] }}',
            {{ 'true' if is_there else 'false' }}, '{{ 'VARCHAR' if input_is_demo() else delivered.get(column, '') }}'
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as contract_column (column_name, requirement, contract_type, is_delivered, delivered_type)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    profile.table_name,
    profile.column_name,
    profile.requirement,
    profile.contract_type,
    profile.is_delivered,
    nullif(profile.delivered_type, '') as delivered_type,
    cast(profile.rows_in as bigint) as rows_in,
    cast(profile.values_usable as bigint) as values_usable,
    cast(coalesce(marked.repaired, 0) as bigint) as values_repaired,
    cast(coalesce(marked.unusable, 0) as bigint) as values_unusable,
    cast(coalesce(marked.suspect, 0) as bigint) as values_suspect
from profile
left join marked
    on profile.table_name = marked.table_name
    and profile.column_name = marked.column_name
