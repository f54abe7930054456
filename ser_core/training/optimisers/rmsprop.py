"""RMSprop."""

from typing import TYPE_CHECKING

from pydantic import Field

from ser_core.training.optimisers.base import OPTIMISERS, Optimiser, OptimiserConfig

if TYPE_CHECKING:
    import keras


class RmspropConfig(OptimiserConfig):
    """Learning rate and memory."""

    rho: float = Field(0.9, ge=0, lt=1, description="Share of the running mean that is kept")
    momentum: float = Field(0.0, ge=0, lt=1, description="Share of the last step that is kept")


@OPTIMISERS.register("rmsprop")
class Rmsprop(Optimiser):
    """Steps divided by a running root mean square of the gradient.

    Source: Tieleman & Hinton (2012), "Lecture 6.5: rmsprop", Neural networks for machine learning.
    """

    config_type = RmspropConfig
    title = "RMSprop"

    def __init__(self, config: RmspropConfig | None = None) -> None:
        self.config: RmspropConfig = config or RmspropConfig()

    def build(self) -> "keras.optimizers.Optimizer":
        """See `Optimiser.build`."""
        import keras

        c = self.config
        return keras.optimizers.RMSprop(c.learning_rate, c.rho, c.momentum)
