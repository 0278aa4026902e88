from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from accounts.privacy import LINKED
from cannonworks import glass
from cannonworks.datamap import Category, Personal, Subject, outside, register, restrict
from cannonworks.grants import REFERENCE
from processors.models import (
    Agreement,
    Change,
    ChangeMail,
    Disclosure,
    DisclosureCount,
    DisclosureOrder,
    Extract,
    ExtractFile,
    Glass,
    GlassAccount,
    GlassChange,
    Helper,
    Objection,
    Project,
    Statement,
    SubProcessor,
    Transfer,
)

#: In Amsterdam, where the agreement counts its days.
TODAY = "(now() AT TIME ZONE 'Europe/Amsterdam')::date"
MYSELF = "NULLIF(current_setting('cannonworks.user', true), '')::bigint"
#: Whoever is signed in has signed a confidentiality statement (§8).
BOUND = (
    f"EXISTS (SELECT FROM processors_statement AS statement WHERE statement.user_id = {MYSELF}"
    f" AND statement.signed_on <= {TODAY} AND (statement.ended_on IS NULL OR {TODAY} < statement.ended_on))"
)


def _inside(project: str) -> str:
    return (
        "EXISTS (SELECT FROM processors_helper AS helper"
        " JOIN processors_subprocessor AS house ON house.id = helper.sub_processor_id AND house.stage = 'active'"
        " JOIN processors_agreement AS agreement ON agreement.id = house.agreement_id"
        f" AND agreement.signed_on <= {TODAY} AND (agreement.valid_until IS NULL OR {TODAY} <= agreement.valid_until)"
        " JOIN processors_project_helpers AS placed ON placed.helper_id = helper.id"
        " JOIN processors_project AS project"
        " ON project.id = placed.project_id AND project.sub_processor_id = helper.sub_processor_id"
        f" WHERE helper.user_id = {MYSELF} AND (helper.ended_at IS NULL OR now() < helper.ended_at)"
        f" AND project.starts_at <= now() AND now() < project.ends_at{project}) AND {BOUND}"
    )


#: The helper who is signed in is in a running project of his own sub-processor, which is at work under an agreement
#: that holds, has not left, and is bound to confidentiality (§10).
INSIDE = _inside("")
#: The same, in a project that needs to know which companies the accounts are of.
NAMED = _inside(" AND project.shows_names")
restrict("helper", INSIDE)
restrict("staff", BOUND)
# Masked where the work allows: there is no row of a company for who needs none, whatever a page asks for.
restrict("helper", NAMED, of=(Company,))

#: A helper sees what says whether he may look, and of colleagues nothing; a sub-processor's contact what is of theirs.
IN_OWN_PROJECTS = "helper_id IN (SELECT id FROM processors_helper)"
OF_THE_HOUSE = "sub_processor_id IN (SELECT id FROM processors_subprocessor)"

