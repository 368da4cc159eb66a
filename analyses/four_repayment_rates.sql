-- Which repayment rate do frequent borrowers really have, and which yearly loss does each of the four imply?
select
    segment_code,
    as_of_month,
    on_time_rate,
    on_time_yearly_loss,
    current_repayment_rate,
    current_yearly_loss,
    cumulative_repayment_rate,
    cumulative_yearly_loss,
    loan_count_repayment_rate,
    loan_count_yearly_loss,
    due_amount,
    matured_loans
from {{ ref('mart_segment_performance') }}
where axis = 'BEHAVIOUR'
    and due_amount > 0
order by segment_code, as_of_month
