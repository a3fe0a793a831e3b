package dev.switchboard.training.spark;

import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.gate.GateLoss;
import dev.switchboard.training.gate.GateParameters;
import dev.switchboard.training.gate.GatePoint;
import dev.switchboard.training.gate.GateWork;
import dev.switchboard.training.gate.SequenceLengths;
import dev.switchboard.training.twin.TinyTwin;
import java.util.List;
import java.util.SplittableRandom;

/** Gate training of a tiny model, to be shared out. */
final class GateTasks {
  private static final int VOCABULARY = TinyTwin.CONFIG.vocab();

  private GateTasks() {}

  static GateWork.Task tiny() {
    SplittableRandom random = new SplittableRandom(2);
    List<int[]> texts =
        TinyTwin.CONFIG.experts().stream()
            .map(expert -> random.ints(900, 0, VOCABULARY).toArray())
            .toList();
    return GateWork.Task.of(
        TinyTwin.CONFIG,
        TinyTwin.weights(3),
        new GateWork.Reading(texts, LineHints.none(VOCABULARY), SequenceLengths.USUAL),
        new GateLoss(1, 0.01, 1e-4, 1),
        7);
  }

  static GatePoint start() {
    return GatePoint.of(GateParameters.random(TinyTwin.CONFIG, 1).values(), 0.5f);
  }
}
