-- clients on the grid at the last month end, whatever they borrow
select count(*) as value
from marts.fct_client_segment_month as clients
where clients.as_of_month = (select max(as_of_month) from marts.dim_month)
