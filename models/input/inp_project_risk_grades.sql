{{ input_view('project_risk_grades') }}
