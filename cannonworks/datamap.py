"""The data map: which field of which model is whose personal data, in which category, under which clause (§4, §19).

Each app declares its models in its ``privacy.py``. Erasure, re-scan, export, the holder's timeline, grants and the
processor's record are computed from these declarations; a model or field that is not declared stops the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from cannonworks.rules import Age  # built on this module


class Category(models.TextChoices):
    """Categories of data with a retention of their own (clauses: Retention)."""

    ACCOUNT = "account", _("Your account")
    RELATIONS = "relations", _("Relations")
    EMPLOYEES = "employees", _("Employees and contractors")
    DOCUMENTS = "documents", _("Quotes and invoices")
    USAGE = "usage", _("Usage statistics")
    REQUESTS = "requests", _("Requests about personal data")
    BOOKKEEPING = "bookkeeping", _("Our invoices to you")
    EVIDENCE = "evidence", _("Evidence, without names")


class Subject(models.TextChoices):
    """Whose data a row is."""

    HOLDER = "account holder", _("Account holder")
    RELATION = "relation", _("Relation")
    EMPLOYEE = "employee or contractor", _("Employee or contractor")
    REQUESTER = "requester", _("Whoever asks about their data")
    TESTER = "tester", _("Whoever tests us for an account holder")
    STAFF = "staff", _("Staff")
    NOBODY = "nobody", _("Nobody")


class Role(models.TextChoices):
    """Database roles: under one of them every request and every task works (see ``isolation``)."""

    VISITOR = "visitor", _("Visitor, until signed in")
    HOLDER = "holder", _("Account holder")
    HELPER = "helper", _("Helper")
    STAFF = "staff", _("Staff")
    JOBS = "jobs", _("Scheduled jobs")
    READER = "reader", _("Bearer of a link")


#: What a role may do with a table. OPEN: read its secret and encrypted columns too, as ciphertext or hash. LOCK: keep
#: others from changing a row that it sees, and change nothing itself.
VERBS = ("SELECT", "OPEN", "LOCK", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Personal:
    """A field with personal data: its line of §19, whether it is stored encrypted, whether nobody is shown it.

    ``label`` is what the public texts call it, where the model has no name of its own for the field.
    """

    clause: str
    encrypted: bool = False
    secret: bool = False
    label: str | Promise = ""


@dataclass(frozen=True)
class Entry:
    """One declared model. ``category`` None: no data of an account, and ``why`` says so."""

    model: type[models.Model]
    category: Category | None
    subject: Subject
    account: str = "account"
    personal: Mapping[str, Personal] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    helper_sees: tuple[str, ...] = ()
    until: str = ""
    leaves_by: str = "erasure"
    called: str | Promise = ""
    why: str | Promise = ""
    may: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    returned: str = ""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def column(self) -> str:
        """The column that names the account (by key or random reference), or the row through which it is named."""
        return str(_field(self.model, self.account.partition("__")[0]).column)

    @property
    def by_reference(self) -> bool:
        """Whether rows name their account by its random reference, because no foreign key may be."""
        return isinstance(_field(self.model, self.account.partition("__")[0]), models.UUIDField)

    @property
    def owner(self) -> str:
        """SQL of the account of a row, in a statement that has the table under its own name."""
        own = f'"{self.table}"."{self.column}"'
        if (through := self.through) is None:
            return own
        table, key, column = through
        return f'(SELECT "{column}" FROM "{table}" WHERE "{key}" = {own})'

    def belonging(self, test: str) -> str:
        """SQL of the condition that the account of a row passes ``test``, which reads like ``= ANY(%s)``."""
        own = f'"{self.table}"."{self.column}"'
        if (through := self.through) is None:
            return f"{own} {test}"
        table, key, column = through
        return f'{own} IN (SELECT "{key}" FROM "{table}" WHERE "{column}" {test})'

    @property
    def has_rows_of_accounts(self) -> bool:
        """Whether rows belong to accounts."""
        names = {field.name for field in self.model._meta.local_concrete_fields}
        return self.account.partition("__")[0] in names

    @property
    def through(self) -> tuple[str, str, str] | None:
        """Table, key and account column of the rows through which these name their account; None: they do so."""
        pointer, _dots, name = self.account.partition("__")
        if not name:
            return None
        other = _field(self.model, pointer).related_model
        return other._meta.db_table, str(other._meta.pk.column), str(_field(other, name).column)

    @property
    def encrypted(self) -> bool:
        """Whether something of a row is encrypted under the account's key; every file is."""
        return any(personal.encrypted for personal in self.personal.values()) or bool(_files(self.model))

    @property
    def files(self) -> list[str]:
        """The fields whose value is the place of a file."""
        return [field.name for field in _files(self.model)]

    def columns(self, role: str) -> list[str]:
        """Fields that the role may read, in the model's order; see ``VERBS``."""
        verbs = self.may.get(role, "").split()
        if role == Role.JOBS:
            verbs = ["SELECT", "OPEN"]
        if "SELECT" not in verbs:
            return []
        hidden = {name for name, said in self.personal.items() if said.secret or said.encrypted}
        if role == Role.HELPER and (self.category or self.helper_sees):
            return list(self.helper_sees)
        fields = self.model._meta.local_concrete_fields
        return [field.name for field in fields if "OPEN" in verbs or field.name not in hidden]

    def label(self, name: str) -> str | Promise:
        """What people call the field, in the reader's language."""
        said = self.personal.get(name)
        return (said and said.label) or _field(self.model, name).verbose_name

    @property
    def told(self) -> Mapping[str, Personal]:
        """Its personal fields of which people are told: what the database makes of others of the row is left out."""
        return {
            name: said
            for name, said in self.personal.items()
            if not isinstance(_field(self.model, name), models.GeneratedField)
        }

    @property
    def word(self) -> str:
        """What people call its rows, in the reader's language."""
        return capfirst(str(self.called or self.model._meta.verbose_name_plural))

    def seen_by(self, name: str) -> list[str]:
        """Who is shown the field: a secret nobody, an encrypted one only the main user, the rest by database role.

        Rows that are chosen for helpers are their own, and those have no account.
        """
        personal = self.personal.get(name)
        if personal is not None and (personal.secret or personal.encrypted):
            return [] if personal.secret else ["main user"]
        roles = (Role.HOLDER, Role.STAFF, *([] if Role.HELPER in self.rows else [Role.HELPER]))
        return [role for role in roles if name in self.columns(role)]


