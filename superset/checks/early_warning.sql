select as_of_month, count(*) as clients
from marts.mart_early_warning
group by as_of_month
