-- Each side and period of a claim: the sums, the value, and how many independent observations it is worth. Observations of
-- one cluster resemble each other, so many of them may say little.
{{ config(schema = 'intermediate') }}
with summed as (

    select
        claim_id,
        arm,
        period,
        min(window_from) as window_from,
        max(window_to) as window_to,
        cast(sum(observations) as bigint) as observations,
        count(*) as clusters,
        cast(sum(numerator) as decimal(28,6)) as numerator,
        cast(sum(denominator) as decimal(28,6)) as denominator
    from {{ ref('int_claim_cluster') }}
    group by claim_id, arm, period

),

valued as (

    select
        *,
        cast(cast(numerator as double) / nullif(cast(denominator as double), 0) as decimal(28,12)) as raw_value
    from summed

),

scattered as (

    select
        clusters.claim_id,
        clusters.arm,
        clusters.period,
        -- exact sums: those of doubles depend on the order
        sum(cast(
            power((cast(clusters.numerator as double) - cast(valued.raw_value as double) * cast(clusters.denominator as double)) / cast(valued.denominator as double), 2)
            as decimal(38,20)
        )) as squares
    from {{ ref('int_claim_cluster') }} as clusters
    inner join valued
        on clusters.claim_id = valued.claim_id
        and clusters.arm = valued.arm
        and clusters.period = valued.period
    inner join {{ ref('int_claim') }} as claims
        on clusters.claim_id = claims.claim_id
        and claims.interval_method = 'SCORE'
    where valued.denominator > 0
    group by clusters.claim_id, clusters.arm, clusters.period

)

select
    valued.claim_id,
    valued.arm,
    valued.period,
    valued.window_from,
    valued.window_to,
    valued.observations,
    valued.clusters,
    valued.numerator,
    valued.denominator,
    valued.raw_value,
    case
        when scattered.squares is null then null
        -- nothing varies: every cluster is worth one
        when scattered.squares = 0 or valued.clusters < 2 then cast(valued.clusters as decimal(18,6))
        else {{ six_decimals(
            'least(cast(valued.observations as double), cast(valued.raw_value as double) * (1 - cast(valued.raw_value as double)) '
            ~ '/ (cast(scattered.squares as double) * valued.clusters / (valued.clusters - 1)))'
        ) }}
    end as effective_observations
from valued
left join scattered
    on valued.claim_id = scattered.claim_id
    and valued.arm = scattered.arm
    and valued.period = scattered.period
