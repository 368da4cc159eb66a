{{ input_view('credit_ratings') }}
