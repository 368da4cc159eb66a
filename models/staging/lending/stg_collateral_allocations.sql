{{ accepted_rows('collateral_allocations') }}
