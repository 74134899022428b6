"""gws-contract: does a server keep the contract of Genesys Web Services' chat Accept?"""

__version__ = "0.1.0"
