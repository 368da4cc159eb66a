{{ input_view('facilities') }}
