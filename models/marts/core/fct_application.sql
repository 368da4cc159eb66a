-- Every application with the segments that its client held when it was decided: those of the last month end before the
-- day of decision (of submission while it is undecided), the only ones that the decision could know.
with application as (

    select
        *,
        cast(decided_at as date) as decided_on,
        case
            when coalesce(approved_term_months, requested_term_months) > 0 then coalesce(approved_term_months, requested_term_months)
        end as term_months,
        last_day({{ months_later('cast(coalesce(decided_at, submitted_at) as date)', -1) }}) as segment_month
    from {{ ref('int_application') }}

),

{{ segments_as_of('application') }},

-- LPR prices the yuan: up to five years by the one tenor, above by the other
priced as (

    select
        application_placed.*,
        case
            when application_placed.currency = 'CNY' and application_placed.term_months > long_tenor.parameter_value then '5Y'
            when application_placed.currency = 'CNY' and application_placed.term_months <= long_tenor.parameter_value then '1Y'
        end as lpr_tenor
    from application_placed
    left join {{ ref('rule_policy_parameter') }} as long_tenor
        on long_tenor.parameter_id = 'LONG_TENOR_ABOVE_MONTHS'
        and application_placed.decided_on >= long_tenor.valid_from
        and application_placed.decided_on < long_tenor.valid_to

)

select
    priced.application_no,
    priced.client_key,
    priced.branch_code,
    priced.product_code,
    priced.channel,
    priced.campaign,
    priced.submitted_at,
    priced.completed_at,
    priced.decided_at,
    priced.decision,
    priced.decline_reason,
    priced.is_decided,
    priced.approval_track,
    priced.exception_code,
    priced.segment_month,
    {% for axis in segment_axes() | map('lower') -%}
    priced.{{ axis }}_segment,
    {% endfor -%}
    priced.currency,
    priced.requested_amount,
    priced.approved_amount,
    priced.requested_term_months,
    priced.approved_term_months,
    priced.approved_rate,
    priced.offered_rate,
    priced.lpr_tenor,
    lpr.rate as lpr_rate,
    cast((priced.offered_rate - lpr.rate) * 10000 as decimal(9,2)) as offered_spread_bp,
    priced.clock_status,
    priced.waiting_hours,
    priced.business_hours_to_decision,
    priced.calendar_hours_to_decision,
    priced.is_accepted,
    priced.accepted_at,
    priced.is_drawn,
    priced.first_drawn_on,
    priced.drawn_loans,
    priced.drawn_amount,
    priced.is_adopted
from priced
left join {{ ref('stg_loan_prime_rate') }} as lpr
    on priced.lpr_tenor = lpr.tenor
    and priced.decided_on >= lpr.valid_from
    and priced.decided_on < lpr.valid_to
