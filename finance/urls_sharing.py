from django.urls import path

from finance.views import shared, sharing

urlpatterns = [
    path("d/<str:token>/", shared.shared, name="shared"),
    path("d/<str:token>/document.pdf", shared.shared_pdf, name="shared-pdf"),
    path("documents/links/", sharing.links, name="links"),
    path("documents/links/<uuid:reference>/revoke/", sharing.revoke, name="link-revoke"),
    path("documents/mailings/<uuid:reference>/retry/", sharing.retry, name="mailing-retry"),
    path("documents/<uuid:reference>/sharing/", sharing.document_sharing, name="document-sharing"),
    path("documents/<uuid:reference>/share/", sharing.share, name="document-share"),
    path("documents/<uuid:reference>/mail/", sharing.mail, name="document-mail"),
]
