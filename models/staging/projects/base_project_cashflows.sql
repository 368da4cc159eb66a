-- When the day of knowledge is absent: the period itself for what happened, financial close for a plan.
{{ judged_rows(
    'project_cashflows',
    parents=[
        {'table': 'projects', 'columns': ['project_no']}
    ],
    lookups="""
    left join (select project_no, financial_close_on from """ ~ ref('base_projects') ~ """ where row_status = 'ACCEPTED') as project
        on read_id(delivered.project_no) = project.project_no""",
    overrides={
        'known_on': {
            'value': "coalesce(read_date(delivered.known_on), case when read_code(delivered.scenario) = 'ACTUAL' then read_date(delivered.period_end) else project.financial_close_on end)",
            'mark': 'mark_date(delivered.known_on, read_date(delivered.known_on))'
        }
    },
    checks=[
        {'code': 'Q_FUTURE', 'column': 'period_end', 'effect': 'reject', 'when': "scenario = 'ACTUAL' and period_end > reporting_horizon_on"},
        {'code': 'Q_FUTURE', 'column': 'known_on', 'effect': 'reject', 'when': 'known_on > reporting_horizon_on'}
    ]
) }}