def _files(model: type[models.Model]) -> list[models.FileField]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, models.FileField)]


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


#: Personalia and company data that §19 lists for every kind of person, for use in declarations.
PERSONALIA = {
    "first_name": Personal("19 Personalia 1"),
    "initials": Personal("19 Personalia 1"),
    "infix": Personal("19 Personalia 1"),
    "last_name": Personal("19 Personalia 1"),
    "gender": Personal("19 Personalia 2"),
}
COMPANY = {
    "company_name": Personal("19 Bedrijfsgegevens"),
    "kvk_number": Personal("19 Bedrijfsgegevens 1"),
    "vat_number": Personal("19 Bedrijfsgegevens 4"),
    "email": Personal("19 Bedrijfsgegevens 3"),
    "phone": Personal("19 Bedrijfsgegevens 5"),
}
ADDRESS = {
    name: Personal("19 Bedrijfsgegevens 2") for name in ("street", "house_number", "postcode", "city", "country")
}
HOME_ADDRESS = {name: Personal("19 Betrokkenen 2") for name in ADDRESS}

_entries: dict[type[models.Model], Entry] = {}
_restrictions: dict[str, str] = {}
#: The same for single models.
_narrower: dict[tuple[str, type[models.Model]], str] = {}


def register(
    model: type[models.Model],
    *,
    category: Category,
    subject: Subject,
    fields: Mapping[str, Personal] | None = None,
    plain: Iterable[str] = (),
    account: str = "account",
    helper_sees: Iterable[str] = (),
    until: str = "",
    leaves_by: str = "erasure",
    called: str | Promise = "",
    may: Mapping[str, str] | None = None,
    rows: Mapping[str, str] | None = None,
    returned: str = "",
) -> None:
    """Declare a model with data of an account.

    ``account`` names the field with the account (or its reference; ``user__account``: that of its user); ``until`` a
    date field of each row before which it may not go; ``leaves_by`` is another way than the account's erasure by which
    rows go, with its own alarm; ``called`` what people call the rows, where the model has no word for them. When rows
    go by themselves while the account lives, ``rules.AGES`` says. ``may`` says which ``VERBS`` each database role has,
    of the rows that it sees; scheduled jobs have all. Which rows those are, ``isolation`` says, or the SQL condition in
    ``rows``, where ``{account}`` stands for the account of the row. ``returned`` is SQL of which rows go along in a
    return of all data, where the law keeps some from the holder; ``false``: the table does not.
    """
    declared = Entry(
        model,
        category,
        subject,
        account,
        fields or {},
        frozenset(plain),
        tuple(helper_sees),
        until,
        leaves_by,
        called,
        may=may or {},
        rows=rows or {},
        returned=returned,
    )
    _add(declared)


