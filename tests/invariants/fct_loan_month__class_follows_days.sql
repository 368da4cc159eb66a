-- Non-performing is strictly more than 90 days (domain.md section 1e), derived here from the days alone; unknown days
-- have no class, and a written-off loan is a loss whatever its days.
select loan_key, as_of_month, days_past_due, five_class, is_non_performing, loan_state
from {{ ref('fct_loan_month') }}
where (loan_state = 'WRITTEN_OFF' and five_class is distinct from 'LOSS')
    or (loan_state <> 'WRITTEN_OFF' and is_non_performing is distinct from (days_past_due > 90))
    or (loan_state <> 'WRITTEN_OFF' and (five_class = 'NORMAL') is distinct from (days_past_due = 0))
