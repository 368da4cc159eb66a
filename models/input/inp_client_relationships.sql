{{ input_view('client_relationships') }}
