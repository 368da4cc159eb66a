{{ input_view('client_identifiers') }}
