"""CannonWorks' own books (§5): what is charged and what was paid on it. When that is done: ``subscription``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import lock
from accounts.states import State
from cannonworks import isolation, rules, turns
from cannonworks.errors import Refused
from finance.models import CENT, Payment, SubscriptionInvoice
from journal import services as journal

#: Percentage of VAT on a subscription.
SUBSCRIPTION_VAT = 21


@dataclass(frozen=True)
class Period:
    """What an invoice is for: from ``start`` until ``end``, the next one's; months count from ``first``."""

    start: date
    end: date
    first: date


@transaction.atomic
def charge_subscription(
    account: Account, *, on: date, net: Decimal | None = None, period: Period | None = None, actor: User | None = None
) -> SubscriptionInvoice:
    """Write CannonWorks' own invoice for the subscription, with 21 % VAT; active accounts only.

    ``net`` in euros, by default the price of the settings. IntegrityError when the period was charged already. Written
    with the rights of the jobs: numbers run over all customers, whom a holder cannot see, and nobody else may charge.
    """
    account = lock(account)
    if account.state != State.ACTIVE:
        raise Refused("not_active", _("Only an active account is charged."), clause="5")
    with isolation.acting_as(isolation.JOBS):
        invoice = _invoice(account, on, settings.SUBSCRIPTION_PRICE if net is None else net)
        if period is not None:
            invoice.period_from, invoice.period_until, invoice.counted_from = period.start, period.end, period.first
        invoice.full_clean(validate_constraints=False)
        invoice.save(force_insert=True)
    journal.record("subscription.charged", account=account, actor=actor, clause="5", number=invoice.number)
    return invoice


@transaction.atomic
def record_payment(invoice: SubscriptionInvoice, *, on: date, amount: Decimal, actor: User | None = None) -> Payment:
    """Note a payment received on a subscription invoice, in part or more than it asked (``left``).

    Refused when it is of nothing, or was received before the invoice was there. Locks the invoice.
    """
    invoice = SubscriptionInvoice.objects.select_for_update(of=("self",)).select_related("account").get(pk=invoice.pk)
    if amount <= 0:
        raise Refused("no_amount", _("A payment is more than nothing."), clause="5")
    if on < invoice.issued_on:
        raise Refused("too_early", _("That day lies before the invoice."), clause="5")
    payment = Payment(
        account=invoice.account,
        invoice_number=invoice.number,
        received_on=on,
        amount=amount,
        kept_until=rules.kept_through_years("bookkeeping", on),
    )
    payment.full_clean()
    payment.save(force_insert=True)
    journal.record("payment.received", account=invoice.account, actor=actor, clause="5", number=invoice.number)
    return payment


def _invoice(account: Account, on: date, net: Decimal) -> SubscriptionInvoice:
    company = account.company
    return SubscriptionInvoice(
        account=account,
        number=_next_number(on.year),
        issued_on=on,
        due_on=on + timedelta(days=settings.SUBSCRIPTION_DUE_DAYS),
        kept_until=rules.kept_through_years("bookkeeping", on),
        net=net,
        vat=(net * SUBSCRIPTION_VAT / 100).quantize(CENT, ROUND_HALF_UP),
        customer_name=company.company_name,
        customer_address="\n".join(company.address_lines),
        customer_vat_number=company.vat_number,
    )


def _next_number(year: int) -> str:
    turns.wait_for("subscription number")
    last = SubscriptionInvoice.objects.filter(number__startswith=f"CW{year}-").order_by("-number").first()
    return f"CW{year}-{int(last.number.rpartition('-')[2]) + 1 if last else 1:06d}"
