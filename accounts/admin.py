"""Users: staff are made and changed here by an administrator; of holders only that they exist is shown.

The accounts themselves are in retention's administration, which knows their windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
)

from accounts.models import User
from cannonworks.admin import StaffAdmin, chip, signed_in, words
from journal import services as journal

NAMES = ("first_name", "infix", "last_name")

admin.site.unregister(Group)  # roles are code: see ``roles``


class StaffForm(forms.ModelForm):
    """Somebody of CannonWorks: name, address, roles, and whether they may sign in."""

    class Meta:
        model = User
        fields = (*NAMES, "email", "language", "groups", "is_active")

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class NewStaffForm(BaseUserCreationForm):
    """A new member of staff, with a first password."""

    class Meta:
        model = User
        fields = (*NAMES, "email", "language", "groups")
        widgets = {"email": UnfoldAdminEmailInputWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.is_staff = True
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class FirstPasswordForm(AdminPasswordChangeForm):
    """A new password in the place of one whose hash staff may not read."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        user.password = ""
        super().__init__(user, *args, **kwargs)


@admin.register(User)
class StaffUserAdmin(StaffAdmin, UserAdmin):
    may = frozenset({"add", "change"})
    form = StaffForm
    add_form = NewStaffForm
    change_password_form = FirstPasswordForm
    list_display = ("who", "address", "kind_of_user", "roles", "is_active", "last_login")
    list_filter = ("is_staff", "groups", "is_active")
    list_select_related = ("account",)
    search_fields = ("email__iexact",)
    search_help_text = _("Whole e-mail address, or reference")
    reference_fields = ("reference", "account__reference")
    ordering = ("-is_staff", "id")
    filter_horizontal = ()
    add_form_template = None
    actions_detail = ("set_password",)
    readonly_fields = ("last_login",)
    add_fieldsets = (
        (None, {"fields": (*NAMES, "email", "language", "groups")}),
        (_("First password"), {"fields": ("password1", "password2")}),
    )
    staff_fieldsets = (
        (None, {"fields": (*NAMES, "email", "language")}),
        (_("Access"), {"fields": ("groups", "is_active", "last_login")}),
    )
    holder_fieldsets = (
        (
            None,
            {
                "fields": (
                    "who",
                    "address",
                    "kind_of_user",
                    "account",
                    "own_reference",
                    "language",
                    "is_active",
                    "last_login",
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only an administrator, and only staff: whoever hands out roles could hand them to themselves."""
        return request.user.is_superuser and (obj is None or obj.is_staff)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """A holder's name and address leave this method masked, so that no heading can tell them."""
        user = super().get_object(request, object_id, from_field)
        if user is not None and not user.is_staff:
            for name in (*NAMES, "initials", "email"):
                setattr(user, name, masked(getattr(user, name)))
        return user

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return self.staff_fieldsets if obj.is_staff else self.holder_fieldsets

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            field = db_field.formfield(**{"label": _("Roles"), "help_text": "", **kwargs})
            field.label_from_instance = lambda group: gettext(group.name)
            return field
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("name"))
    def who(self, user: User) -> str:
        return user.full_name if user.is_staff else masked(user.full_name)

    @display(description=_("e-mail"))
    def address(self, user: User) -> str:
        return user.email if user.is_staff else masked(user.email)

    @display(description=_("reference"))
    def own_reference(self, user: User) -> str:
        return str(user.reference)

    @display(description=_("kind"))
    def kind_of_user(self, user: User) -> str:
        if user.is_superuser:
            return chip("primary", _("Administrator"))
        return chip("info", _("Staff")) if user.is_staff else chip("", _("Account holder"))

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        return words(gettext(group.name) for group in user.groups.all())

    def possible(self, request: HttpRequest, user: User) -> Iterable[str]:
        return ["set_password"] if self.has_change_permission(request, user) else []

    @action(description=_("Set a new password"), icon="key")
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to Django's own form, which asks whether this may be done."""
        return redirect("admin:auth_user_password_change", object_id)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return super().user_change_password(request, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """There is no service for staff's own rows, so the journal is written here: references and field names."""
        journal.record("staff.added", actor=signed_in(request), clause="7", staff=obj.reference, roles=_roles(obj))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changed = (
            message[0].get("changed", {}).get("fields", []) if message and isinstance(message, list) else ["password"]
        )
        journal.record(
            "staff.changed",
            actor=signed_in(request),
            clause="7",
            staff=obj.reference,
            changed=changed,
            roles=_roles(obj),
        )


def masked(text: str) -> str:
    """The first sign of each word and of each part of an address, the rest as dots: enough to recognise it."""
    return "".join(sign if i == 0 or text[i - 1] in " @" or sign in " @" else "•" for i, sign in enumerate(text))


def _roles(user: User) -> list[str]:
    return sorted(group.name for group in user.groups.all())
