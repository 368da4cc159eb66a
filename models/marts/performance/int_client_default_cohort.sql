-- The obligors of every month end and what became of them: performing or in default then, in default within twelve months
-- after it, and the default rate that the industry had published for clients like them by then. Only who was in the grid
-- and owed something is an obligor; who leaves later stays in its cohort. A default counts when it comes after the month
-- end: strictly after the segment was assigned.
-- It stands with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with reporting as (

    select last_month from {{ ref('stg_reporting_window') }}

),

obligor as (

    select
        segments.client_key,
        segments.as_of_month,
        segments.industry_segment,
        segments.size_segment,
        last_day({{ months_later('segments.as_of_month', 12) }}) as outcome_month,
        cast(exposure.exposure_amount as decimal(18,2)) as exposure_amount
    from {{ ref('fct_client_segment_month') }} as segments
    inner join {{ ref('int_client_exposure_month') }} as exposure
        on segments.client_key = exposure.client_key
        and segments.as_of_month = exposure.as_of_month
    where exposure.exposure_amount > 0

),

-- few clients ever default: what concerns them is found once and joined by key
touched as (

    select
        obligor.client_key,
        obligor.as_of_month,
        bool_or(
            episodes.defaulted_on <= obligor.as_of_month
            and coalesce(episodes.ended_on > obligor.as_of_month, true)
        ) as is_in_default,
        min(case
            when episodes.defaulted_on > obligor.as_of_month and episodes.defaulted_on <= obligor.outcome_month
                then episodes.defaulted_on
        end) as defaulted_on
    from obligor
    inner join {{ ref('int_client_default') }} as episodes
        on obligor.client_key = episodes.client_key
    group by obligor.client_key, obligor.as_of_month

),

published as (

    select
        months.as_of_month,
        indicators.sector,
        indicators.size_class,
        indicators.period_end,
        indicators.value,
        row_number() over (
            partition by months.as_of_month, indicators.sector, indicators.size_class
            order by indicators.period_end desc, indicators.released_on desc
        ) as choice
    from {{ ref('int_month') }} as months
    inner join {{ ref('stg_market_indicators') }} as indicators
        on indicators.released_on <= months.as_of_month
    where indicators.indicator = 'DEFAULT_RATE_12M'
        and indicators.population = 'ALL'

),

benchmark as (

    select as_of_month, sector, size_class, value
    from published
    where choice = 1

)

select
    obligor.client_key,
    obligor.as_of_month,
    obligor.exposure_amount,
    not coalesce(touched.is_in_default, false) as is_performing,
    touched.defaulted_on,
    -- every default of the window can be known
    obligor.outcome_month <= reporting.last_month as is_mature,
    -- the nearest that is published: of the same sector and size, of the sector, of all
    coalesce(by_size.value, by_sector.value, overall.value) as benchmark_rate
from obligor
cross join reporting
left join touched
    on obligor.client_key = touched.client_key
    and obligor.as_of_month = touched.as_of_month
left join benchmark as by_size
    on obligor.as_of_month = by_size.as_of_month
    and obligor.industry_segment = by_size.sector
    and obligor.size_segment = by_size.size_class
left join (select * from benchmark where size_class = 'ALL') as by_sector
    on obligor.as_of_month = by_sector.as_of_month
    and obligor.industry_segment = by_sector.sector
left join (select * from benchmark where size_class = 'ALL' and sector = 'ALL') as overall
    on obligor.as_of_month = overall.as_of_month
