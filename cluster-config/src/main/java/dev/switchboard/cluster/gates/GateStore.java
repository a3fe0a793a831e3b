package dev.switchboard.cluster.gates;

import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateException.Kind;
import dev.switchboard.cluster.state.StateMap;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The rollout of a model in the grid: one value, changed by compare-and-set, the same for all
 * routers. Calls wait for the network.
 */
public final class GateStore {
  private static final int MOST_ATTEMPTS = 16;

  private final StateMap states;
  private final String name;

  /**
   * @param model fingerprint: several may be served in one grid
   */
  public GateStore(StateMap states, String model) {
    this.states = states;
    this.name = "gates:" + model;
  }

  /**
   * What is there; it lives on for a while by being read.
   *
   * @throws StateException if the grid does not answer, or what it has is damaged
   */
  public Optional<GateRollout> load() {
    Optional<GateRollout> found = states.get(List.of(name)).getFirst().map(this::decode);
    if (found.isPresent()) {
      states.keep(List.of(name));
    }
    return found;
  }

  /**
   * Puts a rollout where there is none.
   *
   * @return what is there then: this one, or what another was quicker with
   */
  public GateRollout seed(GateRollout first) {
    return states.swap(name, Optional.empty(), GateRolloutCodec.encode(first))
        ? first
        : load().orElse(first);
  }

  /**
   * Changes what is there; asks again if others were quicker.
   *
   * @param ifNone what to begin with if there is none
   * @throws GateRolloutException if the change cannot follow what is there
   * @throws StateException if the grid does not answer
   */
  public GateRollout change(GateRollout ifNone, UnaryOperator<GateRollout> change) {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      Optional<byte[]> bytes = states.get(List.of(name)).getFirst();
      GateRollout next = change.apply(bytes.map(this::decode).orElse(ifNone));
      if (states.swap(name, bytes, GateRolloutCodec.encode(next))) {
        return next;
      }
    }
    throw new StateException(
        Kind.UNAVAILABLE, "others change the gates all the time; nothing was done");
  }

  private GateRollout decode(byte[] bytes) {
    try {
      return GateRolloutCodec.decode(bytes);
    } catch (IllegalArgumentException e) {
      throw new StateException(Kind.DAMAGED, name + ": " + e.getMessage(), e);
    }
  }
}
