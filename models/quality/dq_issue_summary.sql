-- How often each issue stands in each table, who can mend it and how.
with counted as (

    select table_name, reason_code, count(*) as issues, count(distinct row_key) as rows_with_issue
    from {{ ref('dq_row_issue') }}
    group by table_name, reason_code

)

select
    counted.table_name,
    counted.reason_code,
    reasons.effect,
    reasons.name_en,
    reasons.name_zh,
    cast(counted.issues as bigint) as issues,
    cast(counted.rows_with_issue as bigint) as rows_with_issue,
    cast(totals.rows_in as bigint) as rows_in,
    cast(round(cast(cast(counted.issues as double) / nullif(totals.rows_in, 0) as decimal(28,10)), 6) as decimal(18,6)) as issue_share,
    reasons.meaning,
    reasons.who_fixes,
    reasons.how_to_fix
from counted
left join {{ ref('ref_reason_code') }} as reasons
    on counted.reason_code = reasons.reason_code
left join {{ ref('dq_reconciliation') }} as totals
    on counted.table_name = totals.table_name
