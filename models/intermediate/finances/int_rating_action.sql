-- Every rating of a client and every score of a bureau, usable or not: what grade and PD it means on the master scale
-- and from when to when it counts. Per client, scale and agency an action holds until the next one; inside that time it
-- counts until it is too old or past its own last day. Grades follow the rules in force: an action has one row for each
-- period between two changes of the rules, mostly one.
with rule_day as (

    {% for seed in ['rule_rating_grade', 'rule_master_scale', 'rule_score_calibration', 'rule_rating_source', 'rule_credit_parameter'] -%}
    select valid_from as changed_on from {{ ref(seed) }}
    union
    select valid_to from {{ ref(seed) }}
    {{ 'union' if not loop.last }}
    {% endfor %}

),

rule_span as (

    select
        changed_on as rules_from,
        lead(changed_on) over (order by changed_on) as rules_to
    from rule_day

),

-- the rules of the grid's own time; the others give no month anything
rule_period as (

    select
        rule_span.rules_from,
        rule_span.rules_to,
        max(cast(parameters.parameter_value as integer)) as max_age_months
    from rule_span
    inner join {{ ref('int_month') }} as months
        on months.as_of_month >= rule_span.rules_from
        and months.as_of_month < rule_span.rules_to
    left join {{ ref('rule_credit_parameter') }} as parameters
        on parameters.parameter_id = 'RATING_MAX_AGE_MONTHS'
        and parameters.valid_from <= rule_span.rules_from
        and parameters.valid_to > rule_span.rules_from
    group by rule_span.rules_from, rule_span.rules_to

),

master_scale as (

    select
        rule_period.rules_from,
        bands.grade,
        bands.grade_order,
        -- the first band takes in a PD that rounds to zero
        case when bands.pd_lower = 0 then -1 else bands.pd_lower end as pd_above,
        bands.pd_upper,
        bands.pd_mid,
        bands.segment_code
    from rule_period
    inner join {{ ref('rule_master_scale') }} as bands
        on bands.valid_from <= rule_period.rules_from
        and bands.valid_to > rule_period.rules_from

),

delivered as (

    select source_system, client_no, 'RATING' as record_type, agency, rating_scale, rated_on, symbol, score, valid_to, action
    from {{ ref('stg_credit_ratings') }}
    union all
    select source_system, client_no, 'BUREAU_REPORT', bureau, 'BUREAU', reported_on, null, score, null, null
    from {{ ref('stg_bureau_reports') }}
    where score is not null

),

-- what the rules say about the symbol, the scale and the agency
ruled as (

    select
        identity.client_key,
        identity.source_priority,
        delivered.*,
        rule_period.rules_from,
        rule_period.rules_to,
        rule_period.max_age_months,
        coalesce(symbols.is_short_term, false) as is_short_term,
        coalesce(symbols.letter_class = 'NR', false) as says_not_rated,
        grades.grade as symbol_grade,
        sources.source_rank,
        sources.reason_code as source_reason,
        calibration.base_score,
        calibration.base_odds,
        calibration.pdo,
        -- a score speaks where no symbol does; on a scale of scores it always speaks
        delivered.score is not null and (
            delivered.rating_scale = 'BUREAU'
            or (grades.grade is null and symbols.letter_class is distinct from 'NR')
        ) as is_by_score
    from delivered
    inner join {{ ref('int_client_identity') }} as identity
        on delivered.source_system = identity.source_system
        and delivered.client_no = identity.client_no
    inner join rule_period
        on delivered.rated_on < rule_period.rules_to
    left join {{ ref('ref_rating_symbol') }} as symbols
        on delivered.rating_scale = symbols.rating_scale
        and delivered.symbol = symbols.symbol
    left join {{ ref('rule_rating_grade') }} as grades
        on delivered.rating_scale = grades.rating_scale
        and delivered.symbol = grades.symbol
        and grades.valid_from <= rule_period.rules_from
        and grades.valid_to > rule_period.rules_from
    left join {{ ref('rule_rating_source') }} as sources
        on delivered.rating_scale = sources.rating_scale
        and sources.valid_from <= rule_period.rules_from
        and sources.valid_to > rule_period.rules_from
    left join {{ ref('rule_score_calibration') }} as calibration
        on delivered.agency = calibration.agency
        and calibration.valid_from <= rule_period.rules_from
        and calibration.valid_to > rule_period.rules_from

),

