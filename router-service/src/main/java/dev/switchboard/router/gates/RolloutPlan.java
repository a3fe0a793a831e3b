package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateCandidate;
import dev.switchboard.cluster.gates.GateCandidate.Mode;
import dev.switchboard.cluster.gates.GateChange;
import dev.switchboard.cluster.gates.GateChange.Action;
import dev.switchboard.cluster.gates.GateRollout;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a rollout means for a router at a moment. Pure.
 *
 * @param active routes
 * @param candidate is tried beside it
 * @param judged the pair whose first version is taken back if it leaves its bounds
 */
record RolloutPlan(String active, Optional<GateCandidate> candidate, Optional<GatePair> judged) {
  /**
   * @param probation how long a version is watched after it was promoted
   */
  static RolloutPlan of(GateRollout rollout, Duration probation, Instant now) {
    Optional<GatePair> judged = Optional.empty();
    if (rollout.candidate().isPresent()) {
      GateCandidate candidate = rollout.candidate().get();
      if (candidate.mode() == Mode.CANARY) {
        judged = Optional.of(new GatePair(candidate.version(), rollout.active()));
      }
    } else if (onProbation(rollout, probation, now)) {
      judged = rollout.previous().map(before -> new GatePair(rollout.active(), before));
    }
    return new RolloutPlan(rollout.active(), rollout.candidate(), judged);
  }

  private static boolean onProbation(GateRollout rollout, Duration probation, Instant now) {
    return rollout
        .lastChange()
        .filter(change -> change.action() == Action.PROMOTE)
        .map(GateChange::by)
        .filter(by -> now.isBefore(by.when().plus(probation)))
        .isPresent();
  }

  /** The version that a request is routed by: of equal keys always the same. */
  String version(String key) {
    return candidate
        .filter(tried -> tried.mode() == Mode.CANARY && place(key) < tried.share())
        .map(GateCandidate::version)
        .orElse(active);
  }

  /** The version that is asked about a request's tokens as well. */
  Optional<String> beside(String version) {
    if (candidate.isPresent() && candidate.get().mode() == Mode.SHADOW) {
      return version.equals(active) ? Optional.of(candidate.get().version()) : Optional.empty();
    }
    return judged.filter(pair -> pair.version().equals(version)).map(GatePair::other);
  }

  /** Versions that texts are read with: the judged pair, or the active one and the shadow. */
  Optional<GatePair> probed() {
    return judged.or(() -> candidate.map(tried -> new GatePair(active, tried.version())));
  }

  /** A number in [0, 1) for a key, evenly spread, the same on every router. */
  static double place(String key) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    hash ^= hash >>> 33;
    return (hash >>> 11) * 0x1.0p-53;
  }
}
