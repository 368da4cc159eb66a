-- The scorecard of every segment, month by month. Stocks (clients, exposure, portfolio at risk) stand in the segment of
-- that month end; what happened in the month (due, paid, matured, written off) stands in the segment that the client held
-- at the month end before, so that no outcome is measured in the window that assigned the segment (int_client_placement_month).
-- Cumulative figures follow what fell due: whenever it is paid, it stays in the segment of its due month.
-- Default within twelve months is that of the cohort of the month end (mart_segment_default_cohort). Applications, surveys
-- and stickiness come from their own building blocks (int_segment_*), which say in whose segment they count.
{%- set stocks = ['exposure_amount', 'par30_amount', 'par60_amount', 'par90_amount', 'non_performing_amount', 'unknown_days_amount'] %}
{%- set flows = ['due_amount', 'paid_on_time_amount', 'collected_amount', 'written_off_amount', 'due_amount_days'] %}
{%- set to_date = ['fallen_due_amount', 'repaid_amount', 'fallen_due_amount_days'] %}
{%- set matured = ['matured_loans', 'repaid_on_time_loans', 'matured_term_days'] %}
{%- set judged = 'applications.approved + applications.declined' %}
{%- set judged_amount = 'applications.approved_requested_amount + applications.declined_requested_amount' %}
{%- set submitted_judged = 'case when applications.is_submission_mature then applications.submitted_approved + applications.submitted_declined end' %}
{%- set building_blocks = ['int_segment_application_month', 'int_segment_survey_month', 'int_segment_stickiness_month'] %}
with maturity as (

    select
        client_key,
        matured_month as as_of_month,
        count(*) as matured_loans,
        count(*) filter (where is_repaid_on_time) as repaid_on_time_loans,
        sum(term_days) as matured_term_days
    from {{ ref('int_loan_maturity') }}
    group by client_key, matured_month

),

placed as (

    select
        placement.*,
        coalesce(exposure.exposure_amount > 0, false) as is_borrower,
        exposure.live_loans,
        {% for measure in stocks + flows -%}
        exposure.{{ measure }},
        {% endfor -%}
        {% for measure in matured -%}
        maturity.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_placement_month') }} as placement
    left join {{ ref('int_client_exposure_month') }} as exposure
        on placement.client_key = exposure.client_key
        and placement.as_of_month = exposure.as_of_month
    left join maturity
        on placement.client_key = maturity.client_key
        and placement.as_of_month = maturity.as_of_month

),

-- sums by combination of segments first, by axis then: one pass over the loans
repaid as (

    select
        repayments.as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        placement.flow_{{ axis }},
        {% endfor -%}
        sum(repayments.due_amount) as fallen_due_amount,
        sum(repayments.repaid_amount) as repaid_amount,
        sum(repayments.due_amount_days) as fallen_due_amount_days
    from {{ ref('int_repayment_to_date') }} as repayments
    inner join {{ ref('int_client_placement_month') }} as placement
        on repayments.client_key = placement.client_key
        and repayments.due_month = placement.as_of_month
    group by
        {% for axis in segment_axes() | map('lower') -%}
        placement.flow_{{ axis }},
        {% endfor -%}
        repayments.as_of_month

),

