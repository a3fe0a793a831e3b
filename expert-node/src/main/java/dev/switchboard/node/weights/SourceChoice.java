package dev.switchboard.node.weights;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who is asked next, and when to give up: a state machine over what came of the attempts. Sources
 * are tried in their order, each again only when all others have failed since; after every round of
 * failures the pause doubles. Bytes that arrive reset it. A source that has another model is not
 * asked again.
 */
final class SourceChoice {
  private final Duration firstPause;
  private final int mostRounds;
  private final Set<String> failed = new HashSet<>();
  private final Set<String> refused = new HashSet<>();
  private final Map<String, String> reasons = new LinkedHashMap<>();
  private int rounds;

  /** What to do now. */
  sealed interface Step {
    /** Ask this one. */
    record Ask(WeightSource source) implements Step {}

    /** Wait, then decide anew: others may have come. */
    record Wait(Duration pause) implements Step {}

    /** Nothing will come any more. */
    record GiveUp(String reason) implements Step {}
  }

  /**
   * @param mostRounds rounds of failures without a single byte until it is given up
   */
  SourceChoice(Duration firstPause, int mostRounds) {
    this.firstPause = firstPause;
    this.mostRounds = mostRounds;
  }

  /** The next step, given who is there. */
  Step next(List<WeightSource> sources) {
    List<WeightSource> usable = new ArrayList<>(sources);
    usable.removeIf(source -> refused.contains(source.id()));
    Optional<WeightSource> untried =
        usable.stream().filter(source -> !failed.contains(source.id())).findFirst();
    if (untried.isPresent()) {
      return new Step.Ask(untried.get());
    }
    if (rounds == mostRounds) {
      return new Step.GiveUp(
          reasons.isEmpty()
              ? "no process gives weights away"
              : String.join("; ", reasons.values()));
    }
    failed.clear();
    return new Step.Wait(firstPause.multipliedBy(1L << Math.min(rounds++, 10)));
  }

  /** Bytes came. */
  void progressed() {
    rounds = 0;
  }

  /** An attempt ended before all was there. */
  void failed(WeightSource source, String reason) {
    failed.add(source.id());
    reasons.put(source.id(), source + ": " + reason);
  }

  /** It serves something else. */
  void refused(WeightSource source, String reason) {
    refused.add(source.id());
    reasons.put(source.id(), source + ": " + reason);
  }
}
