"""Put before every lookup hash a mark of the key that it is under, so that keys can change.

Those that are there were made in another way: they get the mark of no key, and ``rotate_keys`` makes them anew.
"""

from django.db import migrations

MARK = """
SELECT set_config('cannonworks.erasing', 'on', true);  -- the fence stands against new rows; this makes none
UPDATE relations_employee SET bsn_hash = '\\x00000000'::bytea || bsn_hash WHERE length(bsn_hash) = 32;
SELECT set_config('cannonworks.erasing', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("relations", "0001_initial")]
    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
