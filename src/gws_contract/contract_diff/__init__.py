"""What changed between two versions of a contract, A and B, and whom it breaks. Pure, but for `reading`."""
