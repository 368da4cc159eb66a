{{ input_view('collaterals') }}
