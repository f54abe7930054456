"""Training: recipes to fitted, scored and exported models. TensorFlow is imported in here only."""
