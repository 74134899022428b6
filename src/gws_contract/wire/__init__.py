"""What touches the network: HTTP as an agent or a customer, and the quiet CometD observer. Knows no promises."""
