"""Asking something about one's own data (§15): a link by mail, the request that it becomes, and how it stands.

Nothing is stored before somebody fills in the form behind the link. All of it is done as the bearer of that link, who
reaches the one request and nothing else: no account and no person is looked for, so that nobody can learn whether there
is one. See docs/decisions/0029-what-a-requester-hears.md.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.post import post
from cannonworks.errors import Refused
from cannonworks.rates import is_too_often
from journal import services as journal
from rights import tasks
from rights.letters_to_holder import tell_holder
from rights.links import LINK_LASTS, Link, address_of, bearing, link_over, seal, unseal
from rights.models import Outcome, SubjectRequest, Wish
from rights.stages import Stage, deadline_of, may_ask_for_check, stage_of
from rights.states import REQUEST_STEPS, RequestState, move
from rights.telling import tell_requester

__all__ = [
    "Link", "Stage", "ask", "ask_for_check", "bearing", "found", "opened", "stage_of", "submit",
    "take_back",
]  # fmt: skip

log = logging.getLogger(__name__)

#: Links to one mailbox in a day, whoever asks for them.
MAILS_A_DAY = 3
DAY, HOUR = 86_400, 3_600


# --- The link --------------------------------------------------------------------------------------------------------


def ask(email: str, *, language: str, at: datetime) -> None:
    """Mail the link with which whoever reads that mail asks something; stores nothing and looks nobody up.

    After ``MAILS_A_DAY`` to one mailbox, or ``REQUEST_MAILS_AN_HOUR`` to all of them, it mails no more and says nothing
    of it: the answer is always the same.
    """
    email = email.lower()
    if is_too_often("request", email, most=MAILS_A_DAY, seconds=DAY):
        return
    if is_too_often("request", "everybody", most=settings.REQUEST_MAILS_AN_HOUR, seconds=HOUR):
        log.warning("more than %s links for requests were asked for in an hour", settings.REQUEST_MAILS_AN_HOUR)
        return
    token = seal(Link(uuid4(), email, language), at=at)
    post("rights/mail/requester_link", to=email, language=language, address=address_of(token), days=LINK_LASTS.days)


def opened(token: str, *, at: datetime) -> Link:
    """The link in an address: of a request that is there, or may still be made with it.

    Refused (``link_over``) when it is none of ours, or not used and made ``LINK_LASTS`` ago or longer.
    """
    link, made_at = unseal(token)
    if at >= made_at + LINK_LASTS and _own(link.reference) is None:
        raise link_over()
    return link


def found(token: str) -> SubjectRequest | None:
    """The request of this link as whoever bears it sees it: of a joined one, the earlier; None before it is made.

    Refused (``link_over``) for a link that is none of ours.
    """
    link, _made_at = unseal(token)
    own = _own(link.reference)
    if own is None or own.outcome != Outcome.JOINED:
        return own
    with bearing(link.reference), connection.cursor() as cursor:
        cursor.execute("SELECT rights_followed_request()")
        (earlier,) = cursor.fetchone()
    return _own(earlier) or own


def _own(reference: UUID | None) -> SubjectRequest | None:
    if reference is None:
        return None
    with bearing(reference):
        return SubjectRequest.objects.filter(reference=reference).first()


# --- The request -----------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(link: Link, *, at: datetime, **fields: Any) -> SubjectRequest:
    """Store what whoever bears the link asks (§15), and mail them that it came in; return the request.

    ``fields`` are ``wish``, ``name``, ``company``, ``known_as``, ``details``, ``wants_agreement`` and the ``language``
    that is read; the mailbox is the link's. A link makes one request: a second time, and of two at the same moment, the
    first is returned. A question what is done with data is answered at once.
    """
    request = SubjectRequest(
        **{"language": link.language, **fields}, reference=link.reference, email=link.email, received_at=at
    )
    if request.wish == Wish.INFORM:
        request.state, request.outcome, request.closed_at = RequestState.CLOSED, Outcome.ANSWERED, at
    with bearing(link.reference):
        request.clean_fields(exclude={"account", "joined_to"})
        try:
            with transaction.atomic():
                request.save(force_insert=True)
        except IntegrityError:
            earlier = SubjectRequest.objects.filter(reference=link.reference).first()
            if earlier is None:
                raise
            return earlier
        _tell_of_new(request, at=at)
    return request


def _tell_of_new(request: SubjectRequest, *, at: datetime) -> None:
    reference = request.reference
    journal.record("request.received", clause="15", request=reference, wish=request.wish, channel=request.channel)
    if request.state == RequestState.CLOSED:
        journal.record("request.answered", clause="15", request=reference)
        tell_requester(request, "answered", at=at)
    else:
        tell_requester(request, "received", at=at)


@transaction.atomic
def ask_for_check(request: SubjectRequest, *, at: datetime) -> SubjectRequest:
    """Have us check whether it was done (§15); the same for a company that nobody knows. Locks the request.

    Refused before the term of the company is over, too long after it was said to be done, and when one goes on already.
    """
    with bearing(request.reference):
        # The mail first: it needs the account's row, which staff lock before they lock a request.
        tell_requester(request, "check_begun", at=at)
        request = _locked(request)
        if not may_ask_for_check(request, deadline_of(request), at=at):
            words = _("A check can be asked once the term is over, or within 30 days after it was handled.")
            raise Refused("no_check_now", words, clause="15")
        move(request, RequestState.CHECKING, REQUEST_STEPS, clause="15")
        request.check_asked_at = at
        request.save(update_fields=["state", "check_asked_at"])
        journal.record("request.check_asked", clause="15", request=request.reference)
    return request


@transaction.atomic
def take_back(request: SubjectRequest, *, at: datetime) -> SubjectRequest:
    """Close the request because whoever made it takes it back (§15). Locks it; Refused when it is closed already.

    An account that was blocked for it is opened again at once, by a task: whoever bears the link has no account.
    """
    with bearing(request.reference):
        tell_requester(request, "closed", at=at)
        request = _locked(request)
        was_blocked = request.state == RequestState.BLOCKED
        if request.waits_for_holder:
            tell_holder(request, "withdrawn", at=at)
        move(request, RequestState.CLOSED, REQUEST_STEPS, clause="15")
        request.outcome, request.closed_at = Outcome.WITHDRAWN, at
        request.save(update_fields=["state", "outcome", "closed_at"])
        journal.record("request.withdrawn", clause="15", request=request.reference)
    if was_blocked:
        transaction.on_commit(lambda: tasks.open_again.delay(str(request.reference)), robust=True)
    return request


def _locked(request: SubjectRequest) -> SubjectRequest:
    try:
        return SubjectRequest.objects.select_for_update().get(pk=request.pk)
    except SubjectRequest.DoesNotExist:  # gone with its account, or after its year
        raise link_over() from None
