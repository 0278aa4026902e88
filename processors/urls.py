from django.urls import path

from processors import helper_views, views

urlpatterns = [
    path("helpers/", helper_views.accounts, name="helpers"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/privacy.pdf", views.privacy_pdf, name="privacy-pdf"),
    path("record/", views.record, name="record"),
    path("record/record.pdf", views.record_pdf, name="record-pdf"),
]
