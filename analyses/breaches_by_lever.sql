-- Where do contracts differ from the policy of their day, and how much of it was an approved exception?
select
    lever,
    credit_segment,
    cast(count(*) filter (where status <> 'NOT_TESTABLE') as bigint) as tested,
    cast(count(*) filter (where status = 'BREACH') as bigint) as breaches,
    cast(count(*) filter (where status = 'EXCUSED') as bigint) as excused,
    {{ ratio("count(*) filter (where status = 'BREACH')", "count(*) filter (where status <> 'NOT_TESTABLE')") }} as breach_rate
from {{ ref('mart_policy_compliance') }}
group by lever, credit_segment
order by lever, credit_segment
