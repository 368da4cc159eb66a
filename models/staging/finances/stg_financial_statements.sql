{{ accepted_rows('financial_statements') }}
