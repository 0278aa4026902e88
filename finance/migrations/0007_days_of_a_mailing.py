from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("finance", "0006_reader_of_a_link")]

    operations = [
        migrations.AlterField(
            "mailing",
            "days",
            models.PositiveSmallIntegerField(
                blank=True, choices=[(7, "7 days"), (30, "30 days"), (90, "90 days")], null=True,
                verbose_name="days that the link works",
            ),
        ),
    ]  # fmt: skip
