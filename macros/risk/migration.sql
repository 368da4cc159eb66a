{#- Migration in continuous time (domain.md section 1f, duration method): rates of moving while a state is held, and what
    they make of a year. Unlike the shares of a cohort they also see paths that nobody took in one step. -#}

{#- Rates of every pair of states of a relation with from_state, to_state (the same where nobody moved), clients and years
    (those that the clients spent in from_state): moves by years at risk. A relation with from_state, to_state, moves,
    years_at_risk and intensity; of a state on itself the intensity is less all that leave it, and of a state in which
    nobody spent any time it is nothing: who is there stays. -#}
{% macro migration_generator(relation) -%}
(
    with spent as (

        select
            from_state,
            cast(sum(years) as double) as years_at_risk,
            cast(sum(case when from_state <> to_state then clients else 0 end) as bigint) as moves
        from {{ relation }}
        group by from_state

    ),

    moved as (

        select
            from_state,
            to_state,
            cast(sum(clients) as bigint) as moves
        from {{ relation }}
        where from_state <> to_state
        group by from_state, to_state

    ),

    state as (

        select from_state as code from {{ relation }}
        union
        select to_state as code from {{ relation }}

    )

    select
        before.code as from_state,
        after.code as to_state,
        coalesce(moved.moves, 0) as moves,
        coalesce(spent.years_at_risk, 0) as years_at_risk,
        coalesce(cast(
            case when before.code = after.code then -spent.moves else coalesce(moved.moves, 0) end / nullif(spent.years_at_risk, 0)
            as decimal(28,10)
        ), 0) as intensity
    from state as before
    cross join state as after
    left join spent
        on before.code = spent.from_state
    left join moved
        on before.code = moved.from_state
        and after.code = moved.to_state
)
{%- endmacro %}

{#- The exponential of a matrix of intensities: of who is in from_state, the part that is in to_state after so many years. A
    relation with from_state, to_state and probability. By scaling and squaring: the power series of a small step, which
    is then doubled again and again. Sums are of decimals, so the order of the rows does not matter. -#}
{% macro matrix_exponential(generator, years='1') -%}
{%- set doublings = 12 -%}
{%- set terms = 4 -%}
(
    with step as (

        select
            from_state,
            to_state,
            cast(cast(intensity as double) * {{ years }} / {{ 2 ** doublings }} as decimal(38,20)) as entry,
            case when from_state = to_state then 1 else 0 end as unit
        from {{ generator }}

    ),

    -- 1 + s (1 + s / 2 (1 + s / 3 (1 + s / 4)))
    term_{{ terms }} as (

        select
            from_state,
            to_state,
            cast(unit + entry / {{ terms }} as decimal(38,20)) as entry
        from step

    ),

    {% for term in range(terms - 1, 0, -1) -%}
    product_{{ term }} as {{ matrix_product('step', 'term_' ~ (term + 1)) }},

    term_{{ term }} as (

        select
            step.from_state,
            step.to_state,
            cast(step.unit + products.entry / {{ term }} as decimal(38,20)) as entry
        from step
        inner join product_{{ term }} as products
            on step.from_state = products.from_state
            and step.to_state = products.to_state

    ),

    {% endfor -%}
    doubled_0 as (

        select from_state, to_state, entry from term_1

    ){% for doubling in range(1, doublings + 1) %},

    doubled_{{ doubling }} as {{ matrix_product('doubled_' ~ (doubling - 1), 'doubled_' ~ (doubling - 1)) }}{% endfor %}

    select
        from_state,
        to_state,
        cast(round(entry, 10) as decimal(18,10)) as probability
    from doubled_{{ doublings }}
)
{%- endmacro %}

{#- The product of two matrices: relations with from_state, to_state and entry, all pairs of states. -#}
{% macro matrix_product(left, right) -%}
(

        select
            first_factor.from_state,
            second_factor.to_state,
            cast(sum(cast(cast(first_factor.entry as double) * cast(second_factor.entry as double) as decimal(38,20))) as decimal(38,20)) as entry
        from {{ left }} as first_factor
        inner join {{ right }} as second_factor
            on first_factor.to_state = second_factor.from_state
        group by first_factor.from_state, second_factor.to_state

    )
{%- endmacro %}
