"""Looking at a corpus as a whole: arrays of features in, points and averages out."""
