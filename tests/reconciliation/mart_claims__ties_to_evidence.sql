-- What a claim shows is in its evidence, and its effect follows from the values there: a difference, a relative change, or
-- the difference of two changes. Values and effects are rounded to six places, and a quotient carries the rounding of its
-- parts; other differences are errors.
with side as (

    select
        claim_id,
        max(numerator) filter (where arm = 'SUBJECT' and period in ('AFTER', 'ALL')) as subject_numerator,
        max(denominator) filter (where arm = 'SUBJECT' and period in ('AFTER', 'ALL')) as subject_denominator,
        max(numerator) filter (where arm = 'SUBJECT' and period = 'BEFORE') as before_numerator,
        max(denominator) filter (where arm = 'SUBJECT' and period = 'BEFORE') as before_denominator,
        max(numerator) filter (where arm = 'REFERENCE' and period in ('AFTER', 'ALL')) as reference_numerator,
        max(denominator) filter (where arm = 'REFERENCE' and period in ('AFTER', 'ALL')) as reference_denominator,
        max(numerator) filter (where arm = 'REFERENCE' and period = 'BEFORE') as reference_before_numerator,
        max(denominator) filter (where arm = 'REFERENCE' and period = 'BEFORE') as reference_before_denominator
    from {{ ref('mart_claim_evidence') }}
    group by claim_id

),

-- without two or four sides there is nothing to compare, and a value of nothing has no logarithm
expected as (

    select
        side.*,
        claims.design,
        case
            when claims.design = 'DIFFERENCE_IN_DIFFERENCES' and claims.effect_scale = 'DIFFERENCE'
                then {{ ratio('side.subject_numerator', 'side.subject_denominator') }} - {{ ratio('side.before_numerator', 'side.before_denominator') }}
                    - {{ ratio('side.reference_numerator', 'side.reference_denominator') }} + {{ ratio('side.reference_before_numerator', 'side.reference_before_denominator') }}
            when claims.design = 'DIFFERENCE_IN_DIFFERENCES' and claims.effect_scale = 'LOG'
                then exp(
                    cast(side.subject_numerator as double) / side.subject_denominator - cast(side.before_numerator as double) / side.before_denominator
                    - cast(side.reference_numerator as double) / side.reference_denominator + cast(side.reference_before_numerator as double) / side.reference_before_denominator
                ) - 1
            when claims.design in ('BEFORE_AFTER', 'OVER_TIME') and claims.effect_scale = 'RATIO' and side.before_numerator > 0
                then (cast(side.subject_numerator as double) / side.subject_denominator) / (cast(side.before_numerator as double) / side.before_denominator) - 1
            when claims.design in ('BEFORE_AFTER', 'OVER_TIME') and claims.effect_scale = 'DIFFERENCE'
                then {{ ratio('side.subject_numerator', 'side.subject_denominator') }} - {{ ratio('side.before_numerator', 'side.before_denominator') }}
            when claims.effect_scale = 'DIFFERENCE'
                then {{ ratio('side.subject_numerator', 'side.subject_denominator') }} - {{ ratio('side.reference_numerator', 'side.reference_denominator') }}
        end as effect
    from side
    inner join {{ ref('mart_claims') }} as claims
        on side.claim_id = claims.claim_id

)

select claims.*, expected.effect
from {{ ref('mart_claims') }} as claims
left join expected
    on claims.claim_id = expected.claim_id
where claims.subject_numerator is distinct from expected.subject_numerator
    or claims.subject_denominator is distinct from expected.subject_denominator
    or claims.reference_numerator is distinct from (
        case when claims.design in ('BEFORE_AFTER', 'OVER_TIME') then expected.before_numerator else expected.reference_numerator end
    )
    or claims.reference_denominator is distinct from (
        case when claims.design in ('BEFORE_AFTER', 'OVER_TIME') then expected.before_denominator else expected.reference_denominator end
    )
    or (claims.effect_value is not null and not coalesce(abs(claims.effect_value - expected.effect) <= 0.000004, false))
