"""What a sweep says: frames of runs in, tidy frames out. The columns of the frame of runs are in the sweeps contract.

`sensitivity`: which parameters matter. `discovery`: where a policy fails. `effects`: what a lever changes, world by
world. `bands`: quantiles over worlds. `robustness`: regret and satisficing. `conditions`: what "fails" means, as text.
"""
