package dev.switchboard.model.moe;

import java.util.List;
import java.util.Optional;

/**
 * The gates of all layers of one version. Several may be in use at a time, each by sequences of its
 * own. Immutable.
 */
public final class GateSet {
  private final String version;
  private final List<Optional<Gate>> layers;

  /**
   * @param version as {@code GateArtifact.version} names it, or {@code GateArtifact.OWN}
   * @param layers by index; empty where nothing is chosen
   */
  public GateSet(String version, List<Optional<Gate>> layers) {
    this.version = version;
    this.layers = List.copyOf(layers);
  }

  public String version() {
    return version;
  }

  /** The same gates under another name. */
  public GateSet named(String other) {
    return new GateSet(other, layers);
  }

  /** The gate of a layer; empty where nothing is chosen. */
  public Optional<Gate> of(int layer) {
    return layers.get(layer);
  }

  /**
   * Whether every gate has enough to choose from without those that are masked.
   *
   * @throws IllegalArgumentException naming what is left, if not; or if there is no gate to mask
   *     for
   */
  public void check(ExpertMask mask) {
    if (!mask.isEmpty() && layers.stream().noneMatch(Optional::isPresent)) {
      throw new IllegalArgumentException("the model has no gates: its experts cannot be masked");
    }
    layers.stream().flatMap(Optional::stream).forEach(gate -> gate.check(mask));
  }

  /** How many experts the gate that knows most chooses from; 0 if nothing is chosen. */
  public int experts() {
    return layers.stream().flatMap(Optional::stream).mapToInt(Gate::experts).max().orElse(0);
  }

  /** Whether a gate of it remembers. */
  public boolean remembers() {
    return layers.stream().flatMap(Optional::stream).anyMatch(gate -> gate.newMemory().length > 0);
  }

  @Override
  public String toString() {
    return "gates " + version;
  }
}
