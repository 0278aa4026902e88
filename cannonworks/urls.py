from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("retention.urls")),
    path("", include("accounts.urls")),
    path("", include("processors.urls")),
    path("", include("rights.urls")),
]
