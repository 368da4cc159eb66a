-- Who stayed for a year, seen from its end: the clients of the grid twelve months before, under the segments that they
-- held at the month end before that (int_segment_activity_month of that month), and who of them is in the grid now.
{{ monthly_model() }}
{{ config(schema = 'intermediate') }}
with cohort as (

    select
        client_key,
        as_of_month as cohort_month,
        last_day({{ months_later('as_of_month', 12) }}) as as_of_month
    from {{ ref('int_client_month') }}

),

held as (

    select
        client_key,
        last_day({{ months_later('as_of_month', 1) }}) as cohort_month,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_client_segment_month') }}

),

combined as (

    select
        cohort.as_of_month,
        cohort.cohort_month,
        {% for axis in segment_axes() | map('lower') -%}
        coalesce(held.{{ axis }}_segment, 'NOT_YET_CLIENT') as {{ axis }}_segment,
        {% endfor -%}
        count(*) as clients,
        count(later.client_key) as retained
    from cohort
    inner join {{ ref('int_month') }} as months
        on cohort.as_of_month = months.as_of_month
    left join held
        on cohort.client_key = held.client_key
        and cohort.cohort_month = held.cohort_month
    left join {{ ref('int_client_month') }} as later
        on cohort.client_key = later.client_key
        and cohort.as_of_month = later.as_of_month
    where cohort.as_of_month >= {{ first_rebuilt_month() }}
    group by all

)

{% for axis in segment_axes() -%}
select
    '{{ axis }}' as axis,
    {{ axis | lower }}_segment as segment_code,
    as_of_month,
    cohort_month,
    cast(sum(clients) as bigint) as clients,
    cast(sum(retained) as bigint) as retained
from combined
group by {{ axis | lower }}_segment, as_of_month, cohort_month
{{ 'union all' if not loop.last }}
{% endfor %}
