{#- The risk weight function for corporate exposures of the Basel framework, CRE31 and CRE32, in plain arithmetic: no
    function of a database beside exp, ln, sqrt, power and abs, so it runs wherever the warehouse runs.
    The constants belong to the published formula; what a supervisor may set otherwise is an argument. -#}

{#- Standard normal distribution function (Hart 1968 in the form of West 2005, double precision). The text of `z` is
    repeated: give it a column, not a formula. -#}
{% macro normal_cdf(z) -%}
    {%- set a = 'abs(' ~ z ~ ')' -%}
    {%- set above = [
        '3.52624965998911e-02', '0.700383064443688', '6.37396220353165', '33.912866078383',
        '112.079291497871', '221.213596169931', '220.206867912376'
    ] -%}
    {%- set below = [
        '8.83883476483184e-02', '1.75566716318264', '16.064177579207', '86.7807322029461',
        '296.564248779674', '637.333633378831', '793.826512519948', '440.413735824752'
    ] -%}
    {%- set near = 'exp(-' ~ a ~ ' * ' ~ a ~ ' / 2) * ' ~ polynomial(above, a) ~ ' / ' ~ polynomial(below, a) -%}
    {%- set far = 'exp(-' ~ a ~ ' * ' ~ a ~ ' / 2) / (2.506628274631 * (' ~ a ~ ' + 1 / (' ~ a ~ ' + 2 / (' ~ a ~ ' + 3 / (' ~ a ~ ' + 4 / (' ~ a ~ ' + 0.65e0))))))' -%}
    {%- set tail = '(case when ' ~ a ~ ' < 7.07106781186547e0 then ' ~ near ~ ' when ' ~ a ~ ' < 37 then ' ~ far ~ ' when ' ~ a ~ ' >= 37 then 0e0 end)' -%}
    {{- return('(case when ' ~ z ~ ' > 0 then 1 - ' ~ tail ~ ' else ' ~ tail ~ ' end)') -}}
{%- endmacro %}

{#- Inverse of the standard normal distribution function (Acklam; relative error below 1.2e-9), NULL outside (0, 1). The
    text of `p` is repeated: give it a column or a number. -#}
{% macro normal_inverse(p) -%}
    {%- set tail_above = [
        '-7.784894002430293e-03', '-3.223964580411365e-01', '-2.400758277161838e+00',
        '-2.549732539343734e+00', '4.374664141464968e+00', '2.938163982698783e+00'
    ] -%}
    {%- set tail_below = [
        '7.784695709041462e-03', '3.224671290700398e-01', '2.445134137142996e+00', '3.754408661907416e+00', '1e0'
    ] -%}
    {%- set centre_above = [
        '-3.969683028665376e+01', '2.209460984245205e+02', '-2.759285104469687e+02',
        '1.383577518672690e+02', '-3.066479806614716e+01', '2.506628277459239e+00'
    ] -%}
    {%- set centre_below = [
        '-5.447609879822406e+01', '1.615858368580409e+02', '-1.556989798598866e+02',
        '6.680131188771972e+01', '-1.328068155288572e+01', '1e0'
    ] -%}
    {%- set lower = 'sqrt(-2 * ln(' ~ p ~ '))' -%}
    {%- set upper = 'sqrt(-2 * ln(1 - ' ~ p ~ '))' -%}
    {%- set q = '(' ~ p ~ ' - 0.5e0)' -%}
    {%- set square = '(' ~ q ~ ' * ' ~ q ~ ')' -%}
    {{- return(
        '(case when ' ~ p ~ ' <= 0 or ' ~ p ~ ' >= 1 then null'
        ~ ' when ' ~ p ~ ' < 0.02425e0 then ' ~ polynomial(tail_above, lower) ~ ' / ' ~ polynomial(tail_below, lower)
        ~ ' when ' ~ p ~ ' <= 0.97575e0 then ' ~ q ~ ' * ' ~ polynomial(centre_above, square) ~ ' / ' ~ polynomial(centre_below, square)
        ~ ' when ' ~ p ~ ' < 1 then -' ~ polynomial(tail_above, upper) ~ ' / ' ~ polynomial(tail_below, upper) ~ ' end)'
    ) -}}
{%- endmacro %}

{#- A polynomial by Horner's rule, coefficients from the highest power down, in doubles. -#}
{% macro polynomial(coefficients, x) -%}
    {%- set text = namespace(sql='cast(' ~ coefficients[0] ~ ' as double)') -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set text.sql = '(' ~ text.sql ~ ' * ' ~ x ~ ' + cast(' ~ coefficient ~ ' as double))' -%}
    {%- endfor -%}
    {{- return(text.sql) -}}
{%- endmacro %}

{#- Asset correlation R (CRE31.5), less up to 0.04 for a firm with sales below 50 million euro (CRE31.8); sales below 5
    million count as 5, unknown sales give no relief. `high` is 0.24, and 0.30 for high-volatility commercial real
    estate (CRE31.11). -#}
{% macro irb_correlation(pd, sales, high='0.24') -%}
    {%- set weight = '((1 - exp(-50 * ' ~ pd ~ ')) / (1 - exp(cast(-50 as double))))' -%}
    {{- return(
        '(cast(0.12 as double) * ' ~ weight ~ ' + cast(' ~ high ~ ' as double) * (1 - ' ~ weight ~ ')'
        ~ ' - case when ' ~ sales ~ ' < 50 then cast(0.04 as double) * (1 - (case when ' ~ sales ~ ' < 5 then 5 else ' ~ sales ~ ' end - 5) / cast(45 as double))'
        ~ ' else 0 end)'
    ) -}}
{%- endmacro %}

{#- Maturity adjustment b (CRE31.6). -#}
{% macro irb_maturity_slope(pd) -%}
    {{- return('power(cast(0.11852 as double) - cast(0.05478 as double) * ln(' ~ pd ~ '), 2)') -}}
{%- endmacro %}

{#- Capital requirement and risk weight of every row of a relation: a relation with the columns `keep` and irb_pd (the PD
    with its floor), irb_correlation, irb_maturity_slope, irb_capital_ratio (K) and irb_risk_weight (12.5 x K), all as
    fractions with ten decimals. Computed step by step, because each step uses the one before many times.
    `pd`, `lgd`: fractions; `maturity`: effective years, held within 1 and 5; `sales`: yearly sales of the group in
    million euro. A missing PD, LGD or maturity gives NULL, and so does a defaulted exposure (PD 1): its capital is not
    this formula's (CRE31.3). -#}
{% macro irb_capital(relation, keep, pd, lgd, maturity, sales='cast(null as double)', pd_floor='0.0005', confidence='0.999', correlation_high='0.24') -%}
    {{- return(adapter.dispatch('irb_capital', 'lending')(relation, keep, pd, lgd, maturity, sales, pd_floor, confidence, correlation_high)) -}}
{%- endmacro %}
{% macro default__irb_capital(relation, keep, pd, lgd, maturity, sales, pd_floor, confidence, correlation_high) -%}
(
    select
        {{ keep | join(', ') }},
        cast(irb_pd as decimal(18,10)) as irb_pd,
        cast(irb_r as decimal(18,10)) as irb_correlation,
        cast(irb_b as decimal(18,10)) as irb_maturity_slope,
        cast(irb_k as decimal(18,10)) as irb_capital_ratio,
        cast(12.5e0 * irb_k as decimal(18,10)) as irb_risk_weight
    from (
        select
            *,
            irb_lgd * ({{ normal_cdf('irb_z') }} - irb_pd) * (1 + (irb_m - 2.5e0) * irb_b) / (1 - 1.5e0 * irb_b) as irb_k
        from (
            select
                *,
                irb_g / sqrt(1 - irb_r) + sqrt(irb_r / (1 - irb_r)) * irb_g_confidence as irb_z
            from (
                select
                    *,
                    {{ normal_inverse('irb_pd') }} as irb_g,
                    {{ normal_inverse('irb_confidence') }} as irb_g_confidence,
                    {{ irb_correlation('irb_pd', 'irb_sales', correlation_high) }} as irb_r,
                    {{ irb_maturity_slope('irb_pd') }} as irb_b
                from (
                    -- greatest and least would make a number of a missing one
                    select
                        {{ keep | join(', ') }},
                        case when {{ pd }} < {{ pd_floor }} then cast({{ pd_floor }} as double) else cast({{ pd }} as double) end as irb_pd,
                        cast({{ lgd }} as double) as irb_lgd,
                        case when {{ maturity }} < 1 then cast(1 as double) when {{ maturity }} > 5 then cast(5 as double) else cast({{ maturity }} as double) end as irb_m,
                        cast({{ sales }} as double) as irb_sales,
                        cast({{ confidence }} as double) as irb_confidence
                    from {{ relation }}
                ) as irb_given
            ) as irb_inputs
        ) as irb_normal
    ) as irb_weighted
)
{%- endmacro %}
