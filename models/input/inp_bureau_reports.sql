{{ input_view('bureau_reports') }}
