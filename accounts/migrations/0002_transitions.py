from django.db import migrations

# The steps of accounts/states.py, held by the database as well; a test walks every pair against both.
GUARD = """
CREATE FUNCTION accounts_check_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
        ('trial', 'active'), ('trial', 'lapsed'), ('trial', 'erased'),
        ('lapsed', 'active'), ('lapsed', 'erased'),
        ('active', 'cancelled'),
        ('cancelled', 'active'), ('cancelled', 'erased')
    ) THEN
        RAISE EXCEPTION 'an account cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_step BEFORE UPDATE OF state ON accounts_account
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION accounts_check_step();
"""
UNGUARD = """
DROP TRIGGER account_step ON accounts_account;
DROP FUNCTION accounts_check_step();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
