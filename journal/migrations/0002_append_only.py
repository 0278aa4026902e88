from django.db import migrations

# Update and truncation are refused always, removal outside the one door to erasure (which names itself in the
# transaction, and only ever removes the evidence of an account erased five years before).
GUARD = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_no_change BEFORE UPDATE OR TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_removal BEFORE DELETE ON journal_entry
    FOR EACH STATEMENT WHEN (current_setting('cannonworks.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION journal_refuse();
"""
UNGUARD = """
DROP TRIGGER journal_no_removal ON journal_entry;
DROP TRIGGER journal_no_change ON journal_entry;
DROP FUNCTION journal_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
