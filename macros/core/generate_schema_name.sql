{#- A folder's schema is used as it is named (architecture.md section 12), without the target's prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- custom_schema_name | trim if custom_schema_name is not none else target.schema -}}
{%- endmacro %}
