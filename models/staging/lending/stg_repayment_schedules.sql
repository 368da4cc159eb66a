{{ accepted_rows('repayment_schedules') }}
