import uuid

import django.db.models.deletion
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models

# Whoever changes it, by whatever road: the ledger hears of it. The change is noted in its own transaction, under the
# rights of the owner, for nobody else writes here; the job that tells the ledger takes the note away.
# That a trial ended by itself follows from its dates, and that an account is gone is told by its erasure.
NOTE = """
CREATE FUNCTION retention_note_for_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO retention_ledgernote (account_id)
    VALUES (CASE TG_TABLE_NAME WHEN 'accounts_account' THEN (to_jsonb(NEW) ->> 'id')::bigint
                               ELSE (to_jsonb(NEW) ->> 'account_id')::bigint END);
    RETURN NULL;
END $$;
CREATE TRIGGER note_for_ledger AFTER UPDATE ON accounts_account FOR EACH ROW
    WHEN (NEW.state <> 'erased' AND (
        OLD.state <> NEW.state AND NEW.state <> 'lapsed'
        OR (OLD.cancelled_on, OLD.ordered_on, OLD.blocked_at)
           IS DISTINCT FROM (NEW.cancelled_on, NEW.ordered_on, NEW.blocked_at)))
    EXECUTE FUNCTION retention_note_for_ledger();
CREATE TRIGGER note_for_ledger AFTER INSERT OR UPDATE ON retention_hold FOR EACH ROW
    WHEN (NEW.confirmed_on IS NOT NULL) EXECUTE FUNCTION retention_note_for_ledger();
"""
FORGET = """
DROP TRIGGER note_for_ledger ON accounts_account;
DROP TRIGGER note_for_ledger ON retention_hold;
DROP FUNCTION retention_note_for_ledger();
"""
# What stands before this is told as well, once.
TELL = """
INSERT INTO retention_ledgernote (account_id)
SELECT id FROM accounts_account WHERE state IN ('active', 'cancelled') OR ordered_on IS NOT NULL OR blocked_at IS NOT NULL
UNION SELECT account_id FROM retention_hold WHERE confirmed_on IS NOT NULL AND released_on IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_blocked"),
        ("retention", "0006_alarms_of_backups"),
    ]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="reference",
            field=models.UUIDField(
                db_default=RandomUUID(), default=uuid.uuid4, editable=False, verbose_name="reference"
            ),
        ),
        migrations.CreateModel(
            name="LedgerNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(NOTE, FORGET),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
    ]
