from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Account,
    Company,
    DataKey,
    DeviceToken,
    Dismissal,
    ErasureRequest,
    Invitation,
    Newsletter,
    NewsletterMail,
    Notice,
    Paper,
    PlannedMail,
    Session,
    Subscriber,
    SupportAccess,
    Suppression,
    TermsAcknowledgement,
    TermsAnnouncement,
    TermsVersion,
    UsageDay,
    UsageEvent,
    UsageTotal,
    User,
)
from cannonworks import glass
from cannonworks.datamap import ADDRESS, COMPANY, PERSONALIA, Category, Personal, Subject, outside, register

#: Whoever has the link of something sees that one, and what is mailed about it.
LINKED = "::text = current_setting('cannonworks.link', true)"
#: Staff see people of an account only while they have it open (§1); staff's and helpers' own rows are of no account.
OPENED = (
    "{account} IS NULL OR {account} IN (SELECT account_id FROM accounts_supportaccess"
    " WHERE staff_id = NULLIF(current_setting('cannonworks.user', true), '')::bigint"
    " AND closed_at IS NULL AND now() < ends_at)"
)
#: Of the users a helper sees his own row alone, which the session and the second factor ask for.
MYSELF = "id = NULLIF(current_setting('cannonworks.user', true), '')::bigint"
#: Rows of whoever is signed in, where these name their user.
OWN = f"user_{MYSELF}"

