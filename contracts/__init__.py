"""What the document says: data, no code."""
