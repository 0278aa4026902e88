from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from accounts.models import Account, Company, DataKey, ErasureRequest, Session, User
from cannonworks.datamap import ADDRESS, COMPANY, PERSONALIA, Category, Personal, Subject, outside, register

register(
    Company,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    fields=COMPANY | ADDRESS,
    plain=("id", "account", "sole_trader"),
    helper_sees=("company_name", "kvk_number"),
)
register(
    User,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    fields=PERSONALIA
    | {
        "email": Personal("19 Inloggegevens 1"),
        "password": Personal("19 Inloggegevens 2", secret=True),
        "last_login": Personal("19 Personalia 3"),
    },
    plain=("id", "reference", "account", "is_main", "language", "is_staff", "is_active", "is_superuser"),
)
register(
    Session,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("session_key", "session_data"), Personal("19 Inloggegevens 2", secret=True)),
    plain=("account", "expire_date"),
)
register(
    ErasureRequest,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "account", "code", "asked_on", "asked_by", "withdrawn_on", "granted_on"),
)
outside(
    Account,
    why="Random reference, state and days: what remains as the tombstone; goes when nothing of the account is left.",
)
outside(DataKey, why="The key itself: destroyed before the rows it opens, and looked for by every re-scan.")
outside(User.groups.through, why="Rights of staff; holders have none.")
outside(User.user_permissions.through, why="Rights of staff; holders have none.")
outside(Group, why="Names of staff roles.")
outside(Group.permissions.through, why="Rights of staff roles.")
outside(Permission, why="Made by Django from the models.")
outside(ContentType, why="Made by Django from the models.")
outside(LogEntry, why="Never written: what staff do goes into the journal, without names.")
