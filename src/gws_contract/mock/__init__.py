"""The embedded GWS: a stand-in that a desktop developer could use, with faults and quirks to order."""
