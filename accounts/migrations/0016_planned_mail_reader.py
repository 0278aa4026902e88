from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_outbox")]
    operations = [
        migrations.AddField(
            model_name="plannedmail",
            name="reader",
            field=models.UUIDField(blank=True, null=True, verbose_name="reader"),
        ),
    ]
