"""What the commands of `quotalab` do, one function a command; heavy libraries are imported when a command runs."""
