"""What must not be written: passwords, tokens and cookies, masked by value before a record goes anywhere."""

from gws_contract.redaction.registry import Secrets
from gws_contract.redaction.sink import Redacting

__all__ = ["Redacting", "Secrets"]
