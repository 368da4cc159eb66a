{{ input_view('monitoring_tasks') }}
