{{ accepted_rows('bureau_reports') }}