def outside(
    model: type[models.Model],
    *,
    why: str | Promise,
    fields: Mapping[str, Personal] | None = None,
    account: str = "account",
    helper_sees: Iterable[str] | None = None,
    may: Mapping[str, str] | None = None,
    rows: Mapping[str, str] | None = None,
) -> None:
    """Declare a model that holds no data of an account, and say why that is so; the rest as for ``register``.

    A helper who may read it sees all of it, unless ``helper_sees`` says what.
    """
    subject = Subject.STAFF if fields else Subject.NOBODY
    names = {field.name for field in model._meta.local_concrete_fields} - set(fields or {})
    _add(
        Entry(
            model, None, subject, account, personal=fields or {}, plain=frozenset(names), why=why, may=may or {},
            rows=rows or {}, helper_sees=tuple(names if helper_sees is None else helper_sees),
        )
    )  # fmt: skip


def restrict(role: str, sql: str, *, of: Iterable[type[models.Model]] = ()) -> None:
    """Let a role see rows of accounts only while the SQL condition holds; a helper's own ``rows`` come before it.

    Rows that name no account are not meant. ``of`` names models for which this condition is in the place of the general
    one.
    """
    if of:
        _narrower.update({(role, model): sql for model in of})
    else:
        _restrictions[role] = sql


def restriction(role: str, model: type[models.Model]) -> str:
    """The SQL condition under which a role sees rows of accounts in this table; "" when there is none."""
    return _narrower.get((role, model)) or _restrictions.get(role, "")


def restrictions() -> Mapping[str, str]:
    """Role → the SQL condition under which it sees rows of accounts at all."""
    return _restrictions


def _add(declared: Entry) -> None:
    _entries[declared.model] = declared
    _in_order.cache_clear()
    encrypted.cache_clear()


def entry(model: type[models.Model]) -> Entry:
    """The declaration of a model; KeyError when there is none."""
    return _entries[model]


def entries(*categories: Category) -> list[Entry]:
    """Declared models, those that point at others first: the order in which rows can go. All when none is named."""
    return list(_in_order(categories))


@cache
def _in_order(categories: tuple[Category, ...]) -> tuple[Entry, ...]:
    wanted = {model: e for model, e in _entries.items() if not categories or e.category in categories}
    graph: dict[type[models.Model], set[type[models.Model]]] = {model: set() for model in wanted}
    for model in wanted:
        for related in _points_at(model):
            if related in graph and related is not model:
                graph[related].add(model)
    return tuple(wanted[model] for model in TopologicalSorter(graph).static_order())


def erasable(*categories: Category) -> list[Entry]:
    """Declared models whose rows go when one of these categories of an account is erased, in deletion order."""
    return [e for e in entries(*categories) if e.leaves_by == "erasure"] if categories else []


