-- The effect of every claim with its interval. One formula for all designs: a side or period counts with plus or minus (the
-- subject with plus, what lies before with minus, the reference the other way round), so that two give a difference and four
-- a difference-in-differences; RATIO and LOG claims do it with logarithms.
-- LINEARISED: what each cluster contributes to the effect, squared and summed over clusters, with Student's quantile for the
-- fewest clusters of a side. SCORE (shares of two sides): Newcombe's interval from the two Wilson intervals, over effective
-- observations; it holds for few or no defaults. An industry benchmark counts as known.
-- A page of verdicts is read as one: an error is allowed once for all claims, in equal parts (Bonferroni, which holds however
-- they hang together), whether or not a claim has enough data.
{{ config(schema = 'intermediate') }}
with allowed as (

    select
        limits.family_confidence_level,
        (1e0 - cast(limits.family_confidence_level as double)) / (select count(*) from {{ ref('int_claim') }}) as error
    from {{ ref('stg_reporting_window') }} as reporting
    inner join {{ rule_values(ref('rule_claim_parameter'), 'parameter_id', {'family_confidence_level': ['FAMILY_CONFIDENCE_LEVEL', 'parameter_value']}) }} as limits
        on reporting.last_month = limits.as_of_month

),

normal as (

    select
        {{ normal_inverse('(1e0 - error / 2)') }} as z,
        {{ six_decimals('1e0 - error') }} as confidence_level,
        family_confidence_level
    from allowed

),

cell as (

    select
        cells.claim_id,
        cells.arm,
        cells.period,
        cells.clusters,
        cells.raw_value,
        cells.denominator,
        cells.effective_observations,
        claims.design,
        claims.effect_scale,
        claims.interval_method,
        case when claims.design = 'DIFFERENCE_IN_DIFFERENCES' then 4 else 2 end as cells_needed,
        (case when cells.arm = 'SUBJECT' then 1 else -1 end) * (case when cells.period = 'BEFORE' then -1 else 1 end) as sign,
        claims.design = 'SEGMENT_AGAINST_BENCHMARK' and cells.arm = 'REFERENCE' as is_known,
        -- the logarithm of nothing is none
        case
            when claims.effect_scale <> 'RATIO' then cells.raw_value
            when cells.raw_value > 0 then cast(ln(cast(cells.raw_value as double)) as decimal(28,12))
        end as term,
        case when claims.effect_scale <> 'RATIO' then 1e0 when cells.raw_value > 0 then 1 / cast(cells.raw_value as double) end as steepness
    from {{ ref('int_claim_cell') }} as cells
    inner join {{ ref('int_claim') }} as claims
        on cells.claim_id = claims.claim_id

),

quantile as (

    select
        cell.claim_id,
        -- of the side with the fewest clusters; never less than one degree
        {{ student_quantile('normal.z', 'greatest(min(cell.clusters) - 1, 1)') }} as q
    from cell
    cross join normal
    where not cell.is_known
    group by cell.claim_id, normal.z

),

combined as (

    select
        claim_id,
        case when count(term) = max(cells_needed) then cast(sum(sign * term) as decimal(28,12)) end as effect
    from cell
    group by claim_id

),

contribution as (

    select
        clusters.claim_id,
        clusters.cluster_key,
        sum(cast(
            cell.sign * cell.steepness
            * (cast(clusters.numerator as double) - cast(cell.raw_value as double) * cast(clusters.denominator as double))
            / cast(cell.denominator as double)
            as decimal(38,20)
        )) as part
    from {{ ref('int_claim_cluster') }} as clusters
    inner join cell
        on clusters.claim_id = cell.claim_id
        and clusters.arm = cell.arm
        and clusters.period = cell.period
    where cell.interval_method = 'LINEARISED'
        and cell.steepness is not null
        and cell.denominator > 0
    group by clusters.claim_id, clusters.cluster_key

),

scatter as (

    select
        claim_id,
        -- fewer than two clusters do not scatter
        case when count(*) > 1 then sqrt(cast(sum(cast(power(cast(part as double), 2) as decimal(38,20))) as double) * count(*) / (count(*) - 1)) end as standard_error
    from contribution
    group by claim_id

),

linearised as (

    select
        combined.claim_id,
        combined.effect,
        cast(combined.effect as double) - quantile.q * scatter.standard_error as lower,
        cast(combined.effect as double) + quantile.q * scatter.standard_error as upper,
        scatter.standard_error
    from combined
    inner join scatter
        on combined.claim_id = scatter.claim_id
    inner join quantile
        on combined.claim_id = quantile.claim_id

),

bounded as (

    select
        cell.claim_id,
        cell.arm,
        cell.raw_value,
        case when cell.is_known then cell.raw_value
            else {{ wilson_lower('cell.hits', 'cell.effective_observations', 'quantile.q') }} end as lower,
        case when cell.is_known then cell.raw_value
            else {{ wilson_upper('cell.hits', 'cell.effective_observations', 'quantile.q') }} end as upper
    from (
        select
            *,
            cast(cast(raw_value as double) * cast(effective_observations as double) as decimal(28,10)) as hits
        from cell
    ) as cell
    inner join quantile
        on cell.claim_id = quantile.claim_id
    where cell.interval_method = 'SCORE'
        and cell.period = 'ALL'
        and cell.raw_value >= 0
        and cell.raw_value <= 1

),

scored as (

    select
        combined.claim_id,
        combined.effect,
        cast(combined.effect as double) - sqrt(
            power(cast(subject.raw_value as double) - cast(subject.lower as double), 2)
            + power(cast(reference.upper as double) - cast(reference.raw_value as double), 2)
        ) as lower,
        cast(combined.effect as double) + sqrt(
            power(cast(subject.upper as double) - cast(subject.raw_value as double), 2)
            + power(cast(reference.raw_value as double) - cast(reference.lower as double), 2)
        ) as upper,
        cast(null as double) as standard_error
    from combined
    inner join bounded as subject
        on combined.claim_id = subject.claim_id
        and subject.arm = 'SUBJECT'
    inner join bounded as reference
        on combined.claim_id = reference.claim_id
        and reference.arm = 'REFERENCE'

),

estimated as (

    select * from linearised
    union all
    select * from scored

)

select
    claims.claim_id,
    {% for bound in ['effect', 'lower', 'upper'] -%}
    case
        when claims.effect_scale = 'DIFFERENCE' then {{ six_decimals('estimated.' ~ bound) }}
        -- relative change: the subject is so much higher or lower than it would have been
        when estimated.{{ bound }} < 20 then {{ six_decimals('exp(estimated.' ~ bound ~ ') - 1') }}
    end as effect_{{ 'value' if bound == 'effect' else bound }},
    {% endfor -%}
    case when claims.interval_method = 'LINEARISED' then {{ six_decimals('estimated.standard_error') }} end as standard_error,
    normal.confidence_level,
    normal.family_confidence_level
from {{ ref('int_claim') }} as claims
cross join normal
left join estimated
    on claims.claim_id = estimated.claim_id
