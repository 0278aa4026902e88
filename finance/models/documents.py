"""The holder's own quotes and invoices (§1, §5.2)."""

from __future__ import annotations

import uuid
from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from finance.querysets import DocumentQuerySet
from relations.models import Relation

CENT = Decimal("0.01")


class DocumentKind(models.TextChoices):
    QUOTE = "quote", _("Quote")
    INVOICE = "invoice", _("Invoice")


class VatRate(models.TextChoices):
    HIGH = "21", _("21 %")
    LOW = "9", _("9 %")
    ZERO = "0", _("0 %")
    EXEMPT = "exempt", _("Exempt")
    REVERSE = "reverse", _("Reverse charge")


#: Percentage of each rate; exempt and reverse charge carry no VAT on the document itself.
PERCENTAGES = {VatRate.HIGH: 21, VatRate.LOW: 9, VatRate.ZERO: 0, VatRate.EXEMPT: 0, VatRate.REVERSE: 0}


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


class Document(models.Model):
    """A quote or invoice of the holder. Once issued it has a number and never changes; a trigger sees to it (§5.2)."""

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
    # The document's own snapshot: it stays as issued, also when the relation is erased.
    recipient_name = models.CharField(_("recipient"), max_length=200)
    recipient_address = models.TextField(_("address"), blank=True)
    recipient_vat_number = models.CharField(_("VAT identification number"), max_length=14, blank=True)
    #: Goes up with every change of a draft, so that whoever changed an older one is told.
    revision = models.PositiveIntegerField(_("revision"), default=1, db_default=1, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [models.Index(fields=["account", "kind", "issued_on", "id"], name="document_of_account")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "number"], name="document_number_once", condition=~Q(number="")
            ),
            models.CheckConstraint(
                name="document_issued_has_number_and_term",
                condition=Q(issued_on__isnull=True, number="", kept_until__isnull=True)
                | (Q(issued_on__isnull=False, kept_until__isnull=False) & ~Q(number="")),
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("draft"))

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
        return (self.quantity * self.unit_price).quantize(CENT, ROUND_HALF_UP)


class Totals:
    """Amounts of a document in euros: ``net``, ``vat`` by rate, ``gross``."""

    def __init__(self, net: Decimal, vat: dict[str, Decimal]) -> None:
        self.net, self.vat = net, vat
        self.gross = net + sum(vat.values(), Decimal(0))

    @classmethod
    def of(cls, lines: models.QuerySet[Line] | list[Line]) -> Totals:
        bases: dict[str, Decimal] = {}
        for line in lines:
            bases[line.vat_rate] = bases.get(line.vat_rate, Decimal(0)) + line.net
        vat = {
            rate: (base * PERCENTAGES[VatRate(rate)] / 100).quantize(CENT, ROUND_HALF_UP)
            for rate, base in sorted(bases.items())
        }
        return cls(sum(bases.values(), Decimal(0)), vat)