@cache
def encrypted() -> frozenset[str]:
    """The categories with encrypted fields: the account's key goes with the last of them."""
    return frozenset(e.category for e in _in_order(()) if e.category and e.encrypted)


def _points_at(model: type[models.Model]) -> list[type[models.Model]]:
    return [f.related_model for f in model._meta.local_concrete_fields if f.is_relation]  # type: ignore[misc]


def autodiscover() -> None:
    """Import the ``privacy`` module of every app, and check what was declared when the project starts."""
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "privacy"):
            import_module(f"{config.name}.privacy")


def complete(models_: Iterable[type[models.Model]], declared: Mapping[type[models.Model], Entry]) -> list[checks.Error]:
    """Errors for every model or column that is not declared, is declared twice, or cannot be erased by account."""
    errors = []
    for model in models_:
        if model not in declared:
            errors.append(checks.Error(f"{model._meta.label} is not in the data map.", id="datamap.E001", obj=model))
            continue
        errors += _field_errors(model, declared[model])
    return errors


def _field_errors(model: type[models.Model], e: Entry) -> list[checks.Error]:
    columns = {field.name for field in model._meta.local_concrete_fields}
    said, twice = set(e.personal) | e.plain, set(e.personal) & e.plain
    found = [
        *((name, "is not in the data map", "E002") for name in sorted(columns - said)),
        *((name, "is in the data map but not in the model", "E003") for name in sorted(said - columns)),
        *((name, "is declared personal and plain", "E004") for name in sorted(twice)),
    ]
    if e.category and e.account.partition("__")[0] not in columns:
        found.append((e.account, "must name the account of the row", "E005"))
    found += [(file.name, what, "E007") for file in _files(model) if (what := _misplaced(file, e))]
    for role, verbs in e.may.items():
        if role not in Role.values or not {*verbs.split()} <= {*VERBS}:
            found.append((role, f"may not be told to “{verbs}”", "E006"))
    return [
        checks.Error(f"{model._meta.label}.{name} {what}.", id=f"datamap.{code}", obj=model)
        for name, what, code in found
    ]


def counted_from(age: Age) -> models.Field:
    """The field of a rule of age; LookupError or FieldDoesNotExist when there is no such model or field."""
    model, *names = apps.get_model(age.model), *age.counted_from.split("__")
    for pointer in names[:-1]:
        model = _field(model, pointer).related_model
    return _field(model, names[-1])


def ages_fit(ages: Iterable[Age], declared: Mapping[type[models.Model], Entry]) -> list[checks.Error]:
    """Errors for rules of age that count from no day of a declared model, or from less than a day ago."""
    return [
        checks.Error(f"rules.AGES: {age.model}.{age.counted_from} is not a day of the data map.", id="datamap.E008")
        for age in ages
        if not _fits(age, declared)
    ]


def _fits(age: Age, declared: Mapping[type[models.Model], Entry]) -> bool:
    day = date(2001, 1, 1)
    try:
        has_category = declared[apps.get_model(age.model)].category is not None
        return has_category and isinstance(counted_from(age), models.DateField) and age.keep.after(day) > day
    except (LookupError, FieldDoesNotExist):
        return False


def _misplaced(file: models.FileField, e: Entry) -> str:
    from cannonworks import rules, storage  # both are built on this module

    if e.category is None:
        return ""
    if not isinstance(file, storage.AccountFileField):
        return "must be an AccountFileField, or it would lie about unencrypted"
    outlives = e.category not in rules.WITH_THE_ACCOUNT
    return "cannot be read once the account, whose key it is under, is gone" if outlives else ""


@checks.register(checks.Tags.models)
def check_data_map(app_configs: object, **kwargs: object) -> list[checks.Error]:
    """Refuse to start on a model or field without a declaration (§4)."""
    from cannonworks import rules  # built on this module

    return [*complete(_all_models(), _entries), *ages_fit(rules.AGES, _entries)]


def _all_models() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]
