{{ accepted_rows('satisfaction_surveys') }}
