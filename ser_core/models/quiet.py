"""What TensorFlow writes to standard error: what is wrong, and not how it was built.

Imported with the package, so before Keras, which architectures and training import late. Who wants
to read everything sets `TF_CPP_MIN_LOG_LEVEL=0`. Some builds say that oneDNN is on while they are
loaded, before they look at any setting; only turning it off would silence that, and slow training.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only: neither notices nor warnings
