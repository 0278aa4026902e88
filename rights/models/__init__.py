"""What is asked under the agreement: registered letters, requests of data subjects, returns of data (§6, §15)."""

from rights.models.letters import RegisteredLetter
from rights.models.mails import RightsMail
from rights.models.requests import Channel, Outcome, PersonKind, SubjectRequest, Wish
from rights.models.returns import DataReturn, ReturnFile

__all__ = [
    "Channel",
    "DataReturn",
    "Outcome",
    "PersonKind",
    "RegisteredLetter",
    "ReturnFile",
    "RightsMail",
    "SubjectRequest",
    "Wish",
]
