{{ input_view('payments') }}
