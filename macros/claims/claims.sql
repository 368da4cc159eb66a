{#- What the claims of the article (models/marts/claims) share. -#}

{#- The segment of a row on the axis of its claim; `columns` names the column of an axis, such as 'held.{axis}_segment'. -#}
{% macro segment_of_claim(columns, claim = 'claims') -%}
    {%- set cases = [] -%}
    {%- for axis in segment_axes() -%}
        {%- do cases.append("when '" ~ axis ~ "' then " ~ columns | replace('{axis}', axis | lower)) -%}
    {%- endfor -%}
    {{- return('case ' ~ claim ~ '.axis ' ~ cases | join(' ') ~ ' end') -}}
{%- endmacro %}

{#- The side of the claim on which a row of a segment stands: the segment itself, the one it is compared with, or all
    others when none is named; NULL for a row that takes no part. -#}
{% macro arm_of_claim(segment, claim = 'claims') -%}
    {{- return(
        "case when " ~ segment ~ " = " ~ claim ~ ".segment_code then 'SUBJECT'"
        ~ " when " ~ claim ~ ".design = 'SEGMENT_AGAINST_REST' and coalesce(" ~ segment ~ " = " ~ claim ~ ".reference_segment_code, "
        ~ claim ~ ".reference_segment_code is null) then 'REFERENCE' end"
    ) -}}
{%- endmacro %}

{#- The period of something that lasts from one day to another (or happens on one day): before or after the roll-out when
    it lies wholly in the months of int_claim_window, else NULL. -#}
{% macro period_of_rollout(from_day, to_day, rollout = 'rollout') -%}
    {{- return(
        "case when " ~ from_day ~ " >= " ~ rollout ~ ".before_from and " ~ to_day ~ " <= " ~ rollout ~ ".before_to then 'BEFORE'"
        ~ " when " ~ from_day ~ " >= " ~ rollout ~ ".after_from and " ~ to_day ~ " <= " ~ rollout ~ ".after_to then 'AFTER' end"
    ) -}}
{%- endmacro %}

{#- The columns of a building block of int_claim_cluster, summed by claim, arm, period and cluster. -#}
{% macro summed_by_cluster(relation) -%}
select
    claim_id,
    arm,
    period,
    cast(cluster_key as varchar) as cluster_key,
    min(window_from) as window_from,
    max(window_to) as window_to,
    cast(sum(observations) as bigint) as observations,
    cast(sum(numerator) as decimal(28,6)) as numerator,
    cast(sum(denominator) as decimal(28,6)) as denominator
from {{ relation }}
where arm is not null
    and period is not null
group by claim_id, arm, period, cast(cluster_key as varchar)
{%- endmacro %}

{#- Quantile of Student's distribution from that of the normal one (Fisher and Cornish, five terms; at 95 % within
    0.02 % from five degrees of freedom on, at 99.9 % within 0.6 %). The texts are repeated: give columns. -#}
{% macro student_quantile(z, degrees) -%}
    {%- set terms = [
        z,
        '(power(' ~ z ~ ', 3) + ' ~ z ~ ') / (4 * ' ~ degrees ~ ')',
        '(5 * power(' ~ z ~ ', 5) + 16 * power(' ~ z ~ ', 3) + 3 * ' ~ z ~ ') / (96 * power(' ~ degrees ~ ', 2))',
        '(3 * power(' ~ z ~ ', 7) + 19 * power(' ~ z ~ ', 5) + 17 * power(' ~ z ~ ', 3) - 15 * ' ~ z ~ ') / (384 * power(' ~ degrees ~ ', 3))',
        '(79 * power(' ~ z ~ ', 9) + 776 * power(' ~ z ~ ', 7) + 1482 * power(' ~ z ~ ', 5) - 1920 * power(' ~ z ~ ', 3) - 945 * ' ~ z ~ ') / (92160 * power(' ~ degrees ~ ', 4))',
    ] -%}
    {{- return('(' ~ terms | join(' + ') ~ ')') -}}
{%- endmacro %}

{#- A double as a decimal of six places; NULL stays NULL. -#}
{% macro six_decimals(value) -%}
    {{- return('cast(round(cast(' ~ value ~ ' as decimal(28,10)), 6) as decimal(18,6))') -}}
{%- endmacro %}
