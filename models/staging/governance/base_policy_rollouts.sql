{{ judged_rows(
    'policy_rollouts'
) }}
