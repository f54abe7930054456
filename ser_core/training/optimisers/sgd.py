"""Stochastic gradient descent."""

from typing import TYPE_CHECKING

from pydantic import Field

from ser_core.training.optimisers.base import OPTIMISERS, Optimiser, OptimiserConfig

if TYPE_CHECKING:
    import keras


class SgdConfig(OptimiserConfig):
    """Learning rate and momentum."""

    learning_rate: float = Field(1e-2, gt=0, le=1, description="Peak of the schedule")
    momentum: float = Field(0.9, ge=0, lt=1, description="Share of the last step that is kept")
    nesterov: bool = Field(False, description="Take the gradient ahead of the momentum")


@OPTIMISERS.register("sgd")
class Sgd(Optimiser):
    """Gradient descent with momentum.

    Source: Sutskever et al. (2013), "On the importance of initialization and momentum in deep
    learning", ICML.
    """

    config_type = SgdConfig
    title = "SGD with momentum"

    def __init__(self, config: SgdConfig | None = None) -> None:
        self.config: SgdConfig = config or SgdConfig()

    def build(self) -> "keras.optimizers.Optimizer":
        """See `Optimiser.build`."""
        import keras

        c = self.config
        return keras.optimizers.SGD(c.learning_rate, c.momentum, c.nesterov)
