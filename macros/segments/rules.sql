{#- One row per month of the grid with one column per name: the values that rules had in that month. `names` maps a
    column to [id, value column] of the seed; a rule that is not valid in a month gives NULL. -#}
{% macro rule_values(seed, id_column, names) -%}
(
    select
        months.as_of_month
        {%- for name, wanted in names.items() %},
        max(rules.{{ wanted[1] }}) filter (where rules.{{ id_column }} = '{{ wanted[0] }}') as {{ name }}
        {%- endfor %}
    from {{ ref('int_month') }} as months
    inner join {{ seed }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    group by months.as_of_month
)
{%- endmacro %}

{#- The thresholds of conditions (seeds rule_*_condition) in each month: for a condition C the columns c_enter, c_leave
    and c_missing. -#}
{% macro condition_values(seed, condition_ids) -%}
    {%- set names = {} -%}
    {%- for id in condition_ids -%}
        {%- do names.update({
            id | lower ~ '_enter': [id, 'enter_value'],
            id | lower ~ '_leave': [id, 'leave_value'],
            id | lower ~ '_missing': [id, 'missing_passes'],
        }) -%}
    {%- endfor -%}
    {{- return(rule_values(seed, 'condition_id', names)) -}}
{%- endmacro %}

{#- A comparison of a feature with a threshold; an unknown feature gives what the rule says about missing values. -#}
{% macro meets(feature, operator, threshold, missing) -%}
    {{- return('coalesce(' ~ feature ~ ' ' ~ operator ~ ' ' ~ threshold ~ ', ' ~ missing ~ ')') -}}
{%- endmacro %}
