{{ accepted_rows('policy_rollouts') }}
