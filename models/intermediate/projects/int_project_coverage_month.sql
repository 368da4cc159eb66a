-- How well the cash flow known by the month end covers the debt: least and average debt service cover over what is left
-- of the loan in the base case, loan life cover, and the last actual period. The columns that begin with operating_ leave
-- out the periods up to completion, in which investment is paid from equity and loans and cover means nothing.
with parameter as (

    select * from {{ rule_values(ref('rule_project_parameter'), 'parameter_id', {
        'discount_rate': ['PROJECT_DISCOUNT_RATE', 'parameter_value'],
    }) }}

),

project_month as (

    select
        phase.project_key,
        phase.as_of_month,
        project.debt_amount,
        coalesce(project.debt_matures_on, date '9999-12-31') as debt_matures_on,
        -- a completion that has not happened lies ahead, whatever day was planned
        case
            when project.actual_completion_on <= phase.as_of_month then project.actual_completion_on
            else greatest(coalesce(project.planned_completion_on, phase.as_of_month), phase.as_of_month)
        end as completion_on,
        parameter.discount_rate
    from {{ ref('int_project_phase_month') }} as phase
    inner join {{ ref('int_project') }} as project
        on phase.project_key = project.project_key
    left join parameter
        on phase.as_of_month = parameter.as_of_month

),

known as (

    select
        project_month.project_key,
        project_month.as_of_month,
        project_month.debt_matures_on,
        version.scenario,
        version.period_end,
        version.cfads,
        version.cfads_is_partial,
        version.debt_service,
        version.dscr,
        version.debt_outstanding,
        version.period_end > project_month.completion_on as is_operating,
        project_month.discount_rate
    from project_month
    inner join {{ ref('int_project_cashflow_version') }} as version
        on project_month.project_key = version.project_key
        and project_month.as_of_month >= version.holds_from
        and project_month.as_of_month < version.holds_to

),

remaining as (

    select
        *,
        cast(
            cast(cfads as double)
            / power(1 + cast(discount_rate as double), cast({{ days_between('as_of_month', 'period_end') }} as double) / 365)
            as decimal(28,10)
        ) as discounted_cfads
    from known
    where scenario = 'BASE'
        and period_end > as_of_month
        and period_end <= debt_matures_on

),

planned as (

    select
        project_key,
        as_of_month,
        count(*) as base_periods,
        count(dscr) as covered_periods,
        bool_or(cfads_is_partial) as has_partial_cfads,
        min(dscr) as dscr_minimum,
        sum(dscr) as dscr_sum,
        -- one unknown period makes the sum of all unknown
        case when count(*) = count(discounted_cfads) then sum(discounted_cfads) end as discounted_cfads,
        min(dscr) filter (where is_operating) as operating_dscr_minimum,
        sum(dscr) filter (where is_operating) as operating_dscr_sum,
        count(dscr) filter (where is_operating) as operating_covered_periods,
        case when count(*) filter (where is_operating) = count(discounted_cfads) filter (where is_operating)
            then sum(discounted_cfads) filter (where is_operating)
        end as operating_discounted_cfads
    from remaining
    group by project_key, as_of_month

),

happened as (

    select
        project_key,
        as_of_month,
        {{ last_known('dscr', 'case when dscr is not null then period_end end') }} as dscr_last_actual,
        {{ last_known('dscr', 'case when dscr is not null and is_operating then period_end end') }} as operating_dscr_last_actual,
        max(case when dscr is not null then period_end end) as last_actual_period_end,
        {{ last_known('debt_outstanding', 'case when debt_outstanding is not null then period_end end') }} as debt_outstanding
    from known
    where scenario = 'ACTUAL'
    group by project_key, as_of_month

)

select
    project_month.project_key,
    project_month.as_of_month,
    cast(coalesce(planned.base_periods, 0) as integer) as base_periods,
    cast(coalesce(planned.covered_periods, 0) as integer) as covered_periods,
    coalesce(planned.has_partial_cfads, false) as has_partial_cfads,
    planned.dscr_minimum,
    {{ coverage_ratio('planned.dscr_sum', 'planned.covered_periods') }} as dscr_average,
    happened.dscr_last_actual,
    happened.last_actual_period_end,
    {{ coverage_ratio('planned.discounted_cfads', 'coalesce(happened.debt_outstanding, project_month.debt_amount)') }} as llcr,
    planned.operating_dscr_minimum,
    {{ coverage_ratio('planned.operating_dscr_sum', 'planned.operating_covered_periods') }} as operating_dscr_average,
    happened.operating_dscr_last_actual,
    {{ coverage_ratio('planned.operating_discounted_cfads', 'coalesce(happened.debt_outstanding, project_month.debt_amount)') }} as operating_llcr
from project_month
left join planned
    on project_month.project_key = planned.project_key
    and project_month.as_of_month = planned.as_of_month
left join happened
    on project_month.project_key = happened.project_key
    and project_month.as_of_month = happened.as_of_month
