"""The clocks of who works for us (§8)."""

from django.db.models import DateField, Value
from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare
from cannonworks.ends import midnight
from processors import promised
from processors.models import Statement

declare(
    "statement_again",
    label=_("Confidentiality statement: sign the new words"),
    rows=Statement.objects.filter(digest__in=promised.earlier(), ended_on__isnull=True),
    start=midnight(Value(promised.current().since, DateField())),
    term=promised.AGAIN,
    may="processors.view_statement",
    who=Who.US,
    account=None,
)
