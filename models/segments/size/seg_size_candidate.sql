-- What the size rule says of every client and month by the national standard (domain.md section 1a): the LOWEST class over
-- the indicators of the client's row; a missing indicator makes it UNKNOWN, never MICRO; industries outside the
-- standard are NOT_APPLICABLE. A project company takes what the rule says of its sponsor.
{{ monthly_model() }}
with facts as (

    select
        grid.client_key,
        grid.as_of_month,
        spans.org_type,
        sector.size_row,
        coalesce(sector.is_size_by_analogy, false) as is_size_by_analogy,
        spans.industry_code,
        coalesce(statement.employees, spans.employees) as employees,
        -- the standard counts in ten thousand yuan
        statement.revenue_wan,
        statement.total_assets_wan as assets_wan,
        statement.period_end,
        sponsor.sponsor_client_key
    from {{ ref('int_client_month') }} as grid
    inner join {{ ref('int_client_span') }} as spans
        on grid.client_key = spans.client_key
        and grid.from_month = spans.from_month
    left join {{ ref('stg_industry_sector') }} as sector
        on spans.industry_code_system = sector.code_system
        and spans.industry_code_edition = sector.edition
        and spans.industry_code = sector.code
    left join {{ ref('int_annual_statement_span') }} as statement
        on grid.client_key = statement.client_key
        and statement.scope = 'SOLO'
        and grid.as_of_month >= statement.from_month
        and grid.as_of_month < statement.to_month
    left join {{ ref('int_client_sponsor') }} as sponsor
        -- the condition stands in the key: a condition on the left side alone would make a nested loop
        on case when spans.org_type = 'SPV' then grid.client_key end = sponsor.client_key
        and grid.as_of_month >= sponsor.from_month
        and grid.as_of_month < sponsor.to_month
    where grid.as_of_month >= {{ first_rebuilt_month() }}

),

-- one row a size row: the lower bounds of its indicators side by side
threshold as (

    select
        size_row,
        valid_from,
        valid_to,
        max(rule_version) as rule_version,
        {% for indicator in ['EMPLOYEES', 'REVENUE_WAN', 'ASSETS_WAN'] -%}
        {% for class in ['LARGE', 'MEDIUM', 'SMALL'] -%}
        max(lower_bound) filter (where indicator = '{{ indicator }}' and size_class = '{{ class }}') as {{ indicator | lower }}_{{ class | lower }},
        {% endfor -%}
        {% endfor -%}
        count(distinct indicator) as indicators
    from {{ ref('ref_size_threshold') }}
    group by size_row, valid_from, valid_to

),

-- class by indicator: 4 large, 3 medium, 2 small, 1 micro; 0 when the indicator is missing; NULL when it does not count
measured as (

    select
        facts.*,
        threshold.rule_version,
        threshold.size_row as ruled_row,
        {% for indicator, value in [('employees', 'employees'), ('revenue_wan', 'revenue_wan'), ('assets_wan', 'assets_wan')] -%}
        case
            when threshold.{{ indicator }}_large is null then null
            when facts.{{ value }} is null then 0
            when facts.{{ value }} >= threshold.{{ indicator }}_large then 4
            when facts.{{ value }} >= threshold.{{ indicator }}_medium then 3
            when facts.{{ value }} >= threshold.{{ indicator }}_small then 2
            else 1
        end as class_by_{{ indicator }}{{ ',' if not loop.last }}
        {% endfor %}
    from facts
    left join threshold
        on facts.size_row = threshold.size_row
        and threshold.valid_from <= facts.as_of_month
        and threshold.valid_to > facts.as_of_month

),

own as (

    select
        *,
        case
            when size_row = 0 then 'NOT_APPLICABLE'
            when ruled_row is null then 'UNKNOWN'
            else case least(coalesce(class_by_employees, 9), coalesce(class_by_revenue_wan, 9), coalesce(class_by_assets_wan, 9))
                when 4 then 'LARGE' when 3 then 'MEDIUM' when 2 then 'SMALL' when 1 then 'MICRO' else 'UNKNOWN'
            end
        end as own_segment,
        case
            when size_row = 0 then 'INDUSTRY_OUTSIDE_STANDARD'
            when ruled_row is null then case when industry_code is null then 'INDUSTRY_UNKNOWN' else 'INDUSTRY_ROW_UNDECIDED' end
            when class_by_employees = 0 then 'EMPLOYEES_MISSING'
            when class_by_revenue_wan = 0 then 'REVENUE_MISSING'
            when class_by_assets_wan = 0 then 'ASSETS_MISSING'
            else 'LOWEST_INDICATOR'
        end as own_reason
    from measured

)

select
    own.client_key,
    own.as_of_month,
    case when own.org_type = 'SPV' then coalesce(sponsor.own_segment, 'UNKNOWN') else own.own_segment end as entry_segment,
    cast(null as integer) as entry_order,
    cast(null as varchar) as stay_segments,
    'SIZE_ROW_' || lpad(cast(coalesce(case when own.org_type = 'SPV' then sponsor.size_row else own.size_row end, 99) as varchar), 2, '0') as rule_id,
    coalesce(case when own.org_type = 'SPV' then sponsor.rule_version else own.rule_version end, '1') as rule_version,
    case
        when own.org_type = 'SPV' and own.sponsor_client_key is null then 'SPONSOR_UNKNOWN'
        when own.org_type = 'SPV' and sponsor.client_key is null then 'SPONSOR_NOT_A_CLIENT_THEN'
        when own.org_type = 'SPV' then sponsor.own_reason
        else own.own_reason
    end as reason_code,
    case when own.org_type = 'SPV' then 'SPONSOR' else 'OWN' end as size_basis,
    case when own.org_type = 'SPV' then sponsor.employees else own.employees end as evidence_employees,
    case when own.org_type = 'SPV' then sponsor.revenue_wan else own.revenue_wan end as evidence_revenue_wan,
    case when own.org_type = 'SPV' then sponsor.assets_wan else own.assets_wan end as evidence_assets_wan,
    case when own.org_type = 'SPV' then sponsor.period_end else own.period_end end as evidence_statement_period_end,
    own.sponsor_client_key as evidence_sponsor_client_key,
    case when own.org_type = 'SPV' then sponsor.is_size_by_analogy else own.is_size_by_analogy end as evidence_is_by_analogy
from own
left join own as sponsor
    on own.sponsor_client_key = sponsor.client_key
    and own.as_of_month = sponsor.as_of_month
    and sponsor.org_type is distinct from 'SPV'