outside(
    SubProcessor,
    why="Companies that work for CannonWorks, in public; no customers.",
    helper_sees=("id", "name", "role", "country", "stage", "agreement"),
    may=dict.fromkeys(("visitor", "holder", "helper", "reader"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
    rows={"reader": f"reference{LINKED}"},
)
outside(
    Helper,
    why="Which sub-processor a helper is of; the name is with the user, who is of no account.",
    helper_sees=("id", "user", "sub_processor", "category", "ended_at"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE", "reader": "SELECT"},
    rows={"helper": f"user_id = {MYSELF}", "reader": OF_THE_HOUSE},
)
outside(
    Project,
    why="When a sub-processor works for CannonWorks; no customers.",
    helper_sees=("id", "sub_processor", "name", "purpose", "work", "shows_names", "starts_at", "ends_at"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE", "reader": "SELECT"},
    rows={"helper": "id IN (SELECT project_id FROM processors_project_helpers)", "reader": OF_THE_HOUSE},
)
outside(
    Project.helpers.through,
    why="Which helpers are in which project.",
    helper_sees=("project", "helper"),
    may={"helper": "SELECT", "staff": "SELECT INSERT DELETE", "reader": "SELECT"},
    rows=dict.fromkeys(("helper", "reader"), IN_OWN_PROJECTS),
)
outside(
    Agreement,
    why="The papers under which a sub-processor works; no customers.",
    helper_sees=("id", "signed_on", "valid_until"),
    may=dict.fromkeys(("visitor", "holder", "helper", "reader"), "SELECT") | {"staff": "SELECT INSERT"},
    rows={"reader": f"of{LINKED}"},
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
outside(
    Glass,
    why=_("When an administrator reached the database, why and with whose approval; no customers."),
    may={"staff": "SELECT INSERT UPDATE"},
)
register(
    GlassAccount,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "reference", "glass", "account", "is_chosen", "told_at"),
    may={"staff": "SELECT INSERT"},
)
register(
    GlassChange,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    account="account_reference",
    plain=("id", "glass", "at", "verb", "table", "key", "account_reference"),
    may={"staff": "SELECT"},
)
glass.keep_from(Glass, GlassAccount, GlassChange)
glass.declare(
    glass.Pane(
        reads="processors_glass_reads()",
        writes="processors_glass_writes()",
        whole="processors_glass_whole()",
        accounts="SELECT processors_glass_accounts()",
        references="SELECT processors_glass_references()",
        noted="processors_glass_noted",
        usable=tuple(f"processors_glass_{name}()" for name in ("reads", "writes", "whole", "accounts", "references")),
    )
)
outside(
    Change,
    why="Changes of who works for us, as everybody may know; no customers.",
    helper_sees=(),
    may=dict.fromkeys(("visitor", "holder"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
)
register(
    ChangeMail,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=("id", "change", "account", "user", "sent_at", "attempts", "retry_at", "failure"),
    may={"staff": "SELECT"},
)
register(
    Objection,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields=dict.fromkeys(("words", "answer"), Personal("9")),
    plain=("id", "reference", "change", "account", "user", "made_at", "answered_at", "answered_by"),
    may={"holder": "SELECT INSERT", "staff": "SELECT UPDATE"},
)
#: What the holder may know of a request: told, or asked for consent, and no gag that lasts.
KNOWN = f"(told_at IS NOT NULL OR consent_asked_at IS NOT NULL) AND (gag_until IS NULL OR gag_until <= {TODAY})"
register(
    Disclosure,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    account="account_reference",
    plain=[field.name for field in Disclosure._meta.local_concrete_fields],
    may={"holder": "SELECT UPDATE", "staff": "SELECT INSERT UPDATE"},
    # What the holder may not know yet, the database does not show him.
    rows={"holder": f"{{account}} = {REFERENCE} AND {KNOWN}"},
    returned=KNOWN,
)
register(
    DisclosureOrder,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields={"file": Personal("8", label=_("order of an authority, sealed"))},
    plain=("id", "account", "disclosure", "kind", "digest", "added_at"),
    returned="false",
)
register(
    Extract,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    account="account_reference",
    plain=[field.name for field in Extract._meta.local_concrete_fields],
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
    # A holder sees of the requests themselves what may be known: the same here.
    rows={"holder": f"{{account}} = {REFERENCE} AND disclosure_id IN (SELECT id FROM processors_disclosure)"},
    returned=f"disclosure_id IN (SELECT id FROM processors_disclosure WHERE {KNOWN})",
)
register(
    ExtractFile,
    category=Category.REQUESTS,
    subject=Subject.HOLDER,
    fields={"file": Personal("8", label=_("data to hand over, sealed"))},
    plain=("id", "account", "extract", "made_at"),
    returned="false",
)
outside(
    DisclosureCount,
    why="How many requests there were in a year, as everybody may know; numbers only.",
    helper_sees=(),
    may=dict.fromkeys(("visitor", "holder", "staff"), "SELECT"),
)
