-- Which early-warning signals earn their weight: how often is each right, against chance, and how early?
select
    quality.signal_code,
    signals.in_words,
    quality.weight,
    quality.mature_warnings,
    quality.correct_warnings,
    quality.precision_rate,
    quality.precision_wilson_lower,
    quality.precision_wilson_upper,
    quality.base_rate,
    quality.lift,
    quality.against_base,
    quality.defaulted,
    quality.flagged_defaulted,
    quality.recall_rate,
    quality.false_positive_rate,
    quality.decisive,
    quality.decisive_defaulted,
    quality.decisive_default_rate,
    quality.median_lead_days
from {{ ref('mart_early_warning_signal') }} as quality
inner join {{ ref('dim_warning_signal') }} as signals
    on quality.signal_code = signals.signal_code
order by quality.is_whole_score desc, quality.weight desc nulls last, quality.signal_code asc
