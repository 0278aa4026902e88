import django.db.models.deletion
import uuid
from django.db import migrations, models


# Invoices of before get a reference each; a default of the program would be one and the same for all of them.
REFERENCES = "UPDATE finance_subscriptioninvoice SET reference = gen_random_uuid()"

# §3: what the reader of a link may see follows from the digest of its token, which the request names, and is looked up as
# the owner of the tables: no role of the product reads digests. Whoever knows none gets nothing, whatever they ask.
FUNCTIONS = """
CREATE FUNCTION finance_shared_link() RETURNS TABLE (link bigint, document bigint, account bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT l.id, d.id, a.id
    FROM finance_sharelink l
    JOIN finance_document d ON d.id = l.document_id
    JOIN accounts_account a ON a.id = l.account_id
    LEFT JOIN relations_relation r ON r.id = d.relation_id
    WHERE l.digest = nullif(current_setting('cannonworks.link', true), '')
      AND l.revoked_at IS NULL AND now() < l.expires_at AND d.issued_on IS NOT NULL
      AND a.claimed_at IS NULL AND a.ordered_on IS NULL AND a.state <> 'erased' AND r.restricted_on IS NULL
$$;
CREATE FUNCTION finance_shared_document() RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT document FROM finance_shared_link() $$;
CREATE FUNCTION finance_shared_account() RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT account FROM finance_shared_link() $$;
CREATE FUNCTION finance_note_opening(kind text, pdf boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    shared record;
BEGIN
    SELECT * INTO shared FROM finance_shared_link();
    IF FOUND THEN
        UPDATE finance_sharelink SET openings = openings + 1, last_opened_at = now() WHERE id = shared.link;
        INSERT INTO finance_shareopening (account_id, link_id, opened_at, device, is_pdf)
        VALUES (shared.account, shared.link, now(), kind, pdf);
    END IF;
END $$;

-- A payment is of the account whose invoice it is on, whoever writes it.
CREATE FUNCTION finance_guard_payment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM finance_subscriptioninvoice
                   WHERE number = NEW.invoice_number AND account_id = NEW.account_id) THEN
        RAISE EXCEPTION 'there is no invoice % of this account', NEW.invoice_number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_of_its_invoice BEFORE INSERT ON finance_payment
    FOR EACH ROW EXECUTE FUNCTION finance_guard_payment();
"""
NO_FUNCTIONS = """
DROP TRIGGER payment_of_its_invoice ON finance_payment;
DROP FUNCTION finance_guard_payment();
DROP POLICY IF EXISTS reader ON finance_document;
DROP POLICY IF EXISTS reader ON finance_line;
DROP POLICY IF EXISTS reader ON accounts_company;
DROP POLICY IF EXISTS reader ON accounts_account;
DROP FUNCTION finance_note_opening(text, boolean);
DROP FUNCTION finance_shared_account();
DROP FUNCTION finance_shared_document();
DROP FUNCTION finance_shared_link();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_company_revision'),
        ('relations', '0003_revision_and_restriction'),
        ('finance', '0003_document_revision'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('to', models.EmailField(max_length=254, verbose_name='to')),
                ('message', models.TextField(blank=True, max_length=2000, verbose_name='message')),
                ('days', models.PositiveSmallIntegerField(blank=True, choices=[(7, '7 days'), (30, '30 days'), (90, '90 days')], null=True, verbose_name='link')),
                ('asked_by', models.UUIDField(editable=False)),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('state', models.CharField(choices=[('waiting', 'On its way'), ('sent', 'Sent'), ('failed', 'Not sent')], default='waiting', max_length=10, verbose_name='state')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failure', models.CharField(blank=True, max_length=60)),
            ],
            options={
                'verbose_name': 'mailing',
                'verbose_name_plural': 'mailings',
            },
        ),
        migrations.CreateModel(
            name='ShareLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('made_by', models.UUIDField(editable=False)),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked at')),
                ('openings', models.PositiveIntegerField(db_default=0, default=0, verbose_name='opened')),
                ('last_opened_at', models.DateTimeField(blank=True, null=True, verbose_name='last opened at')),
            ],
            options={
                'verbose_name': 'link',
                'verbose_name_plural': 'links',
            },
        ),
        migrations.CreateModel(
            name='ShareOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField(verbose_name='opened at')),
                ('device', models.CharField(choices=[('phone', 'Phone'), ('tablet', 'Tablet'), ('computer', 'Computer'), ('robot', 'Mail programme or robot'), ('unknown', 'Unknown device')], max_length=10, verbose_name='device')),
                ('is_pdf', models.BooleanField(default=False, verbose_name='PDF')),
            ],
            options={
                'verbose_name': 'opening',
                'verbose_name_plural': 'openings',
            },
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='counted_from',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='due_on',
            field=models.DateField(blank=True, null=True, verbose_name='to be paid by'),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='mailed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='mailed at'),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='period_from',
            field=models.DateField(blank=True, null=True, verbose_name='from'),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='period_until',
            field=models.DateField(blank=True, null=True, verbose_name='until'),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='reference',
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True, verbose_name='reference'),
        ),
        migrations.AddField(
            model_name='subscriptioninvoice',
            name='reminders',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='reminders sent'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['invoice_number'], name='payment_of_invoice'),
        ),
        migrations.AddIndex(
            model_name='subscriptioninvoice',
            index=models.Index(fields=['account', 'period_until'], name='subscription_period'),
        ),
        migrations.AddIndex(
            model_name='subscriptioninvoice',
            index=models.Index(condition=models.Q(('mailed_at__isnull', True), ('period_from__isnull', False)), fields=['id'], name='subscription_to_mail'),
        ),
        migrations.AddIndex(
            model_name='subscriptioninvoice',
            index=models.Index(fields=['issued_on', 'id'], name='subscription_by_day'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payment_is_something'),
        ),
        migrations.AddConstraint(
            model_name='subscriptioninvoice',
            constraint=models.UniqueConstraint(fields=('account', 'period_from'), name='subscription_period_once'),
        ),
        migrations.AddConstraint(
            model_name='subscriptioninvoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted_from__isnull', True), ('period_from__isnull', True), ('period_until__isnull', True)), models.Q(('counted_from__isnull', False), ('period_from__isnull', False), ('period_until__gt', models.F('period_from'))), _connector='OR'), name='subscription_period_whole'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='accounts.account'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mailings', to='finance.document'),
        ),
        migrations.AddField(
            model_name='sharelink',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='accounts.account'),
        ),
        migrations.AddField(
            model_name='sharelink',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='finance.document'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='link',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to='finance.sharelink'),
        ),
        migrations.AddField(
            model_name='shareopening',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='accounts.account'),
        ),
        migrations.AddField(
            model_name='shareopening',
            name='link',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='opened', to='finance.sharelink'),
        ),
        migrations.AddIndex(
            model_name='sharelink',
            index=models.Index(fields=['account', '-id'], name='link_of_account'),
        ),
        migrations.AddIndex(
            model_name='sharelink',
            index=models.Index(fields=['expires_at'], name='link_expiry'),
        ),
        migrations.AddConstraint(
            model_name='sharelink',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='link_expires_later'),
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(fields=['account', '-id'], name='mailing_of_account'),
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['asked_at'], name='mailing_waiting'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='mailing_sent_has_its_moment'),
        ),
        migrations.AddIndex(
            model_name='shareopening',
            index=models.Index(fields=['link', '-id'], name='opening_of_link'),
        ),
        migrations.AddIndex(
            model_name='shareopening',
            index=models.Index(fields=['account', 'id'], name='opening_of_account'),
        ),
        migrations.RunSQL(REFERENCES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='subscriptioninvoice',
            name='reference',
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='reference'),
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
    ]
