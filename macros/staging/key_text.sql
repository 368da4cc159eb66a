{#- The key of a row as text, for people: its parts with a bar between them, ~ for a missing one. -#}
{% macro key_text(columns) -%}
    {%- for column in columns -%}
    coalesce(cast({{ column }} as varchar), '~'){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
