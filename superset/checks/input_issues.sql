select effect, reason_code, name_en, name_zh, who_fixes, sum(rows_with_issue) as value
from quality.dq_issue_summary
group by effect, reason_code, name_en, name_zh, who_fixes