scored as (

    select
        *,
        case when is_by_score and base_score is not null then {{ pd_of_score('score', 'base_score', 'base_odds', 'pdo') }} end as score_pd
    from ruled

),

graded as (

    select
        scored.*,
        case when scored.is_by_score then by_pd.grade else by_symbol.grade end as grade,
        case when scored.is_by_score then by_pd.grade_order else by_symbol.grade_order end as grade_order,
        case when scored.is_by_score then scored.score_pd else by_symbol.pd_mid end as pd,
        case when scored.is_by_score then by_pd.segment_code else by_symbol.segment_code end as segment_code,
        -- no action at all: it neither counts nor replaces what the agency said before
        case
            when scored.is_short_term then 'SHORT_TERM_SYMBOL'
            when scored.is_by_score and by_pd.grade is null then 'SCORE_NOT_CALIBRATED'
            when not scored.is_by_score and not scored.says_not_rated and by_symbol.grade is null then 'SYMBOL_IMPOSSIBLE'
            when scored.source_rank is null then 'SCALE_NOT_USED'
        end as ignored_because,
        coalesce(scored.action = 'WITHDRAWN', false) or (scored.says_not_rated and not scored.is_by_score) as is_withdrawn,
        -- least() leaves out a missing last day, and a missing limit of age
        coalesce(
            least({{ months_later('scored.rated_on', 'scored.max_age_months') }}, scored.valid_to), date '9999-12-31'
        ) as expires_on
    from scored
    left join master_scale as by_symbol
        on scored.rules_from = by_symbol.rules_from
        and scored.symbol_grade = by_symbol.grade
    left join master_scale as by_pd
        on scored.rules_from = by_pd.rules_from
        and scored.score_pd > by_pd.pd_above
        and scored.score_pd <= by_pd.pd_upper

),

held as (

    select
        *,
        greatest(rated_on, rules_from) as holds_from,
        least(
            rules_to,
            -- of two on one day the best source stands last and holds
            case when ignored_because is null then coalesce(
                lead(rated_on) over (
                    partition by client_key, rating_scale, agency, rules_from, ignored_because is null
                    order by rated_on asc, source_priority desc, source_system desc, client_no desc, record_type asc
                ),
                rules_to
            ) else rules_to end
        ) as holds_to
    from graded

),

dated as (

    select
        *,
        case when expires_on < holds_to then expires_on + 1 else holds_to end as counts_until,
        case
            when ignored_because is not null then ignored_because
            when holds_to <= holds_from then 'REPLACED_AT_ONCE'
            when is_withdrawn then 'RATING_WITHDRAWN'
            when expires_on < holds_to then 'RATING_STALE'
        end as not_counting_because
    from held

)

select
    client_key,
    source_system,
    client_no,
    record_type,
    rating_scale,
    agency,
    rated_on,
    symbol,
    score,
    valid_to,
    action,
    rules_from,
    rules_to,
    is_by_score,
    ignored_because is null as is_action,
    case when ignored_because is null and not is_withdrawn then grade end as grade,
    case when ignored_because is null and not is_withdrawn then grade_order end as grade_order,
    case when ignored_because is null and not is_withdrawn then cast(pd as decimal(18,10)) end as pd,
    case when ignored_because is null and not is_withdrawn then segment_code end as segment_code,
    source_rank,
    source_reason,
    source_priority,
    holds_from,
    holds_to,
    case when ignored_because is null and not is_withdrawn and counts_until > holds_from then holds_from end as counts_from,
    case when ignored_because is null and not is_withdrawn and counts_until > holds_from then counts_until end as counts_to,
    not_counting_because
from dated
