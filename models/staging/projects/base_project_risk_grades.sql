{{ judged_rows(
    'project_risk_grades',
    parents=[
        {'table': 'projects', 'columns': ['project_no']}
    ]
) }}
