"""Adam."""

from typing import TYPE_CHECKING

from ser_core.training.optimisers.base import OPTIMISERS, Optimiser, OptimiserConfig

if TYPE_CHECKING:
    import keras


@OPTIMISERS.register("adam")
class Adam(Optimiser):
    """Steps scaled by running moments of the gradient.

    Source: Kingma & Ba (2015), "Adam: a method for stochastic optimization", ICLR.
    """

    config_type = OptimiserConfig
    title = "Adam"

    def __init__(self, config: OptimiserConfig | None = None) -> None:
        self.config: OptimiserConfig = config or OptimiserConfig()

    def build(self) -> "keras.optimizers.Optimizer":
        """See `Optimiser.build`."""
        import keras

        return keras.optimizers.Adam(self.config.learning_rate)
