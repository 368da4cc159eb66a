-- Old rules against new rules: where each client of the last month stands under today's rules, and where under the other
-- rule set of a what-if (scripts/what_if.py). To be looked at before a rule version is activated. In an ordinary build both
-- sides are today's rules and nobody moves.
with today as (

    select * from {{ ref('mart_client_what_if') }}
    where rule_set = 'TODAY'

),

other as (

    select * from {{ ref('mart_client_what_if') }}
    where rule_set = 'OTHER'
        or not exists (select 1 from {{ ref('mart_client_what_if') }} as compared where compared.rule_set = 'OTHER')

),

pair as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        -- rules of identity can make two clients of one
        coalesce(today.{{ axis | lower }}_segment, 'NO_CLIENT') as from_segment,
        coalesce(other.{{ axis | lower }}_segment, 'NO_CLIENT') as to_segment,
        coalesce(other.exposure_amount, today.exposure_amount, 0) as exposure_amount
    from today
    full join other
        on today.client_key = other.client_key
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (

    select
        axis,
        from_segment,
        to_segment,
        cast(count(*) as bigint) as clients,
        cast(sum(exposure_amount) as decimal(28,2)) as exposure_amount
    from pair
    group by axis, from_segment, to_segment

)

select
    axis,
    from_segment,
    to_segment,
    from_segment <> to_segment as is_move,
    clients,
    cast(sum(clients) over (partition by axis, from_segment) as bigint) as from_clients,
    {{ ratio('clients', 'sum(clients) over (partition by axis, from_segment)') }} as move_rate,
    exposure_amount
from summed
