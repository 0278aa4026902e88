"""The holder's own quotes, invoices and credit notes (§1, §5.2), with what a Dutch invoice must have (Wet OB 35a)."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from finance.numbers import vat_number
from finance.querysets import DocumentQuerySet
from finance.totals import Totals, VatRate, net_of
from relations.models import Relation

#: Days in which an invoice is to be paid, unless the holder says otherwise; more than a year is a mistake.
PAYMENT_DAYS, MOST_PAYMENT_DAYS = 14, 365


class DocumentKind(models.TextChoices):
    QUOTE = "quote", _("Quote")
    INVOICE = "invoice", _("Invoice")
    CREDIT = "credit", _("Credit note")


class NumberSeries(models.Model):
    """The last number given out for one kind of document in one year; its lock keeps numbers without gaps."""

    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [models.UniqueConstraint(fields=["account", "kind", "year"], name="one_series_per_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}"


class Seller(models.Model):
    """Who sends the document: a snapshot of the company, taken when it is issued."""

    seller_name = models.CharField(_("name of the sender"), max_length=200, blank=True, default="", db_default="")
    seller_address = models.TextField(_("address of the sender"), blank=True, default="", db_default="")
    seller_kvk_number = models.CharField(
        _("KvK number of the sender"), max_length=8, blank=True, default="", db_default=""
    )
    seller_vat_number = models.CharField(
        _("VAT identification number of the sender"), max_length=14, blank=True, default="", db_default=""
    )
    seller_email = models.EmailField(_("e-mail of the sender"), blank=True, default="", db_default="")
    seller_phone = models.CharField(_("phone of the sender"), max_length=20, blank=True, default="", db_default="")

    class Meta:
        abstract = True


class Recipient(models.Model):
    """To whom it goes: the document's own snapshot, which stays as issued, also when the relation is erased."""

    recipient_name = models.CharField(_("recipient"), max_length=200)
    recipient_address = models.TextField(_("address"), max_length=500, blank=True)
    recipient_vat_number = models.CharField(_("VAT identification number"), max_length=14, blank=True)
    customer_reference = models.CharField(
        _("reference of the customer"), max_length=80, blank=True, default="", db_default=""
    )

    class Meta:
        abstract = True


