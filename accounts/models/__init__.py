"""Accounts, the companies and people behind them, and what goes with them (§1, §2, §17, §19, §20, §21)."""

from accounts.models.account import Account, DataKey, ErasureRequest
from accounts.models.people import Company, ContactDetails, Gender, Personalia, User, UserManager
from accounts.models.signed_in import DeviceToken, Session, SupportAccess
from accounts.models.terms import Heed, TermsAcknowledgement, TermsAnnouncement, TermsVersion

__all__ = [
    "Account",
    "Company",
    "ContactDetails",
    "DataKey",
    "DeviceToken",
    "ErasureRequest",
    "Gender",
    "Heed",
    "Personalia",
    "Session",
    "SupportAccess",
    "TermsAcknowledgement",
    "TermsAnnouncement",
    "TermsVersion",
    "User",
    "UserManager",
]
