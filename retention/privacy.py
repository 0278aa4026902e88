from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import Category, Personal, Subject, outside, register
from retention.models import Alarm, Erasure, ErasureWarning, Hold, LedgerNote, RulesApproval, StatementMail

register(
    Erasure,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "rule", "clause", "rules_digest", "due_on", "claimed_on", "categories", "held",
        "step", "rows", "files", "rescan", "statement", "done_at", "attempts", "retry_at", "parked_at", "failure",
    ),
    may={"holder": "SELECT", "staff": "SELECT UPDATE"},
)  # fmt: skip
register(
    StatementMail,
    category=Category.ACCOUNT,
    subject=Subject.HOLDER,
    called=_("Addresses for the statement of erasure"),
    leaves_by="delivery",
    fields={
        "email": Personal("19 Bedrijfsgegevens 3", label=_("e-mail")),
        "name": Personal("19 Personalia 1", label=_("name")),
        "company_name": Personal("19 Bedrijfsgegevens", label=_("company name")),
    },
    plain=("id", "erasure", "account", "language", "attempts", "retry_at", "made_on"),
)
register(
    Hold,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "name", "categories", "ground", "basis", "proportionality", "review_on",
        "placed_on", "placed_by", "confirmed_on", "confirmed_by", "released_on", "released_by",
    ),
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    LedgerNote,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "account"),
    called=_("Changes on their way to the ledger"),
    returned="false",  # they say nothing but that the ledger is told in a minute
)
register(
    ErasureWarning,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "account", "erase_on", "days", "planned_on", "sent_at", "attempts", "retry_at", "failure"),
    may={"holder": "SELECT", "staff": "SELECT"},
)
outside(Alarm, why="Random references and counts.", may={"staff": "SELECT UPDATE"})
outside(
    RulesApproval,
    why="Digests of rules and the member of staff who approved them.",
    may={"staff": "SELECT INSERT DELETE"},
)
