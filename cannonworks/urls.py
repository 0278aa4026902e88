from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.security import admin_door
from cannonworks import views
from cannonworks.api import Unknown

#: Each app has its own endpoints; the kernel's are the schema and its page.
API = [
    path("", include(f"{app}.api"))
    for app in (
        "accounts",
        "relations",
        "finance",
        "audits",
        "processors",
        "rights",
        "breaches",
        "retention",
        "cannonworks",
    )
]

urlpatterns = [
    path("admin/login/", admin_door),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(API)),
    re_path("^api/", Unknown.as_view()),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("security.md", views.security_policy, name="security-policy"),
    path("", include("retention.urls")),
    path("", include("accounts.urls")),
    path("", include("relations.urls")),
    path("", include("relations.importing.urls")),
    path("", include("finance.urls")),
    path("", include("audits.urls")),
    path("", include("processors.urls")),
    path("", include("rights.urls")),
    path("", include("breaches.urls")),
    path("", include("board.urls")),
]
handler400 = "cannonworks.problems.bad_request"
handler500 = "cannonworks.problems.server_error"
