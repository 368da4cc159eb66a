-- No client is flagged while it is in default, and every outcome is a default strictly after the flag went up and within
-- twelve months of it; a warning that is over and found none has none.
select warnings.client_key, warnings.as_of_month, 'in default or outcome not in its window' as problem
from {{ ref('mart_early_warning') }} as warnings
inner join {{ ref('int_client_default') }} as episodes
    on warnings.client_key = episodes.client_key
where (
        episodes.defaulted_on <= warnings.as_of_month
        and coalesce(episodes.ended_on, date '9999-12-31') > warnings.as_of_month
    )
    or (
        warnings.defaulted_on is null
        and episodes.defaulted_on > warnings.flagged_since
        and episodes.defaulted_on <= last_day({{ months_later('warnings.flagged_since', 12) }})
    )
union all
select warnings.client_key, warnings.as_of_month, 'outcome is no default' as problem
from {{ ref('mart_early_warning') }} as warnings
left join {{ ref('int_client_default') }} as episodes
    on warnings.client_key = episodes.client_key
    and warnings.defaulted_on = episodes.defaulted_on
where warnings.defaulted_on is not null
    and (
        episodes.client_key is null
        or warnings.defaulted_on <= warnings.flagged_since
        or warnings.defaulted_on > last_day({{ months_later('warnings.flagged_since', 12) }})
    )
