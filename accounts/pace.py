"""How often one may have us send mail (§7). Counts are in the cache, under keys that tell nobody whose they are."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import Account
from cannonworks.errors import Refused


def may_ask(request: HttpRequest, email: str) -> bool:
    """Count a link to sign up, by address and by network; False when that is too often."""
    return ratelimit.consume(request, action="sign_up", key=_hidden(email))


def check_pace(request: HttpRequest, *, account: Account, email: str) -> None:
    """Count an invitation by ``account`` to an address; Refused when that is too often."""
    paced = ratelimit.consume(request, action="invite", key=str(account.reference))
    if not (paced and ratelimit.consume(request, action="invite_address", key=_hidden(email))):
        raise Refused("too_often", _("That is too often. Wait until tomorrow and try again."), clause="7")


def _hidden(email: str) -> str:
    return salted_hmac("accounts.pace", email.lower(), algorithm="sha256").hexdigest()
