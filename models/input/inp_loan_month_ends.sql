{{ input_view('loan_month_ends') }}
