from django.urls import path

from processors import contact_views, helper_views, views

urlpatterns = [
    path("helpers/", helper_views.accounts, name="helpers"),
    path("sub-processors/access/", contact_views.ask, name="helpers-access"),
    path("sub-processors/access/<str:token>/", contact_views.access, name="helpers-access-page"),
    path("sub-processors/access/<str:token>/left/<uuid:reference>/", contact_views.left, name="helpers-access-left"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/privacy.pdf", views.privacy_pdf, name="privacy-pdf"),
    path("record/", views.record, name="record"),
    path("record/record.pdf", views.record_pdf, name="record-pdf"),
]
