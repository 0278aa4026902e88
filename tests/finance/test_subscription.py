"""An active account is charged, once for each period, and reminded; nothing else follows from a debt (§5)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from finance import post, subscription
from finance.bookkeeping import charge_subscription, record_payment
from finance.models import Payment, SubscriptionInvoice
from finance.papers import invoice_pdf
from finance.tasks import charge_due_subscriptions, send_invoices
from journal.models import Entry
from tests.callers import API, device, problem
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5")]
ON = date(2026, 1, 31)
INVOICES = "/admin/finance/subscriptioninvoice/"


def periods(account: Account) -> list[tuple[date, date]]:
    rows = SubscriptionInvoice.objects.filter(account=account).order_by("period_from")
    return list(rows.values_list("period_from", "period_until"))


def running(on: date = ON) -> Account:
    """An account that was activated and charged on ``on``."""
    account = AccountFactory(signed_up_on=on - timedelta(days=3))
    return subscription.activate(account, actor=account.main_user, on=on)


def due(on: date) -> int:
    with isolation.acting_as(isolation.JOBS):
        return subscription.charge_due(on=on)


def code(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught:
        service(*args, **kwargs)
    return caught.value.code


# --- Charging ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("2")
def test_activating_charges_the_first_period():
    account = running()
    invoice = SubscriptionInvoice.objects.get()
    assert (account.state, invoice.issued_on, invoice.due_on) == (State.ACTIVE, ON, date(2026, 2, 14))
    assert (invoice.net, invoice.vat, invoice.gross) == (Decimal("15.00"), Decimal("3.15"), Decimal("18.15"))
    assert periods(account) == [(ON, date(2026, 2, 28))]
    events = Entry.objects.order_by("pk").values_list("event", "actor_kind")
    assert list(events)[-2:] == [("account.activated", "holder"), ("subscription.charged", "holder")]


@pytest.mark.clause("2")
def test_an_account_that_cannot_be_activated_is_not_charged():
    account = running()
    assert code(subscription.activate, account, actor=account.main_user, on=ON) == "no_such_step"
    assert SubscriptionInvoice.objects.count() == 1


def test_what_cannot_be_charged_is_not_activated(monkeypatch):
    account = AccountFactory(signed_up_on=ON)

    def broken(*args, **kwargs):
        raise IntegrityError("broken")

    monkeypatch.setattr(subscription, "charge_subscription", broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        subscription.activate(account, actor=account.main_user, on=ON)
    account.refresh_from_db()
    assert account.state == State.TRIAL


def test_activating_by_itself_charges_nothing(account):
    assert account.state == State.ACTIVE
    assert not SubscriptionInvoice.objects.exists()


def test_months_count_from_the_first_day_of_the_run():
    account = running()
    for on in (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)):
        assert (due(on - timedelta(days=1)), due(on), due(on)) == (0, 1, 0)
    assert periods(account) == [
        (ON, date(2026, 2, 28)), (date(2026, 2, 28), date(2026, 3, 31)), (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 4, 30), date(2026, 5, 31)),
    ]  # fmt: skip


def test_a_day_that_the_job_missed_is_charged_from_the_day_that_was_due():
    account = running()
    assert due(date(2026, 3, 10)) == 1
    assert periods(account)[1] == (date(2026, 2, 28), date(2026, 3, 31))


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_only_active_accounts_are_charged(state):
    AccountFactory(state=state)
    assert due(date(2026, 6, 1)) == 0
    assert not SubscriptionInvoice.objects.exists()


def test_an_account_that_was_cancelled_is_charged_no_more_and_anew_when_it_comes_back():
    account = running()
    user = account.main_user
    lifecycle.cancel_account(account, actor=user, on=date(2026, 2, 10))
    assert due(date(2026, 3, 5)) == 0
    subscription.reactivate(account, actor=user, on=date(2026, 3, 10))
    assert periods(account) == [(ON, date(2026, 2, 28)), (date(2026, 3, 10), date(2026, 4, 10))]


def test_coming_back_within_what_was_charged_costs_nothing_again():
    account = running()
    user = account.main_user
    lifecycle.cancel_account(account, actor=user, on=date(2026, 2, 10))
    subscription.reactivate(account, actor=user, on=date(2026, 2, 27))
    assert periods(account) == [(ON, date(2026, 2, 28))]
    assert due(date(2026, 2, 28)) == 1
    assert periods(account)[1] == (date(2026, 2, 28), date(2026, 3, 31))


def test_the_database_holds_one_invoice_for_a_period():
    account = running()
    invoice = SubscriptionInvoice.objects.get()
    with pytest.raises(IntegrityError, match="subscription_period_once"), transaction.atomic():
        SubscriptionInvoice.objects.create(
            account=account, number="CW2026-999999", issued_on=ON, net=1, vat=0, kept_until=invoice.kept_until,
            customer_name="x", customer_address="x", period_from=invoice.period_from,
            period_until=invoice.period_until, counted_from=ON,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_the_same_moment_charge_once():
    account, start, charged = running(), Barrier(2), []

    def work():
        try:
            with isolation.acting_as(isolation.JOBS):
                start.wait()
                charged.append(subscription.charge_due(on=date(2026, 2, 28)))
        finally:
            close_old_connections()
            connection.close()

    workers = [Thread(target=work) for _i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(charged) == [0, 1]
    assert len(periods(account)) == 2


@pytest.mark.clause("7")
def test_a_holder_writes_no_invoice_and_gets_the_number_after_everybodys_last(outsider):
    charge_subscription(outsider.account, on=ON)
    account = AccountFactory(signed_up_on=ON)
    with isolation.acting_as(isolation.of(account.main_user)), transaction.atomic():
        subscription.activate(account, actor=account.main_user, on=ON)
        for sql in (
            "INSERT INTO finance_subscriptioninvoice DEFAULT VALUES",
            "UPDATE finance_subscriptioninvoice SET net = 0",
        ):
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as asks,
            ):
                asks.execute(sql)
        assert [invoice.number for invoice in SubscriptionInvoice.objects.all()] == ["CW2026-000002"]


def test_the_job_charges_and_sends(mailoutbox):
    running(timezone.localdate() - timedelta(days=40))
    with isolation.acting_as(isolation.JOBS):
        assert charge_due_subscriptions() == 1
        assert send_invoices() == 2 + 1  # both invoices, and a reminder of the first
    assert SubscriptionInvoice.objects.filter(mailed_at=None).count() == 0


# --- Pages and API -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "path"), [(State.TRIAL, "activate"), (State.CANCELLED, "reactivate")])
def test_page_and_api_charge_alike(client, state, path):
    for way in ("page", "api"):
        today = timezone.localdate()
        account = AccountFactory(state=state, signed_up_on=today - timedelta(days=5), cancelled_on=today)
        if way == "page":
            client.force_login(account.main_user)
            assert "15,00" in client.get(f"/account/{path}/").content.decode()
            assert client.post(f"/account/{path}/").status_code == 302
        else:
            assert device(account.main_user).post(f"{API}/account/{path}/").json()["state"] == "active"
        assert [start for start, _end in periods(account)] == [today]


def test_the_main_user_sees_our_invoices_and_what_is_left_to_pay(client, account, holder, outsider):
    paid, part, late = (charge_subscription(account, on=timezone.localdate() - timedelta(days=d)) for d in (60, 50, 40))
    record_payment(paid, on=paid.issued_on, amount=paid.gross)
    record_payment(part, on=part.issued_on, amount=Decimal("8.15"))
    client.force_login(holder)
    text = client.get("/account/invoices/").content.decode()
    assert [word in text for word in ("Betaald", "€\u00a010,00 te laat", "€\u00a018,15 te laat")] == [True] * 3
    pdf = client.get(f"/account/invoices/{late.reference}/invoice.pdf")
    assert (pdf["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    rows = device(holder).get(f"{API}/subscription-invoices/").json()["results"]
    assert [(row["paid"], row["left"]) for row in rows] == [("0.00", "18.15"), ("8.15", "10.00"), ("18.15", "0.00")]
    assert device(holder).get(f"{API}/subscription-invoices/{late.reference}/invoice.pdf").content[:4] == b"%PDF"
    problem(device(outsider).get(f"{API}/subscription-invoices/{late.reference}/invoice.pdf"), 404, "not_found")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_invoices_asks_the_same_whatever_its_length(client, account, holder, asks, count):
    for month in range(1, count + 1):
        charge_subscription(account, on=date(2026, month, 1))
    client.force_login(holder)
    client.get("/account/invoices/")
    with asks(5):
        assert client.get("/account/invoices/").content.decode().count("invoice.pdf") == count


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_same_invoice_is_the_same_pdf(account, language):
    invoice = charge_subscription(account, on=ON)
    assert invoice_pdf(invoice, language=language) == invoice_pdf(invoice, language=language)


# --- Mail --------------------------------------------------------------------------------------------------------


def send(on: date) -> int:
    with isolation.acting_as(isolation.JOBS):
        return post.send_reminders(on=on)


def test_the_invoice_is_mailed_to_the_main_user_once(mailoutbox):
    account = running()
    with isolation.acting_as(isolation.JOBS):
        assert [post.send_waiting_invoices(at=timezone.now()) for _i in range(2)] == [1, 0]
    (message,) = mailoutbox
    number = SubscriptionInvoice.objects.get().number
    assert (message.to, message.subject) == ([account.main_user.email], f"Factuur {number} voor CannonWorks")
    assert "31 januari 2026 tot en met 27 februari 2026: €\u00a018,15" in message.body
    assert [(name, body[:4]) for name, body, _kind in message.attachments] == [(f"{number}.pdf", b"%PDF")]


def test_a_mail_that_fails_goes_the_next_time(post_office):
    running()
    post_office.refusal = "451 later"
    with isolation.acting_as(isolation.JOBS):
        assert post.send_waiting_invoices(at=timezone.now()) == 0
        post_office.refusal = ""
        assert post.send_waiting_invoices(at=timezone.now()) == 1
    assert len(post_office.letters) == 1


def test_who_has_not_paid_is_reminded_after_14_and_after_30_days_and_nothing_else_happens(mailoutbox):
    account = running()
    SubscriptionInvoice.objects.update(mailed_at=timezone.now())
    before = Account.objects.filter(pk=account.pk).values().get()
    days = (13, 14, 15, 29, 30, 31, 32, 90)
    assert [send(ON + timedelta(days=day)) for day in days] == [0, 0, 1, 0, 0, 1, 0, 0]
    assert all("Met je account en je gegevens gebeurt hierdoor niets." in message.body for message in mailoutbox)
    assert Account.objects.filter(pk=account.pk).values().get() == before


def test_who_paid_is_not_reminded_and_who_paid_in_part_of_the_rest(mailoutbox):
    for amount in (Decimal("18.15"), Decimal("20.00"), Decimal("8.00")):
        running()
        record_payment(SubscriptionInvoice.objects.latest("pk"), on=ON, amount=amount)
    SubscriptionInvoice.objects.update(mailed_at=timezone.now())
    assert send(ON + timedelta(days=40)) == 1
    assert "€\u00a010,15" in mailoutbox[0].body
    assert SubscriptionInvoice.objects.get(reminders=2)


# --- Payments -----------------------------------------------------------------------------------------------------


def test_finance_records_a_payment_in_parts_and_is_told_of_too_much(client, account):
    invoice = charge_subscription(account, on=timezone.localdate())
    client.force_login(member("Finance"))
    place = f"{INVOICES}{invoice.pk}/record_payment/"
    assert client.get(place).context["form"].initial["amount"] == Decimal("18.15")
    for amount, told in (("8.15", False), ("12.00", True)):
        page = client.post(place, {"on": timezone.localdate().isoformat(), "amount": amount}, follow=True)
        assert ("2,00" in page.content.decode() and "te veel" in page.content.decode()) == told
    assert list(Payment.objects.order_by("pk").values_list("amount", "account")) == [
        (Decimal("8.15"), account.pk), (Decimal("12.00"), account.pk),
    ]  # fmt: skip
    assert Entry.objects.filter(event="payment.received", actor_kind="staff").count() == 2


def test_what_makes_no_sense_is_not_recorded(client, account):
    invoice = charge_subscription(account, on=ON)
    client.force_login(member("Finance"))
    place = f"{INVOICES}{invoice.pk}/record_payment/"
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    for given in (
        {"on": tomorrow, "amount": "1"},
        {"on": "2026-02-01", "amount": "0"},
        {"on": "2026-01-30", "amount": "1"},
    ):
        assert client.post(place, given).status_code == 409
    assert not Payment.objects.exists()


def test_a_payment_is_never_on_another_account(account, outsider):
    invoice = charge_subscription(account, on=ON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            account=outsider.account,
            invoice_number=invoice.number,
            received_on=ON,
            amount=1,
            kept_until=invoice.kept_until,
        )


def test_staff_find_what_is_not_paid(client, account):
    today = timezone.localdate()
    invoices = [charge_subscription(account, on=today - timedelta(days=day)) for day in (30, 2, 1)]
    record_payment(invoices[2], on=today, amount=Decimal(20))
    client.force_login(member("Finance"))
    found = {
        choice: {row.number for row in client.get(INVOICES, {"paid": choice}).context["cl"].result_list}
        for choice in ("no", "late", "yes", "over")
    }
    late, fresh, paid = (invoice.number for invoice in invoices)
    assert found == {"no": {late, fresh}, "late": {late}, "yes": {paid}, "over": {paid}}
