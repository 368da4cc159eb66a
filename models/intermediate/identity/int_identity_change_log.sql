-- What the key of a registration was and became. Only what changed since the last build is added.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

with current_key as (

    select
        identity.source_system,
        identity.client_no,
        identity.client_key,
        reporting.as_of_date
    from {{ ref('int_client_identity') }} as identity
    cross join {{ ref('stg_reporting_window') }} as reporting

)

{% if is_incremental() -%}
, last_change as (

    select source_system, client_no, {{ last_known('client_key', 'change_no') }} as client_key, max(change_no) as change_no
    from {{ this }}
    group by source_system, client_no

)

select
    current_key.source_system,
    current_key.client_no,
    case when last_change.client_key is null then 'FIRST_SEEN' else 'MOVED' end as change_type,
    last_change.client_key as previous_client_key,
    current_key.client_key,
    cast(coalesce(last_change.change_no, 0) + 1 as integer) as change_no,
    current_key.as_of_date
from current_key
left join last_change
    on current_key.source_system = last_change.source_system
    and current_key.client_no = last_change.client_no
where last_change.client_key is distinct from current_key.client_key
{%- else -%}
select
    source_system,
    client_no,
    'FIRST_SEEN' as change_type,
    cast(null as bigint) as previous_client_key,
    client_key,
    cast(1 as integer) as change_no,
    as_of_date
from current_key
{%- endif %}
