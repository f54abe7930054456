"""Long work off the pages: background tasks, and training jobs in processes of their own."""
