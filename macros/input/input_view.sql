{#- The body of inp_<table>: the delivered relation behind one name, with every column of the contract. A column
    that was not delivered is a typed NULL, a table that was not delivered is empty and typed, columns that start
    with x_ pass through, any other column stays behind. No value is changed here. -#}
{% macro input_view(table) -%}
    {%- set contract = input_contract()[table] -%}
    {%- if input_is_demo() %}
select
    {% for column in contract['columns'] %}{{ column }}{{ ',\n    ' if not loop.last }}{% endfor %}
from {{ ref('demo_' ~ table) }}
    {%- else -%}
        {%- set delivered = (input_inventory()['tables'] if execute else {}).get(table) -%}
        {%- set columns = delivered['columns'] if delivered else {} %}
select
    {% for column, spec in contract['columns'].items() -%}
    {{ 'delivered.' ~ column if column in columns else 'cast(null as ' ~ contract_type(spec) ~ ') as ' ~ column }}{{ ',\n    ' if not loop.last }}
    {%- endfor %}
    {%- for column in columns if column.startswith('x_') %},
    delivered.{{ column }}
    {%- endfor %}
from {% if delivered %}{{ delivered['scan'] }} as delivered{% else %}(select 1 as nothing) as delivered
where delivered.nothing is null{% endif %}
    {%- endif %}
{%- endmacro %}

{#- The database type that a column of the contract has after cleaning. -#}
{% macro contract_type(spec) -%}
    {%- set types = {
        'text': 'varchar', 'integer': 'integer', 'boolean': 'boolean', 'date': 'date', 'timestamp': 'timestamp',
        'decimal:money': 'decimal(18,2)', 'decimal:rate': 'decimal(9,6)', 'decimal:share': 'decimal(9,6)', 'decimal:measure': 'decimal(18,6)'
    } -%}
    {{- return(types[spec['type']] if spec['type'] in types else types[spec['type'] ~ ':' ~ spec['kind']]) -}}
{%- endmacro %}