register(
    Company,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Your company"),
    fields=COMPANY | ADDRESS,
    plain=("id", "account", "sole_trader", "revision"),
    helper_sees=("id", "account", "company_name", "kvk_number"),
    may={"holder": "SELECT INSERT UPDATE", "helper": "SELECT", "staff": "SELECT"},
)
register(
    User,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Users"),
    fields=PERSONALIA
    | {
        "email": Personal("19 Inloggegevens 1"),
        "password": Personal("19 Inloggegevens 2", secret=True),
        "last_login": Personal("19 Personalia 3"),
    },
    plain=(
        "id", "reference", "account", "is_main", "language", "is_staff", "is_helper", "is_active", "is_superuser",
        "analytics",
    ),
    helper_sees=(  # of his own row alone: second factors ask whose they are
        "id", "reference", "account", "is_main", "language", "is_staff", "is_helper", "is_active", "is_superuser",
        "analytics", *PERSONALIA, "email", "last_login",
    ),
    may={
        "visitor": "SELECT OPEN UPDATE",
        "holder": "SELECT INSERT UPDATE DELETE",
        "helper": "SELECT LOCK",
        "staff": "SELECT INSERT UPDATE",
    },
    rows={"helper": MYSELF, "staff": OPENED},
)  # fmt: skip
register(
    Session,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Signed-in browsers"),
    fields=dict.fromkeys(
        ("session_key", "session_data"), Personal("19 Inloggegevens 2", secret=True, label=_("key of the session"))
    )
    | {
        "signed_in_at": Personal("19 Personalia 3", label=_("moment of signing in")),
        "ip_address": Personal("19 Personalia 3", label=_("IP address")),
        "user_agent": Personal("19 Personalia 3", label=_("browser and device")),
    },
    plain=("account", "user", "expire_date"),
    helper_sees=(  # of his own sessions
        "session_key",
        "session_data",
        "signed_in_at",
        "ip_address",
        "user_agent",
        "account",
        "user",
        "expire_date",
    ),
    may=dict.fromkeys(("visitor", "holder", "helper", "staff"), "SELECT OPEN INSERT UPDATE DELETE"),
    rows={"helper": f"user_id IS NULL OR {OWN}", "staff": "{account} IS NULL"},
)
register(
    DeviceToken,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Devices"),
    fields={
        "name": Personal("19 Personalia 3"),
        "created": Personal("19 Personalia 3"),
        "last_used_at": Personal("19 Personalia 3"),
        "digest": Personal("19 Inloggegevens 2", secret=True, label=_("hash of the device's token")),
    },
    plain=("id", "reference", "account", "user", "expiry"),
    # A visitor shows a token and is then somebody; one who resets a password takes the user's tokens away.
    may={"visitor": "SELECT OPEN UPDATE DELETE", "holder": "SELECT INSERT DELETE"},
)
register(
    Invitation,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    fields={
        "email": Personal("19 Inloggegevens 1"),
        "digest": Personal("19 Inloggegevens 2", secret=True, label=_("digest of the link")),
    },
    plain=("id", "reference", "account", "invited_by", "sent_at", "expires_at"),
    # A visitor shows the link, and joins with the rights of the account that it is of.
    may={"visitor": "SELECT OPEN", "holder": "SELECT INSERT UPDATE DELETE"},
)
register(
    EmailAddress,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("E-mail addresses to sign in with"),
    account="user__account",
    fields={"email": Personal("19 Inloggegevens 1", label=_("e-mail"))},
    plain=("id", "user", "verified", "primary"),
    helper_sees=("id", "user", "email", "verified", "primary"),
    may=dict.fromkeys(("visitor", "holder", "helper", "staff"), "SELECT INSERT UPDATE DELETE"),
    rows=dict.fromkeys(("helper", "staff"), OWN),
)
register(
    Authenticator,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Second factors"),
    account="user__account",
    fields={
        "data": Personal("19 Inloggegevens 2", secret=True, label=_("second factor")),
        "last_used_at": Personal("19 Personalia 3", label=_("last used at")),
    },
    plain=("id", "user", "type", "created_at"),
    helper_sees=("id", "user", "type", "data", "created_at", "last_used_at"),
    may={
        "visitor": "SELECT OPEN UPDATE",
        **dict.fromkeys(("holder", "helper", "staff"), "SELECT OPEN INSERT UPDATE DELETE"),
    },
    rows=dict.fromkeys(("helper", "staff"), OWN),
)
register(
    Subscriber,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    # Only of who has no account, and so of none of the holder's users. Nobody is shown it; sending reads it.
    fields={"email": Personal("2 Newsletter", secret=True)},
    plain=("id", "reference", "account", "user", "language", "wanted", "changed_at"),
    may={
        "visitor": "SELECT OPEN INSERT UPDATE DELETE",
        "holder": "SELECT OPEN INSERT UPDATE DELETE",
        "staff": "SELECT",
    },
)
register(
    NewsletterMail,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Newsletters that were sent"),
    account="subscriber__account",
    plain=("id", "newsletter", "subscriber", "state", "state_at", "attempts", "retry_at"),
    may={"visitor": "SELECT DELETE", "holder": "SELECT DELETE", "staff": "SELECT"},  # they go with their subscriber
)
register(
    Dismissal,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Notices that were put away"),
    account="user__account",
    plain=("id", "user", "notice", "dismissed_at"),
    may={"holder": "SELECT INSERT DELETE"},
)
register(
    SupportAccess,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "staff", "role", "ticket", "reason", "opened_at", "ends_at", "closed_at",
    ),
    may={"staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    ErasureRequest,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    called=_("Requests for erasure"),
    plain=("id", "account", "code", "asked_on", "asked_by", "withdrawn_on", "granted_on"),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT UPDATE"},
)
register(
    UsageEvent,
    category=Category.USAGE,
    subject=Subject.HOLDER,
    called=_("Single clicks and sign-ins"),
    fields=dict.fromkeys(("user", "at", "kind", "module", "ip_address", "device"), Personal("19 Personalia 3")),
    plain=("id", "account"),
    may={"holder": "SELECT"},
)
register(
    UsageDay,
    category=Category.USAGE,
    subject=Subject.HOLDER,
    called=_("Daily counts"),
    fields=dict.fromkeys(("on", "module", "kind", "count"), Personal("19 Personalia 3")),
    plain=("id", "account"),
    may={"holder": "SELECT"},
)
outside(
    UsageTotal,
    why="Counts over all accounts together; what fewer than a handful had a part in is not kept.",
    may={"staff": "SELECT"},
)
register(
    TermsAcknowledgement,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "version", "account", "user", "kind", "at"),
    may={"visitor": "INSERT", "holder": "SELECT INSERT", "staff": "SELECT"},
)
register(
    TermsAnnouncement,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "version", "account", "user", "sent_at", "attempts", "retry_at", "failure"),
    may={"holder": "SELECT", "staff": "SELECT"},
)
outside(
    TermsVersion,
    why="The terms themselves, which are public.",
    may={"visitor": "SELECT", "holder": "SELECT", "helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
outside(
    Account,
    why="Random reference, state and days: what remains as the tombstone; goes when nothing of the account is left.",
    account="id",
    helper_sees=("id", "reference", "state"),
    may={
        "visitor": "SELECT INSERT", "holder": "SELECT UPDATE", "helper": "SELECT", "staff": "SELECT UPDATE",
    },
)  # fmt: skip
outside(
    Suppression,
    why="Keyed hashes of addresses that want no newsletter: of no account, and no address can be read from one.",
    may=dict.fromkeys(("visitor", "holder"), "SELECT INSERT UPDATE DELETE"),
)
outside(Newsletter, why="What we write to all who want to read it.", may={"staff": "SELECT INSERT UPDATE"})
outside(Notice, why="What we tell all accounts.", may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"})
outside(
    DataKey,
    why="The key itself: destroyed before the rows it opens, and looked for by every re-scan.",
    may={"holder": "SELECT INSERT"},
)
outside(
    User.groups.through,
    why="Rights of staff; holders have none.",
    may={"holder": "SELECT", "helper": "SELECT", "staff": "SELECT INSERT UPDATE DELETE"},
)
for rights, why in (
    (User.user_permissions.through, "Rights of staff; holders have none."),
    (Group, "Names of staff roles."),
    (Group.permissions.through, "Rights of staff roles."),
    (Permission, "Made by Django from the models."),
    (ContentType, "Made by Django from the models."),
):
    outside(rights, why=why, may=dict.fromkeys(("holder", "helper", "staff"), "SELECT"))
outside(LogEntry, why="Never written: what staff do goes into the journal, without names.")
outside(
    EmailConfirmation,
    why="Never written: the link to confirm an address is signed, not stored.",
    may=dict.fromkeys(("visitor", "holder", "helper", "staff"), "SELECT DELETE"),  # looked for with each address
)
for counted in (AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog):
    outside(counted, why="Never written: failed sign-ins are counted in the cache, and only until the lock ends.")
register(
    PlannedMail,
    category=Category.REQUESTS,
    subject=Subject.NOBODY,
    plain=("id", "account", "about", "reader", "template", "planned_at", "sent_at", "attempts", "retry_at", "failure"),
    may={"holder": "SELECT INSERT", "staff": "SELECT INSERT", "reader": "SELECT INSERT"},
    # Whoever has the link of what it is about.
    rows={"reader": f"about{LINKED}"},
)
# What is in a paper is sealed; who keeps and reads which is for the register that it belongs to.
outside(
    Paper,
    why=_("Contracts, statements and proofs of our own house, sealed; no customers."),
    may={"holder": "SELECT", "staff": "SELECT INSERT"},
    rows={"holder": "for_holders"},
)
glass.keep_from(DataKey, Session, DeviceToken, Authenticator, Invitation)
