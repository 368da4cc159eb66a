{{ input_view('project_cashflows') }}
