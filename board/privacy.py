from django.utils.translation import gettext_lazy as _

from accounts.privacy import OWN
from board.models import Escalation, Feed
from cannonworks.datamap import Personal, outside

outside(Escalation, why=_("Which clocks staff were told of, by random reference; it goes when the clock is over."))
outside(
    Feed,
    why=_("Which members of staff follow the clocks in a calendar."),
    fields={"digest": Personal("7", secret=True, label=_("digest of the address"))},
    may={"staff": "SELECT INSERT DELETE", "reader": "SELECT OPEN"},
    # Whoever shows an address finds out whose it is, and nothing else.
    rows={"staff": OWN, "reader": "digest = current_setting('cannonworks.link', true)"},
)
