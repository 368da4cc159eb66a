{{ accepted_rows('facilities') }}
