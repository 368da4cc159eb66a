-- What a number of days past due means: class, bucket and stage, one row per day count and version of the rules. Days
-- beyond the scale's end mean what its last row says. Turns three range look-ups into one join by equality.
{%- set longest = var('longest_days_past_due') %}
with days as (

    select steps.step as days_past_due
    from {{ number_series(0, longest) }} as steps

)

select
    days.days_past_due,
    class.rule_version,
    class.valid_from,
    class.valid_to,
    class.class_code as five_class,
    class.class_order as five_class_order,
    class.is_non_performing,
    bucket.bucket_code,
    stage.stage
from days
inner join {{ ref('ref_five_class') }} as class
    on days.days_past_due >= class.days_past_due_from and days.days_past_due < class.days_past_due_below
inner join {{ ref('ref_dpd_bucket') }} as bucket
    on days.days_past_due >= bucket.days_past_due_from and days.days_past_due < bucket.days_past_due_below
inner join {{ ref('ref_stage') }} as stage
    on days.days_past_due >= stage.days_past_due_from and days.days_past_due < stage.days_past_due_below
    and stage.valid_from <= class.valid_from and stage.valid_to >= class.valid_to
