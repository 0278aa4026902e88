"""What is asked under the agreement: registered letters, requests, corrections, returns (§6, §15, §16)."""

from rights.models.corrections import Correction, CorrectionWords
from rights.models.letters import LetterScan, RegisteredLetter
from rights.models.requests import Channel, Outcome, SubjectRequest, Wish
from rights.models.returns import DataReturn, ReturnFile

__all__ = [
    "Channel",
    "Correction",
    "CorrectionWords",
    "DataReturn",
    "LetterScan",
    "Outcome",
    "RegisteredLetter",
    "ReturnFile",
    "SubjectRequest",
    "Wish",
]
