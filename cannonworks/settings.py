"""Settings, all from the environment; with no addresses set, real servers are started under ``.local/``."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from cannonworks import embedded, secrets, sidebar

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
if DATABASE_URL.partition("://")[0] not in ("postgres", "postgresql"):  # said without the address: it has a password
    raise ImproperlyConfigured("DATABASE_URL must be an address of PostgreSQL: postgresql://user:password@host/name.")

DATABASES = {"default": {**env.db_url_config(DATABASE_URL), "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets -------------------------------------------------------------------------------------------------
_secrets = secrets.load(LOCAL_DIR if EMBEDDED else None)
SECRET_KEY = _secrets["SECRET_KEY"]
KEY_ENCRYPTION_KEYS = _secrets["KEY_ENCRYPTION_KEYS"]  # "id:base64,…"; the first one wraps, all unwrap
LOOKUP_KEY = _secrets["LOOKUP_KEY"]  # base64, 32 bytes: keyed hashes (BSN)
STATEMENT_SIGNING_KEY = _secrets["STATEMENT_SIGNING_KEY"]  # base64, 32 bytes: Ed25519 seed

# --- Product -------------------------------------------------------------------------------------------------
TRIAL_DAYS = env.int("TRIAL_DAYS", 30)
RETENTION_ENABLED = env.bool("RETENTION_ENABLED", True)  # the kill switch
RETENTION_NIGHTLY_CAP = env.int("RETENTION_NIGHTLY_CAP", 10_000)  # accounts erased on one day by the sweep
LEDGER_DIR = Path(env.str("LEDGER_DIR", str(LOCAL_DIR / "ledger")))  # outside the database, beside the backups
# Where registered letters go; commas part the lines.
CANNONWORKS_ADDRESS = env.str("CANNONWORKS_ADDRESS", "CannonWorks, Postbus 1, 9400 AA Assen")
SUPPORT_ACCESS_MINUTES = env.int("SUPPORT_ACCESS_MINUTES", 60)  # how long staff may look into an account they opened
SITE_URL = env.str("SITE_URL", "http://localhost:8000")

# --- Django --------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
INSTALLED_APPS = [
    "cannonworks",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "journal",
    "accounts",
    "relations",
    "finance",
    "processors",
    "rights",
    "retention",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cannonworks.middleware.ContentSecurityPolicyMiddleware",
    "cannonworks.middleware.RefusedMiddleware",
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
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "sign-in"

# --- HTTP ----------------------------------------------------------------------------------------------------
SECURE = env.bool("SECURE", not EMBEDDED)  # behind TLS; only a machine of one's own does without
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 63_072_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
X_FRAME_OPTIONS = "DENY"

# --- Language and time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = True, SECURE, "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

# --- Static files, mail --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = LOCAL_DIR / "static" if EMBEDDED else BASE_DIR / "staticfiles"  # of one's own: served from the source
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
if EMBEDDED:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
if EMBEDDED and not env.str("EMAIL_URL", ""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = LOCAL_DIR / "mail"
else:
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "CannonWorks <noreply@localhost>")
EMAIL_TIMEOUT = 20

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
