{#- Dates, numbers and booleans of domain.md section 5b: the direct way for a value that is typed or plainly written,
    the text repair only for the rows that need it. A value that cannot be read for certain becomes NULL; money and
    dates are never guessed. -#}

{% macro is_delivered_as_text(raw) -%}
    typeof({{ raw }}) = 'VARCHAR'
{%- endmacro %}

{#- Dates -#}

{% macro is_plain_date(text) -%}
    regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
{%- endmacro %}

{% macro parsed_date(raw) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    {%- set tidy = "replace(" ~ 'tidied_text(' ~ text ~ ')' ~ ", ' ', '')" -%}
    case
        when {{ raw }} is null then null
        when typeof({{ raw }}) = 'DATE' or typeof({{ raw }}) like 'TIMESTAMP%' then try_cast({{ raw }} as date)
        when {{ is_plain_date(text) }} then try_cast({{ text }} as date)
        when {{ is_plain_timestamp(text) }} then cast(try_cast({{ text }} as timestamp) as date)
        when regexp_full_match({{ tidy }}, '[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}') then try_cast(translate({{ tidy }}, '/.', '--') as date)
        when regexp_full_match({{ tidy }}, '[0-9]{8}') then cast(try_strptime({{ tidy }}, '%Y%m%d') as date)
        when regexp_full_match({{ tidy }}, '[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日') then try_cast(replace(replace(replace({{ tidy }}, '年', '-'), '月', '-'), '日', '') as date)
        when regexp_full_match({{ tidy }}, '[2-7][0-9]{4}') then date '1899-12-30' + cast({{ tidy }} as integer)
        when regexp_full_match(tidied_text({{ text }}), '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?') then cast(try_cast(tidied_text({{ text }}) as timestamp) as date)
    end
{%- endmacro %}

{#- Dates that sources write for "unknown" or "never". -#}
{% macro is_sentinel_date(value) -%}
    list_contains([date '1900-01-01', date '1900-01-02', date '1970-01-01', date '9999-12-31', date '9999-12-30'], {{ value }})
{%- endmacro %}

{% macro repaired_date(parsed) -%}
    case when {{ is_sentinel_date('cast(' ~ parsed ~ ' as date)') }} then null else {{ parsed }} end
{%- endmacro %}

{% macro date_mark(raw, value, kind) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null
            then case
                when {{ is_null_word('tidied_text(' ~ text ~ ')') }} then 'W_NULLED'
                when read_any_date({{ raw }}) is null then 'Q_DATE'
                {%- if kind == 'open_end' %}
                when read_any_date({{ raw }}) in (date '9999-12-31', date '9999-12-30') then null
                {%- endif %}
                else 'W_SENTINEL'
            end
        when {{ is_delivered_as_text(raw) }} and not {{ is_plain_date(text) }} then 'W_DATE'
    end
{%- endmacro %}

{#- Timestamps -#}

{% macro is_plain_timestamp(text) -%}
    regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?')
{%- endmacro %}

{% macro parsed_timestamp(raw) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    {%- set tidy = 'tidied_text(' ~ text ~ ')' -%}
    case
        when {{ raw }} is null then null
        when typeof({{ raw }}) = 'DATE' or typeof({{ raw }}) like 'TIMESTAMP%' then try_cast({{ raw }} as timestamp)
        when {{ is_plain_timestamp(text) }} then try_cast({{ text }} as timestamp)
        when regexp_full_match({{ tidy }}, '[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?')
            then try_cast(translate({{ tidy }}, '/.', '--') as timestamp)
        when regexp_full_match({{ tidy }}, '[0-9]{14}') then try_strptime({{ tidy }}, '%Y%m%d%H%M%S')
        else cast(read_any_date({{ raw }}) as timestamp)
    end
{%- endmacro %}

{% macro timestamp_mark(raw, value) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null
            then case
                when {{ is_null_word('tidied_text(' ~ text ~ ')') }} then 'W_NULLED'
                when read_any_timestamp({{ raw }}) is null then 'Q_DATE'
                else 'W_SENTINEL'
            end
        when {{ is_delivered_as_text(raw) }} and not {{ is_plain_timestamp(text) }} then 'W_DATE'
    end
{%- endmacro %}

{#- Numbers -#}

{% macro is_plain_number(text) -%}
    regexp_full_match({{ text }}, '-?[0-9]+(\.[0-9]+)?')
{%- endmacro %}

{#- "1,234.50", "￥300万", "1.2亿", "(500)", "约300人": digits with separators that group by three, a currency sign, a
    Chinese unit, an accountant's brackets, "about". Anything else, scientific notation included, is NULL. -#}
{% macro parsed_number(raw, type) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    {%- set tidy = "regexp_replace(replace(" ~ 'tidied_text(' ~ text ~ ')' ~ ", ' ', ''), '^约|^[￥¥$]|元$|人$', '', 'g')" -%}
    {%- set bare = "regexp_replace(" ~ tidy ~ ", '[^0-9.-]', '', 'g')" -%}
    case
        when {{ raw }} is null then null
        when not {{ is_delivered_as_text(raw) }} then try_cast({{ raw }} as {{ type }})
        when {{ is_plain_number(text) }} then try_cast({{ text }} as {{ type }})
        when regexp_full_match({{ tidy }}, '-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?(万|亿|千)?')
            then try_cast(
                try_cast({{ bare }} as decimal(28,8))
                * case right({{ tidy }}, 1) when '千' then 1000 when '万' then 10000 when '亿' then 100000000 else 1 end
                as {{ type }}
            )
        when regexp_full_match({{ tidy }}, '\(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?\)') then try_cast('-' || {{ bare }} as {{ type }})
    end
{%- endmacro %}

{#- A count is a whole number; 12.5 persons is not read as 12 or 13. -#}
{% macro whole_number(number) -%}
    case when {{ number }} = floor({{ number }}) then try_cast({{ number }} as integer) end
{%- endmacro %}

{% macro number_mark(raw, value, unusable) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null then case when {{ is_null_word('tidied_text(' ~ text ~ ')') }} then 'W_NULLED' else '{{ unusable }}' end
        when {{ is_delivered_as_text(raw) }} and not {{ is_plain_number(text) }} then 'W_PARSED'
    end
{%- endmacro %}

{#- A yearly rate or a share as a fraction, from 0.0435, 4.35 or "4.35%". The bands are those of domain.md section 5b:
    a rate below 0.5 is a fraction, 0.5 to 36 is a percentage; a share up to 1 is a fraction, above 1 to 100 a
    percentage; with a percent sign it is a percentage. -#}
{% macro parsed_fraction(raw, kind) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    {%- set tidy = "replace(" ~ 'tidied_text(' ~ text ~ ')' ~ ", ' ', '')" -%}
    {%- set number = "case when " ~ is_delivered_as_text(raw) ~ " then try_cast(case when " ~ is_plain_number(text) ~ " then " ~ text
        ~ " when regexp_full_match(" ~ tidy ~ ", '-?[0-9]+(\\.[0-9]+)?%?') then replace(" ~ tidy ~ ", '%', '') end as decimal(18,8)) else try_cast(" ~ raw ~ " as decimal(18,8)) end" -%}
    {%- set signed = is_delivered_as_text(raw) ~ " and right(" ~ tidy ~ ", 1) = '%'" -%}
    case
        when {{ raw }} is null then null
        {%- if kind == 'rate' %}
        when {{ number }} <= 0 then null
        when {{ signed }} then case when {{ number }} <= 36 then {{ number }} / 100 end
        when {{ number }} < 0.5 then {{ number }}
        when {{ number }} <= 36 then {{ number }} / 100
        {%- else %}
        when {{ number }} < 0 then null
        when {{ signed }} then case when {{ number }} <= 100 then {{ number }} / 100 end
        when {{ number }} <= 1 then {{ number }}
        when {{ number }} <= 100 then {{ number }} / 100
        {%- endif %}
    end
{%- endmacro %}

{% macro fraction_mark(raw, value) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null then case when {{ is_null_word('tidied_text(' ~ text ~ ')') }} then 'W_NULLED' else 'Q_RATE' end
        when try_cast({{ raw }} as decimal(9,6)) is distinct from {{ value }} then 'W_RATE'
        when {{ is_delivered_as_text(raw) }} and not {{ is_plain_number(text) }} then 'W_RATE'
    end
{%- endmacro %}

{#- Booleans -#}

{% macro parsed_boolean(raw) -%}
    {%- set tidy = 'lower(tidied_text(cast(' ~ raw ~ ' as varchar)))' -%}
    case
        when {{ raw }} is null then null
        when typeof({{ raw }}) = 'BOOLEAN' then try_cast({{ raw }} as boolean)
        when list_contains(['true', 't', 'yes', 'y', '1', '是'], {{ tidy }}) then true
        when list_contains(['false', 'f', 'no', 'n', '0', '否'], {{ tidy }}) then false
    end
{%- endmacro %}

{% macro boolean_mark(raw, value) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null then case when {{ is_null_word('tidied_text(' ~ text ~ ')') }} then 'W_NULLED' else 'Q_BOOLEAN' end
        when {{ is_delivered_as_text(raw) }} and lower({{ text }}) not in ('true', 'false') then 'W_PARSED'
    end
{%- endmacro %}
