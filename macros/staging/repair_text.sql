{#- Text repairs of domain.md section 5b. Every macro here takes an SQL expression and returns one. -#}

{#- Full-width letters, digits and punctuation (U+FF01..FF5E), the ideographic space and the no-break space to their
    half-width forms. nfc_normalize does not do this. -#}
{% macro folded(text) -%}
    translate({{ text }}, '！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～　' || chr(160), '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~  ')
{%- endmacro %}

{#- Printable ASCII and Chinese characters without blanks: nothing to fold or trim. The common case must cost one
    test. -#}
{% macro is_plain(text) -%}
    regexp_full_match({{ text }}, '[!-~\p{Han}]+')
{%- endmacro %}

{#- Words that sources write for "nothing". NONE is not among them: it is a value of monitoring_tasks.finding.
    list_contains, not IN: DuckDB turns a long IN into a join, and then computes its left side for every row. -#}
{% macro is_null_word(text) -%}
    list_contains(['', 'null', 'n/a', 'na', 'nan', '-', '--', '/', '无', '不详', '未知'], lower({{ text }}))
{%- endmacro %}

{#- Width folded, zero-width characters removed, runs of blanks made one, ends trimmed. -#}
{% macro tidied(text) -%}
    trim(regexp_replace(regexp_replace({{ folded(text) }}, '[\x{200B}-\x{200D}\x{2060}\x{FEFF}]', '', 'g'), '\s+', ' ', 'g'))
{%- endmacro %}

{#- The repaired value of a text column. kind: id | code | name | text (contract/column_kinds.yml). -#}
{% macro repaired_text(raw, kind) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    {%- if kind in ('id', 'code') -%}
        {%- set slow = "replace(" ~ 'tidied_text(' ~ text ~ ')' ~ ", ' ', '')" -%}
    {%- elif kind == 'name' -%}
        {%- set slow = "regexp_replace(regexp_replace(" ~ 'tidied_text(' ~ text ~ ')' ~ ", '(\\p{Han}) ', '\\1', 'g'), ' (\\p{Han})', '\\1', 'g')" -%}
    {%- else -%}
        {%- set slow = 'tidied_text(' ~ text ~ ')' -%}
    {%- endif -%}
    {%- set value = 'case when ' ~ is_plain(text) ~ ' then ' ~ text ~ ' else ' ~ slow ~ ' end' -%}
    {%- if kind == 'code' -%}{%- set value = 'upper(' ~ value ~ ')' -%}{%- endif -%}
    {%- if kind == 'id' -%}
        {#- a number that a spreadsheet turned into scientific notation is lost; "0" stands for nothing -#}
        case when {{ raw }} is null then null when {{ is_null_word(value) }} or {{ value }} = '0' or {{ is_spreadsheet_number(text) }} then null else {{ value }} end
    {%- else -%}
        case when {{ raw }} is null then null when {{ is_null_word('tidied_text(' ~ text ~ ')' if kind != 'code' else value) }} then null else {{ value }} end
    {%- endif -%}
{%- endmacro %}

{#- 9.11E+17: what a spreadsheet leaves of a long number. -#}
{% macro is_spreadsheet_number(text) -%}
    regexp_full_match({{ text }}, '[0-9](\.[0-9]+)?[eE]\+[0-9]+')
{%- endmacro %}

{#- The mark of a repaired or unusable text value; NULL where the value is as delivered. -#}
{% macro text_mark(raw, value, kind) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when {{ raw }} is null then null
        when {{ value }} is null then case when {{ is_spreadsheet_number(text) }} then 'S_EXCEL' else 'W_NULLED' end
        {%- if kind == 'code' %}
        -- an empty list of allowed codes: any code will do
        when len(allowed) > 0 and not list_contains(allowed, {{ value }}) then 'S_CODE'
        {%- endif %}
        when {{ value }} = {{ text }} then null
        when regexp_matches({{ text }}, '[\x{FF01}-\x{FF5E}]'){% if kind == 'code' %} or {{ text }} <> upper({{ text }}){% endif %} then 'W_FOLDED'
        else 'W_TRIMMED'
    end
{%- endmacro %}
