"""Do not walk through the order that is wanted where what is looked for stands far down in it."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("relations.migrations.0008_search_sooner").PEOPLE_FOUND

PEOPLE_FOUND = """
CREATE OR REPLACE FUNCTION people_found(
    whom text, words text[], restricted boolean, of_kind text, ordered_by text, downwards boolean,
    place_town text, place_name text, place_id bigint, most integer
) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off
AS $$
-- As the owner of the tables, so row security does not stand before it: what it looks at is the account of the request
-- alone, and only keys come out. Keys of the first rows behind a place in an order, of those that have all words in them.
DECLARE
    account bigint := NULLIF(current_setting('cannonworks.account', true), '')::bigint;
    columns text := CASE ordered_by WHEN 'newest' THEN 'sort_newest' WHEN 'town' THEN 'sort_town, sort_name, id'
                                    ELSE 'sort_name, id' END;
    ordered text := replace(columns, ',', CASE WHEN downwards THEN ' DESC,' ELSE ',' END)
                    || CASE WHEN downwards THEN ' DESC' ELSE '' END;
    -- The type is named, because btree_gin looks nothing up but values of the column's own.
    every text := format('FROM %I WHERE account_id = %s::bigint', 'relations_' || whom, account);
    source text := every;
    patterns text[] := '{}';
    filters text := '';
    lookups text := '';
    sample text[];
    fitting bigint;
    is_near boolean;
    reach bigint := 4000;
    is_common boolean;
    word text;
    found bigint[] := '{}';
BEGIN
    IF account IS NULL OR whom NOT IN ('relation', 'employee') THEN
        RETURN;
    END IF;
    IF place_id IS NOT NULL THEN
        source := source || format(' AND (%s) %s (%s)', columns, CASE WHEN downwards THEN '<' ELSE '>' END,
            CASE ordered_by WHEN 'newest' THEN place_id::text
                WHEN 'town' THEN format('%L, %L, %s', place_town, place_name, place_id)
                ELSE format('%L, %s', place_name, place_id) END);
    END IF;
    FOREACH word IN ARRAY words LOOP
        word := regexp_replace(folded(word), '([%_\\\\])', '\\\\\\1', 'g');
        -- Without a letter or digit there is nothing for the index to look for: such words count for nothing.
        IF word ~ '[[:alnum:]]' THEN
            -- Of one or two letters, a word that begins with them.
            patterns := patterns || (CASE WHEN length(word) < 3 THEN '% ' ELSE '%' END || word || '%');
        END IF;
    END LOOP;
    IF cardinality(patterns) = 0 AND cardinality(words) > 0 THEN
        RETURN;
    END IF;
    IF restricted IS NOT NULL THEN
        filters := filters || ' AND restricted_on IS' || CASE WHEN restricted THEN ' NOT NULL' ELSE ' NULL' END;
    END IF;
    IF whom = 'employee' AND of_kind IS NOT NULL THEN
        filters := filters || format(' AND kind = %L', of_kind);
    END IF;
    -- Two hundred rows tell how many have all words, where in the order that is wanted those begin, and which words most
    -- have: a few from each eighth of the time that the account has been there.
    EXECUTE format('SELECT ARRAY(SELECT search_text FROM (SELECT min(sort_newest) AS first, max(sort_newest) AS last %1$s)'
                   ' AS ends, generate_series(first, last, (last - first) / 8 + 1) AS start, LATERAL (SELECT *'
                   ' %1$s AND sort_newest >= start ORDER BY sort_newest LIMIT 25) AS eighth ORDER BY %2$s)',
                   every, ordered) INTO sample;
    -- Spread evenly, hardly ever are the first of them so far down; behind a place is where others were found.
    SELECT count(*), place_id IS NOT NULL OR min(nth) * count(*) <= 5 * cardinality(sample) INTO fitting, is_near
        FROM unnest(sample) WITH ORDINALITY AS row (said, nth) WHERE said LIKE ALL (patterns);
    -- What many rows have is found in the order that is wanted, among twice as many as should have enough of them …
    IF fitting * reach >= most * cardinality(sample) AND fitting > 0 AND is_near AND restricted IS NOT TRUE THEN
        reach := least(reach, 2 * most * cardinality(sample) / fitting);
        EXECUTE format('SELECT ARRAY(SELECT id FROM (SELECT * %s ORDER BY %s LIMIT %s) AS near'
                       ' WHERE search_text LIKE ALL (%L) %s ORDER BY %2$s LIMIT %6$s)',
                       source, ordered, reach, patterns, filters, most) INTO found;
    END IF;
    IF cardinality(found) < most THEN
        -- … and what few rows have, or what stands together far down, by the index of words. What most rows have narrows
        -- nothing down: it is looked for by a function, which comes near no index.
        FOREACH word IN ARRAY patterns LOOP
            is_common := (SELECT 2 * count(*) > cardinality(sample) FROM unnest(sample) AS said WHERE said LIKE word);
            filters := filters || format(CASE WHEN is_common THEN ' AND textlike(search_text, %L)' ELSE '' END, word);
            lookups := lookups || format(CASE WHEN is_common THEN '' ELSE ' AND search_text LIKE %L' END, word);
        END LOOP;
        -- Where there is something to look up, OFFSET keeps that apart from the order; else the order is gone through.
        EXECUTE format('SELECT ARRAY(SELECT id FROM (SELECT id, sort_town, sort_name, sort_newest %s %s %s %s) AS found'
                       ' ORDER BY %s LIMIT %s)', source, lookups, filters,
                       CASE WHEN lookups = '' THEN '' ELSE 'OFFSET 0' END, ordered, most) INTO found;
    END IF;
    RETURN QUERY SELECT unnest(found);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("relations", "0008_search_sooner")]
    operations = [migrations.RunSQL(PEOPLE_FOUND, BEFORE)]
