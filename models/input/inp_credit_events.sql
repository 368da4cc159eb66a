{{ input_view('credit_events') }}
