{{ input_view('collateral_allocations') }}
