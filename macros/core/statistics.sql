{#- Small statistics, each a formula in doubles that becomes a decimal at once (domain.md sections 1f and 7). -#}

{#- Lower and upper end of the Wilson interval of k in n: a share with its uncertainty, also for no or all hits and for few
    observations. `z` is the normal quantile, 1.96 for 95 %. NULL without observations. -#}
{% macro wilson_lower(k, n, z=1.959963984540054) -%}
    {{- return(wilson_bound(k, n, z, '-')) -}}
{%- endmacro %}

{% macro wilson_upper(k, n, z=1.959963984540054) -%}
    {{- return(wilson_bound(k, n, z, '+')) -}}
{%- endmacro %}

{% macro wilson_bound(k, n, z, sign) -%}
    {%- set hits = 'cast(' ~ k ~ ' as double)' -%}
    {%- set count = 'nullif(cast(' ~ n ~ ' as double), 0)' -%}
    {%- set square = '(' ~ z ~ ' * ' ~ z ~ ')' -%}
    {#- in the form without k / n, so that the ends at no and at all hits are 0 and 1 but for the last bit; rounded, a
        minus nought is none in a decimal -#}
    {%- set half = z ~ ' * sqrt(' ~ hits ~ ' * (' ~ count ~ ' - ' ~ hits ~ ') / ' ~ count ~ ' + ' ~ square ~ ' / 4)' -%}
    {%- set bound = '(' ~ hits ~ ' + ' ~ square ~ ' / 2 ' ~ sign ~ ' ' ~ half ~ ') / (' ~ count ~ ' + ' ~ square ~ ')' -%}
    {{- return('cast(round(cast(' ~ bound ~ ' as decimal(28,10)), 6) as decimal(18,6))') -}}
{%- endmacro %}

{#- Aggregate: the Herfindahl-Hirschman index of amounts, the sum of their squared shares. The squares are added as
    decimals, so the order of the rows does not matter. NULL when the amounts are nothing. -#}
{% macro hhi(amount) -%}
    {#- nineteen digits: the product of two narrower decimals is narrow as well, and overflows -#}
    {%- set exact = 'cast(' ~ amount ~ ' as decimal(19,2))' -%}
    {%- set squares = 'cast(sum(' ~ exact ~ ' * ' ~ exact ~ ') as double)' -%}
    {%- set whole = 'nullif(power(cast(sum(' ~ exact ~ ') as double), 2), 0)' -%}
    {{- return('cast(round(cast(' ~ squares ~ ' / ' ~ whole ~ ' as decimal(28,10)), 6) as decimal(18,6))') -}}
{%- endmacro %}

{#- The index between 0 (all alike) and 1 (one has it all); NULL for a single member, of whom it says nothing. -#}
{% macro normalised_hhi(hhi, members) -%}
    {%- set one_of = '(1 / nullif(cast(' ~ members ~ ' as double), 0))' -%}
    {{- return('cast(round(cast((cast(' ~ hhi ~ ' as double) - ' ~ one_of ~ ') / nullif(1 - ' ~ one_of ~ ', 0) as decimal(28,10)), 6) as decimal(18,6))') -}}
{%- endmacro %}

{#- The part of the book that a repayment rate loses in a year when all that is not repaid is lost: (1 - rate) / term x 2
    (CGAP), since over its life half of a loan is outstanding. A rate above 1 loses nothing. -#}
{% macro yearly_loss_of_collection_rate(rate, term_years) -%}
    {%- set short = "(1 - case when " ~ rate ~ " > 1 then 1 else cast(" ~ rate ~ " as double) end)" -%}
    {{- return('cast(round(cast(' ~ short ~ ' / nullif(cast(' ~ term_years ~ ' as double), 0) * 2 as decimal(28,10)), 6) as decimal(18,6))') -}}
{%- endmacro %}
