{{ rates_off_their_parts(ref('mart_monitoring_compliance'), [
    {'rate': 'on_time_rate', 'numerator': 'tasks_on_time', 'denominator': 'tasks_due', 'hidden_when': 'is_on_time_suppressed'},
    {'rate': 'on_time_rate_12m', 'numerator': 'tasks_on_time_12m', 'denominator': 'tasks_due_12m', 'hidden_when': 'is_on_time_12m_suppressed'},
    {'rate': 'kept_rate', 'numerator': 'subjects_kept', 'denominator': 'subjects_tested', 'hidden_when': 'is_kept_suppressed'},
    {'rate': 'asked_rate', 'numerator': 'subjects_asked', 'denominator': 'subjects_tested', 'hidden_when': 'is_kept_suppressed'},
]) }}
