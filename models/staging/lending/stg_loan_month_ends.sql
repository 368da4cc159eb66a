{{ accepted_rows('loan_month_ends') }}
