from django.urls import path

from relations.importing import views
from relations.models import What

ONE = "import/<uuid:reference>/"
urlpatterns = [
    path(f"{what}/{address}", view, {"what": what.value}, name=f"{what}-{name}")
    for what in What
    for address, view, name in (
        ("import/", views.upload, "import"),
        ("import/template.csv", views.template, "import-template"),
        (ONE, views.one, "import-one"),
        (f"{ONE}progress/", views.progress, "import-progress"),
        (f"{ONE}refused.csv", views.refused, "import-refused"),
        (f"{ONE}resume/", views.resume, "import-resume"),
        (f"{ONE}stop/", views.stop, "import-stop"),
        (f"{ONE}remove/", views.remove, "import-remove"),
        ("export.csv", views.export, "export"),
    )
]
