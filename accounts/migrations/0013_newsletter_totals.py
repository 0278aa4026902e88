"""Issues have their counts from the moment they are sent, so that the rows of their mails can go by themselves."""

from django.db import migrations

COUNT = """
UPDATE accounts_newsletter SET totals = (
    SELECT jsonb_object_agg(of.state, (
        SELECT count(*) FROM accounts_newslettermail AS mail
        WHERE mail.newsletter_id = accounts_newsletter.id AND mail.state = of.state))
    FROM unnest(ARRAY['waiting', 'begun', 'sent', 'refused', 'skipped']) AS of(state))
WHERE state = 'sent' AND totals IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_terms")]
    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
