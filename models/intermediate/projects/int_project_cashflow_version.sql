-- Every period of a project's plans and actuals in every version the lender had of it, in the project's currency: cash
-- flow available for debt service, debt service and their ratio. A version holds from the day it was known to the day
-- the next one was.
with measured as (

    select
        *,
        -- what was earned must be known; tax, working capital and investment are optional parts of the sum
        revenue - operating_cost - coalesce(tax, 0) - coalesce(working_capital_change, 0) - coalesce(capital_expenditure, 0) as cfads,
        tax is null or working_capital_change is null or capital_expenditure is null as lacks_a_part,
        -- half a debt service is not a debt service
        interest_due + principal_due as debt_service
    from {{ ref('stg_project_cashflows') }}

)

select
    {{ key_of(['project_no']) }} as project_key,
    project_no,
    scenario,
    period_end,
    known_on as holds_from,
    coalesce(
        lead(known_on) over (partition by project_no, scenario, period_end order by known_on), date '9999-12-31'
    ) as holds_to,
    cast(cfads as decimal(18,2)) as cfads,
    cfads is not null and lacks_a_part as cfads_is_partial,
    cast(debt_service as decimal(18,2)) as debt_service,
    {{ coverage_ratio('cfads', 'debt_service') }} as dscr,
    debt_outstanding
from measured
