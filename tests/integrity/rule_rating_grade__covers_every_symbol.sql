-- On every day on which a version of the grades or of the master scale begins: each long-term symbol that exists has a
-- grade, each grade is on the master scale, and no grade is given to a symbol that does not exist.
with version_day as (

    select valid_from as holds_on from {{ ref('rule_rating_grade') }}
    union
    select valid_from from {{ ref('rule_master_scale') }}

),

symbol as (

    select rating_scale, symbol
    from {{ ref('ref_rating_symbol') }}
    where not is_short_term and letter_class <> 'NR'

),

expected as (

    select version_day.holds_on, symbol.rating_scale, symbol.symbol
    from version_day
    cross join symbol

),

given as (

    select version_day.holds_on, grades.rating_scale, grades.symbol, grades.grade, scale.grade as listed_grade
    from version_day
    inner join {{ ref('rule_rating_grade') }} as grades
        on grades.valid_from <= version_day.holds_on
        and grades.valid_to > version_day.holds_on
    left join {{ ref('rule_master_scale') }} as scale
        on grades.grade = scale.grade
        and scale.valid_from <= version_day.holds_on
        and scale.valid_to > version_day.holds_on

)

select
    coalesce(expected.holds_on, given.holds_on) as holds_on,
    coalesce(expected.rating_scale, given.rating_scale) as rating_scale,
    coalesce(expected.symbol, given.symbol) as symbol,
    given.grade
from expected
full join given
    on expected.holds_on = given.holds_on
    and expected.rating_scale = given.rating_scale
    and expected.symbol = given.symbol
where expected.symbol is null
    or given.listed_grade is null
