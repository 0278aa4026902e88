import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# The outbox of requests becomes that of everything: its table and indexes stay, under their new names.
RENAME = """
ALTER TABLE rights_rightsmail RENAME TO accounts_plannedmail;
ALTER TABLE accounts_plannedmail ALTER COLUMN template TYPE varchar(60);
UPDATE accounts_plannedmail SET template = 'rights/' || template;
ALTER INDEX rights_mail_of_account RENAME TO planned_mail_of_account;
ALTER INDEX rights_mail_about RENAME TO planned_mail_about;
ALTER INDEX rights_mail_ages RENAME TO planned_mail_ages;
ALTER INDEX rights_mail_to_send RENAME TO planned_mail_to_send;
"""
BACK = """
ALTER INDEX planned_mail_to_send RENAME TO rights_mail_to_send;
ALTER INDEX planned_mail_ages RENAME TO rights_mail_ages;
ALTER INDEX planned_mail_about RENAME TO rights_mail_about;
ALTER INDEX planned_mail_of_account RENAME TO rights_mail_of_account;
UPDATE accounts_plannedmail SET template = substr(template, 8) WHERE template LIKE 'rights/%';
ALTER TABLE accounts_plannedmail RENAME TO rights_rightsmail;
"""
MODEL = migrations.CreateModel(
    name="PlannedMail",
    fields=[
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("about", models.UUIDField(help_text="The random reference of what it tells of.", verbose_name="about")),
        ("template", models.CharField(max_length=60, verbose_name="mail")),
        ("planned_at", models.DateTimeField(verbose_name="planned at")),
        ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
        ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="failed attempts")),
        ("retry_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt at")),
        ("failure", models.CharField(blank=True, default="", max_length=60, verbose_name="failure")),
        (
            "account",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="accounts.account",
            ),
        ),
    ],
    options={
        "verbose_name": "planned mail",
        "verbose_name_plural": "planned mails",
        "indexes": [
            models.Index(fields=["account"], name="planned_mail_of_account", condition=Q(account__isnull=False)),
            models.Index(fields=["about", "id"], name="planned_mail_about"),
            models.Index(fields=["planned_at"], name="planned_mail_ages"),
            models.Index(fields=["id"], name="planned_mail_to_send", condition=Q(sent_at__isnull=True)),
        ],
    },
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_blocked"), ("rights", "0006_return_files")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RENAME, BACK)], state_operations=[MODEL]
        )
    ]
