"""Who acts: the target, its agents, the customers, and how a scenario is performed. Knows no verdict."""
