-- What the scheme of its type and revenue model asks of every project, and what the project has: cover, gearing, tenor,
-- tail and reserve. Headroom is positive on the good side; a value that is not there is no breach and no comfort. A closed
-- project owes nothing: its covenants have ended with its debt and are no longer tested.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

project as (

    select
        projects.*,
        coalesce(projects.last_month, reporting.last_month) as policy_on
    from {{ ref('dim_project') }} as projects
    cross join reporting

),

-- a revenue model that is missing or that no scheme lists is asked for the strictest
modelled as (

    select
        project.*,
        case when listed.revenue_model is null then 'UNKNOWN' else project.revenue_model end as scheme_revenue_model
    from project
    left join {{ ref('rule_project_scheme') }} as listed
        on project.project_type = listed.project_type
        and project.revenue_model = listed.revenue_model
        and project.policy_on >= listed.valid_from
        and project.policy_on < listed.valid_to

),

-- the newest reserve after completion and the plan of the twelve months behind it, as they were known
reserve as (

    select
        modelled.project_key,
        {{ last_known('flows.reserve_balance', 'flows.period_end') }} as reserve_balance,
        max(flows.period_end) as reserve_on
    from modelled
    inner join {{ ref('stg_project_cashflows') }} as flows
        on modelled.project_no = flows.project_no
        and modelled.policy_on >= flows.known_on
        and modelled.policy_on >= flows.period_end
        and modelled.actual_completion_on < flows.period_end
    where flows.scenario = 'ACTUAL' and flows.reserve_balance is not null
    group by modelled.project_key

),

planned_service as (

    select
        reserve.project_key,
        sum(plan.debt_service) as debt_service_12m
    from reserve
    inner join modelled
        on reserve.project_key = modelled.project_key
    inner join {{ ref('int_project_cashflow_version') }} as plan
        on reserve.project_key = plan.project_key
        and plan.scenario = 'BASE'
        and modelled.policy_on >= plan.holds_from
        and modelled.policy_on < plan.holds_to
        and reserve.reserve_on < plan.period_end
        and last_day({{ months_later('reserve.reserve_on', 12) }}) >= plan.period_end
    group by reserve.project_key

),

-- the base case is cut when the market of the project's borrower is in stress
haircut as (

    select
        modelled.project_key,
        coalesce(sector.regime, market.regime, 'NEUTRAL') as regime,
        coalesce(sum(case when effects.operation = 'ADD' then effects.value end), 0) as haircut_share,
        string_agg(effects.rule_id, ';' order by effects.rule_id) as haircut_rule_ids
    from modelled
    left join {{ ref('fct_client_segment_month') }} as segments
        on modelled.borrower_client_key = segments.client_key
        and modelled.last_month = segments.as_of_month
    left join {{ ref('seg_market_regime') }} as sector
        on segments.industry_segment = sector.sector
        and modelled.last_month = sector.as_of_month
    left join {{ ref('seg_market_regime') }} as market
        on market.sector = 'ALL'
        and modelled.last_month = market.as_of_month
    left join {{ ref('rule_market_regime_effect') }} as effects
        on effects.lever = 'PROJECT_HAIRCUT_SHARE'
        and coalesce(sector.regime, market.regime, 'NEUTRAL') = effects.regime
        and modelled.policy_on >= effects.valid_from
        and modelled.policy_on < effects.valid_to
    group by modelled.project_key, coalesce(sector.regime, market.regime, 'NEUTRAL')

),

measured as (

    select
        modelled.*,
        scheme.rule_id,
        scheme.rule_version,
        scheme.dscr_minimum as required_dscr_minimum,
        scheme.dscr_lock_up,
        scheme.dscr_default,
        scheme.llcr_minimum as required_llcr,
        scheme.gearing_maximum as required_gearing_maximum,
        scheme.tenor_years_maximum as required_tenor_years_maximum,
        scheme.tail_years_minimum as required_tail_years_minimum,
        scheme.reserve_months_minimum as required_reserve_months,
        haircut.regime,
        haircut.haircut_share,
        haircut.haircut_rule_ids,
        cast(modelled.operating_dscr_minimum * (1 - haircut.haircut_share) as decimal(18,6)) as dscr_minimum_after_haircut,
        cast(modelled.operating_llcr * (1 - haircut.haircut_share) as decimal(18,6)) as llcr_after_haircut,
        reserve.reserve_balance,
        planned_service.debt_service_12m,
        -- with nothing left to pay there is none to test
        case when planned_service.debt_service_12m > 0 then {{ ratio('12 * reserve.reserve_balance', 'planned_service.debt_service_12m') }} end as reserve_months
    from modelled
    left join {{ ref('rule_project_scheme') }} as scheme
        on modelled.project_type = scheme.project_type
        and modelled.scheme_revenue_model = scheme.revenue_model
        and modelled.policy_on >= scheme.valid_from
        and modelled.policy_on < scheme.valid_to
    left join haircut on modelled.project_key = haircut.project_key
    left join reserve on modelled.project_key = reserve.project_key
    left join planned_service on modelled.project_key = planned_service.project_key

),

