-- What raises an early warning: every signal that a rule has named by the last month, in its newest version, and the whole
-- score, which goes by the name of its limit.
with rule as (

    select
        signal_code,
        false as is_whole_score,
        in_words,
        feature,
        operator,
        threshold,
        weight,
        unit,
        owner,
        rule_version,
        valid_from,
        valid_to
    from {{ ref('rule_early_warning_signal') }}

    union all

    select
        parameter_id as signal_code,
        true as is_whole_score,
        in_words,
        null as feature,
        '>=' as operator,
        parameter_value as threshold,
        null as weight,
        unit,
        owner,
        rule_version,
        valid_from,
        valid_to
    from {{ ref('rule_risk_parameter') }}
    where parameter_id = 'EARLY_WARNING_SCORE'

),

known as (

    select
        rule.*,
        rule.valid_to > reporting.last_month as is_in_force,
        row_number() over (partition by rule.signal_code order by rule.valid_from desc) as version_order
    from rule
    inner join {{ ref('stg_reporting_window') }} as reporting
        on rule.valid_from <= reporting.last_month

)

select
    signal_code,
    is_whole_score,
    in_words,
    feature,
    operator,
    threshold,
    weight,
    unit,
    owner,
    rule_version,
    is_in_force
from known
where version_order = 1
