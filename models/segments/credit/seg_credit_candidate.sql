-- The credit tier that the rules give a client for each month alone: RESTRICTED when it is knocked out, else the tier of
-- its rating, else UNRATED with the reason. The best source that has a rating counts, and of several agencies of one
-- source the worst (domain.md section 1d). Ratings change a few times in a life, so they are chosen once for every change
-- and only then laid over the months.
{{ monthly_model() }}
with phase as (

    -- 1: a rating that counts
    select
        *,
        1 as phase_order,
        source_reason as reason_code,
        0 as reason_order,
        last_day(counts_from) as from_month,
        last_day(counts_to) as to_month
    from {{ ref('int_rating_action') }}
    where counts_from is not null
    union all
    -- 2: the last word of an agency, which no longer counts
    select
        *,
        2 as phase_order,
        not_counting_because as reason_code,
        case not_counting_because when 'RATING_STALE' then 1 else 2 end as reason_order,
        last_day(coalesce(counts_to, holds_from)) as from_month,
        last_day(holds_to) as to_month
    from {{ ref('int_rating_action') }}
    where is_action and list_contains(['RATING_STALE', 'RATING_WITHDRAWN'], not_counting_because)
    union all
    -- 3: what never was a rating, for clients who have nothing else
    select
        *,
        3 as phase_order,
        not_counting_because as reason_code,
        case not_counting_because when 'SYMBOL_IMPOSSIBLE' then 1 else 2 end as reason_order,
        last_day(holds_from) as from_month,
        last_day(holds_to) as to_month
    from {{ ref('int_rating_action') }}
    where list_contains(['SYMBOL_IMPOSSIBLE', 'SCORE_NOT_CALIBRATED'], not_counting_because)

),

-- the months in which something changes; each holds until the next
boundary as (

    select
        client_key,
        from_month,
        coalesce(lead(from_month) over (partition by client_key order by from_month), date '9999-12-31') as to_month
    from (
        select client_key, from_month from phase
        union
        select client_key, to_month from phase
    ) as changes

),

candidates as (

    select
        boundary.client_key,
        boundary.from_month,
        boundary.to_month,
        phase.phase_order,
        phase.reason_code,
        phase.segment_code,
        phase.grade,
        phase.pd,
        phase.rating_scale,
        phase.agency,
        phase.symbol,
        phase.score,
        phase.rated_on,
        count(*) filter (where phase.phase_order = 1) over (partition by boundary.client_key, boundary.from_month) as ratings_considered,
        row_number() over (
            partition by boundary.client_key, boundary.from_month
            order by
                phase.phase_order asc,
                case when phase.phase_order = 1 then phase.source_rank end asc nulls last,
                case when phase.phase_order = 1 then phase.grade_order end desc nulls last,
                phase.rated_on desc,
                phase.reason_order asc,
                phase.rating_scale asc,
                phase.agency asc,
                phase.source_priority asc,
                phase.source_system asc,
                phase.client_no asc,
                phase.record_type asc
        ) as choice
    from boundary
    inner join phase
        on boundary.client_key = phase.client_key
        and boundary.from_month >= phase.from_month
        and boundary.from_month < phase.to_month

),

rating_span as (

    select *
    from candidates
    where choice = 1

),

segment_rule as (

    select
        months.as_of_month,
        rules.segment_code,
        rules.rule_id,
        rules.rule_order,
        rules.rule_version
    from {{ ref('rule_segment') }} as rules
    inner join {{ ref('int_month') }} as months
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    where rules.axis = 'CREDIT'

),

decided as (

    select
        grid.client_key,
        grid.as_of_month,
        case
            when status.is_knocked_out then 'RESTRICTED'
            when rating_span.phase_order = 1 then rating_span.segment_code
            else 'UNRATED'
        end as entry_segment,
        case
            when status.is_knocked_out then 'KNOCK_OUT_' || status.knock_out_reason
            else coalesce(rating_span.reason_code, 'NO_RATING')
        end as reason_code,
        coalesce(status.is_knocked_out, false) as is_knocked_out,
        rating_span.grade,
        rating_span.pd,
        rating_span.rating_scale,
        rating_span.agency,
        rating_span.symbol,
        rating_span.score,
        rating_span.rated_on,
        cast(coalesce(rating_span.ratings_considered, 0) as integer) as ratings_considered,
        status.knock_out_reason,
        status.event_on as knock_out_on,
        status.non_performing_share
    from {{ ref('int_client_month') }} as grid
    left join {{ ref('int_client_credit_status_month') }} as status
        on grid.client_key = status.client_key
        and grid.as_of_month = status.as_of_month
    left join rating_span
        on grid.client_key = rating_span.client_key
        and grid.as_of_month >= rating_span.from_month
        and grid.as_of_month < rating_span.to_month
    where grid.as_of_month >= {{ first_rebuilt_month() }}

)

select
    decided.client_key,
    decided.as_of_month,
    decided.entry_segment,
    segment_rule.rule_order as entry_order,
    cast(null as varchar) as stay_segments,
    case when decided.is_knocked_out then 'CREDIT_KNOCK_OUT' else segment_rule.rule_id end as rule_id,
    segment_rule.rule_version,
    decided.reason_code,
    case when decided.ratings_considered > 0 then decided.grade end as evidence_grade,
    case when decided.ratings_considered > 0 then decided.pd end as evidence_pd,
    decided.rating_scale as evidence_rating_scale,
    decided.agency as evidence_agency,
    decided.symbol as evidence_symbol,
    decided.score as evidence_score,
    decided.rated_on as evidence_rated_on,
    decided.ratings_considered as evidence_ratings_considered,
    decided.knock_out_reason as evidence_knock_out_reason,
    decided.knock_out_on as evidence_knock_out_on,
    decided.non_performing_share as evidence_non_performing_share
from decided
left join segment_rule
    on decided.as_of_month = segment_rule.as_of_month
    and decided.entry_segment = segment_rule.segment_code
