-- Supervisory slotting of every project and month (CRE33): sub-factor grades known by then are averaged within their
-- factor, factors by weight, and the mean is rounded to a category. Default of the borrower overrides. Also the risk
-- weight and the expected loss of the category.
with parameter as (

    select * from {{ rule_values(ref('rule_project_parameter'), 'parameter_id', {
        'minimum_weight': ['SLOTTING_MINIMUM_WEIGHT', 'parameter_value'],
        'preferential_is_allowed': ['PREFERENTIAL_IS_ALLOWED', 'parameter_value'],
        'preferential_maturity_years': ['PREFERENTIAL_MATURITY_YEARS', 'parameter_value'],
    }) }}

),

-- a grade of a sub-factor holds until the next one
graded as (

    select
        project_no,
        factor,
        subfactor,
        grade,
        graded_on,
        coalesce(
            lead(graded_on) over (partition by project_no, factor, subfactor order by graded_on), date '9999-12-31'
        ) as replaced_on
    from {{ ref('stg_project_risk_grades') }}

),

factor_month as (

    select
        phase.project_key,
        phase.as_of_month,
        graded.factor,
        cast(cast(sum(category.category_number) as double) / count(*) as decimal(28,10)) as mean_category,
        max(graded.graded_on) as last_graded_on
    from {{ ref('int_project_phase_month') }} as phase
    inner join graded
        on phase.project_no = graded.project_no
        and phase.as_of_month >= graded.graded_on
        and phase.as_of_month < graded.replaced_on
    inner join {{ ref('rule_slotting_grade') }} as category
        on graded.grade = category.grade
        and not category.is_default
        and phase.as_of_month >= category.valid_from
        and phase.as_of_month < category.valid_to
    group by phase.project_key, phase.as_of_month, graded.factor

),

weighted as (

    select
        factor_month.project_key,
        factor_month.as_of_month,
        count(*) as graded_factors,
        cast(sum(weights.weight) as decimal(18,6)) as graded_weight,
        cast(cast(
            cast(sum(weights.weight * factor_month.mean_category) as double) / cast(sum(weights.weight) as double) as decimal(28,10)
        ) as decimal(18,6)) as mean_category,
        max(factor_month.last_graded_on) as last_graded_on
    from factor_month
    inner join {{ ref('rule_slotting_weight') }} as weights
        on factor_month.factor = weights.factor
        and factor_month.as_of_month >= weights.valid_from
        and factor_month.as_of_month < weights.valid_to
    group by factor_month.project_key, factor_month.as_of_month

),

scored as (

    select
        phase.project_key,
        phase.as_of_month,
        coalesce(weighted.graded_factors, 0) as graded_factors,
        coalesce(weighted.graded_weight, 0) as graded_weight,
        case when weighted.graded_weight >= parameter.minimum_weight then weighted.mean_category end as slotting_score,
        weighted.last_graded_on,
        coalesce(status.is_knocked_out, false) as is_default,
        -- national discretion: the lender says whether it has it
        coalesce(
            parameter.preferential_is_allowed = 1
            and {{ years_between('phase.as_of_month', 'project.debt_matures_on') }} < parameter.preferential_maturity_years,
            false
        ) as is_preferential
    from {{ ref('int_project_phase_month') }} as phase
    inner join {{ ref('int_project') }} as project
        on phase.project_key = project.project_key
    left join weighted
        on phase.project_key = weighted.project_key
        and phase.as_of_month = weighted.as_of_month
    left join {{ ref('int_client_credit_status_month') }} as status
        on project.borrower_client_key = status.client_key
        and phase.as_of_month = status.as_of_month
    left join parameter
        on phase.as_of_month = parameter.as_of_month

),

placed as (

    select
        scored.*,
        category.grade as slotting_grade
    from scored
    left join {{ ref('rule_slotting_grade') }} as category
        -- the score of six decimals is what is shown and what is rounded, half up; -1 stands for default
        on case when scored.is_default then -1 else cast(floor(scored.slotting_score + 0.5) as integer) end
        = case when category.is_default then -1 else category.category_number end
        and scored.as_of_month >= category.valid_from
        and scored.as_of_month < category.valid_to

)

select
    placed.project_key,
    placed.as_of_month,
    cast(placed.graded_factors as integer) as graded_factors,
    cast(placed.graded_weight as decimal(18,6)) as graded_weight,
    placed.last_graded_on,
    placed.slotting_score,
    placed.slotting_grade,
    placed.is_default,
    placed.is_preferential,
    capital.risk_weight,
    capital.expected_loss_rate
from placed
left join {{ ref('rule_slotting_risk_weight') }} as capital
    on placed.slotting_grade = capital.grade
    and placed.is_preferential = capital.is_preferential
    and capital.exposure_class = 'PROJECT_FINANCE'
    and placed.as_of_month >= capital.valid_from
    and placed.as_of_month < capital.valid_to
