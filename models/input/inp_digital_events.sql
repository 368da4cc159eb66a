{{ input_view('digital_events') }}
