"""Whoever bears the link of a request that was joined to an earlier one finds that one: see ``rights.asking``."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rights_followed_request() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    -- As the owner of the tables: whoever bears a link reads one row. The reference of the one that it goes with comes
    -- out, and nothing of it; both are of the same mailbox.
    SELECT earlier.reference
    FROM rights_subjectrequest own
    JOIN rights_subjectrequest earlier ON earlier.id = own.joined_to_id AND earlier.email = own.email
    WHERE own.reference::text = nullif(current_setting('cannonworks.link', true), '')
$$;
"""
BACKWARD = "DROP FUNCTION rights_followed_request();"


class Migration(migrations.Migration):
    dependencies = [("rights", "0002_requests_and_returns")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
