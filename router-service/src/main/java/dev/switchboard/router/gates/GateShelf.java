package dev.switchboard.router.gates;

import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.moe.GateSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Versions that requests can be routed by, loaded when they are first asked for. Few: those of the
 * folder, and the one that the router started with.
 */
public final class GateShelf {
  private final Model model;
  private final GateFolder folder;
  private final GateSet usual;
  private final Map<String, GateSet> loaded = new ConcurrentHashMap<>();
  private final Predicate<String> fetch;

  /**
   * @param fetch brings a version into the folder from elsewhere; false if nobody has it
   */
  public GateShelf(Model model, GateFolder folder, Predicate<String> fetch) {
    this.model = model;
    this.folder = folder;
    this.fetch = fetch;
    this.usual = model.trunk().usualGates().gates();
  }

  /** The version that the router started with. */
  String usual() {
    return usual.version();
  }

  /** A version, if it has been loaded before. */
  Optional<GateSet> loaded(String version) {
    return version.equals(usual.version())
        ? Optional.of(usual)
        : Optional.ofNullable(loaded.get(version));
  }

  /**
   * A version, from the folder, or from elsewhere.
   *
   * @throws CheckpointException if nobody has it, or it is not sound or does not fit
   */
  GateSet get(String version) {
    GateSet found = loaded(version).orElse(null);
    if (found == null) {
      if (version.equals(GateArtifact.OWN)) {
        found = model.gates(model.ownGates()).named(version);
      } else {
        if (!folder.has(version) && !fetch.test(version)) {
          throw new CheckpointException(
              "gates %s are not in the folder of this router, and no other router has them"
                  .formatted(version));
        }
        found = model.gates(folder.read(version));
      }
      loaded.put(version, found);
    }
    return found;
  }

  /**
   * Whether gates are for this model.
   *
   * @throws CheckpointException if not
   */
  void check(GateArtifact gates) {
    loaded.putIfAbsent(gates.version(), model.gates(gates));
  }
}
