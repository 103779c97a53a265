"""`local-cluster compare`: this program beside others, measured from outside and alike."""
