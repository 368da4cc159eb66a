{{ accepted_rows('project_risk_grades') }}
