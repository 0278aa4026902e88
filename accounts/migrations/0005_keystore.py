"""Move the wrapped data keys into a schema of their own, which dumps leave out (docs/decisions/0013)."""

from django.db import migrations

THERE = """
CREATE SCHEMA IF NOT EXISTS keystore;
GRANT USAGE ON SCHEMA keystore TO PUBLIC;  -- who may do what, is granted on the table
ALTER TABLE accounts_datakey SET SCHEMA keystore;
"""
BACK = """
ALTER TABLE keystore.accounts_datakey SET SCHEMA public;
DROP SCHEMA keystore;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_device_tokens")]
    operations = [migrations.RunSQL(THERE, BACK)]
