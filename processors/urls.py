from django.urls import path

from processors import views

urlpatterns = [
    path("helpers/", views.accounts, name="helpers"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/privacy.pdf", views.privacy_pdf, name="privacy-pdf"),
    path("record/", views.record, name="record"),
    path("record/record.pdf", views.record_pdf, name="record-pdf"),
    path("record/record.json", views.record_json, name="record-json"),
]
