from django.utils.translation import gettext_lazy as _

from accounts.privacy import LINKED
from audits.models import Audit, AuditFile, Auditor, Finding, Improvement, Measure, Proposal, Review
from cannonworks.datamap import Category, Personal, Subject, outside, register
from cannonworks.grants import ACCOUNT

OURS = _("How we protect data ourselves; no customers, and no names in it.")
#: What was found by a test of this holder's own.
OF_OWN_TEST = f"origin = 'audit' AND of IN (SELECT reference FROM audits_audit WHERE account_id = {ACCOUNT})"
#: The test that whoever shows the link is to carry out.
TESTED = f"IN (SELECT audit_id FROM audits_auditor WHERE replaced_at IS NULL AND reference{LINKED})"

outside(
    Measure,
    why=OURS,
    may=dict.fromkeys(("visitor", "holder"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
    rows=dict.fromkeys(("visitor", "holder"), "is_public AND state = 'in_place'") | {"staff": "true"},
)
outside(Review, why=OURS, may={"staff": "SELECT INSERT"})
outside(
    Finding,
    why=OURS,
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
    rows={"holder": OF_OWN_TEST},
)
outside(
    Improvement,
    why=OURS,
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
    rows={"holder": f"finding_id IN (SELECT id FROM audits_finding WHERE {OF_OWN_TEST})"},
)

# --- Tests by account holders (§12) ----------------------------------------------------------------------------------
register(
    Audit,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("scope", "why", "costs_for"), Personal("12")),
    plain=(
        "id", "reference", "account", "state", "kind", "channel", "announced_by", "announced_at", "earliest_at",
        "starts_at", "ends_at", "year", "sequence", "asked_at", "agreed_at", "accepted_at", "begun_at", "ended_at",
        "preserved_at", "closed_at", "costs_cents", "costs_noted_at", "costs_agreed_at",
    ),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT INSERT UPDATE", "reader": "SELECT"},
    rows={"reader": f"id {TESTED}"},
)  # fmt: skip
register(
    Proposal,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields={"reason": Personal("12")},
    plain=("id", "account", "audit", "starts_at", "ends_at", "is_ours", "proposed_by", "proposed_at"),
    may={"holder": "SELECT INSERT", "staff": "SELECT INSERT"},
)
register(
    Auditor,
    category=Category.REQUESTS,
    subject=Subject.TESTER,
    fields=dict.fromkeys(
        ("name", "company", "email", "qualification", "qualification_words", "accepted_as"), Personal("12")
    ),
    plain=(
        "id", "reference", "account", "audit", "language", "appointed_at", "replaced_at", "accepted_at", "version",
        "digest",
    ),
    may={"holder": "SELECT INSERT UPDATE", "staff": "SELECT INSERT", "reader": "SELECT"},
    rows={"reader": f"replaced_at IS NULL AND reference{LINKED}"},
)  # fmt: skip
register(
    AuditFile,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    # The column is a place; what lies there is sealed.
    fields={"file": Personal("12", label=_("announcement, system logs and report of a test, sealed"))},
    plain=(
        "id", "reference", "account", "audit", "kind", "number", "ending", "size", "digest", "upto_at", "lines",
        "added_by", "added_at",
    ),
    may={"holder": "SELECT INSERT", "staff": "SELECT INSERT"},
)  # fmt: skip
