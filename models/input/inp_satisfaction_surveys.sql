{{ input_view('satisfaction_surveys') }}
