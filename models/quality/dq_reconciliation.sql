-- What came in against what became of it, per table. rows_in is counted at the door (inp_), the rest after judgement:
-- rows_in = accepted + rejected + duplicate + superseded, always.
{% for table in input_contract() %}
select
    '{{ table }}' as table_name,
    delivered.rows_in,
    judged.rows_accepted,
    judged.rows_rejected,
    judged.rows_duplicate,
    judged.rows_superseded,
    delivered.rows_in - judged.rows_accepted - judged.rows_rejected - judged.rows_duplicate - judged.rows_superseded as rows_unexplained
from (select count(*) as rows_in from {{ ref('inp_' ~ table) }}) as delivered
cross join (
    select
        count(*) filter (where row_status = 'ACCEPTED') as rows_accepted,
        count(*) filter (where row_status = 'REJECTED') as rows_rejected,
        count(*) filter (where row_status = 'DUPLICATE') as rows_duplicate,
        count(*) filter (where row_status = 'SUPERSEDED') as rows_superseded
    from {{ ref('base_' ~ table) }}
) as judged
{{ 'union all' if not loop.last }}
{%- endfor %}
