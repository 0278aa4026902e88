from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("breaches", "0002_conferring")]

    operations = [
        migrations.AddField(
            "meeting",
            "announced_until",
            models.BigIntegerField(
                blank=True, editable=False, null=True, verbose_name="mailed up to this consultation"
            ),
        ),
        migrations.AddIndex(
            "meeting",
            models.Index(
                condition=models.Q(("announced_until__isnull", False)), fields=["id"], name="meeting_to_announce"
            ),
        ),
    ]
