-- The loans of a client at a month end, added up. Grain: client x month with a loan on the books or one that ended in
-- the month.
{{ monthly_model() }}
select
    client_key,
    as_of_month,
    count(*) filter (where loan_state = 'LIVE') as live_loans,
    sum(outstanding_amount) as exposure_amount,
    sum(case when days_past_due > 30 then outstanding_amount else 0 end) as par30_amount,
    sum(case when days_past_due > 60 then outstanding_amount else 0 end) as par60_amount,
    sum(case when days_past_due > 90 then outstanding_amount else 0 end) as par90_amount,
    sum(case when is_non_performing then outstanding_amount else 0 end) as non_performing_amount,
    -- days past due that nobody knows are not zero days
    sum(case when days_past_due is null then outstanding_amount else 0 end) as unknown_days_amount,
    sum(due_amount) as due_amount,
    -- what fell due, weighted with the term of its loan: the mean term of what a repayment rate speaks of
    sum(due_amount * {{ days_between('disbursed_on', 'matures_on') }}) as due_amount_days,
    sum(paid_on_time_amount) as paid_on_time_amount,
    sum(collected_amount) as collected_amount,
    sum(written_off_amount) as written_off_amount
from {{ ref('int_loan_month') }}
where as_of_month >= {{ first_rebuilt_month() }}
group by client_key, as_of_month
