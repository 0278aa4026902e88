from django.urls import path

from processors import confidentiality_views, contact_views, disclosure_views, helper_views, sub_processor_views, views

urlpatterns = [
    path("my-data/disclosures/", disclosure_views.disclosures, name="disclosures"),
    path("my-data/disclosures/<uuid:reference>/", disclosure_views.disclosure, name="disclosure"),
    path("disclosures/", disclosure_views.counts, name="disclosure-counts"),
    path("disclosures/disclosures.pdf", disclosure_views.counts_pdf, name="disclosure-counts-pdf"),
    path("disclosures/disclosures.json", disclosure_views.counts_json, name="disclosure-counts-json"),
    path("confidentiality/", confidentiality_views.confidentiality_page, name="confidentiality"),
    path("helpers/", helper_views.accounts, name="helpers"),
    path("sub-processors/access/", contact_views.ask, name="helpers-access"),
    path("sub-processors/access/<str:token>/", contact_views.access, name="helpers-access-page"),
    path("sub-processors/access/<str:token>/left/<uuid:reference>/", contact_views.left, name="helpers-access-left"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/privacy.pdf", views.privacy_pdf, name="privacy-pdf"),
    path("record/", views.record, name="record"),
    path("record/record.pdf", views.record_pdf, name="record-pdf"),
    path("record/record.json", views.record_json, name="record-json"),
    path("sub-processors/", sub_processor_views.sub_processors, name="sub-processors"),
    path("sub-processors/sub-processors.pdf", sub_processor_views.sub_processors_pdf, name="sub-processors-pdf"),
    path("sub-processors/<uuid:reference>/proof/", sub_processor_views.proof, name="sub-processor-proof"),
    path("sub-processors/changes/<uuid:reference>/", sub_processor_views.change, name="sub-processor-change"),
    path("sub-processors/changes/<uuid:reference>/object/", sub_processor_views.object_to, name="sub-processor-object"),
]
