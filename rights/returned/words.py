"""What a return calls columns that no page of the product shows; their models have words for staff, or none (§6)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: By the name of the field, in every table; before the words of the model, which are for staff.
WORDS: Mapping[str, str | Promise] = {
    "account_reference": _("random reference of the account"),
    "actor_kind": _("kind of user"),
    "actor_reference": _("random reference of the user"),
    "asked_by": _("asked by"),
    "at": _("moment"),
    "attempts": _("times that sending failed"),
    "clause": _("clause of the agreement"),
    "columns": _("meaning of the columns in the file"),
    "correction": _("number of the correction"),
    "counted_from": _("periods counted from"),
    "created_at": _("made at"),
    "digest": _("fingerprint of the file (SHA-256)"),
    "dismissed_at": _("put away at"),
    "document": _("row number of the document"),
    "erasure": _("number of the erasure"),
    "event": _("what happened"),
    "expire_date": _("ends at"),
    "facts": _("particulars"),
    "failure": _("kind of failure"),
    "id": _("row number"),
    "invited_by": _("invited by"),
    "is_superuser": _("may do everything (CannonWorks' staff)"),
    "joined_to": _("joined to an earlier request"),
    "key": _("former row number"),
    "kind": _("kind"),
    "language": _("language"),
    "last": _("last number used"),
    "letter": _("number of the letter"),
    "line": _("line of the file"),
    "link": _("row number of the link"),
    "made_by": _("made by"),
    "made_on": _("made on"),
    "newsletter": _("number of the newsletter"),
    "notice": _("number of the notice"),
    "of": _("what it belongs to"),
    "position": _("place"),
    "problems": _("what was wrong"),
    "reference": _("random reference"),
    "rescan": _("looked for again afterwards"),
    "retry_at": _("tried again at"),
    "separator": _("character between the columns"),
    "size": _("size in bytes"),
    "state": _("state"),
    "state_at": _("in this state since"),
    "subscriber": _("number of the subscription"),
    "type": _("kind"),
    "user": _("user"),
    "year": _("year"),
}
