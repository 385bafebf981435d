-- muster.sql: what a node's change feed becomes in PostgreSQL 13 or later.
--
--   psql -v ON_ERROR_STOP=1 -f muster.sql DATABASE        once; again after an upgrade, nothing is lost
--   muster --space SPACE export -o sql --follow | psql -v ON_ERROR_STOP=1 DATABASE
--
-- Each batch of the feed is one transaction: COPY into muster.inbox, SELECT muster.apply().  apply() stores the
-- position too, so that a batch counts whole or not at all, and a batch that is sent twice changes nothing.  Go on from
-- `SELECT cursor FROM muster.position WHERE space = 'SPACE'` with --after; packaging/sql/muster-feed does that.
--
-- muster.object is what to read: one row an object in its present state.  Erasures are carried out here: the row goes,
-- and what is sent late of an earlier state is not taken.  Copies that you made of rows are yours to erase: listen to
-- muster.erased.
BEGIN;

CREATE SCHEMA IF NOT EXISTS muster;

CREATE TABLE IF NOT EXISTS muster.inbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line   text NOT NULL
);

-- Where each space's feed stands.  life: the node's tables, whose numbers mean nothing in another life.
CREATE TABLE IF NOT EXISTS muster.position (
    space_id    text PRIMARY KEY,
    space       text NOT NULL,
    exercise    boolean NOT NULL,
    cursor      text NOT NULL,
    life        text NOT NULL,
    number      bigint NOT NULL,
    round       bigint NOT NULL DEFAULT 1,      -- counts how often all was sent
    sweeping    boolean NOT NULL DEFAULT false, -- a round is on: at its end what was not in it is no more
    complete    jsonb,                          -- as of when, and who is silent
    current_at  timestamptz                     -- when the feed last said: this is all
);

CREATE TABLE IF NOT EXISTS muster.object (
    space_id    text NOT NULL REFERENCES muster.position,
    id          text NOT NULL,
    kind        text NOT NULL,
    short       text NOT NULL,
    owner_id    text,
    owner       text,
    created     timestamptz,
    changed     timestamptz,
    revision    integer,
    exercise    boolean NOT NULL,
    tlp         text,
    conflict    boolean NOT NULL,
    provisional boolean NOT NULL,
    retracted   boolean NOT NULL,
    fields      jsonb NOT NULL,
    branches    jsonb,              -- of concurrent changes; NULL: there are none
    round       bigint NOT NULL,
    PRIMARY KEY (space_id, id)
);
CREATE INDEX IF NOT EXISTS object_kind ON muster.object (space_id, kind, changed);
CREATE INDEX IF NOT EXISTS object_fields ON muster.object USING gin (fields);

-- What was erased, so that nothing sent late brings it back.
CREATE TABLE IF NOT EXISTS muster.erased (
    space_id text NOT NULL,
    id       text NOT NULL,
    life     text NOT NULL,
    number   bigint NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (space_id, id)
);

CREATE OR REPLACE FUNCTION muster.erase(of_space text, of_object text, of_life text, of_number bigint) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM muster.object WHERE space_id = of_space AND id = of_object;
    INSERT INTO muster.erased (space_id, id, life, number) VALUES (of_space, of_object, of_life, of_number)
        ON CONFLICT (space_id, id) DO UPDATE SET life = excluded.life, number = excluded.number, at = now()
        WHERE erased.life <> excluded.life OR erased.number < excluded.number;
$$;

