"""Evidence in, findings out: what a conversation says about a clause. Pure; knows no server and no network."""
