package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SegmentFailure;
import dev.switchboard.model.StepResult;
import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a step's result means for each of its slices. All passes are counted before any request
 * hears of its own.
 */
record StepOutcomes(EngineModel model, List<Slice> slices, StepResult result) {
  /**
   * Takes what came of a slice that got through; logits are null unless it wanted them, others are
   * what its shadow chose.
   */
  interface Receiver {
    Outcome passed(Slice slice, float @Nullable [] logits, RoutingTrace choices, int[] others);
  }

  List<Outcome> collect(PassCounters counters, Receiver receiver) {
    count(counters);
    List<Outcome> outcomes = new ArrayList<>(slices.size());
    for (int i = 0; i < slices.size(); i++) {
      Slice slice = slices.get(i);
      SegmentFailure failure = failure(i);
      outcomes.add(
          failure == null
              ? receiver.passed(
                  slice, result.logits()[i], result.choices().get(i), result.shadows().get(i))
              : new Outcome.Failed(slice.id(), ending(failure)));
    }
    return outcomes;
  }

  private void count(PassCounters counters) {
    long begun = counters.cost().begin();
    CallCounts calls = model.noCalls();
    int tokens = 0;
    for (int i = 0; i < slices.size(); i++) {
      if (failure(i) == null) {
        RoutingTrace choices = result.choices().get(i);
        tokens += choices.tokens();
        calls.add(choices);
      }
    }
    counters.add(tokens, calls);
    counters.cost().end(begun);
  }

  private @Nullable SegmentFailure failure(int segment) {
    return result.failure(segment).orElse(null);
  }

  private Ending ending(SegmentFailure failure) {
    if (failure.lostExperts().isEmpty()) {
      return new Ending(Kind.FAILED, failure.reason());
    }
    if (failure.lostExperts().contains(SegmentFailure.MIXER)) {
      return new Ending(
          Kind.UNAVAILABLE,
          "no replica is left of the mixer of layer %d: %s"
              .formatted(failure.layer(), failure.reason()));
    }
    String experts =
        failure.lostExperts().stream()
            .map(e -> "%s (layer %d, expert %d)".formatted(model.expertName(e), failure.layer(), e))
            .collect(Collectors.joining(", "));
    return new Ending(
        Kind.UNAVAILABLE,
        "no replica is left of %s %s: %s"
            .formatted(
                failure.lostExperts().size() == 1 ? "expert" : "experts",
                experts,
                failure.reason()));
  }
}
