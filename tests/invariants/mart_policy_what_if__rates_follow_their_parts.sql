{{ rates_off_their_parts(ref('mart_policy_what_if'), [
    {'rate': 'indicative_rate', 'numerator': 'indicative_rate_sum', 'denominator': 'priced_clients'},
    {'rate': 'approval_rate_assumed', 'numerator': 'approved_applications_assumed', 'denominator': 'applications_assumed'},
]) }}
