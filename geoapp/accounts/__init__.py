"""Who may enter, and with which rights."""

from geoapp.accounts.people import (
    DEMO_ACCOUNTS,
    add_user,
    disable_user,
    ensure_demo_accounts,
    list_users,
    make_token,
)

__all__ = ["DEMO_ACCOUNTS", "add_user", "disable_user", "ensure_demo_accounts", "list_users", "make_token"]
