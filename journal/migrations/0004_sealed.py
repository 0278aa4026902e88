from django.db import migrations

# A batch is never changed or removed. An entry that is removed, through the door to erasure or past it, leaves the digest
# of its content and the reference of its account: with these its leaf is recomputed, and whether that account's evidence
# was erased is in the ledger outside the database. The expression is that of ``journal.leaves.CONTENT``.
GUARD = r"""
ALTER TABLE journal_batch ALTER COLUMN leaves SET STORAGE EXTERNAL;
CREATE TRIGGER batch_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_batch
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER removed_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_removed
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE FUNCTION journal_note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_removed (entry_id, account_reference, content)
    SELECT id, account_reference, sha256(
        timestamptz_send(at)
        || int4send(octet_length(event)) || convert_to(event, 'UTF8')
        || coalesce('\x01'::bytea || uuid_send(actor_reference), '\x00'::bytea)
        || int4send(octet_length(actor_kind)) || convert_to(actor_kind, 'UTF8')
        || int4send(octet_length(clause)) || convert_to(clause, 'UTF8')
        || convert_to(facts::text, 'UTF8')
    ) FROM gone;
    RETURN NULL;
END $$;
CREATE TRIGGER journal_removal AFTER DELETE ON journal_entry
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION journal_note_removal();
"""
UNGUARD = """
DROP TRIGGER journal_removal ON journal_entry;
DROP FUNCTION journal_note_removal();
DROP TRIGGER removed_no_change ON journal_removed;
DROP TRIGGER batch_no_change ON journal_batch;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_sealing")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
