-- Policy sees the segments of a month end before the day of the decision, the last one, and the version of that day.
select loan_key, decided_on, segment_month, policy_from
from {{ ref('fct_loan_decision') }}
where segment_month is distinct from last_day({{ months_later('decided_on', -1) }})
    or segment_month >= decided_on
    or policy_from > decided_on
