-- The market regime of every sector at every month end, from indicators released by then: purchasing managers in two
-- months running, the share of bad loans against a year before, the loan prime rate against a year before. A sector
-- without an indicator of its own has that of the whole market (ALL).
with month_end as (

    select
        grid.as_of_month,
        parameters.max_age,
        parameters.change_months,
        last_day({{ months_later('grid.as_of_month', '-cast(parameters.max_age as integer)') }}) as oldest_period,
        last_day({{ months_later('grid.as_of_month', '-cast(parameters.change_months as integer)') }}) as change_month
    from {{ ref('int_month') }} as grid
    inner join {{ rule_values(ref('rule_policy_parameter'), 'parameter_id', {
        'max_age': ['REGIME_MAX_AGE_MONTHS', 'parameter_value'],
        'change_months': ['REGIME_CHANGE_MONTHS', 'parameter_value'],
    }) }} as parameters
        on grid.as_of_month = parameters.as_of_month

),

sector as (

    select segment_code as sector
    from {{ ref('ref_segment') }}
    where axis = 'INDUSTRY'
    union all
    select 'ALL'

),

-- every period as it stood in a month: its latest release by then
known as (

    select
        month_end.as_of_month,
        indicators.indicator,
        indicators.sector,
        indicators.period_end,
        {{ last_known('indicators.value', 'indicators.released_on') }} as value
    from month_end
    inner join {{ ref('stg_market_indicators') }} as indicators
        on month_end.as_of_month >= indicators.released_on
    where list_contains(['PMI', 'NPL_RATIO'], indicators.indicator)
        and indicators.size_class = 'ALL'
        and indicators.population = 'ALL'
    group by month_end.as_of_month, indicators.indicator, indicators.sector, indicators.period_end

),

-- the newest period of a month, with the period before it
newest as (

    select
        *,
        row_number() over (partition by as_of_month, indicator, sector order by period_end desc) as place,
        lead(value) over (partition by as_of_month, indicator, sector order by period_end desc) as value_before,
        lead(period_end) over (partition by as_of_month, indicator, sector order by period_end desc) as period_before
    from known

),

pmi as (

    select
        newest.as_of_month,
        newest.sector,
        -- a gap between the two is not two months running
        case
            when {{ month_number('newest.period_end') }} - {{ month_number('newest.period_before') }} = 1
                then greatest(newest.value, newest.value_before)
        end as pmi_highest_2m,
        case
            when {{ month_number('newest.period_end') }} - {{ month_number('newest.period_before') }} = 1
                then least(newest.value, newest.value_before)
        end as pmi_lowest_2m
    from newest
    inner join month_end
        on newest.as_of_month = month_end.as_of_month
    where newest.indicator = 'PMI' and newest.place = 1 and newest.period_end >= month_end.oldest_period

),

npl as (

    select
        newest.as_of_month,
        newest.sector,
        newest.value - before.value as npl_ratio_change_12m
    from newest
    inner join month_end
        on newest.as_of_month = month_end.as_of_month
    left join known as before
        on newest.as_of_month = before.as_of_month
        and newest.indicator = before.indicator
        and newest.sector = before.sector
        and last_day({{ months_later('newest.period_end', '-cast(month_end.change_months as integer)') }}) = before.period_end
    where newest.indicator = 'NPL_RATIO' and newest.place = 1 and newest.period_end >= month_end.oldest_period

),

lpr as (

    select
        month_end.as_of_month,
        now_rate.rate - before.rate as lpr_change_12m
    from month_end
    left join {{ ref('stg_loan_prime_rate') }} as now_rate
        on now_rate.tenor = '1Y'
        and month_end.as_of_month >= now_rate.valid_from
        and month_end.as_of_month < now_rate.valid_to
    left join {{ ref('stg_loan_prime_rate') }} as before
        on before.tenor = '1Y'
        and month_end.change_month >= before.valid_from
        and month_end.change_month < before.valid_to

),

