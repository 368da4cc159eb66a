{{ input_view('segment_overrides') }}