CREATE OR REPLACE FUNCTION muster.put(j jsonb, of_life text, of_number bigint, of_round bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO muster.object AS o
    SELECT j->>'space_id', j->>'id', j->>'kind', j->>'short', j#>>'{owner,id}', j#>>'{owner,name}',
           (j->>'created')::timestamptz, (j->>'changed')::timestamptz, (j->>'revision')::integer, (j->>'exercise')::boolean,
           j#>>'{fields,tlp}', (j->>'conflict')::boolean, (j->>'provisional')::boolean, (j->>'retracted')::boolean,
           j->'fields', j->'branches', of_round
    WHERE NOT EXISTS (SELECT 1 FROM muster.erased e WHERE e.space_id = j->>'space_id' AND e.id = j->>'id'
                      AND e.life = of_life AND e.number > of_number)
    ON CONFLICT (space_id, id) DO UPDATE SET
        kind = excluded.kind, short = excluded.short, owner_id = excluded.owner_id, owner = excluded.owner,
        created = excluded.created, changed = excluded.changed, revision = excluded.revision, exercise = excluded.exercise,
        tlp = excluded.tlp, conflict = excluded.conflict, provisional = excluded.provisional,
        retracted = excluded.retracted, fields = excluded.fields, branches = excluded.branches, round = excluded.round;
$$;

-- Takes what is in the inbox; returns how many lines changed anything.
CREATE OR REPLACE FUNCTION muster.apply() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    j       jsonb;
    p       muster.position%ROWTYPE;
    life    text;
    number  bigint;
    changed bigint := 0;
BEGIN
    LOCK TABLE muster.inbox IN EXCLUSIVE MODE; -- one at a time
    FOR j IN SELECT line::jsonb FROM muster.inbox i ORDER BY i.number LOOP
        life := split_part(j->>'cursor', '-', 1);
        number := split_part(j->>'cursor', '-', 2)::bigint;
        IF p.space_id IS DISTINCT FROM j->>'space_id' THEN
            SELECT * INTO p FROM muster.position q WHERE q.space_id = j->>'space_id' FOR UPDATE;
        END IF;
        IF j->>'op' = 'begin' THEN
            INSERT INTO muster.position AS q (space_id, space, exercise, cursor, life, number, sweeping)
                VALUES (j->>'space_id', j->>'space', (j->>'exercise')::boolean, j->>'cursor', life, number, true)
                ON CONFLICT (space_id) DO UPDATE SET space = excluded.space, cursor = excluded.cursor, life = excluded.life,
                    number = excluded.number, round = q.round + 1, sweeping = true
                RETURNING * INTO p;
            changed := changed + 1;
            CONTINUE;
        END IF;
        IF p.space_id IS NULL OR p.life <> life THEN
            RAISE EXCEPTION 'the feed of space % does not go on from where this database stands (%)', j->>'space', p.cursor
                USING HINT = 'Begin anew: muster export -o sql without --after.';
        END IF;
        CONTINUE WHEN number < p.number OR (number = p.number AND j->>'op' <> 'current'); -- sent twice
        CASE j->>'op'
            WHEN 'put', 'branch' THEN PERFORM muster.put(j, life, number, p.round);
            WHEN 'erase' THEN PERFORM muster.erase(j->>'space_id', j->>'id', life, number);
            WHEN 'current' THEN
                IF p.sweeping THEN
                    PERFORM muster.erase(o.space_id, o.id, life, number) FROM muster.object o
                        WHERE o.space_id = p.space_id AND o.round < p.round;
                END IF;
                p.sweeping := false;
                UPDATE muster.position q SET complete = j->'complete', current_at = now(), sweeping = false
                    WHERE q.space_id = p.space_id;
            ELSE NULL; -- of a newer version
        END CASE;
        IF j->>'op' <> 'current' THEN
            changed := changed + 1;
        END IF;
        p.number := number;
        p.cursor := j->>'cursor';
        UPDATE muster.position q SET number = p.number, cursor = p.cursor WHERE q.space_id = p.space_id AND j->>'op' = 'current';
    END LOOP;
    IF p.space_id IS NOT NULL THEN
        UPDATE muster.position q SET number = p.number, cursor = p.cursor WHERE q.space_id = p.space_id;
    END IF;
    DELETE FROM muster.inbox;
    RETURN changed;
END
$$;

COMMIT;