featured as (

    select
        sector.sector,
        month_end.as_of_month,
        cast(coalesce(own_pmi.pmi_highest_2m, all_pmi.pmi_highest_2m) as decimal(18,6)) as pmi_highest_2m,
        cast(coalesce(own_pmi.pmi_lowest_2m, all_pmi.pmi_lowest_2m) as decimal(18,6)) as pmi_lowest_2m,
        cast(coalesce(own_npl.npl_ratio_change_12m, all_npl.npl_ratio_change_12m) as decimal(18,6)) as npl_ratio_change_12m,
        cast(lpr.lpr_change_12m as decimal(18,6)) as lpr_change_12m,
        case when own_pmi.pmi_highest_2m is not null then 'SECTOR' when all_pmi.pmi_highest_2m is not null then 'ALL' else 'NO_DATA' end as pmi_basis,
        case when own_npl.npl_ratio_change_12m is not null then 'SECTOR' when all_npl.npl_ratio_change_12m is not null then 'ALL' else 'NO_DATA' end as npl_basis
    from month_end
    cross join sector
    left join pmi as own_pmi
        on month_end.as_of_month = own_pmi.as_of_month
        and sector.sector = own_pmi.sector
    left join pmi as all_pmi
        on month_end.as_of_month = all_pmi.as_of_month
        and all_pmi.sector = 'ALL'
    left join npl as own_npl
        on month_end.as_of_month = own_npl.as_of_month
        and sector.sector = own_npl.sector
    left join npl as all_npl
        on month_end.as_of_month = all_npl.as_of_month
        and all_npl.sector = 'ALL'
    left join lpr
        on month_end.as_of_month = lpr.as_of_month

),

feature_value as (

    {% for feature in ['pmi_highest_2m', 'pmi_lowest_2m', 'npl_ratio_change_12m', 'lpr_change_12m'] -%}
    select sector, as_of_month, '{{ feature }}' as feature, {{ feature }} as value from featured
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

judged as (

    select
        feature_value.sector,
        feature_value.as_of_month,
        conditions.regime,
        conditions.regime_order,
        conditions.clause,
        conditions.condition_id,
        conditions.reason_code,
        conditions.rule_version,
        coalesce(
            case conditions.operator
                when '>=' then feature_value.value >= conditions.threshold
                when '>' then feature_value.value > conditions.threshold
                when '<=' then feature_value.value <= conditions.threshold
                when '<' then feature_value.value < conditions.threshold
                when '=' then feature_value.value = conditions.threshold
            end,
            conditions.missing_passes
        ) as is_met
    from feature_value
    inner join {{ ref('rule_market_regime') }} as conditions
        on feature_value.feature = conditions.feature
        and feature_value.as_of_month >= conditions.valid_from
        and feature_value.as_of_month < conditions.valid_to

),

clause as (

    select
        sector,
        as_of_month,
        regime,
        regime_order,
        clause,
        bool_or(is_met) as is_met,
        string_agg(case when is_met then reason_code end, '; ' order by condition_id) as reasons,
        min(case when is_met then condition_id end) as condition_id,
        max(rule_version) as rule_version
    from judged
    group by sector, as_of_month, regime, regime_order, clause

),

met as (

    select
        sector,
        as_of_month,
        regime,
        regime_order,
        string_agg(reasons, '; ' order by clause) as reasons,
        min(condition_id) as condition_id,
        max(rule_version) as rule_version
    from clause
    group by sector, as_of_month, regime, regime_order
    having bool_and(is_met)

),

first_met as (

    select
        *,
        row_number() over (partition by sector, as_of_month order by regime_order, regime) as place
    from met

)

select
    featured.sector,
    featured.as_of_month,
    coalesce(first_met.regime, 'NEUTRAL') as regime,
    coalesce(
        first_met.reasons,
        case when featured.pmi_highest_2m is null and featured.npl_ratio_change_12m is null then 'NO_DATA' else 'NO_CONDITION_MET' end
    ) as reason_code,
    first_met.condition_id as rule_id,
    first_met.rule_version,
    featured.pmi_highest_2m,
    featured.pmi_lowest_2m,
    featured.npl_ratio_change_12m,
    featured.lpr_change_12m,
    featured.pmi_basis,
    featured.npl_basis
from featured
left join first_met
    on featured.sector = first_met.sector
    and featured.as_of_month = first_met.as_of_month
    and first_met.place = 1
