"""Supply and rule functions: caps, allocation, banking, penalties, outside markets; pure, one file a subject."""
