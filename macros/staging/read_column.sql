{#- How a column of the contract is read: its value in its type, and the mark of what had to be done for that.

    The repairs are SQL functions of the warehouse (create_reading_functions, on-run-start), so that a compiled model
    stays readable: read_<kind>(delivered value) and mark_<kind>(delivered value, value read). -#}

{% macro create_reading_functions() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'test', 'snapshot') -%}
        {{- return(adapter.dispatch('create_reading_functions', 'lending')()) -}}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__create_reading_functions() %}
create or replace macro tidied_text(t) as {{ tidied('t') }};
{% for kind in ['id', 'code', 'name', 'text'] %}
create or replace macro read_{{ kind }}(x) as {{ repaired_text('x', kind) }};
create or replace macro mark_{{ kind }}(x, v{{ ', allowed' if kind == 'code' }}) as {{ text_mark('x', 'v', kind) }};
{% endfor %}
create or replace macro read_any_date(x) as {{ parsed_date('x') }};
create or replace macro read_any_timestamp(x) as {{ parsed_timestamp('x') }};
create or replace macro read_date(x) as {{ repaired_date('read_any_date(x)') }};
create or replace macro read_timestamp(x) as {{ repaired_date('read_any_timestamp(x)') }};
create or replace macro mark_date(x, v) as {{ date_mark('x', 'v', 'anytime') }};
create or replace macro mark_open_end(x, v) as {{ date_mark('x', 'v', 'open_end') }};
create or replace macro mark_timestamp(x, v) as {{ timestamp_mark('x', 'v') }};
create or replace macro read_money(x) as {{ parsed_number('x', 'decimal(18,2)') }};
create or replace macro read_measure(x) as {{ parsed_number('x', 'decimal(18,6)') }};
create or replace macro read_count(x) as {{ whole_number('read_measure(x)') }};
create or replace macro mark_amount(x, v) as {{ number_mark('x', 'v', 'Q_AMOUNT') }};
create or replace macro mark_count(x, v) as {{ number_mark('x', 'v', 'Q_INTEGER') }};
create or replace macro read_rate(x) as cast({{ parsed_fraction('x', 'rate') }} as decimal(9,6));
create or replace macro read_share(x) as cast({{ parsed_fraction('x', 'share') }} as decimal(9,6));
create or replace macro mark_fraction(x, v) as {{ fraction_mark('x', 'v') }};
create or replace macro read_boolean(x) as {{ parsed_boolean('x') }};
create or replace macro mark_boolean(x, v) as {{ boolean_mark('x', 'v') }};
{% endmacro %}

{#- The functions of a column. -#}
{% macro reading_of(spec) -%}
    {%- set kind = spec['kind'] -%}
    {%- if spec['type'] == 'text' -%}
        {%- set name = 'code' if kind in ('code', 'currency') else (kind if kind in ('id', 'name') else 'text') -%}
        {{- return({'read': name, 'mark': name}) -}}
    {%- elif spec['type'] == 'date' -%}
        {{- return({'read': 'any_date' if kind == 'open_start' else 'date', 'mark': 'open_end' if kind == 'open_end' else 'date'}) -}}
    {%- elif spec['type'] == 'timestamp' -%}
        {{- return({'read': 'timestamp', 'mark': 'timestamp'}) -}}
    {%- elif spec['type'] == 'integer' -%}
        {{- return({'read': 'count', 'mark': 'count'}) -}}
    {%- elif spec['type'] == 'boolean' -%}
        {{- return({'read': 'boolean', 'mark': 'boolean'}) -}}
    {%- elif kind in ('rate', 'share') -%}
        {{- return({'read': kind, 'mark': 'fraction'}) -}}
    {%- else -%}
        {{- return({'read': kind, 'mark': 'amount'}) -}}
    {%- endif -%}
{%- endmacro %}

{% macro read_value(raw, spec) -%}
    {%- set value = 'read_' ~ reading_of(spec)['read'] ~ '(' ~ raw ~ ')' -%}
    {{- 'coalesce(' ~ value ~ ', ' ~ spec['default'] ~ ')' if 'default' in spec else value -}}
{%- endmacro %}

{% macro read_mark(raw, value, spec) -%}
    {%- set allowed = [] -%}
    {%- for code in spec.get('allowed', []) -%}{%- do allowed.append("'" ~ code ~ "'") -%}{%- endfor -%}
    {%- set mark = reading_of(spec)['mark'] -%}
    mark_{{ mark }}({{ raw }}, {{ value }}{{ ', [' ~ allowed | join(', ') ~ ']' if mark == 'code' }})
{%- endmacro %}
