{{ accepted_rows('credit_ratings') }}
