-- Claims about repayment hold what mart_segment_performance holds for the same segments and months: amounts due, paid on
-- time and collected, loans matured and repaid; to date those of the last month of each segment.
with month_of as (

    select
        performance.*,
        performance.as_of_month > {{ months_later('reporting.last_month', -12) }} as is_recent,
        row_number() over (
            partition by performance.axis, performance.segment_code order by performance.as_of_month desc
        ) = 1 as is_latest
    from {{ ref('mart_segment_performance') }} as performance
    cross join {{ ref('stg_reporting_window') }} as reporting

),

expected as (

    select
        claims.claim_id,
        case when month_of.segment_code = claims.segment_code then 'SUBJECT' else 'REFERENCE' end as arm,
        cast(sum(case claims.metric_code
            when 'ON_TIME_RATE' then month_of.paid_on_time_amount
            when 'LOAN_COUNT_REPAYMENT_RATE' then month_of.repaid_on_time_loans
            when 'CUMULATIVE_REPAYMENT_RATE' then case when month_of.is_latest then month_of.cumulative_collected_amount else 0 end
            else month_of.collected_amount
        end) as decimal(28,6)) as numerator,
        cast(sum(case claims.metric_code
            when 'LOAN_COUNT_REPAYMENT_RATE' then month_of.matured_loans
            when 'CUMULATIVE_REPAYMENT_RATE' then case when month_of.is_latest then month_of.cumulative_due_amount else 0 end
            else month_of.due_amount
        end) as decimal(28,6)) as denominator
    from {{ ref('mart_claims') }} as claims
    inner join month_of
        on claims.axis = month_of.axis
    where claims.metric_code in ('ON_TIME_RATE', 'CUMULATIVE_REPAYMENT_RATE', 'LOAN_COUNT_REPAYMENT_RATE')
        or (claims.metric_code = 'CURRENT_REPAYMENT_RATE' and month_of.is_recent)
    group by claims.claim_id, case when month_of.segment_code = claims.segment_code then 'SUBJECT' else 'REFERENCE' end

)

select expected.*, evidence.numerator as found_numerator, evidence.denominator as found_denominator
from expected
inner join {{ ref('mart_claims') }} as claims
    on expected.claim_id = claims.claim_id
left join {{ ref('mart_claim_evidence') }} as evidence
    on expected.claim_id = evidence.claim_id
    and expected.arm = evidence.arm
where expected.denominator > 0
    -- the reference of a benchmark is not its own
    and not (claims.design = 'SEGMENT_AGAINST_BENCHMARK' and expected.arm = 'REFERENCE')
    and (
        expected.denominator is distinct from evidence.denominator
        or expected.numerator is distinct from evidence.numerator
    )
