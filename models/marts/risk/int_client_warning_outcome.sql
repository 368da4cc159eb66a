-- Every early sign of a borrower that performs at a month end, and the whole score as one sign more: since when without a
-- break it is new, whether the flag hangs on it alone, and what became of the borrower in the twelve months after.
-- It stands with the marts because it reads them.
{{ config(schema = 'intermediate') }}
with shown as (

    -- by itself, whether or not the score was reached
    select
        signs.client_key,
        signs.as_of_month,
        signs.signal_code,
        coalesce(warnings.score - signs.weight < warnings.score_limit, false) as is_decisive
    from {{ ref('int_client_warning_sign_month') }} as signs
    left join {{ ref('mart_early_warning') }} as warnings
        on signs.client_key = warnings.client_key
        and signs.as_of_month = warnings.as_of_month

    union all

    select
        warnings.client_key,
        warnings.as_of_month,
        whole.signal_code,
        true as is_decisive
    from {{ ref('mart_early_warning') }} as warnings
    inner join {{ ref('dim_warning_signal') }} as whole
        on whole.is_whole_score

),

performing as (

    select
        shown.client_key,
        shown.as_of_month,
        shown.signal_code,
        shown.is_decisive,
        obligors.is_mature,
        obligors.defaulted_on,
        lag(shown.as_of_month) over (partition by shown.client_key, shown.signal_code order by shown.as_of_month) as shown_before
    from shown
    -- who is in default needs no early warning, and its sign begins anew when the default has ended
    inner join {{ ref('int_client_default_cohort') }} as obligors
        on shown.client_key = obligors.client_key
        and shown.as_of_month = obligors.as_of_month
    where obligors.is_performing

)

select
    client_key,
    as_of_month,
    signal_code,
    coalesce(shown_before <> last_day({{ months_later('as_of_month', -1) }}), true) as is_new,
    is_decisive,
    is_mature,
    defaulted_on,
    cast({{ days_between('as_of_month', 'defaulted_on') }} as integer) as lead_days
from performing
