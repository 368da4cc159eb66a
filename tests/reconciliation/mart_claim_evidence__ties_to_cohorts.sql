-- Claims about default hold the cohorts of mart_segment_default_cohort, one in twelve months from the newest mature one
-- backwards; their benchmark is that of the same cohorts.
with cohort as (

    select cohorts.*
    from {{ ref('mart_segment_default_cohort') }} as cohorts
    inner join (
        select max(cohort_month) as newest_month
        from {{ ref('mart_segment_default_cohort') }}
        where is_mature
    ) as newest
        on cohorts.is_mature
        and month(cohorts.cohort_month) = month(newest.newest_month)

),

expected as (

    select
        claims.claim_id,
        case when cohort.segment_code = claims.segment_code then 'SUBJECT' else 'REFERENCE' end as arm,
        sum(cohort.performing) as observations,
        cast(sum(cohort.defaulted) as decimal(28,6)) as numerator
    from {{ ref('mart_claims') }} as claims
    inner join cohort
        on claims.axis = cohort.axis
        and (
            cohort.segment_code = claims.segment_code
            or (
                claims.design = 'SEGMENT_AGAINST_REST'
                and cohort.segment_code = coalesce(claims.reference_segment_code, cohort.segment_code)
            )
        )
    where claims.metric_code = 'DEFAULT_RATE_12M'
    group by claims.claim_id, case when cohort.segment_code = claims.segment_code then 'SUBJECT' else 'REFERENCE' end

    union all

    select
        claims.claim_id,
        'REFERENCE' as arm,
        sum(cohort.benchmark_obligors) as observations,
        cast(sum(cohort.benchmark_defaults) as decimal(28,6)) as numerator
    from {{ ref('mart_claims') }} as claims
    inner join cohort
        on claims.axis = cohort.axis
        and claims.segment_code = cohort.segment_code
        and cohort.benchmark_obligors > 0
    where claims.metric_code = 'DEFAULT_RATE_12M'
        and claims.design = 'SEGMENT_AGAINST_BENCHMARK'
    group by claims.claim_id

),

found as (

    select evidence.*
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
        and claims.metric_code = 'DEFAULT_RATE_12M'

)

select expected.*, found.observations as found_observations, found.numerator as found_numerator
from expected
full join found
    on expected.claim_id = found.claim_id
    and expected.arm = found.arm
where expected.observations is distinct from found.observations
    or expected.numerator is distinct from found.numerator
