from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import Category, Subject, outside, register
from journal.models import Batch, Entry, Removed

register(
    Entry,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    called=_("Lines in the journal"),
    account="account_reference",
    plain=("id", "at", "event", "account_reference", "actor_reference", "actor_kind", "clause", "facts"),
    may=dict.fromkeys(("visitor", "helper", "reader"), "INSERT") | dict.fromkeys(("holder", "staff"), "SELECT INSERT"),
)
outside(Batch, why="Hashes of journal entries: they prove that nothing was changed, and tell nothing.")
outside(
    Removed,
    why="Digest and random reference of an entry that expired; proves that it went with its account's evidence.",
    account="account_reference",
)
