from django.contrib import admin
from django.urls import include, path, re_path

from cannonworks.api import Unknown

#: Each app has its own endpoints; the kernel's are the schema and its page.
API = [
    path("", include(f"{app}.api"))
    for app in ("accounts", "relations", "finance", "rights", "retention", "cannonworks")
]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(API)),
    re_path("^api/", Unknown.as_view()),
    path("", include("retention.urls")),
    path("", include("accounts.urls")),
    path("", include("rights.urls")),
]
handler400 = "cannonworks.problems.bad_request"
handler500 = "cannonworks.problems.server_error"
