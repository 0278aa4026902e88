from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rights", "0006_return_files"), ("accounts", "0015_outbox")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("RightsMail")])
    ]
