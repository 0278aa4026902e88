from django.conf import settings
from django.db import migrations, models

#: What no CHECK can say, because it is about another row: what a review saw not to work is not in place until mended.
GUARD = """
UPDATE audits_measure SET state = 'failing' WHERE state = 'in_place' AND EXISTS (
    SELECT FROM audits_finding AS found
    WHERE found.measure_id = audits_measure.id AND found.origin = 'review' AND found.closed_at IS NULL);

CREATE FUNCTION audits_keep_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'in_place' AND EXISTS (
        SELECT FROM audits_finding AS found
        WHERE found.measure_id = NEW.id AND found.origin = 'review' AND found.closed_at IS NULL)
    THEN
        RAISE EXCEPTION 'what a review saw about this measure is open' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measure_mended BEFORE UPDATE OF state ON audits_measure
    FOR EACH ROW EXECUTE FUNCTION audits_keep_measure();
"""
BACK = """
DROP TRIGGER measure_mended ON audits_measure;
DROP FUNCTION audits_keep_measure();
UPDATE audits_measure SET state = 'in_place' WHERE state = 'failing';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_paper'),
        ('audits', '0003_account_tests'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='auditfile',
            name='audit_file_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='measure',
            name='measure_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='measure',
            name='measure_in_place_is_owned_and_reviewed',
        ),
        migrations.RemoveIndex(
            model_name='measure',
            name='measure_to_review',
        ),
        migrations.AlterField(
            model_name='auditfile',
            name='kind',
            field=models.CharField(choices=[('letter', 'Announcement'), ('logs', 'System logs of the test'), ('report', 'Report of the tester'), ('answer', 'Letter of the account holder')], max_length=6, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='measure',
            name='state',
            field=models.CharField(choices=[('planned', 'Planned'), ('in_place', 'In place'), ('failing', 'Does not work, being mended'), ('withdrawn', 'Withdrawn')], default='planned', max_length=10, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='measure',
            index=models.Index(condition=models.Q(('state__in', ('in_place', 'failing'))), fields=['review_on'], name='measure_to_review'),
        ),
        migrations.AddConstraint(
            model_name='auditfile',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['letter', 'logs', 'report', 'answer'])), name='audit_file_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'in_place', 'failing', 'withdrawn'])), name='measure_state_known'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('in_place', 'failing')), _negated=True), models.Q(('owner__isnull', False), ('review_on__isnull', False), ('reviewed_at__isnull', False)), _connector='OR'), name='measure_in_place_is_owned_and_reviewed'),
        ),
        migrations.RunSQL(GUARD, BACK),
    ]
