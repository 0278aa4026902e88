"""Settings, all from the environment; with no addresses set, real servers are started under ``.local/``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from cannonworks import embedded, logs, secrets, sidebar

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = Path(env.str("LOCAL_DIR", str(BASE_DIR / ".local")))

# --- Servers -------------------------------------------------------------------------------------------------
# A missing address means a machine without servers of its own: development, a demonstration, the tests.
EMBEDDED = not (env.str("DATABASE_URL", "") and env.str("REDIS_URL", ""))
if EMBEDDED:
    _servers = embedded.start(LOCAL_DIR)
DATABASE_URL = env.str("DATABASE_URL", "") or _servers.database_url
REDIS_URL = env.str("REDIS_URL", "") or _servers.redis_url
# The owner of the tables migrates; the application logs in as somebody who owns nothing (see isolation.py).
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", "") or (_servers.owner_url if EMBEDDED else DATABASE_URL)
for _name, _url in (("DATABASE_URL", DATABASE_URL), ("DATABASE_OWNER_URL", DATABASE_OWNER_URL)):
    if _url.partition("://")[0] not in ("postgres", "postgresql"):  # said without the address: it has a password
        raise ImproperlyConfigured(f"{_name} must be an address of PostgreSQL: postgresql://user:password@host/name.")

DATABASE_APPLICATION, DATABASE_OWNER = env.db_url_config(DATABASE_URL), env.db_url_config(DATABASE_OWNER_URL)
# Whoever makes backups reads everything and writes nothing; on a machine of one's own the owner does that too.
BACKUP_DATABASE_URL = env.str("BACKUP_DATABASE_URL", "") or DATABASE_OWNER_URL
# Wrapped data keys are in a schema of their own, so that dumps can leave them out (docs/decisions/0013).
SEARCH_PATH = "-c search_path=public,keystore"
DATABASE_BACKUP = env.db_url_config(BACKUP_DATABASE_URL)
for _address in (DATABASE_APPLICATION, DATABASE_OWNER, DATABASE_BACKUP):
    _address["OPTIONS"] = {"options": SEARCH_PATH, **_address.get("OPTIONS", {})}
DATABASE_POOL = env.int("DATABASE_POOL", 0)  # connections of a web process; 0: each thread its own
DATABASES = {"default": {**DATABASE_APPLICATION, "CONN_HEALTH_CHECKS": True}}
if DATABASE_POOL:
    _pool = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 20}
    DATABASES["default"]["OPTIONS"] = {**DATABASE_APPLICATION["OPTIONS"], "pool": _pool}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
# On the same server as the queue: counts and locks of sign-in and throttles, all with an end.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": embedded.cache_url(REDIS_URL),
        "KEY_PREFIX": "cache",  # beside the queues: it is never emptied as a whole
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets -------------------------------------------------------------------------------------------------
_secrets = secrets.load(LOCAL_DIR if EMBEDDED else None)
SECRET_KEY = _secrets["SECRET_KEY"]
KEY_ENCRYPTION_KEYS = _secrets["KEY_ENCRYPTION_KEYS"]  # "id:base64,…"; the first one wraps, all unwrap
KEY_WRAPPER = env.str("KEY_WRAPPER", "cannonworks.encryption.Keyring")  # the class that keeps them: also a KMS
LOOKUP_KEY = _secrets["LOOKUP_KEY"]  # "id:base64,…": keyed hashes (BSN); the first one hashes, all find
STATEMENT_SIGNING_KEY = _secrets["STATEMENT_SIGNING_KEY"]  # base64, 32 bytes: Ed25519 seed
# Backups are encrypted to public keys of age, parted by commas; the file with a secret one is there where restores and
# drills run, and nowhere else (§14).
BACKUP_RECIPIENTS, BACKUP_IDENTITY = secrets.backup_pair(LOCAL_DIR if EMBEDDED else None)

# --- Product -------------------------------------------------------------------------------------------------
TRIAL_DAYS = env.int("TRIAL_DAYS", 30)
RETENTION_ENABLED = env.bool("RETENTION_ENABLED", True)  # the kill switch
RETENTION_NIGHTLY_CAP = env.int("RETENTION_NIGHTLY_CAP", 10_000)  # accounts erased on one day by the sweep
LEDGER_DIR = Path(env.str("LEDGER_DIR", str(LOCAL_DIR / "ledger")))  # outside the database, beside the backups
BACKUPS_DIR = Path(env.str("BACKUPS_DIR", str(LEDGER_DIR.parent / "backups")))  # on another machine, in earnest
BACKUPS_QUEUE = env.str("BACKUPS_QUEUE", "")  # of a worker that has the keys and logins for it; empty: any worker
POSTGRES_BIN = env.str("POSTGRES_BIN", "")  # folder of pg_dump and pg_restore; empty: looked for
FILES_DIR = Path(env.str("FILES_DIR", str(LOCAL_DIR / "files")))  # files of accounts, encrypted
# Where registered letters go; commas part the lines.
CANNONWORKS_ADDRESS = env.str("CANNONWORKS_ADDRESS", "CannonWorks, Postbus 1, 9400 AA Assen")
HELPDESK = env.str("HELPDESK", "helpdesk@cannonworks.nl")  # where holders ask for what they cannot change themselves
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", "privacy@cannonworks.nl")  # in the privacy statement and the record
DATA_PROTECTION_OFFICER = env.str("DATA_PROTECTION_OFFICER", "")  # name or function, and how reached; the same texts
REQUEST_MAILS_AN_HOUR = env.int("REQUEST_MAILS_AN_HOUR", 300)  # links for requests about personal data, to all together
SUB_PROCESSOR_NOTICE_DAYS = env.int("SUB_PROCESSOR_NOTICE_DAYS", 30)  # before one begins, customers are told (§9)
SUPPORT_ACCESS_MINUTES = env.int("SUPPORT_ACCESS_MINUTES", 60)  # how long staff may look into an account they opened
SUBSCRIPTION_PRICE = Decimal(env.str("SUBSCRIPTION_PRICE", "15.00"))  # euros for one period, without VAT
SUBSCRIPTION_MONTHS = env.int("SUBSCRIPTION_MONTHS", 1)  # a period
SUBSCRIPTION_DUE_DAYS = env.int("SUBSCRIPTION_DUE_DAYS", 14)  # within which an invoice is to be paid
# KvK and VAT numbers of CannonWorks, which an invoice must have; commas part the lines.
CANNONWORKS_NUMBERS = env.str("CANNONWORKS_NUMBERS", "")
SUBSCRIPTION_IBAN = env.str("SUBSCRIPTION_IBAN", "")  # where to, on the invoice
IMPORT_MAX_MIB = env.int("IMPORT_MAX_MIB", 25)  # of one file with relations or employees
FILE_UPLOAD_HANDLERS = ["cannonworks.uploads.InMemory", "cannonworks.uploads.Nameless"]
USAGE_SECONDS = env.float("USAGE_SECONDS", 5)  # what is known of the use is written so often; 0: only when asked to
SITE_URL = env.str("SITE_URL", "http://localhost:8000")
FRESH_MINUTES = env.int("FRESH_MINUTES", 10)  # for so long a proof of identity does for what cannot be undone
SIGN_IN_LOCK_MINUTES = env.int("SIGN_IN_LOCK_MINUTES", 15)
# Failures within that time before a lock; many people may share one network address.
SIGN_IN_FAILURES = {"email": 5, "address": 50}

# --- Django --------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
INSTALLED_APPS = [
    "cannonworks",
    "cannonworks.apps.AdministrationConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "journal",
    "accounts",
    "relations",
    "finance",
    "audits",
    "processors",
    "rights",
    "breaches",
    "retention",
    "backups",
    "board",
]
MIDDLEWARE = [
    "cannonworks.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "cannonworks.assets.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cannonworks.middleware.ContentSecurityPolicyMiddleware",
    "accounts.middleware.UsageMiddleware",
    "cannonworks.middleware.IsolationMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cannonworks.middleware.RoleMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "processors.middleware.ConfidentialityMiddleware",
    "accounts.middleware.BlockedMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cannonworks.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "cannonworks.urls"
WSGI_APPLICATION = "cannonworks.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.header",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- Sign-in -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.PasswordBackend"]
LOGIN_URL = LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)  # proxies in front; without, X-Forwarded-For is hearsay

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail because somebody typed their address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ForgottenForm",
    "reset_password_from_key": "accounts.forms.ResetForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reauthenticate": "accounts.forms.ProveForm",
    "add_email": "accounts.forms.EmailForm",
}
# Mail that somebody else can have us send: links to sign up, and invitations by an account or to an address.
ACCOUNT_RATE_LIMITS = {"sign_up": "20/h/ip,4/h/key", "invite": "30/d/key", "invite_address": "5/d/key"}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # of a new address that waits; nobody signs in by an unconfirmed one
MFA_TOTP_PERIOD, MFA_TOTP_TOLERANCE = 30, 1  # seconds; the code before and the one after are good too
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ProveCodeForm",
    "activate_totp": "accounts.forms.AppForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
}
AXES_HANDLER = "accounts.lockout.Handler"
AXES_USERNAME_CALLABLE = "accounts.lockout.email_of"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.page"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# --- API -----------------------------------------------------------------------------------------------------
KNOX_TOKEN_MODEL = "accounts.DeviceToken"  # noqa: S105
MIGRATION_MODULES = {"knox": None}  # its own table is replaced by ours
DEVICE_TOKEN_DAYS = env.int("DEVICE_TOKEN_DAYS", 90)
DEVICE_TOKENS_PER_USER = env.int("DEVICE_TOKENS_PER_USER", 10)
REST_KNOX = {"TOKEN_PREFIX": "cw_", "AUTH_HEADER_PREFIX": "Bearer"}  # a prefix that scanners for secrets can look for
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.DeviceTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cannonworks.callers.HolderOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "cannonworks.pages.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["cannonworks.callers.CallerThrottle", "cannonworks.callers.VisitorThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "caller": env.str("API_RATE", "300/minute"),
        "visitor": env.str("API_VISITOR_RATE", "60/minute"),
        "sign-in": env.str("API_SIGN_IN_RATE", "10/minute"),
    },
    "EXCEPTION_HANDLER": "cannonworks.problems.problem_of",
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CannonWorks",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "Category": "cannonworks.datamap.Category.choices",
        "AccountState": "accounts.states.State.choices",
        "RequestState": "rights.states.RequestState.choices",
        "ReturnState": "rights.states.ReturnState.choices",
        "CorrectionState": "rights.states.CorrectionState.choices",
        "Outcome": "rights.models.Outcome.choices",
        "HolderOutcome": "rights.requests_api.OUTCOMES",
        "PersonKind": "relations.models.PersonKind.choices",
        "DocumentKind": "finance.models.DocumentKind.choices",
        "BreachKind": "breaches.models.BreachKind.choices",
        "ChangeKind": "processors.models.ChangeKind.choices",
        "AuditKind": "audits.models.AuditKind.choices",
        "AuditChannel": "audits.models.Channel.choices",
        "RequestChannel": "rights.models.Channel.choices",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "cannonworks.api.tell_problems"],
}

# --- HTTP ----------------------------------------------------------------------------------------------------
SECURE = env.bool("SECURE", not EMBEDDED)  # behind TLS; only a machine of one's own does without
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 63_072_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The answer about statistics (§20): yes is an analytic cookie; no, so that it is not asked again, a functional one.
ANALYTICS_COOKIE_NAME, REFUSAL_COOKIE_NAME = "analytics", "no-analytics"
ANSWER_COOKIE_AGE = 60 * 60 * 24 * 365
if SECURE:  # a browser takes such a cookie over TLS, from this very host, and for all of its paths alone
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-language"
    ANALYTICS_COOKIE_NAME, REFUSAL_COOKIE_NAME = "__Host-analytics", "__Host-no-analytics"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a message may name the company: no cookie
SECURITY_CONTACT = env.str("SECURITY_CONTACT", f"{SITE_URL}/security.md")  # mailto: or https:, for security.txt

# --- Language and time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = True, SECURE, "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "cannonworks.formats"  # Dutch is as Django writes it
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

# --- Static files, mail --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = LOCAL_DIR / "static" if EMBEDDED else BASE_DIR / "staticfiles"  # of one's own: served from the source
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Any storage of Django: its class and, as JSON, its options. Our own is the folder BACKUPS_DIR.
    "backups": {
        "BACKEND": env.str("BACKUPS_STORAGE", "backups.vault.Folder"),
        "OPTIONS": env.json("BACKUPS_STORAGE_OPTIONS", {}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if EMBEDDED else "cannonworks.assets.Assets"
    },
}
if EMBEDDED:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
if EMBEDDED and not env.str("EMAIL_URL", ""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = LOCAL_DIR / "mail"
else:
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "CannonWorks <noreply@localhost>")
EMAIL_TIMEOUT = 20
# Where mail servers report what came back or was delivered; a mail server pipes it into "manage.py take_bounce".
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", "")  # empty: the address we send from

# --- Administration ------------------------------------------------------------------------------------------
UNFOLD = sidebar.unfold_settings(BASE_DIR / "static" / "logo.svg")

# --- Background work -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_RESULT_EXPIRES = 3600
# Who asks for a task does not wait long for a queue that is away: the hourly sweep does the same work.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5}

if BACKUPS_QUEUE:
    CELERY_TASK_ROUTES = {"backups.tasks.*": {"queue": BACKUPS_QUEUE}}

LOGGING = {**logs.CONFIG, "root": {**logs.CONFIG["root"], "level": env.str("LOG_LEVEL", "INFO")}}
