from django.db import migrations

# An issued document has its sender on itself, so its reader needs no account and no company: the rule for these, and
# what it asked, go. ``migrate`` lays down the other rules anew afterwards.
GONE = """
DROP POLICY IF EXISTS reader ON accounts_company;
DROP POLICY IF EXISTS reader ON accounts_account;
DROP FUNCTION finance_shared_account();
"""
BACK = """
CREATE FUNCTION finance_shared_account() RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT account FROM finance_shared_link() $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('finance', '0005_lawful_documents'),
    ]

    operations = [migrations.RunSQL(GONE, BACK)]
