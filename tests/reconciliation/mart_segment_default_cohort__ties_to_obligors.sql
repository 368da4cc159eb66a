-- Per axis and month the cohorts hold every client of the grid that owes something and is not in default, with all that
-- it owes by the loans; and their outcomes are those of int_client_default, strictly after the month end.
with obligor as (

    select loans.client_key, loans.as_of_month, sum(loans.outstanding_amount) as exposure_amount
    from {{ ref('fct_loan_month') }} as loans
    inner join {{ ref('int_client_month') }} as grid
        on loans.client_key = grid.client_key
        and loans.as_of_month = grid.as_of_month
    group by loans.client_key, loans.as_of_month
    having sum(loans.outstanding_amount) > 0

),

outcome as (

    select
        obligor.client_key,
        obligor.as_of_month,
        obligor.exposure_amount,
        coalesce(bool_or(
            episodes.defaulted_on <= obligor.as_of_month
            and coalesce(episodes.ended_on, date '9999-12-31') > obligor.as_of_month
        ), false) as is_in_default,
        coalesce(bool_or(
            episodes.defaulted_on > obligor.as_of_month
            and episodes.defaulted_on <= last_day({{ months_later('obligor.as_of_month', 12) }})
        ), false) as defaults_later
    from obligor
    left join {{ ref('int_client_default') }} as episodes
        on obligor.client_key = episodes.client_key
    group by obligor.client_key, obligor.as_of_month, obligor.exposure_amount

),

expected as (

    select
        as_of_month,
        count(*) as performing,
        count(*) filter (where defaults_later) as defaulted,
        sum(exposure_amount) as exposure_amount,
        coalesce(sum(exposure_amount) filter (where defaults_later), 0) as defaulted_exposure_amount
    from outcome
    where not is_in_default
    group by as_of_month

),

found as (

    select
        axis,
        cohort_month,
        sum(performing) as performing,
        sum(defaulted) as defaulted,
        sum(exposure_amount) as exposure_amount,
        sum(defaulted_exposure_amount) as defaulted_exposure_amount
    from {{ ref('mart_segment_default_cohort') }}
    group by axis, cohort_month

),

axes as (

    {% for axis in segment_axes() -%}
    select '{{ axis }}' as axis {{ 'union all' if not loop.last }}
    {% endfor %}

)

select axes.axis, expected.*, found.performing as found_performing, found.defaulted as found_defaulted
from expected
cross join axes
left join found
    on axes.axis = found.axis
    and expected.as_of_month = found.cohort_month
where expected.performing is distinct from found.performing
    or expected.defaulted is distinct from found.defaulted
    or expected.exposure_amount is distinct from found.exposure_amount
    or expected.defaulted_exposure_amount is distinct from found.defaulted_exposure_amount
