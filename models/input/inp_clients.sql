{{ input_view('clients') }}
