{{ input_view('financial_statements') }}
