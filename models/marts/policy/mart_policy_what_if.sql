-- What another rule set would change, segment by segment: clients, limits, prices and the decisions to expect, beside
-- today's rules. Expected approvals are no forecast of demand: the applications of the last twelve months, by the segment
-- in which their client stands now, each approved as often as applications were in its segment of today's rules. Only those of
-- clients that may have new credit count, on both sides: no one else can be approved again.
with limits as {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }},

-- every client once on each axis
placed as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        clients.{{ axis | lower }}_segment as segment_code,
        clients.rule_set,
        clients.client_key,
        clients.as_of_month,
        -- whom today's rules do not know has come from nowhere in them
        coalesce(clients.{{ axis | lower }}_segment <> today.{{ axis | lower }}_segment, true) as has_moved,
        clients.exposure_amount,
        clients.limit_amount,
        clients.indicative_rate,
        clients.is_new_credit_allowed,
        clients.applications_12m,
        clients.approved_applications_12m,
        clients.requested_amount_12m
    from {{ ref('mart_client_what_if') }} as clients
    left join {{ ref('mart_client_what_if') }} as today
        on clients.client_key = today.client_key
        and today.rule_set = 'TODAY'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a segment that only one of the rule sets fills is there under both
listed as (

    select
        segments.axis,
        segments.segment_code,
        sets.rule_set,
        segments.as_of_month
    from (select axis, segment_code, max(as_of_month) as as_of_month from placed group by axis, segment_code) as segments
    cross join (select distinct rule_set from placed) as sets

),

summed as (

    select
        listed.axis,
        listed.segment_code,
        listed.rule_set,
        listed.as_of_month,
        cast(count(placed.client_key) as bigint) as clients,
        cast(count(*) filter (where placed.has_moved) as bigint) as moved_in,
        cast(coalesce(sum(placed.exposure_amount), 0) as decimal(28,2)) as exposure_amount,
        cast(count(placed.limit_amount) as bigint) as limited_clients,
        cast(coalesce(sum(placed.limit_amount), 0) as decimal(28,2)) as limit_amount,
        cast(coalesce(sum(
            case when placed.exposure_amount > placed.limit_amount then placed.exposure_amount - placed.limit_amount else 0 end
        ), 0) as decimal(28,2)) as exposure_above_limit_amount,
        cast(count(placed.indicative_rate) as bigint) as priced_clients,
        cast(coalesce(sum(placed.indicative_rate), 0) as decimal(18,6)) as indicative_rate_sum,
        cast(round(cast(median(cast(placed.indicative_rate as double)) as decimal(28,10)), 6) as decimal(18,6)) as median_indicative_rate,
        cast(count(*) filter (where placed.is_new_credit_allowed) as bigint) as clients_with_new_credit,
        cast(coalesce(sum(placed.applications_12m), 0) as bigint) as applications_12m,
        cast(coalesce(sum(placed.requested_amount_12m), 0) as decimal(28,2)) as requested_amount_12m,
        {% for measure in ['applications_12m', 'approved_applications_12m'] -%}
        cast(coalesce(sum(case when placed.is_new_credit_allowed then placed.{{ measure }} end), 0) as bigint) as open_{{ measure }},
        {% endfor -%}
        cast(coalesce(sum(case when placed.is_new_credit_allowed then placed.requested_amount_12m end), 0) as decimal(28,2)) as open_requested_amount_12m
    from listed
    left join placed
        on listed.axis = placed.axis
        and listed.segment_code = placed.segment_code
        and listed.rule_set = placed.rule_set
    group by listed.axis, listed.segment_code, listed.rule_set, listed.as_of_month

),

-- of all clients, for segments with few decisions; every axis holds them all
overall as (

    select
        axis,
        sum(open_applications_12m) as applications,
        sum(open_approved_applications_12m) as approved_applications
    from summed
    where rule_set = 'TODAY'
    group by axis

),

-- how often a segment of today's rules was approved
assumed as (

    select
        summed.axis,
        summed.segment_code,
        summed.open_applications_12m >= limits.minimum_cell as is_own_approval_rate,
        cast(case
            when summed.open_applications_12m >= limits.minimum_cell then summed.open_approved_applications_12m
            else overall.approved_applications
        end as bigint) as approved_applications_assumed,
        cast(case
            when summed.open_applications_12m >= limits.minimum_cell then summed.open_applications_12m
            else overall.applications
        end as bigint) as applications_assumed
    from summed
    inner join limits
        on summed.as_of_month = limits.as_of_month
    inner join overall
        on summed.axis = overall.axis
    where summed.rule_set = 'TODAY'

),

rated as (

    select
        summed.*,
        assumed.is_own_approval_rate,
        assumed.approved_applications_assumed,
        assumed.applications_assumed,
        {{ ratio('assumed.approved_applications_assumed', 'assumed.applications_assumed') }} as approval_rate_assumed
    from summed
    inner join assumed
        on summed.axis = assumed.axis
        and summed.segment_code = assumed.segment_code

),

measured as (

    select
        *,
        {{ ratio('indicative_rate_sum', 'priced_clients') }} as indicative_rate,
        cast(round(cast(cast(open_applications_12m as double) * approval_rate_assumed as decimal(28,10)), 4) as decimal(18,4)) as expected_approvals,
        cast(round(cast(cast(open_requested_amount_12m as double) * approval_rate_assumed as decimal(28,10)), 2) as decimal(28,2)) as expected_approved_amount
    from rated

)

select
    measured.axis,
    measured.segment_code,
    measured.rule_set,
    measured.clients,
    measured.moved_in,
    cast(today.clients + measured.moved_in - measured.clients as bigint) as moved_out,
    measured.exposure_amount,
    measured.limited_clients,
    measured.limit_amount,
    measured.exposure_above_limit_amount,
    measured.priced_clients,
    measured.indicative_rate_sum,
    measured.indicative_rate,
    measured.median_indicative_rate,
    measured.clients_with_new_credit,
    measured.applications_12m,
    measured.requested_amount_12m,
    measured.open_applications_12m,
    measured.open_requested_amount_12m,
    measured.approved_applications_assumed,
    measured.applications_assumed,
    measured.approval_rate_assumed,
    measured.is_own_approval_rate,
    measured.expected_approvals,
    measured.expected_approved_amount,
    cast(measured.clients - today.clients as bigint) as clients_difference,
    cast(measured.exposure_amount - today.exposure_amount as decimal(28,2)) as exposure_difference_amount,
    cast(measured.limited_clients - today.limited_clients as bigint) as limited_clients_difference,
    cast(measured.limit_amount - today.limit_amount as decimal(28,2)) as limit_difference_amount,
    cast(measured.exposure_above_limit_amount - today.exposure_above_limit_amount as decimal(28,2)) as exposure_above_limit_difference_amount,
    cast(measured.priced_clients - today.priced_clients as bigint) as priced_clients_difference,
    cast(measured.indicative_rate - today.indicative_rate as decimal(18,6)) as indicative_rate_difference,
    cast(measured.median_indicative_rate - today.median_indicative_rate as decimal(18,6)) as median_indicative_rate_difference,
    cast(measured.clients_with_new_credit - today.clients_with_new_credit as bigint) as clients_with_new_credit_difference,
    cast(measured.expected_approvals - today.expected_approvals as decimal(18,4)) as expected_approvals_difference,
    cast(measured.expected_approved_amount - today.expected_approved_amount as decimal(28,2)) as expected_approved_difference_amount
from measured
inner join measured as today
    on measured.axis = today.axis
    and measured.segment_code = today.segment_code
    and today.rule_set = 'TODAY'
