{{ rates_off_their_parts(ref('mart_segment_performance'), [
    {'rate': 'par30_rate', 'numerator': 'par30_amount', 'denominator': 'exposure_amount'},
    {'rate': 'par60_rate', 'numerator': 'par60_amount', 'denominator': 'exposure_amount'},
    {'rate': 'par90_rate', 'numerator': 'par90_amount', 'denominator': 'exposure_amount'},
    {'rate': 'non_performing_rate', 'numerator': 'non_performing_amount', 'denominator': 'exposure_amount'},
    {'rate': 'on_time_rate', 'numerator': 'paid_on_time_amount', 'denominator': 'due_amount'},
    {'rate': 'current_repayment_rate', 'numerator': 'collected_amount', 'denominator': 'due_amount'},
    {'rate': 'cumulative_repayment_rate', 'numerator': 'cumulative_collected_amount', 'denominator': 'cumulative_due_amount'},
    {'rate': 'loan_count_repayment_rate', 'numerator': 'repaid_on_time_loans', 'denominator': 'matured_loans', 'hidden_when': 'is_loan_count_suppressed'},
    {'rate': 'default_rate', 'numerator': 'defaulted', 'denominator': 'performing', 'hidden_when': 'is_default_suppressed or not is_default_mature'},
]) }}
