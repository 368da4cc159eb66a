{{ accepted_rows('loan_applications') }}
