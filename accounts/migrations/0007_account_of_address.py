"""Staff find an account by a user's whole e-mail address, without seeing whose it is: see ``querysets``."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_account_of_address(address text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    -- As the owner of the tables: the account's key comes out, nothing of the user. For staff and tasks alone.
    SELECT account_id FROM accounts_user
    WHERE email = lower(address)
      AND current_setting('role') NOT IN ('cannonworks_visitor', 'cannonworks_holder', 'cannonworks_helper')
$$;
"""
BACKWARD = "DROP FUNCTION accounts_account_of_address(text);"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_support")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
