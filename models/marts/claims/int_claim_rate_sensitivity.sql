-- Whether offers at a higher spread are taken less, by client: cross products and squares of what an offer and its spread
-- differ from the mean of the same product, credit tier and side of the claim. Their sums make the slope.
{{ config(schema = 'intermediate') }}
with offer as (

    select
        claims.claim_id,
        {{ arm_of_claim(segment_of_claim('applications.{axis}_segment')) }} as arm,
        applications.client_key,
        cast(applications.decided_at as date) as decided_on,
        applications.product_code,
        applications.credit_segment,
        -- per 100 basis points
        cast(applications.offered_spread_bp as decimal(18,4)) / 100 as spread,
        case when applications.is_accepted then 1 else 0 end as accepted
    from {{ ref('fct_application') }} as applications
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'RATE_SENSITIVITY'
    where applications.decision in ('APPROVED', 'COUNTER_OFFERED')
        and applications.offered_spread_bp is not null

),

centred as (

    select
        claim_id,
        arm,
        client_key,
        decided_on,
        cast(spread - avg(spread) over alike as decimal(18,8)) as spread,
        cast(accepted - avg(cast(accepted as decimal(18,4))) over alike as decimal(18,8)) as accepted
    from offer
    where arm is not null
    window alike as (partition by claim_id, arm, product_code, credit_segment)

),

claimed as (

    select
        claim_id,
        arm,
        'ALL' as period,
        client_key as cluster_key,
        decided_on as window_from,
        decided_on as window_to,
        1 as observations,
        spread * accepted as numerator,
        spread * spread as denominator
    from centred

)

{{ summed_by_cluster('claimed') }}
