"""Hypothesis profiles; compiled functions stay cached between test runs (numba's default beside the sources)."""

import os
import signal

from hypothesis import HealthCheck, settings

# A shared, busy machine makes every deadline flaky, and a first compilation takes seconds.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("local"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "local"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background; children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
