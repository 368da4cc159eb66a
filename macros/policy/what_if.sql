{#- What-if: scripts/what_if.py keeps what holds today in the schema what_if_today of a copy of the warehouse and rebuilds
    the copy with another rule set (LENDING_WHAT_IF says so). In an ordinary build today's rules are the only ones. -#}

{#- The table as today's rules made it: the copy kept by the script, or the model itself in an ordinary build. -#}
{% macro made_by_todays_rules(model) -%}
    {%- if env_var('LENDING_WHAT_IF', '') != '' and execute and flags.WHICH in ('build', 'run') -%}
what_if_today.{{ model }}
    {%- else -%}
{{ ref(model) }}
    {%- endif -%}
{%- endmacro %}