tested as (

    select
        *,
        coalesce(phase <> 'CLOSED', true) as is_tested
    from measured

),

headroom as (

    select
        *,
        case when is_tested then dscr_minimum_after_haircut - required_dscr_minimum end as dscr_headroom,
        case when is_tested then llcr_after_haircut - required_llcr end as llcr_headroom,
        case when is_tested then required_gearing_maximum - gearing end as gearing_headroom,
        -- a contract of whole years is not in breach by a day or two of the calendar
        case when is_tested then required_tenor_years_maximum - round(tenor_years, 2) end as tenor_years_headroom,
        case when is_tested then round(tail_years, 2) - required_tail_years_minimum end as tail_years_headroom,
        case when is_tested then reserve_months - required_reserve_months end as reserve_months_headroom
    from tested

),

counted as (

    select
        *,
        cast(
            {%- for lever in ['dscr', 'llcr', 'gearing', 'tenor_years', 'tail_years', 'reserve_months'] %}
            case when {{ lever }}_headroom < 0 then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %} as integer
        ) as breaches,
        cast(
            {%- for lever in ['dscr', 'llcr', 'gearing', 'tenor_years', 'tail_years', 'reserve_months'] %}
            case when {{ lever }}_headroom is not null then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %} as integer
        ) as tested_levers
    from headroom

)

select
    project_key,
    last_month,
    project_type,
    revenue_model,
    scheme_revenue_model,
    phase,
    slotting_grade,
    case
        when not is_tested then 'CLOSED'
        when breaches > 0 then 'BREACH'
        when tested_levers > 0 then 'COMPLIANT'
        else 'NOT_TESTABLE'
    end as status,
    rule_id as scheme_rule_id,
    rule_version,
    regime,
    cast(haircut_share as decimal(18,6)) as haircut_share,
    haircut_rule_ids,
    required_dscr_minimum,
    operating_dscr_minimum as actual_dscr_minimum,
    dscr_minimum_after_haircut,
    cast(dscr_headroom as decimal(18,6)) as dscr_headroom,
    dscr_headroom < 0 as is_dscr_breach,
    operating_dscr_last_actual as actual_dscr_last,
    dscr_lock_up,
    case when is_tested then operating_dscr_last_actual < dscr_lock_up end as is_locked_up,
    dscr_default,
    case when is_tested then operating_dscr_last_actual < dscr_default end as is_below_default_cover,
    required_llcr,
    operating_llcr as actual_llcr,
    llcr_after_haircut,
    cast(llcr_headroom as decimal(18,6)) as llcr_headroom,
    llcr_headroom < 0 as is_llcr_breach,
    required_gearing_maximum,
    gearing as actual_gearing,
    cast(gearing_headroom as decimal(18,6)) as gearing_headroom,
    gearing_headroom < 0 as is_gearing_breach,
    required_tenor_years_maximum,
    tenor_years as actual_tenor_years,
    cast(tenor_years_headroom as decimal(18,6)) as tenor_years_headroom,
    tenor_years_headroom < 0 as is_tenor_breach,
    required_tail_years_minimum,
    tail_years as actual_tail_years,
    cast(tail_years_headroom as decimal(18,6)) as tail_years_headroom,
    tail_years_headroom < 0 as is_tail_breach,
    required_reserve_months,
    reserve_months as actual_reserve_months,
    cast(reserve_balance as decimal(18,2)) as reserve_balance,
    cast(debt_service_12m as decimal(18,2)) as debt_service_12m,
    currency,
    cast(reserve_months_headroom as decimal(18,6)) as reserve_months_headroom,
    reserve_months_headroom < 0 as is_reserve_breach,
    breaches,
    tested_levers
from counted
