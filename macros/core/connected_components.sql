{#- Components of an undirected graph: for every node of a relation edges(a, b) the smallest node that it is connected
    to. Nodes without an edge are not in the result. Takes the name of a CTE or relation; returns a query
    (node, component). -#}
{% macro connected_components(edges) -%}{{ return(adapter.dispatch('connected_components', 'lending')(edges)) }}{%- endmacro %}

{% macro duckdb__connected_components(edges) %}
    with recursive both_ways as (
        select a, b from {{ edges }}
        union
        select b, a from {{ edges }}
    ),

    reached(node, component) using key (node) as (
        select a, min(least(a, b)) from both_ways group by a
        union
        select both_ways.b, min(reached.component)
        from reached
        inner join both_ways on reached.node = both_ways.a
        inner join recurring.reached as before on before.node = both_ways.b
        where reached.component < before.component
        group by both_ways.b
    )

    select node, component from reached
{% endmacro %}