together as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month,
        count(*) as clients,
        0 as borrowers,
        0 as live_loans,
        {% for measure in stocks + flows + matured + to_date -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_client_segment_month') }}
    group by {{ axis | lower }}_segment, as_of_month

    union all

    select
        '{{ axis }}' as axis,
        stock_{{ axis | lower }} as segment_code,
        as_of_month,
        0 as clients,
        count(*) filter (where is_borrower) as borrowers,
        sum(live_loans) as live_loans,
        {% for measure in stocks -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        {% for measure in flows + matured + to_date -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from placed
    -- without loans on the books nothing stands at the month end
    where live_loans is not null
    group by stock_{{ axis | lower }}, as_of_month

    union all

    select
        '{{ axis }}' as axis,
        flow_{{ axis | lower }} as segment_code,
        as_of_month,
        0 as clients,
        0 as borrowers,
        0 as live_loans,
        {% for measure in stocks -%}
        0 as {{ measure }},
        {% endfor -%}
        {% for measure in flows + matured -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        {% for measure in to_date -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from placed
    group by flow_{{ axis | lower }}, as_of_month

    union all

    select
        '{{ axis }}' as axis,
        flow_{{ axis | lower }} as segment_code,
        as_of_month,
        {% for measure in ['clients', 'borrowers', 'live_loans'] + stocks + flows + matured -%}
        0 as {{ measure }},
        {% endfor -%}
        {% for measure in to_date -%}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from repaid
    group by flow_{{ axis | lower }}, as_of_month

    union all

    {% endfor -%}
    -- a segment may have had an application or an answer and nothing else
    {% for block in building_blocks -%}
    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in ['clients', 'borrowers', 'live_loans'] + stocks + flows + matured + to_date -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref(block) }}

    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (

    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in ['clients', 'borrowers', 'live_loans'] + matured -%}
        cast(coalesce(sum({{ measure }}), 0) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in stocks + flows + to_date -%}
        cast(coalesce(sum({{ measure }}), 0) as decimal(28,2)) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from together
    group by axis, segment_code, as_of_month

),

-- to date: who has left or moved on is not forgotten
cumulated as (

    select
        *,
        cast(sum(fallen_due_amount) over so_far as decimal(28,2)) as cumulative_due_amount,
        cast(sum(repaid_amount) over so_far as decimal(28,2)) as cumulative_collected_amount,
        cast(sum(fallen_due_amount_days) over so_far as decimal(28,2)) as cumulative_due_amount_days
    from summed
    window so_far as (
        partition by axis, segment_code order by as_of_month rows between unbounded preceding and current row
    )

),

rated as (

    select
        cumulated.*,
        limits.minimum_cell,
        {{ ratio('cumulated.paid_on_time_amount', 'cumulated.due_amount') }} as on_time_rate,
        {{ ratio('cumulated.collected_amount', 'cumulated.due_amount') }} as current_repayment_rate,
        {{ ratio('cumulated.cumulative_collected_amount', 'cumulated.cumulative_due_amount') }} as cumulative_repayment_rate,
        cumulated.matured_loans < limits.minimum_cell as is_loan_count_suppressed,
        case
            when cumulated.matured_loans >= limits.minimum_cell
                then {{ ratio('cumulated.repaid_on_time_loans', 'cumulated.matured_loans') }}
        end as loan_count_repayment_rate,
        -- days of an average year
        {{ ratio('cumulated.due_amount_days', 'cumulated.due_amount * 365.25') }} as due_term_years,
        {{ ratio('cumulated.cumulative_due_amount_days', 'cumulated.cumulative_due_amount * 365.25') }} as cumulative_term_years,
        {{ ratio('cumulated.matured_term_days', 'cumulated.matured_loans * 365.25') }} as matured_term_years
    from cumulated
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on cumulated.as_of_month = limits.as_of_month

),

-- no application is none only since the delivery has the first, and so for answers; before that nobody knows
counted_from as (

    select
        months.as_of_month,
        case when months.as_of_month >= (select min(as_of_month) from {{ ref('int_segment_application_month') }}) then 0 end as no_application,
        case when months.as_of_month >= (select min(as_of_month) from {{ ref('int_segment_survey_month') }}) then 0 end as no_answer
    from {{ ref('int_month') }} as months

)

select
    rated.axis,
    rated.segment_code,
    rated.as_of_month,
    rated.clients,
    rated.borrowers,
    rated.live_loans,
    rated.exposure_amount,
    rated.par30_amount,
    {{ ratio('rated.par30_amount', 'rated.exposure_amount') }} as par30_rate,
    rated.par60_amount,
    {{ ratio('rated.par60_amount', 'rated.exposure_amount') }} as par60_rate,
    rated.par90_amount,
    {{ ratio('rated.par90_amount', 'rated.exposure_amount') }} as par90_rate,
    rated.non_performing_amount,
    {{ ratio('rated.non_performing_amount', 'rated.exposure_amount') }} as non_performing_rate,
    rated.unknown_days_amount,
    rated.due_amount,
    rated.paid_on_time_amount,
    rated.on_time_rate,
    rated.collected_amount,
    rated.current_repayment_rate,
    rated.due_term_years,
    {{ yearly_loss_of_collection_rate('rated.on_time_rate', 'rated.due_term_years') }} as on_time_yearly_loss,
    {{ yearly_loss_of_collection_rate('rated.current_repayment_rate', 'rated.due_term_years') }} as current_yearly_loss,
    rated.cumulative_due_amount,
    rated.cumulative_collected_amount,
    rated.cumulative_repayment_rate,
    rated.cumulative_term_years,
    {{ yearly_loss_of_collection_rate('rated.cumulative_repayment_rate', 'rated.cumulative_term_years') }} as cumulative_yearly_loss,
    rated.matured_loans,
    rated.repaid_on_time_loans,
    rated.is_loan_count_suppressed,
    rated.loan_count_repayment_rate,
    rated.matured_term_years,
    {{ yearly_loss_of_collection_rate('rated.loan_count_repayment_rate', 'rated.matured_term_years') }} as loan_count_yearly_loss,
    rated.written_off_amount,
    coalesce(cohort.performing, 0) as performing,
    coalesce(cohort.defaulted, 0) as defaulted,
    cohort.is_mature as is_default_mature,
    coalesce(cohort.is_suppressed, true) as is_default_suppressed,
    cohort.default_rate,
    cohort.wilson_lower as default_wilson_lower,
    cohort.wilson_upper as default_wilson_upper,
    cohort.benchmark_rate as default_benchmark_rate,
    coalesce(applications.decided, counted_from.no_application) as decided,
    coalesce(applications.approved, counted_from.no_application) as approved,
    coalesce(applications.declined, counted_from.no_application) as declined,
    coalesce(applications.withdrawn, counted_from.no_application) as withdrawn,
    coalesce(applications.expired, counted_from.no_application) as expired,
    coalesce(applications.counter_offered, counted_from.no_application) as counter_offered,
    {{ when_enough('rated.minimum_cell', judged, ratio('applications.approved', judged)) }} as approval_rate,
    {{ when_enough('rated.minimum_cell', judged, wilson_lower('applications.approved', '(' ~ judged ~ ')')) }} as approval_wilson_lower,
    {{ when_enough('rated.minimum_cell', judged, wilson_upper('applications.approved', '(' ~ judged ~ ')')) }} as approval_wilson_upper,
    coalesce(applications.approved_requested_amount, counted_from.no_application) as approved_requested_amount,
    coalesce(applications.declined_requested_amount, counted_from.no_application) as declined_requested_amount,
    {{ when_enough('rated.minimum_cell', judged, ratio('applications.approved_requested_amount', judged_amount)) }} as approval_rate_by_amount,
    coalesce(applications.timed_decisions, counted_from.no_application) as timed_decisions,
    {{ when_enough('rated.minimum_cell', 'applications.timed_decisions', 'applications.median_business_hours') }} as median_business_hours,
    {{ when_enough('rated.minimum_cell', 'applications.timed_decisions', 'applications.p90_business_hours') }} as p90_business_hours,
    coalesce(applications.pending, counted_from.no_application) as pending,
    applications.oldest_pending_days,
    coalesce(applications.submitted, counted_from.no_application) as submitted,
    {% for outcome in ['approved', 'declined', 'otherwise_decided', 'decided_late', 'undated', 'undecided'] -%}
    coalesce(applications.submitted_{{ outcome }}, counted_from.no_application) as submitted_{{ outcome }},
    {% endfor -%}
    applications.is_submission_mature,
    {{ when_enough('rated.minimum_cell', submitted_judged, ratio('applications.submitted_approved', submitted_judged)) }} as submission_approval_rate,
    {{ when_enough('rated.minimum_cell', submitted_judged, wilson_lower('applications.submitted_approved', '(' ~ submitted_judged ~ ')')) }} as submission_approval_wilson_lower,
    {{ when_enough('rated.minimum_cell', submitted_judged, wilson_upper('applications.submitted_approved', '(' ~ submitted_judged ~ ')')) }} as submission_approval_wilson_upper,
    coalesce(surveys.responses, counted_from.no_answer) as survey_responses,
    coalesce(surveys.nps_answers, counted_from.no_answer) as nps_answers,
    coalesce(surveys.promoters, counted_from.no_answer) as promoters,
    coalesce(surveys.detractors, counted_from.no_answer) as detractors,
    {{ when_enough('rated.minimum_cell', 'surveys.nps_answers', ratio('surveys.promoters - surveys.detractors', 'surveys.nps_answers')) }} as net_promoter_share,
    coalesce(surveys.csat_answers, counted_from.no_answer) as csat_answers,
    coalesce(surveys.csat_4_5, counted_from.no_answer) as csat_satisfied,
    {{ when_enough('rated.minimum_cell', 'surveys.csat_answers', ratio('surveys.csat_4_5', 'surveys.csat_answers')) }} as csat_rate,
    {{ when_enough('rated.minimum_cell', 'surveys.csat_answers', wilson_lower('surveys.csat_4_5', 'surveys.csat_answers')) }} as csat_wilson_lower,
    {{ when_enough('rated.minimum_cell', 'surveys.csat_answers', wilson_upper('surveys.csat_4_5', 'surveys.csat_answers')) }} as csat_wilson_upper,
    coalesce(stickiness.clients, 0) as clients_held_before,
    stickiness.active_days_30,
    {{ when_enough('rated.minimum_cell', 'stickiness.clients', ratio('stickiness.active_days_30', '30 * stickiness.clients')) }} as active_day_share,
    coalesce(stickiness.borrowers, 0) as clients_drawing_12m,
    coalesce(stickiness.repeat_borrowers, 0) as clients_drawing_again_12m,
    {{ when_enough('rated.minimum_cell', 'stickiness.borrowers', ratio('stickiness.repeat_borrowers', 'stickiness.borrowers')) }} as repeat_borrow_rate,
    {{ when_enough('rated.minimum_cell', 'stickiness.borrowers', wilson_lower('stickiness.repeat_borrowers', 'stickiness.borrowers')) }} as repeat_borrow_wilson_lower,
    {{ when_enough('rated.minimum_cell', 'stickiness.borrowers', wilson_upper('stickiness.repeat_borrowers', 'stickiness.borrowers')) }} as repeat_borrow_wilson_upper,
    coalesce(stickiness.product_holders, 0) as product_holders,
    coalesce(stickiness.products_held, 0) as products_held,
    {{ when_enough('rated.minimum_cell', 'stickiness.product_holders', ratio('stickiness.products_held', 'stickiness.product_holders')) }} as products_per_holder,
    stickiness.is_retention_mature,
    stickiness.retention_clients,
    stickiness.retained as retained_clients,
    {{ when_enough('rated.minimum_cell', 'stickiness.retention_clients', ratio('stickiness.retained', 'stickiness.retention_clients')) }} as retention_rate,
    {{ when_enough('rated.minimum_cell', 'stickiness.retention_clients', wilson_lower('stickiness.retained', 'stickiness.retention_clients')) }} as retention_wilson_lower,
    {{ when_enough('rated.minimum_cell', 'stickiness.retention_clients', wilson_upper('stickiness.retained', 'stickiness.retention_clients')) }} as retention_wilson_upper
from rated
inner join counted_from
    on rated.as_of_month = counted_from.as_of_month
left join {{ ref('mart_segment_default_cohort') }} as cohort
    on rated.axis = cohort.axis
    and rated.segment_code = cohort.segment_code
    and rated.as_of_month = cohort.cohort_month
{% for alias, block in [['applications', 'int_segment_application_month'], ['surveys', 'int_segment_survey_month'], ['stickiness', 'int_segment_stickiness_month']] -%}
left join {{ ref(block) }} as {{ alias }}
    on rated.axis = {{ alias }}.axis
    and rated.segment_code = {{ alias }}.segment_code
    and rated.as_of_month = {{ alias }}.as_of_month
{% endfor -%}
