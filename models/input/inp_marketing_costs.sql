{{ input_view('marketing_costs') }}
