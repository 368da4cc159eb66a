select verdict, count(distinct claim_id) as promises
from marts.mart_claims
group by verdict
