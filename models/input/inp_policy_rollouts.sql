{{ input_view('policy_rollouts') }}
