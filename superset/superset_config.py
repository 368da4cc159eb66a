"""Superset's settings for one person's machine: everything on loopback, nothing asked of the network.

Read through SUPERSET_CONFIG_PATH by superset/server.py, which sets the two variables.
"""

import os

SECRET_KEY = os.environ["LENDING_SUPERSET_KEY"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['LENDING_SUPERSET_HOME']}/superset.db?timeout=30"

# no upload, no alert, no thumbnail: the published file is read and nothing else
FEATURE_FLAGS = {"ALERT_REPORTS": False, "THUMBNAILS": False, "DASHBOARD_RBAC": False}
ROW_LIMIT = 10000
SQL_MAX_ROW = 100000

# the shipped policy allows map tiles, fonts and a counting pixel of other hosts; a lender's browser asks nobody else
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

# functions of DuckDB that read files or settings of the machine; the connection forbids the files as well
READING_FUNCTIONS = "read_csv read_csv_auto read_parquet read_json read_json_auto read_text read_blob glob"
DISALLOWED_SQL_FUNCTIONS = {"duckdb": set(READING_FUNCTIONS.split())}
