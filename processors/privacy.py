from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import Category, Personal, Subject, outside, register, restrict
from cannonworks.grants import REFERENCE
from processors.models import Agreement, Disclosure, DisclosureOrder, Helper, Project, Statement, SubProcessor, Transfer

#: In Amsterdam, where the agreement counts its days.
TODAY = "(now() AT TIME ZONE 'Europe/Amsterdam')::date"
MYSELF = "NULLIF(current_setting('cannonworks.user', true), '')::bigint"
#: Whoever is signed in has signed a confidentiality statement (§8).
BOUND = (
    f"EXISTS (SELECT FROM processors_statement AS statement WHERE statement.user_id = {MYSELF}"
    f" AND statement.signed_on <= {TODAY} AND (statement.ended_on IS NULL OR {TODAY} < statement.ended_on))"
)

#: The helper who is signed in is in a running project of his own sub-processor, which is at work under an agreement
#: that holds, and is bound to confidentiality (§10).
INSIDE = (
    "EXISTS (SELECT FROM processors_helper AS helper"
    " JOIN processors_subprocessor AS house ON house.id = helper.sub_processor_id AND house.stage = 'active'"
    " JOIN processors_agreement AS agreement ON agreement.id = house.agreement_id"
    f" AND agreement.signed_on <= {TODAY} AND (agreement.valid_until IS NULL OR {TODAY} <= agreement.valid_until)"
    " JOIN processors_project_helpers AS placed ON placed.helper_id = helper.id"
    " JOIN processors_project AS project"
    " ON project.id = placed.project_id AND project.sub_processor_id = helper.sub_processor_id"
    f" WHERE helper.user_id = {MYSELF} AND project.starts_at <= now() AND now() < project.ends_at) AND {BOUND}"
)
restrict("helper", INSIDE)
restrict("staff", BOUND)

outside(
    SubProcessor,
    why="Companies that work for CannonWorks, in public; no customers.",
    helper_sees=("id", "name", "role", "country", "stage", "agreement"),
    may=dict.fromkeys(("visitor", "holder", "helper"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
)
outside(
    Helper,
    why="Which sub-processor a helper is of; the name is with the user, who is of no account.",
    helper_sees=("id", "user", "sub_processor", "category"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
outside(
    Project,
    why="When a sub-processor works for CannonWorks; no customers.",
    helper_sees=("id", "sub_processor", "starts_at", "ends_at"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
outside(
    Project.helpers.through,
    why="Which helpers are in which project.",
    helper_sees=("project", "helper"),
    may={"helper": "SELECT", "staff": "SELECT INSERT DELETE"},
)
outside(
    Agreement,
    why="The papers under which a sub-processor works; no customers.",
    helper_sees=("id", "signed_on", "valid_until"),
    may=dict.fromkeys(("visitor", "holder", "helper"), "SELECT") | {"staff": "SELECT INSERT"},
)
outside(
    Transfer,
    why="What protects data outside the EEA, as everybody may know; no customers.",
    helper_sees=(),
    may=dict.fromkeys(("visitor", "holder"), "SELECT") | {"staff": "SELECT INSERT"},
)
outside(
    Statement,
    why="Who of our staff and helpers signed to keep quiet; no customers.",
    helper_sees=("id", "user", "signed_on", "digest", "ended_on"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
    rows={"helper": f"user_id = {MYSELF}"},
)
register(
    Disclosure,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    account="account_reference",
    plain=[field.name for field in Disclosure._meta.local_concrete_fields],
    may={"holder": "SELECT UPDATE", "staff": "SELECT INSERT UPDATE"},
    # What the holder may not know yet, the database does not show him.
    rows={
        "holder": f"{{account}} = {REFERENCE} AND (told_at IS NOT NULL OR consent_asked_at IS NOT NULL)"
        f" AND (gag_until IS NULL OR gag_until <= {TODAY})"
    },
)
register(
    DisclosureOrder,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields={"file": Personal("8", label=_("order of an authority, sealed"))},
    plain=("id", "account", "disclosure", "kind", "digest", "added_at"),
)