class Terms(models.Model):
    """When it was supplied, until when it can be paid or accepted, and what else there is to say."""

    supplied_on = models.DateField(_("supplied on"), null=True, blank=True)
    supplied_until = models.DateField(_("supplied up to and including"), null=True, blank=True)
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        default=PAYMENT_DAYS,
        db_default=PAYMENT_DAYS,
        validators=[MaxValueValidator(MOST_PAYMENT_DAYS)],
    )
    due_on = models.DateField(_("to be paid by"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    exemption_ground = models.CharField(_("ground of exemption"), max_length=200, blank=True, default="", db_default="")
    remarks = models.TextField(_("remarks"), max_length=2000, blank=True, default="", db_default="")
    language = models.CharField(
        _("language"), max_length=2, choices=[("nl", "Nederlands"), ("en", "English")], default="nl", db_default="nl"
    )

    class Meta:
        abstract = True


class Document(Seller, Recipient, Terms):
    """A quote, invoice or credit note of the holder. Once issued it has a number and a trigger holds it (§5.2)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, db_index=False, verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=10, choices=DocumentKind.choices)
    relation = models.ForeignKey(Relation, models.SET_NULL, null=True, blank=True, verbose_name=_("relation"))
    number = models.CharField(_("number"), max_length=20, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    kept_until = models.DateField(
        _("kept until"),
        null=True,
        blank=True,
        help_text=_("The first day on which the holder may delete it."),
    )
    # No constraint in the database: an account is erased in portions, and of two rows that point at one another one
    # goes first. What a credit note corrects stands on it by number, whatever becomes of that invoice.
    credits = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="credit_notes", db_constraint=False,
        db_index=False, verbose_name=_("credits"),
    )  # fmt: skip
    credited_number = models.CharField(
        _("number of the credited invoice"), max_length=20, blank=True, default="", db_default=""
    )
    credited_on = models.DateField(_("date of the credited invoice"), null=True, blank=True)
    from_quote = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="invoices", db_constraint=False,
        db_index=False, verbose_name=_("made from"),
    )  # fmt: skip
    # As the lines come to; kept by the services, so that lists need no lines.
    net_total = models.DecimalField(
        _("net"), max_digits=24, decimal_places=2, default=Decimal(0), db_default=Decimal(0)
    )
    gross_total = models.DecimalField(
        _("total"), max_digits=24, decimal_places=2, default=Decimal(0), db_default=Decimal(0)
    )
    #: Goes up with every change of a draft, so that whoever changed an older one is told.
    revision = models.PositiveIntegerField(_("revision"), default=1, db_default=1, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [
            models.Index(fields=["account", "kind", "issued_on", "id"], name="document_of_account"),
            models.Index(fields=["account", "id"], name="document_newest"),
            models.Index(fields=["credits"], name="document_credits", condition=Q(credits__isnull=False)),
            models.Index(fields=["from_quote"], name="document_from_quote", condition=Q(from_quote__isnull=False)),
        ]
        constraints = [
            # Invoices and credit notes share a series, and the numbers of quotes begin with a letter.
            models.UniqueConstraint(fields=["account", "number"], name="document_number_once", condition=~Q(number="")),
            models.CheckConstraint(
                name="document_issued_has_number_and_term",
                condition=Q(issued_on__isnull=True, number="", kept_until__isnull=True)
                | (Q(issued_on__isnull=False, kept_until__isnull=False) & ~Q(number="")),
            ),
            models.CheckConstraint(
                name="document_credit_note_names_its_invoice",
                condition=(Q(kind=DocumentKind.CREDIT, credited_on__isnull=False) & ~Q(credited_number=""))
                | (~Q(kind=DocumentKind.CREDIT) & Q(credited_number="", credited_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="document_supplied_in_order",
                condition=Q(supplied_until__isnull=True)
                | Q(supplied_on__isnull=False, supplied_until__gte=models.F("supplied_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("draft"))

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.reference])

    def clean(self) -> None:
        """Bring the recipient's VAT number into its written form, and the period into order."""
        super().clean()
        errors: dict[str, object] = {}
        relation = self.relation
        if relation and relation.account_id != self.account_id:
            errors["relation"] = _("This relation is not in your account.")
        try:
            sole_trader = bool(relation and relation.sole_trader)
            self.recipient_vat_number = vat_number(self.recipient_vat_number, sole_trader=sole_trader)
        except ValidationError as error:
            errors["recipient_vat_number"] = error
        if self.supplied_until and not self.supplied_on:
            errors["supplied_on"] = _("Say from when too, or leave the end of the period empty.")
        elif self.supplied_until and self.supplied_on and self.supplied_until < self.supplied_on:
            errors["supplied_until"] = _("The last day lies before the first.")
        if errors:
            raise ValidationError(errors)

    @property
    def is_draft(self) -> bool:
        return self.issued_on is None

    @property
    def is_quote(self) -> bool:
        return self.kind == DocumentKind.QUOTE

    @property
    def is_invoice(self) -> bool:
        return self.kind == DocumentKind.INVOICE

    @property
    def is_credit(self) -> bool:
        return self.kind == DocumentKind.CREDIT

    def pay_by(self, on: date) -> date | None:
        """Until when it can be paid if it is issued on ``on``; quotes and credit notes are not paid."""
        return on + timedelta(days=self.payment_days) if self.is_invoice else None

    def totals(self) -> Totals:
        """Net, VAT per rate and gross, exact to the cent: VAT is computed and rounded once per rate."""
        return Totals.of(self.lines.all())


class Line(models.Model):
    """One line of a quote or invoice: so many of something at a price without VAT."""

    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    description = models.CharField(_("description"), max_length=300)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    vat_rate = models.CharField(_("VAT"), max_length=8, choices=VatRate.choices, default=VatRate.HIGH)

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["account", "id"], name="line_of_account")]
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="line_position_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.quantity} × {self.unit_price}"

    @property
    def net(self) -> Decimal:
        return net_of(self.quantity, self.unit_price)
