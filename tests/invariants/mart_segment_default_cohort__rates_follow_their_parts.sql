{{ rates_off_their_parts(ref('mart_segment_default_cohort'), [
    {'rate': 'default_rate', 'numerator': 'defaulted', 'denominator': 'performing', 'hidden_when': 'is_suppressed or not is_mature'},
    {'rate': 'default_rate_by_exposure', 'numerator': 'defaulted_exposure_amount', 'denominator': 'exposure_amount', 'hidden_when': 'is_suppressed or not is_mature'},
    {'rate': 'benchmark_rate', 'numerator': 'benchmark_defaults', 'denominator': 'benchmark_obligors', 'hidden_when': 'benchmark_rate is null'},
]) }}
