{#- What one unit of a delivered amount is in yuan; an absent unit means yuan. -#}
{% macro unit_factor(unit) -%}
    case {{ unit }} when 'WAN' then 10000 when 'THOUSAND' then 1000 when 'MILLION' then 1000000 else 1 end
{%- endmacro %}

{#- Conversion into the lender's currency at the month of a date column (stg_fx_rate): the join, its columns, and the
    test for a rate that is not there. An absent currency is the lender's own. -#}
{% macro fx_lookup(date_column) -%}
    {{- return("""
    left join """ ~ ref('stg_fx_rate') ~ """ as fx
        on read_code(delivered.currency) = fx.currency
        and last_day(read_date(delivered.""" ~ date_column ~ """)) = fx.month_end""") -}}
{%- endmacro %}

{% macro fx_columns() -%}
    {%- set own = "coalesce(read_code(delivered.currency), '" ~ lending_currency() ~ "') = '" ~ lending_currency() ~ "'" -%}
    {{- return({
        'rate_end': "case when " ~ own ~ " then 1 else fx.rate_end end",
        'rate_average': "case when " ~ own ~ " then 1 else fx.rate_average end"
    }) -}}
{%- endmacro %}

{#- An amount in yuan and the lender's currency. Most amounts are there already, and a product of two decimals is slow. -#}
{% macro converted(amount, rate, factor='1') -%}
    {{- return('case when ' ~ rate ~ ' = 1 and ' ~ factor ~ ' = 1 then ' ~ amount ~ ' else cast(' ~ amount ~ ' * ' ~ factor ~ ' * ' ~ rate ~ ' as decimal(18,2)) end') -}}
{%- endmacro %}

{% macro fx_is_missing() -%}{{- return('rate_end is null') -}}{%- endmacro %}

{#- Functions that single models need, beside the readers (read_column.sql). -#}
{% macro create_staging_functions() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'test', 'snapshot') -%}
        {{- return(adapter.dispatch('create_staging_functions', 'lending')()) -}}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__create_staging_functions() %}
-- text that was read in the wrong encoding: the replacement character, and what GBK read as UTF-8 looks like
create or replace macro is_unreadable(x) as coalesce(regexp_matches(cast(x as varchar), '\x{FFFD}|锟斤拷|ï¿½'), false);

-- GB 32100-2015: 18 characters of 31 symbols (no I, O, Z, S, V); the last is (31 - sum of value x 3^(i-1) mod 31) mod 31
create or replace macro uscc_has_shape(code) as coalesce(regexp_full_match(code, '[0-9A-HJ-NPQRTUWXY]{18}'), false);
create or replace macro uscc_check_character(code) as
    case when regexp_full_match(code, '[0-9A-HJ-NPQRTUWXY]{17}.?') then substr(
        '0123456789ABCDEFGHJKLMNPQRTUWXY',
        1 + (31 - (
            {% for weight in [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] -%}
            {{ weight }} * (instr('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, {{ loop.index }}, 1)) - 1){{ ' + ' if not loop.last }}
            {%- endfor %}
        ) % 31) % 31,
        1
    ) end;
create or replace macro uscc_is_valid(code) as coalesce(uscc_has_shape(code) and uscc_check_character(code) = right(code, 1), false);

-- "上浮30%", "下浮10%", "1.3倍": how often the benchmark rate
create or replace macro rate_multiple(x) as case
    when regexp_full_match(tidied_text(cast(x as varchar)), '(基准)?上浮[0-9]+(\.[0-9]+)?%') then 1 + try_cast(regexp_extract(tidied_text(cast(x as varchar)), '[0-9.]+') as decimal(9,4)) / 100
    when regexp_full_match(tidied_text(cast(x as varchar)), '(基准)?下浮[0-9]+(\.[0-9]+)?%') then 1 - try_cast(regexp_extract(tidied_text(cast(x as varchar)), '[0-9.]+') as decimal(9,4)) / 100
    when regexp_full_match(tidied_text(cast(x as varchar)), '(基准|LPR)?[0-9](\.[0-9]+)?倍') then try_cast(regexp_extract(tidied_text(cast(x as varchar)), '[0-9.]+') as decimal(9,4))
end;
{% endmacro %}
