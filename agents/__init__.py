"""Who decides, and why: accounts as columns, their behaviours, the regulator, the world and the model's schedule."""
