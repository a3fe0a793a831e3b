package dev.switchboard.model;

import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.RmsNorm;
import dev.switchboard.model.moe.Gate;
import java.util.Optional;

/** One layer of a model without its experts. */
record TrunkLayer(int index, Optional<TrunkBranch<Mixer>> mixer, Optional<TrunkBranch<Feed>> feed) {

  /** {@code h += after(block(norm(h)))}. */
  record TrunkBranch<T>(RmsNorm norm, T block, Optional<RmsNorm> after) {}

  /** What works on each token by itself. */
  sealed interface Feed {}

  record Dense(Ffn network) implements Feed {}

  /**
   * @param gate empty: one expert, always chosen
   * @param width of what experts read and answer
   */
  record Moe(Optional<Gate> gate, int width, Optional<Shared> shared, Optional<Latent> latent)
      implements Feed {
    int topK() {
      return gate.map(Gate::topK).orElse(1);
    }
  }

  /** The always-on network; its output times sigmoid(gate x) where there is a gate. */
  record Shared(Ffn network, Optional<Linear> gate) {}

  /** Into the experts' space and back. */
  record Latent(Linear down, Linear up) {}

  /** The gate that remembers or not; empty where nothing is routed. */
  Optional<Gate> gate() {
    return feed.flatMap(
        branch -> branch.block() instanceof Moe moe ? moe.gate() : Optional.empty());
  }
}
