from django.db import migrations

# §5.2: what is issued never changes, and goes only after its term or with its account (the one door to erasure
# names itself in the transaction). The service names the day it acts on; without it the day is today in Amsterdam.
GUARD = """
CREATE FUNCTION finance_today() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('cannonworks.today', true), '')::date,
                    (now() AT TIME ZONE 'Europe/Amsterdam')::date)
$$;
CREATE FUNCTION finance_guard_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.kept_until <= finance_today() THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.relation_id IS NULL
       AND to_jsonb(NEW) - 'relation_id' = to_jsonb(OLD) - 'relation_id' THEN
        RETURN NEW;  -- the relation was erased; the document keeps its own snapshot
    END IF;
    RAISE EXCEPTION 'document % is issued and kept until %', OLD.reference, OLD.kept_until
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER document_issued BEFORE UPDATE OR DELETE ON finance_document
    FOR EACH ROW WHEN (
        OLD.issued_on IS NOT NULL AND current_setting('cannonworks.erasing', true) IS DISTINCT FROM 'on'
    ) EXECUTE FUNCTION finance_guard_document();

CREATE FUNCTION finance_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- A line that moves touches two documents: the one it leaves and the one it comes to.
    touched bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.document_id] WHEN 'DELETE' THEN ARRAY[OLD.document_id]
                                   ELSE ARRAY[OLD.document_id, NEW.document_id] END;
BEGIN
    IF EXISTS (SELECT 1 FROM finance_document WHERE id = ANY(touched) AND issued_on IS NOT NULL
               AND (TG_OP <> 'DELETE' OR kept_until > finance_today())) THEN
        RAISE EXCEPTION 'a line of an issued document never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER line_of_issued BEFORE INSERT OR UPDATE OR DELETE ON finance_line
    FOR EACH ROW WHEN (current_setting('cannonworks.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION finance_guard_line();
"""
UNGUARD = """
DROP TRIGGER line_of_issued ON finance_line;
DROP FUNCTION finance_guard_line();
DROP TRIGGER document_issued ON finance_document;
DROP FUNCTION finance_guard_document();
DROP FUNCTION finance_today();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
