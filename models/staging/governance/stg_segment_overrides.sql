{{ accepted_rows('segment_overrides') }}
