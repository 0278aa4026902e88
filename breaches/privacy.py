from django.utils.translation import gettext_lazy as _

from breaches.models import (
    Affected,
    Breach,
    BreachReport,
    Consultation,
    DirectWord,
    Meeting,
    Notice,
    Permission,
    Phase,
    Selection,
)
from cannonworks.datamap import Category, Personal, Subject, outside, register
from cannonworks.grants import ACCOUNT

REGISTER = _("Our register of breaches, which the law has us keep (AVG 33(5)); no names of people are written in it.")
#: A breach that touches the holder's account, once a notice of it went out.
OWN = f"IN (SELECT breach_id FROM breaches_affected WHERE account_id = {ACCOUNT})"
TOLD = f"id {OWN} AND EXISTS (SELECT FROM breaches_phase WHERE breach_id = breaches_breach.id)"

#: What this holder permitted us to tell, and no other.
PERMITTED = f"IN (SELECT reference FROM breaches_permission WHERE account_id = {ACCOUNT})"

outside(Breach, why=REGISTER, may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"}, rows={"holder": TOLD})
outside(
    Phase,
    why=REGISTER,
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
    rows={"holder": f"released_at IS NOT NULL AND breach_id {OWN}"},
)
# The list is written by jobs alone, in whose role ``selecting`` finds the accounts.
outside(Selection, why=_("How accounts were chosen: by reference, without names."), may={"staff": "SELECT"})
outside(
    DirectWord,
    why=REGISTER,
    may={"holder": "SELECT", "staff": "SELECT INSERT"},
    rows={"holder": f"breach_id {OWN} AND (duty <> '' OR permission {PERMITTED})"},
)
register(
    Affected,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "account", "breach", "selection", "noticed_at", "due_at", "told_at", "excused_at"),
    may={"holder": "SELECT", "staff": "SELECT"},
)
register(
    Notice,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "phase", "language", "batch", "planned_at", "begun_at", "handed_at", "repeats",
        "attempts", "retry_at", "failure", "failed_at", "delivered_at", "read_at", "read_by", "acknowledged_at",
        "acknowledged_by",
    ),
    may={"holder": "SELECT UPDATE", "staff": "SELECT UPDATE"},  # staff have what came back sent again
)  # fmt: skip
register(
    BreachReport,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("what", "which_data", "done", "contact", "answer"), Personal("13")),
    plain=(
        "id", "reference", "account", "channel", "reported_by", "recorded_by", "reported_at", "kind", "noticed_at",
        "is_ongoing", "breach", "judged_at", "judged_by",
    ),
    may={"holder": "SELECT INSERT", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    Meeting,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("place", "nature", "risk", "measures"), Personal("13")),
    plain=(
        "id", "reference", "breach", "account", "proposed_by", "is_from_holder", "starts_at", "ends_at", "withdrawn_at",
        "minuted_by", "minuted_at", "announced_until",
    ),
    may={"holder": "SELECT INSERT", "staff": "SELECT INSERT UPDATE"},
    rows={"holder": f"{{account}} = {ACCOUNT} OR {{account}} IS NULL AND breach_id {OWN}"},
)  # fmt: skip
register(
    Consultation,
    category=Category.REQUESTS,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "breach", "report", "meeting", "opened_at", "due_at", "agreed_at", "held_at",
        "waived_at", "waived_by", "lapsed_at", "signed_at", "signed_by",
    ),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    Permission,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "reference", "account", "breach", "to_subjects", "to_others", "given_by", "given_at", "withdrawn_at"),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT LOCK"},
)
