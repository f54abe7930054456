"""AdamW."""

from typing import TYPE_CHECKING

from pydantic import Field

from ser_core.training.optimisers.base import OPTIMISERS, Optimiser, OptimiserConfig

if TYPE_CHECKING:
    import keras


class AdamWConfig(OptimiserConfig):
    """Learning rate and decay."""

    weight_decay: float = Field(1e-2, ge=0, le=1, description="Decoupled weight decay")


@OPTIMISERS.register("adamw")
class AdamW(Optimiser):
    """Adam whose weights also shrink by a share of the learning rate in every step.

    Source: Loshchilov & Hutter (2019), "Decoupled weight decay regularization", ICLR.
    """

    config_type = AdamWConfig
    title = "AdamW"

    def __init__(self, config: AdamWConfig | None = None) -> None:
        self.config: AdamWConfig = config or AdamWConfig()

    def build(self) -> "keras.optimizers.Optimizer":
        """See `Optimiser.build`."""
        import keras

        c = self.config
        return keras.optimizers.AdamW(c.learning_rate, weight_decay=c.weight_decay)
