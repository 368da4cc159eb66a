-- Of the clients of each tier, which part is expected in which tier a year on, also over more than one move?
-- In continuous time, from all months of the history: a move counts at the month end at which it is seen; clients that come
-- or leave are left out.
with observed as (

    select
        from_segment as from_state,
        to_segment as to_state,
        cast(sum(clients) as bigint) as clients,
        cast(sum(clients) as double) / 12 as years
    from {{ ref('mart_segment_migration') }}
    where axis = 'CREDIT'
        and from_segment <> 'ENTRY'
        and to_segment <> 'EXIT'
    group by from_segment, to_segment

),

generator as (

    select * from {{ migration_generator('observed') }} as rates

),

after_a_year as (

    select * from {{ matrix_exponential('generator') }} as expected

)

select
    generator.from_state as from_segment,
    generator.to_state as to_segment,
    generator.moves,
    cast(generator.years_at_risk as decimal(18,4)) as years_at_risk,
    generator.intensity,
    after_a_year.probability as share_after_a_year
from generator
inner join after_a_year
    on generator.from_state = after_a_year.from_state
    and generator.to_state = after_a_year.to_state
order by generator.from_state, generator.to_state
