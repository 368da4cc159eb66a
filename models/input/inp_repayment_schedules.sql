{{ input_view('repayment_schedules') }}
