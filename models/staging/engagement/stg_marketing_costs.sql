{{ accepted_rows('marketing_costs') }}
