"""Runs handed from one machine to another, each as one ZIP file without any audio."""
