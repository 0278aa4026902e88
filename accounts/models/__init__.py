"""Accounts, the companies and people behind them, and what goes with them (§1, §2, §17, §19, §20, §21)."""

from accounts.models.account import Account, DataKey, ErasureRequest
from accounts.models.invitation import Invitation
from accounts.models.people import Company, ContactDetails, Gender, Personalia, User, UserManager, contact_checks
from accounts.models.signed_in import DeviceToken, Session, SupportAccess

__all__ = [
    "Account",
    "Company",
    "ContactDetails",
    "DataKey",
    "DeviceToken",
    "ErasureRequest",
    "Gender",
    "Invitation",
    "Personalia",
    "Session",
    "SupportAccess",
    "User",
    "UserManager",
    "contact_checks",
]
