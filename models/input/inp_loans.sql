{{ input_view('loans') }}
