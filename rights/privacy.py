from django.utils.translation import gettext_lazy as _

from accounts.privacy import LINKED, OPENED
from cannonworks.datamap import Category, Personal, Subject, register
from rights.models import (
    Correction,
    CorrectionWords,
    DataReturn,
    LetterScan,
    RegisteredLetter,
    ReturnFile,
    SubjectRequest,
)

register(
    RegisteredLetter,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "account", "request", "carrier_number", "received_on", "identity_check",
        "recorded_by", "confirmed_by", "confirmed_on",
    ),
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    LetterScan,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    # The column is a place; what lies there is sealed.
    fields={"file": Personal("6", label=_("scan of a letter, sealed"))},
    plain=("id", "account", "letter", "kind", "size", "digest", "added_by", "added_at"),
    may={"holder": "SELECT", "staff": "SELECT INSERT"},
)
register(
    Correction,
    category=Category.REQUESTS,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "state", "what", "of", "ticket", "why", "role", "proposed_by", "proposed_at",
        "expires_at", "decided_by", "decided_at", "applied_by", "applied_at", "ended_at",
    ),
    may={"holder": "SELECT UPDATE", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
register(
    CorrectionWords,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("whose", "old", "new"), Personal("16")),
    plain=("id", "account", "correction"),
    may={"holder": "SELECT", "staff": "SELECT INSERT"},
    rows={"staff": OPENED},
)
register(
    SubjectRequest,
    category=Category.REQUESTS,
    subject=Subject.REQUESTER,
    fields=dict.fromkeys(
        ("name", "email", "address", "identity_check", "company", "known_as", "details", "note"), Personal("15")
    ),
    plain=(
        "id", "reference", "account", "joined_to", "state", "outcome", "wish", "channel", "language", "wants_agreement",
        "received_at", "told_at", "due_at", "done_at", "check_asked_at", "checked_at", "blocked_at", "closed_at",
        "reminded_at", "person_kind", "person",
    ),
    may={"holder": "SELECT UPDATE", "staff": "SELECT INSERT UPDATE", "reader": "SELECT INSERT UPDATE"},
    rows={"reader": f"reference{LINKED}"},
)  # fmt: skip
register(
    DataReturn,
    category=Category.REQUESTS,
    subject=Subject.NOBODY,
    plain=(
        "id", "reference", "account", "asked_by", "language", "state", "why", "asked_at", "due_at", "moved_at",
        "ready_at", "expires_at", "taken_at", "reminded_at", "rows_done", "rows_total",
    ),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT UPDATE"},
)  # fmt: skip
register(
    ReturnFile,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    # The column is a place; what lies there is sealed.
    fields={"file": Personal("6", label=_("copy to take along"))},
    plain=("id", "account", "of", "name", "size", "digest", "crc", "rows", "upto", "read_at"),
    may={"holder": "SELECT DELETE"},
)
