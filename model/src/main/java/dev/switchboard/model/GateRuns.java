package dev.switchboard.model;

import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.Gate;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.moe.SegmentRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Neighbouring segments of a step with the same gates.
 *
 * @param active covers all segments
 * @param shadows covers those that are compared with others
 * @param masks of all segments
 */
record GateRuns(List<GateRun> active, List<GateRun> shadows, List<ExpertMask> masks) {
  record GateRun(GateSet gates, SegmentRows rows) {
    Gate gate(int layer) {
      return gates
          .of(layer)
          .orElseThrow(() -> new IllegalStateException(gates + " has none in layer " + layer));
    }
  }

  static GateRuns of(List<StepSegment> segments, int[] starts) {
    return new GateRuns(
        runs(segments, starts, use -> Optional.of(use.gates())),
        runs(segments, starts, GateUse::shadow),
        segments.stream().map(segment -> segment.sequence().gates().mask()).toList());
  }

  private static List<GateRun> runs(
      List<StepSegment> segments, int[] starts, Function<GateUse, Optional<GateSet>> which) {
    List<GateRun> runs = new ArrayList<>();
    int from = 0;
    for (int i = 1; i <= segments.size(); i++) {
      Optional<GateSet> gates = which.apply(segments.get(from).sequence().gates());
      boolean ends =
          i == segments.size() || !which.apply(segments.get(i).sequence().gates()).equals(gates);
      if (ends) {
        SegmentRows rows = new SegmentRows(starts, from, i);
        gates.ifPresent(found -> runs.add(new GateRun(found, rows)));
        from = i;
      }
    }
    return List.copyOf(runs);
  }
}
