-- Which faults of the delivered data matter most, and who mends them?
select
    table_name,
    reason_code,
    name_en,
    name_zh,
    rows_with_issue,
    rows_in,
    issue_share,
    who_fixes,
    how_to_fix
from {{ ref('dq_issue_summary') }}
order by issue_share desc nulls last, table_name asc, reason_code asc
