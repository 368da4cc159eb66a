-- Every day on which something of an application can happen, with its opening hours and the seconds that had been open
-- before it: business time between two moments is the difference of two look-ups (macro business_hours_between).
with span as (

    select
        least(
            coalesce(min(least(applications.submitted_at, coalesce(applications.completed_at, applications.submitted_at))), min(reporting.first_month)),
            min(reporting.first_month)
        ) as first_on,
        greatest(
            coalesce(max(greatest(
                applications.submitted_at,
                coalesce(applications.completed_at, applications.submitted_at),
                coalesce(applications.decided_at, applications.submitted_at)
            )), max(reporting.last_month)),
            max(reporting.last_month)
        ) as last_on
    from {{ ref('stg_reporting_window') }} as reporting
    left join {{ ref('stg_loan_applications') }} as applications on true

),

bound as (

    select
        cast(first_on as date) as first_on,
        {{ days_between('cast(first_on as date)', 'cast(last_on as date)') }} as days
    from span

),

days as (

    select {{ days_later('bound.first_on', 'steps.step') }} as business_on
    from bound
    cross join lateral {{ number_series('0', 'bound.days') }} as steps

),

-- a listed day is a day off or a make-up workday, whatever its weekday
opened as (

    select
        days.business_on,
        {{ iso_weekday('days.business_on') }} as weekday,
        hours.weekday is not null and coalesce(holidays.is_workday, hours.is_workday) as is_open,
        holidays.name_en as holiday,
        cast(hours.opens_hour * 3600 as integer) as opens_second,
        cast(hours.closes_hour * 3600 as integer) as closes_second
    from days
    left join {{ ref('ref_holiday') }} as holidays
        on days.business_on = holidays.holiday_on
    left join {{ ref('rule_business_hours') }} as hours
        on {{ iso_weekday('days.business_on') }} = hours.weekday
        and days.business_on >= hours.valid_from
        and days.business_on < hours.valid_to

),

timed as (

    select
        *,
        case when is_open then closes_second - opens_second else 0 end as open_seconds
    from opened

)

select
    business_on,
    weekday,
    is_open,
    holiday,
    opens_second,
    closes_second,
    open_seconds,
    cast(sum(open_seconds) over (order by business_on rows between unbounded preceding and current row) - open_seconds as bigint) as seconds_before
from timed
