{{ input_view('loan_applications') }}
