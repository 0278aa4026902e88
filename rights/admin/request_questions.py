"""What staff are asked before they take a step with a request: what it does, and to whom what is told (§15)."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import Account
from cannonworks.admin import Question, Table
from cannonworks.admin_words import day
from cannonworks.deadlines import local_date
from rights.admin.request_page import proof
from rights.evidence import evidence
from rights.models import Outcome, SubjectRequest

#: How the holder may have answered.
BY_HOLDER = (Outcome.FULFILLED, Outcome.NOT_HERE, Outcome.DECLINED)


class SeenForm(forms.Form):
    """Which answer of the holder stood on the page when staff decided; see ``handling.decide``."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_seen(self) -> datetime | None:
        """The moment of the answer; what cannot be read is as if there had been none."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            return None


def seen(row: SubjectRequest) -> str:
    """The moment of the holder's answer as the form carries it."""
    return row.done_at.isoformat() if row.done_at else ""


def pass_on(row: SubjectRequest, account: Account) -> Question:
    return Question(
        title=_("Pass on to this account"),
        text=_(
            "The main user is mailed at once and five working days start. Who asks is told that it was passed on,"
            " and hears no more than that. When the same is asked there already, the two are joined."
        ),
        facts=[
            (_("Account"), account.company),
            (_("KvK number"), account.company.kvk_number),
            (_("State"), account.get_state_display()),
            *asked_facts(row),
        ],
        button=_("Pass it on"),
    )


def nobody(row: SubjectRequest) -> Question:
    return Question(
        title=_("No account found"),
        text=_(
            "Who asks is told the same as when there is an account, with the same term; afterwards it closes by"
            " itself. When the account turns up, you can still pass it on."
        ),
        facts=asked_facts(row),
        button=_("No account is of this company"),
    )


def unproven(row: SubjectRequest) -> Question:
    return Question(
        title=_("Not shown who asks"),
        text=_("The request is closed and who asked is told why, and how to ask again. Nobody else is told."),
        facts=[*asked_facts(row), (_("Identity check"), row.identity_check or _("The mailbox was confirmed"))],
        warning=_("A closed request cannot be opened again."),
        button=_("Close the request"),
        danger=True,
    )


def asks_check(row: SubjectRequest) -> Question:
    return Question(
        title=_("Requester asks for a check"),
        text=_("Only when who asked wrote or called you about it. You then have two working days to check it."),
        facts=asked_facts(row),
        button=_("Begin the check"),
    )


def carried_out(row: SubjectRequest) -> Question:
    return Question(
        title=_("Checked: carried out"),
        text=_(
            "Nothing is left to be done: it was carried out, nobody like this is in the account, or the holder has"
            " a ground in the law not to. Who asked is told that nothing is left to be done, and not which it is."
        ),
        facts=[*asked_facts(row), *_check_facts(row)],
        tables=_proof(row),
        fields=SeenForm,
        initial={"seen": seen(row)},
        button=_("Close the request"),
    )


def block(row: SubjectRequest) -> Question:
    return Question(
        title=_("Checked: not carried out. Block the account"),
        text=_(
            "All users of the account, also by app and API, reach only the open requests and what they need to"
            " carry them out. Nothing is erased. The main user is mailed; the account opens by itself as soon as"
            " the request is marked done."
        ),
        facts=[
            (_("Account"), row.account and getattr(row.account, "company", None)),
            *asked_facts(row),
            *_check_facts(row),
        ],
        warning=_("From this moment the company cannot work in CannonWorks."),
        tables=_proof(row),
        fields=SeenForm,
        initial={"seen": seen(row)},
        button=_("Block the account"),
        danger=True,
    )


def withdrawn(row: SubjectRequest) -> Question:
    return Question(
        title=_("Requester takes it back"),
        text=_("Only when who asked wrote or called you. An account that is blocked for this alone opens at once."),
        facts=asked_facts(row),
        warning=_("A closed request cannot be opened again."),
        button=_("Close the request"),
        danger=True,
    )


def asked_facts(row: SubjectRequest) -> list[tuple[str, object]]:
    return [
        (_("What is asked"), row.get_wish_display()),
        (_("What exactly"), row.details or "–"),
        (_("Company that keeps the data"), row.company or "–"),
        (_("Known to them as"), row.known_as or "–"),
        (_("Received on"), day(local_date(row.received_at))),
    ]


def _check_facts(row: SubjectRequest) -> list[tuple[str, object]]:
    if row.account_id is None:
        return [(_("Account"), _("None found: nothing can be left to be done"))]
    said = row.get_outcome_display() if row.outcome in BY_HOLDER else _("Nothing yet")
    shown = _("What was asked was done") if evidence(row).is_shown else _("Not seen that it was done")
    until = day(row.last_day)
    return [
        (_("The holder says"), ": ".join(filter(None, (said, row.note)))),
        (_("The holder had until the end of"), until),
        (_("In the journal"), shown),
    ]


def _proof(row: SubjectRequest) -> list[Table]:
    return [proof(evidence(row))] if row.account_id else []
