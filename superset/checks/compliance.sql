select lever, status, count(distinct loan_key) as loans
from marts.mart_policy_compliance
group by lever, status
