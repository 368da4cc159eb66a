{#- One setting of the warehouse: the dbt variable of that name if given, else the environment variable, else the
    default. Environment variables are preferred in daily use: another --vars makes dbt parse everything anew. -#}
{% macro setting(name, default) -%}
    {{- return(var(name, env_var(name, default)) | string | trim) -}}
{%- endmacro %}

{% macro input_setting() -%}{{- return(setting('LENDING_INPUT', 'demo')) -}}{%- endmacro %}

{% macro input_is_demo() -%}{{- return(input_setting() == 'demo') -}}{%- endmacro %}

{% macro lending_currency() -%}{{- return(setting('LENDING_CURRENCY', 'CNY')) -}}{%- endmacro %}
