package dev.switchboard.router.gates;

import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.router.added.Additions;
import dev.switchboard.router.files.VersionFolder;
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
  private final VersionFolder<GateArtifact> folder;
  private final GateSet usual;
  private final Map<String, GateSet> loaded = new ConcurrentHashMap<>();
  private final Predicate<String> fetch;
  private final Additions additions;

  /**
   * @param fetch brings a version into the folder from elsewhere; false if nobody has it
   * @param additions experts that gates may know beside the model's own
   */
  public GateShelf(
      Model model,
      VersionFolder<GateArtifact> folder,
      Predicate<String> fetch,
      Additions additions) {
    this.additions = additions;
    this.model = model;
    this.folder = folder;
    this.fetch = fetch;
    this.usual = model.trunk().usualGates().gates();
  }

  /** The version that the router started with. */
  String usual() {
    return usual.version();
  }

  /** A version, if it has been loaded before, and all experts that it knows can be called. */
  Optional<GateSet> loaded(String version) {
    return known(version).filter(gates -> additions.problem(more(gates.experts())).isEmpty());
  }

  private Optional<GateSet> known(String version) {
    return version.equals(usual.version())
        ? Optional.of(usual)
        : Optional.ofNullable(loaded.get(version));
  }

  /** Experts that were added to the model's own. */
  private int more(int experts) {
    return Math.max(0, experts - GateArtifact.experts(model.plan()));
  }

  /** How many experts a version chooses from; 0 if nobody has it, or it is not sound. */
  int experts(String version) {
    if (version.equals(GateArtifact.OWN) || version.equals(usual.version())) {
      return GateArtifact.experts(model.plan());
    }
    try {
      return folder.has(version) || fetch.test(version)
          ? folder.read(version).about().experts()
          : 0;
    } catch (CheckpointException e) {
      return 0;
    }
  }

  /**
   * A version, from the folder, or from elsewhere.
   *
   * @throws CheckpointException if nobody has it, or it is not sound or does not fit, or an expert
   *     that it knows cannot be called from here
   */
  GateSet get(String version) {
    GateSet found = known(version).orElse(null);
    if (found == null) {
      if (version.equals(GateArtifact.OWN)) {
        found = model.gates(model.ownGates()).named(version);
      } else {
        if (!folder.has(version) && !fetch.test(version)) {
          throw new CheckpointException(
              "gates %s are not in the folder of this router, and no other router has them"
                  .formatted(version));
        }
        found = load(folder.read(version));
      }
      loaded.put(version, found);
    }
    Optional<String> problem = additions.problem(more(found.experts()));
    if (problem.isPresent()) {
      throw new CheckpointException(
          "gates %s cannot be used now: %s".formatted(version, problem.get()));
    }
    return found;
  }

  /**
   * Whether gates are for this model.
   *
   * @throws CheckpointException if not
   */
  void check(GateArtifact gates) {
    loaded.putIfAbsent(gates.version(), load(gates));
  }

  private GateSet load(GateArtifact gates) {
    return model.gates(additions.first(more(gates.about().experts())), gates);
  }
}
