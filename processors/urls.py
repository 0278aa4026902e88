from django.urls import path

from processors import confidentiality_views, disclosure_views, views

urlpatterns = [
    path("my-data/disclosures/", disclosure_views.disclosures, name="disclosures"),
    path("my-data/disclosures/<uuid:reference>/", disclosure_views.disclosure, name="disclosure"),
    path("confidentiality/", confidentiality_views.confidentiality_page, name="confidentiality"),
    path("helpers/", views.accounts, name="helpers"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/privacy.pdf", views.privacy_pdf, name="privacy-pdf"),
    path("record/", views.record, name="record"),
    path("record/record.pdf", views.record_pdf, name="record-pdf"),
]
