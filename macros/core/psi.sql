{#- One term of the population stability index: (actual - expected) x ln(actual / expected) of two shares, an empty bin
    counted as `epsilon` (domain.md section 1f). A double: cast the sum to a decimal at once. -#}
{% macro psi_term(actual, expected, epsilon) -%}
    {%- set a = 'cast(greatest(coalesce(' ~ actual ~ ', 0), ' ~ epsilon ~ ') as double)' -%}
    {%- set e = 'cast(greatest(coalesce(' ~ expected ~ ', 0), ' ~ epsilon ~ ') as double)' -%}
    {{- return('cast((' ~ a ~ ' - ' ~ e ~ ') * ln(' ~ a ~ ' / ' ~ e ~ ') as decimal(28,10))') -}}
{%- endmacro %}
