{#- Effort against value as a Lorenz curve (domain.md section 1f): which part of the effort goes to which part of the value,
    the units with the least effort for their value first. -#}

{#- The rows of a relation as the steps of curves, one curve for each combination of `partition`. Splits net_value_amount
    in value_amount and negative_value_amount, and adds step_no, the totals and the running sums (total_ and cumulative_
    effort_amount and value_amount). A unit that brings less than nothing counts with no value: its effort is spent without
    return, and how much it loses is not a question of where the effort went.
    A unit without value comes last, after it has no more value to share. Units with the same effort for their value lie
    on one straight line: their order, by `unit`, moves no area. -#}
{% macro lorenz_steps(relation, partition, unit) -%}
(
    select
        *,
        row_number() over steps as step_no,
        sum(effort_amount) over whole as total_effort_amount,
        sum(value_amount) over whole as total_value_amount,
        sum(effort_amount) over steps as cumulative_effort_amount,
        sum(value_amount) over steps as cumulative_value_amount
    from (
        select
            *,
            case when net_value_amount > 0 then net_value_amount else 0 end as value_amount,
            case when net_value_amount < 0 then net_value_amount else 0 end as negative_value_amount
        from {{ relation }}
    ) as units
    window
        whole as (partition by {{ partition | join(', ') }}),
        steps as (
            partition by {{ partition | join(', ') }}
            order by
                case when value_amount > 0 then 0 else 1 end asc,
                case when value_amount > 0 then cast(effort_amount as double) / cast(value_amount as double) end asc,
                {{ unit }} asc
            rows between unbounded preceding and current row
        )
)
{%- endmacro %}

{#- Aggregate over lorenz_steps: the area under the curve, between 0 and a half, in trapezia. Added as decimals, so the
    order of the rows does not matter. NULL where effort or value are nothing. -#}
{% macro lorenz_area() -%}
    {%- set width = "cast(value_amount as double) / nullif(cast(total_value_amount as double), 0)" -%}
    {%- set height = "cast(2 * cumulative_effort_amount - effort_amount as double) / nullif(cast(total_effort_amount as double), 0)" -%}
    {{- return('cast(round(sum(cast(' ~ width ~ ' * ' ~ height ~ ' / 2 as decimal(38,18))), 10) as decimal(18,10))') -}}
{%- endmacro %}

{#- Twice the area between the curve and the diagonal: 0 where effort follows value, 1 where all of it goes to units
    without value. -#}
{% macro concentration_coefficient(area) -%}
    {{- return('cast(round(1 - 2 * ' ~ area ~ ', 6) as decimal(18,6))') -}}
{%- endmacro %}
