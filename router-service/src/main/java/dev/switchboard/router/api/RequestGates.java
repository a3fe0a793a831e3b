package dev.switchboard.router.api;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.router.gates.GateChooser;
import dev.switchboard.router.session.OpenTurn;
import java.util.Optional;

/** By which gates a request is routed that goes on from a state: a state is of one version. */
final class RequestGates {
  private RequestGates() {}

  /**
   * Those of the state that it brings, where they are here; else those of a new request, which then
   * will be told that the state does not fit.
   *
   * @param chosen for a new request
   */
  static GateUse of(GateChooser gates, GateUse chosen, Optional<SequenceSnapshot> start) {
    return start
        .flatMap(state -> gates.again(version(state)))
        .map(use -> use.without(chosen.mask()))
        .orElse(chosen);
  }

  /**
   * Those of a turn: a session is one key, so that it stays with a version while nothing changes. A
   * turn that was broken off goes on under the version that it began with, if that is here; a new
   * one does not, and its session is read again where the version is another.
   */
  static GateUse ofTurn(GateChooser gates, GateUse chosen, OpenTurn turn) {
    boolean brokenOff = turn.resumed().generated() > 0;
    return of(gates, chosen, brokenOff ? turn.start() : Optional.empty());
  }

  /** The version that a state was made under. */
  private static String version(SequenceSnapshot state) {
    String gate = state.origin().gate();
    return gate.isEmpty() ? GateArtifact.OWN : gate;
  }
}
