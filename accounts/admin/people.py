"""Users: staff are made and changed here by an administrator; people of an account are shown while it is open.

The accounts themselves are in retention's administration, which knows their windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
)

from accounts import lockout, signing_in, support
from accounts.models import SupportAccess, User
from accounts.opening import running, until
from cannonworks.admin import Question, StaffAdmin, signed_in, today
from cannonworks.admin_words import chip, moment, short_day, words
from journal import services as journal

NAMES = ("first_name", "infix", "last_name")

admin.site.unregister(Group)  # roles are code: see ``roles``
admin.site.unregister((EmailAddress, Authenticator))  # of each user alone


class StaffForm(forms.ModelForm):
    """Somebody of CannonWorks: name, address, roles, and whether they may sign in."""

    class Meta:
        model = User
        fields = (*NAMES, "email", "language", "groups", "is_active")

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class NewPasswordForm(forms.Form):
    """A new password for a colleague, twice."""

    password = forms.CharField(label=_("New password"), strip=False, widget=UnfoldAdminPasswordWidget(
        attrs={"autocomplete": "new-password"}))  # fmt: skip
    again = forms.CharField(label=_("New password, once more"), strip=False, widget=UnfoldAdminPasswordWidget(
        attrs={"autocomplete": "new-password"}))  # fmt: skip

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]

    def clean_again(self) -> str:
        if self.cleaned_data["again"] != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("This is not the same password as above."))
        return self.cleaned_data["again"]


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


@admin.register(User)
class StaffUserAdmin(StaffAdmin, UserAdmin):
    may = frozenset({"add", "change"})
    form = StaffForm
    add_form = NewStaffForm
    list_display = ("who", "address", "kind_of_user", "roles", "keeps_quiet", "is_active", "last_login")
    list_filter = ("is_staff", "groups", "is_active")
    search_fields = ("email__iexact",)
    search_help_text = _("Whole e-mail address, or reference")
    reference_fields = ("reference",)
    ordering = ("-is_staff", "id")
    filter_horizontal = ()
    add_form_template = None
    actions_detail = ("set_password", "unlock")
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
        """Staff and helpers; who is of an account is found from its page."""
        rows = super().get_queryset(request).filter(account=None).prefetch_related("groups")
        lasting = models.Q(statements__ended_on=None) | models.Q(statements__ended_on__gt=today())
        return rows.annotate(bound_since=models.Max("statements__signed_on", filter=lasting))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """One of staff, a helper, or a user of an account that is open to whoever asks."""
        if user := super().get_object(request, object_id, from_field):
            return user
        found = User.objects.select_related("account").filter(pk=object_id).first() if object_id.isdigit() else None
        return found if found and running(request, found.account) else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show the user; of an account, only while that is open, and journalled."""
        user = self.get_object(request, object_id)
        if user and user.account and self.has_view_permission(request, user):
            support.look(user.account, actor=signed_in(request), page="user", at=timezone.now())
        return super().change_view(request, object_id, form_url, extra_context)

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
        return user.full_name

    @display(description=_("e-mail"))
    def address(self, user: User) -> str:
        return user.email

    @display(description=_("reference"))
    def own_reference(self, user: User) -> str:
        return str(user.reference)

    @display(description=_("kind"))
    def kind_of_user(self, user: User) -> str:
        if user.is_superuser:
            return chip("primary", _("Administrator"))
        if user.is_helper:
            return chip("warning", _("Helper"))
        return chip("info", _("Staff")) if user.is_staff else chip("", _("Account holder"))

    @display(description=_("confidentiality"))
    def keeps_quiet(self, user: User) -> str:
        """The day of the statement that is in force (§8)."""
        return short_day(user.bound_since) if user.bound_since else chip("danger", _("Not signed"))

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        return words(gettext(group.name) for group in user.groups.all())

    def possible(self, request: HttpRequest, user: User) -> Iterable[str]:
        if self.has_change_permission(request, user):
            yield "set_password"
        if self.has_unlock_permission(request) and lockout.locked_until(_address(user)):
            yield "unlock"

    def has_unlock_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("accounts.unlock_user")

    @action(description=_("Set a new password"), icon="key")
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.row(request, object_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return self.act(
            request,
            Question(
                title=_("Set a new password"),
                button=_("Set this password"),
                text=_("From then on only the new password counts, and every browser of this colleague is signed out."),
                facts=[(_("name"), user.full_name)],
                fields=NewPasswordForm,
            ),
            lambda password, **_again: signing_in.set_password(user, password, actor=signed_in(request)),
            done=_("The password is set."),
            row=user,
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's own address for it, without Django's form, which would read the old password."""
        return self.set_password(request, id)

    @action(description=_("Unlock"), icon="lock_open", permissions=["unlock"])
    def unlock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a locked-out user try again at once."""
        user = self.row(request, object_id)
        until = lockout.locked_until(_address(user))
        return self.act(
            request,
            Question(
                title=_("Unlock"),
                button=_("Unlock"),
                text=_("Somebody gave a wrong password too often. Make sure that you talk with this user."),
                facts=[(_("name"), self.who(user)), (_("locked until"), moment(until))],
            ),
            lambda: signing_in.unlock_user(user, _address(user), actor=signed_in(request)),
            done=_("The user can sign in again."),
            row=user,
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """There is no service for staff's own rows, so the journal is written here: references and field names."""
        journal.record("staff.added", actor=signed_in(request), clause="7", staff=obj.reference, roles=_roles(obj))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changed = message[0].get("changed", {}).get("fields", []) if message else []
        journal.record(
            "staff.changed",
            actor=signed_in(request),
            clause="7",
            staff=obj.reference,
            changed=changed,
            roles=_roles(obj),
        )


@admin.register(SupportAccess)
class SupportAccessAdmin(StaffAdmin):
    """Who of staff opened which account, for those who watch over it."""

    list_display = ("ticket", "account", "staff", "shown_role", "opened", "ended")
    list_select_related = ("account", "staff")
    search_fields = ("ticket__istartswith",)
    search_help_text = _("Beginning of the ticket, or reference of the account")
    reference_fields = ("account__reference",)
    ordering = ("-opened_at",)
    fields = ("ticket", "reason", "account", "staff", "shown_role", "opened", "ended")

    @display(description=_("role"))
    def shown_role(self, access: SupportAccess) -> str:
        return words(gettext(role) for role in access.role.split(", ") if role)

    @display(description=_("opened at"), ordering="opened_at")
    def opened(self, access: SupportAccess) -> str:
        return moment(access.opened_at)

    @display(description=_("until"))
    def ended(self, access: SupportAccess) -> str:
        return until(access)


def _address(user: User) -> str:
    """The address behind the mask: for looking up, never for showing."""
    return User.objects.values_list("email", flat=True).get(pk=user.pk)


def _roles(user: User) -> list[str]:
    return sorted(group.name for group in user.groups.all())
