-- How well the cash flow known by the month end covers the debt: least and average debt service cover over what is left
-- of the loan in the base case, loan life cover, and the last actual period.
-- The columns that begin with operating_ are the ones to hold against a required cover. They leave out the periods up
-- to completion, in which investment is paid from equity and loans; they take in the period in which the debt matures,
-- which mostly ends after it; and their loan life cover sets the debt of a day against the cash flow from that day on.
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
        project_month.discount_rate,
        version.scenario,
        version.period_end,
        version.cfads,
        version.cfads_is_partial,
        version.dscr,
        version.debt_outstanding,
        version.period_end > project_month.completion_on as is_operating
    from project_month
    inner join {{ ref('int_project_cashflow_version') }} as version
        on project_month.project_key = version.project_key
        and project_month.as_of_month >= version.holds_from
        and project_month.as_of_month < version.holds_to
    where version.scenario in ('BASE', 'ACTUAL')

),

happened as (

    select
        project_key,
        as_of_month,
        {{ last_known('dscr', 'case when dscr is not null then period_end end') }} as dscr_last_actual,
        {{ last_known('dscr', 'case when dscr is not null and is_operating then period_end end') }} as operating_dscr_last_actual,
        max(case when dscr is not null then period_end end) as last_actual_period_end,
        {{ last_known('debt_outstanding', 'case when debt_outstanding is not null then period_end end') }} as debt_outstanding,
        max(case when debt_outstanding is not null then period_end end) as debt_on
    from known
    where scenario = 'ACTUAL'
    group by project_key, as_of_month

),

-- end of the period in which the debt matures
loan_life as (

    select project_key, as_of_month, min(period_end) as ends_on
    from known
    where scenario = 'BASE'
        and period_end >= debt_matures_on
    group by project_key, as_of_month

),

base_period as (

    select
        known.*,
        known.period_end > known.as_of_month and known.period_end <= known.debt_matures_on as is_remaining,
        known.is_operating
        and known.period_end > known.as_of_month
        and known.period_end <= coalesce(loan_life.ends_on, known.debt_matures_on) as is_operating_remaining,
        known.is_operating
        and known.period_end <= coalesce(loan_life.ends_on, known.debt_matures_on)
        and known.period_end > coalesce(happened.debt_on, known.as_of_month) as is_after_debt,
        {%- for name, since in [('discounted_cfads', 'known.as_of_month'), ('discounted_to_debt', 'coalesce(happened.debt_on, known.as_of_month)')] %}
        cast(
            cast(known.cfads as double)
            / power(1 + cast(known.discount_rate as double), cast({{ days_between(since, 'known.period_end') }} as double) / 365)
            as decimal(28,10)
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known
    left join happened
        on known.project_key = happened.project_key
        and known.as_of_month = happened.as_of_month
    left join loan_life
        on known.project_key = loan_life.project_key
        and known.as_of_month = loan_life.as_of_month
    where known.scenario = 'BASE'

),

planned as (

    select
        project_key,
        as_of_month,
        count(*) filter (where is_remaining) as base_periods,
        count(dscr) filter (where is_remaining) as covered_periods,
        bool_or(cfads_is_partial) filter (where is_remaining) as has_partial_cfads,
        min(dscr) filter (where is_remaining) as dscr_minimum,
        sum(dscr) filter (where is_remaining) as dscr_sum,
        -- one unknown period makes the sum of all unknown
        case when count(*) filter (where is_remaining) = count(discounted_cfads) filter (where is_remaining)
            then sum(discounted_cfads) filter (where is_remaining)
        end as discounted_cfads,
        min(dscr) filter (where is_operating_remaining) as operating_dscr_minimum,
        sum(dscr) filter (where is_operating_remaining) as operating_dscr_sum,
        count(dscr) filter (where is_operating_remaining) as operating_covered_periods,
        case when count(*) filter (where is_after_debt) = count(discounted_to_debt) filter (where is_after_debt)
            then sum(discounted_to_debt) filter (where is_after_debt)
        end as operating_discounted_cfads
    from base_period
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
