-- Every rule that can bind a lever, in words: the tier's, those of the other axes, those of the market regime.
with rule as (

    select
        rule_id,
        'TIER' as rule_kind,
        'CREDIT' as axis,
        credit_segment as segment_code,
        cast(null as varchar) as regime,
        cast(null as varchar) as lever,
        in_words,
        owner,
        rule_version,
        valid_from,
        valid_to
    from {{ ref('rule_tier_policy') }}
    union all
    select rule_id, 'MODIFIER', axis, segment_code, null, lever, in_words, owner, rule_version, valid_from, valid_to
    from {{ ref('rule_policy_modifier') }}
    union all
    select rule_id, 'REGIME', null, null, regime, lever, in_words, owner, rule_version, valid_from, valid_to
    from {{ ref('rule_market_regime_effect') }}

)

select
    rule_id,
    valid_from,
    valid_to,
    rule_kind,
    axis,
    segment_code,
    regime,
    lever,
    in_words,
    owner,
    rule_version
from rule
