-- Every accepted request to set a client's segment by hand, with what is wrong with it (domain.md section 3e): whether
-- it may count at all. Whether it counts in a month also depends on the client (seg_override_review).
with requests as (

    select
        requests.override_no,
        identity.client_key,
        requests.axis,
        requests.segment_code,
        requests.valid_from,
        requests.expires_on,
        -- four eyes: the same person in other capitals or with other blanks is still the same person
        lower(replace(requests.requested_by, ' ', '')) = lower(replace(requests.approved_by, ' ', '')) as is_same_person,
        {{ days_between('requests.valid_from', 'requests.expires_on') }} as days
    from {{ ref('stg_segment_overrides') }} as requests
    inner join {{ ref('int_client_identity') }} as identity
        on requests.source_system = identity.source_system
        and requests.client_no = identity.client_no

),

judged as (

    select
        requests.*,
        listed.rule_id is null as is_unknown_segment,
        coalesce(not listed.is_askable, false) as is_not_askable,
        axis_rule.override_max_days
    from requests
    left join {{ ref('rule_segment') }} as listed
        on requests.axis = listed.axis
        and requests.segment_code = listed.segment_code
        and requests.valid_from >= listed.valid_from
        and requests.valid_from < listed.valid_to
    left join {{ ref('rule_axis') }} as axis_rule
        on requests.axis = axis_rule.axis
        and requests.valid_from >= axis_rule.valid_from
        and requests.valid_from < axis_rule.valid_to

)

select
    override_no,
    client_key,
    axis,
    segment_code,
    valid_from,
    expires_on,
    -- the first thing that is wrong, in the order of this list
    case
        when is_unknown_segment then 'UNKNOWN_SEGMENT'
        when is_not_askable then 'SEGMENT_NOT_ASKABLE'
        when days < 0 then 'EXPIRES_BEFORE_START'
        when days > override_max_days then 'TOO_LONG'
        when is_same_person then 'SAME_PERSON'
    end as invalid_reason,
    coalesce(not is_unknown_segment and not is_not_askable and days between 0 and override_max_days and not is_same_person, false) as is_valid
from judged
