package dev.switchboard.cluster.gates;

import dev.switchboard.cluster.gates.GateCandidate.Mode;
import dev.switchboard.cluster.gates.GateChange.Action;
import dev.switchboard.cluster.gates.GateChange.By;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * By which gates the requests of a deployment are routed. Every change makes the next revision;
 * pure: what may follow what is decided here and nowhere else.
 *
 * @param revision grows with every change
 * @param active version of requests of which nothing else is said
 * @param previous the version before the active one, to go back to
 * @param history the last changes, oldest first
 */
public record GateRollout(
    long revision,
    String active,
    Optional<String> previous,
    Optional<GateCandidate> candidate,
    List<GateChange> history) {
  /** Changes that are remembered. */
  public static final int MOST_HISTORY = 100;

  public GateRollout {
    history = List.copyOf(history);
  }

  /** Before any change. */
  public static GateRollout of(String active) {
    return new GateRollout(0, active, Optional.empty(), Optional.empty(), List.of());
  }

  /**
   * Tries a version without effect.
   *
   * @throws GateRolloutException if it is the active one
   */
  public GateRollout shadow(String version, By by) {
    requireOther(version);
    Optional<GateCandidate> next = Optional.of(new GateCandidate(version, Mode.SHADOW, 0));
    return next(active, previous, next, new GateChange(Action.SHADOW, active, version, by));
  }

  /**
   * Gives a version a share of the requests.
   *
   * @throws GateRolloutException if it is the active one, or the share is not between 0 and 1
   */
  public GateRollout canary(String version, double share, By by) {
    requireOther(version);
    if (!(share > 0 && share < 1)) {
      throw new GateRolloutException(
          "the share is %s; expected more than 0 and less than 1".formatted(share));
    }
    Optional<GateCandidate> next = Optional.of(new GateCandidate(version, Mode.CANARY, share));
    return next(active, previous, next, new GateChange(Action.CANARY, active, version, by));
  }

  /**
   * Makes a version the active one.
   *
   * @throws GateRolloutException if it is that already
   */
  public GateRollout promote(String version, By by) {
    requireOther(version);
    return next(
        version,
        Optional.of(active),
        Optional.empty(),
        new GateChange(Action.PROMOTE, active, version, by));
  }

  /**
   * Takes the candidate back, or if there is none, the active version.
   *
   * @throws GateRolloutException if there is neither a candidate nor a version before
   */
  public GateRollout rollback(By by) {
    if (candidate.isPresent()) {
      String version = candidate.get().version();
      GateChange change = new GateChange(Action.ROLLBACK, active, version, by);
      return next(active, previous, Optional.empty(), change);
    }
    String before =
        previous.orElseThrow(() ->
            new GateRolloutException(
                "there is nothing to roll back: %s is active, no candidate is tried and no version was active before"
                    .formatted(active)));
    GateChange change = new GateChange(Action.ROLLBACK, active, active, by);
    return next(before, Optional.empty(), Optional.empty(), change);
  }

  /**
   * Takes back every version that can no longer be used: a candidate is given up, an active version
   * makes way for the one before it, or else for another.
   *
   * @param gone whether a version can no longer be used; not so for {@code instead}
   * @param instead becomes active where the version before cannot be used either
   * @return this one, if there is nothing to take back
   */
  public GateRollout without(Predicate<String> gone, String instead, By by) {
    Optional<GateCandidate> kept = candidate.filter(tried -> !gone.test(tried.version()));
    Optional<String> before = previous.filter(version -> !gone.test(version));
    if (!gone.test(active)) {
      if (kept.equals(candidate) && before.equals(previous)) {
        return this;
      }
      String taken =
          kept.equals(candidate)
              ? previous.orElse(active)
              : candidate.map(GateCandidate::version).orElse(active);
      return next(active, before, kept, new GateChange(Action.ROLLBACK, active, taken, by));
    }
    GateChange change = new GateChange(Action.ROLLBACK, active, active, by);
    return next(before.orElse(instead), Optional.empty(), Optional.empty(), change);
  }

  /** The last change; empty before any. */
  public Optional<GateChange> lastChange() {
    return history.isEmpty() ? Optional.empty() : Optional.of(history.getLast());
  }

  private void requireOther(String version) {
    if (version.equals(active)) {
      throw new GateRolloutException(version + " is the active version already");
    }
  }

  private GateRollout next(
      String nextActive,
      Optional<String> nextPrevious,
      Optional<GateCandidate> nextCandidate,
      GateChange change) {
    List<GateChange> changes = new ArrayList<>(history);
    changes.add(change);
    int first = Math.max(0, changes.size() - MOST_HISTORY);
    return new GateRollout(
        revision + 1,
        nextActive,
        nextPrevious,
        nextCandidate,
        changes.subList(first, changes.size()));
  }
}
