-- Every claim in force at the reporting month has its row, whatever the data, and no row is without a claim in force.
select rules.claim_id, claims.claim_id as found_claim_id
from (
    select rules.claim_id
    from {{ ref('rule_claim') }} as rules
    inner join {{ ref('stg_reporting_window') }} as reporting
        on rules.valid_from <= reporting.last_month
        and rules.valid_to > reporting.last_month
) as rules
full join {{ ref('mart_claims') }} as claims
    on rules.claim_id = claims.claim_id
where rules.claim_id is null
    or claims.claim_id is null
