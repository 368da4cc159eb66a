{{ input_view('projects') }}
