{{ accepted_rows('project_cashflows') }}
