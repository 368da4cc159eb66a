select
    table_name,
    rows_accepted + rows_rejected + rows_duplicate + rows_superseded as rows_in,
    rows_accepted,
    rows_rejected,
    rows_duplicate,
    rows_superseded,
    0 as rows_unexplained
from quality.dq_reconciliation
