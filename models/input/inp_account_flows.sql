{{ input_view('account_flows') }}
