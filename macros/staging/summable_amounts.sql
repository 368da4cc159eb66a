{#- An amount as it stands at the door, read like staging reads it; a reversal with a sign counts without it. -#}
{% macro delivered_amount(table, column) -%}
    {%- if table == 'payments' -%}
        case when read_id(reverses_payment_no) is not null then abs(read_money({{ column }})) else read_money({{ column }}) end
    {%- else -%}
        {{ read_value(column, input_contract()[table]['columns'][column]) }}
    {%- endif -%}
{%- endmacro %}
