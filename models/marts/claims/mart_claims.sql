-- Every promise of the article as a measured statement: what is compared with what, how large the difference is, how sure,
-- and what follows from it. A claim without enough data has no effect and says why.
{%- set cells = {
    'subject': ["arm = 'SUBJECT'", "period <> 'BEFORE'"],
    'subject_before': ["arm = 'SUBJECT'", "period = 'BEFORE'"],
    'reference': ["arm = 'REFERENCE'", "period <> 'BEFORE'"],
    'reference_before': ["arm = 'REFERENCE'", "period = 'BEFORE'"],
} %}
with cell as (

    select
        claim_id,
        {% for cell, conditions in cells.items() -%}
        {% for measure in ['observations', 'clusters', 'numerator', 'denominator', 'value'] -%}
        max({{ measure }}) filter (where {{ conditions | join(' and ') }}) as {{ cell }}_{{ measure }},
        {% endfor -%}
        {% endfor -%}
        count(*) as cells,
        count(*) filter (where arm = 'REFERENCE') as reference_cells,
        min(observations) as fewest_observations,
        min(clusters) as fewest_clusters,
        sum(numerator) as events
    from {{ ref('mart_claim_evidence') }}
    group by claim_id

),

sided as (

    select
        claims.*,
        windows.first_adopted_on is not null as has_rollout,
        windows.has_before,
        windows.has_after,
        windows.has_earlier,
        coalesce(cell.cells, 0) as cells,
        coalesce(cell.reference_cells, 0) as reference_cells,
        coalesce(cell.fewest_observations, 0) as fewest_observations,
        coalesce(cell.fewest_clusters, 0) as fewest_clusters,
        -- with a benchmark, what it would have given: few defaults of a good segment are no lack of data
        coalesce(case when claims.design = 'SEGMENT_AGAINST_BENCHMARK' then cell.reference_numerator else cell.events end, 0) as events,
        claims.design in ('BEFORE_AFTER', 'OVER_TIME') as compares_with_itself,
        claims.design in ('BEFORE_AFTER', 'DIFFERENCE_IN_DIFFERENCES') as needs_rollout,
        {% for measure in ['observations', 'clusters', 'numerator', 'denominator', 'value'] -%}
        cell.subject_{{ measure }},
        case
            when claims.design in ('BEFORE_AFTER', 'OVER_TIME') then cell.subject_before_{{ measure }} else cell.reference_{{ measure }}
        end as reference_{{ measure }},
        {% endfor -%}
        case when claims.design = 'DIFFERENCE_IN_DIFFERENCES' then cell.subject_before_value end as subject_before_value,
        case when claims.design = 'DIFFERENCE_IN_DIFFERENCES' then cell.reference_before_value end as reference_before_value,
        case when claims.design = 'DIFFERENCE_IN_DIFFERENCES' then 4 else 2 end as cells_needed
    from {{ ref('int_claim') }} as claims
    cross join {{ ref('int_claim_window') }} as windows
    left join cell
        on claims.claim_id = cell.claim_id

),

enough as (

    select
        sided.*,
        estimates.effect_value,
        estimates.effect_lower,
        estimates.effect_upper,
        estimates.standard_error,
        estimates.confidence_level,
        estimates.family_confidence_level,
        case
            when sided.needs_rollout and not sided.has_rollout then 'NO_ROLLOUT'
            when sided.needs_rollout and not sided.has_before then 'NO_PERIOD_BEFORE'
            when sided.needs_rollout and not sided.has_after then 'NO_PERIOD_AFTER'
            when sided.design = 'OVER_TIME' and not sided.has_earlier then 'NO_PERIOD_BEFORE'
            when sided.subject_denominator is null then 'NO_SUBJECT'
            when not sided.compares_with_itself and sided.reference_cells = 0 then 'NO_REFERENCE'
            when sided.cells < sided.cells_needed then 'INCOMPLETE_COMPARISON'
            when sided.fewest_observations < sided.minimum_observations then 'TOO_FEW_OBSERVATIONS'
            when sided.fewest_clusters < sided.minimum_clusters then 'TOO_FEW_CLUSTERS'
            when sided.events < sided.minimum_events then 'TOO_FEW_EVENTS'
            when estimates.effect_lower is null or estimates.effect_upper is null then 'NO_INTERVAL'
        end as lacking
    from sided
    left join {{ ref('int_claim_estimate') }} as estimates
        on sided.claim_id = estimates.claim_id

),

-- the interval must lie wholly on the right side of the margin; touching it is not enough
judged as (

    select
        *,
        case
            when lacking is not null then lacking
            when better = 'HIGHER' and effect_lower > effect_margin then 'INTERVAL_ON_THE_RIGHT_SIDE'
            when better = 'LOWER' and effect_upper < -effect_margin then 'INTERVAL_ON_THE_RIGHT_SIDE'
            when better = 'HIGHER' and effect_upper < 0 then 'INTERVAL_ON_THE_WRONG_SIDE'
            when better = 'LOWER' and effect_lower > 0 then 'INTERVAL_ON_THE_WRONG_SIDE'
            else 'INTERVAL_HOLDS_NO_DIFFERENCE'
        end as verdict_reason
    from enough

)

select
    claim_id,
    display_order,
    promise_id,
    promise_en,
    promise_zh,
    axis,
    segment_code,
    reference_segment_code,
    product_code,
    metric_code,
    definition,
    data_used,
    design,
    unit,
    better,
    effect_scale,
    interval_method,
    subject_observations,
    subject_clusters,
    subject_numerator,
    subject_denominator,
    subject_value,
    subject_before_value,
    reference_observations,
    reference_clusters,
    reference_numerator,
    reference_denominator,
    reference_value,
    reference_before_value,
    target_value,
    case
        when better = 'HIGHER' then subject_value >= target_value
        else subject_value <= target_value
    end as target_reached,
    effect_margin,
    case when lacking is null then effect_value end as effect_value,
    case when lacking is null then effect_lower end as effect_lower,
    case when lacking is null then effect_upper end as effect_upper,
    case when lacking is null then standard_error end as standard_error,
    confidence_level,
    family_confidence_level,
    case
        when lacking is not null then 'NOT_ENOUGH_DATA'
        when verdict_reason = 'INTERVAL_ON_THE_RIGHT_SIDE' then 'SUPPORTED'
        else 'NOT_SUPPORTED'
    end as verdict,
    verdict_reason
from judged
