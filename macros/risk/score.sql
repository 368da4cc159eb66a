{#- Scores: the odds of paying double every `pdo` points and stand at `base_odds` to 1 at `base_score`, that is
    score = offset + factor x ln(odds). Arguments are SQL; the results are doubles, the PD a decimal. -#}
{% macro score_factor(pdo) -%}
    {{- return('(cast(' ~ pdo ~ ' as double) / ln(cast(2 as double)))') -}}
{%- endmacro %}

{% macro score_offset(base_score, base_odds, pdo) -%}
    {{- return('(cast(' ~ base_score ~ ' as double) - ' ~ score_factor(pdo) ~ ' * ln(cast(' ~ base_odds ~ ' as double)))') -}}
{%- endmacro %}

{#- PD of a score: 1 / (1 + odds). Ten decimals at once, so that a band edge is met or not met on every machine alike. -#}
{% macro pd_of_score(score, base_score, base_odds, pdo) -%}
    {{- return(
        'cast(1 / (1 + exp((cast(' ~ score ~ ' as double) - ' ~ score_offset(base_score, base_odds, pdo) ~ ') / '
        ~ score_factor(pdo) ~ ')) as decimal(18,10))'
    ) -}}
{%- endmacro %}
