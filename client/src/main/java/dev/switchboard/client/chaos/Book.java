package dev.switchboard.client.chaos;

import dev.switchboard.client.chaos.ChaosReport.OfKind;
import dev.switchboard.client.chaos.ChaosReport.Times;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Faults and what each of them did, as they come. What is under way when one ends still counts to
 * it: it is settled when the next begins. One thread.
 */
final class Book {
  /** What came of one fault. */
  private record Entry(Happened fault, long[] stalls) {}

  private final Gaps gaps;
  private final List<Entry> entries = new ArrayList<>();
  private final List<Happened> open = new ArrayList<>(1);

  Book(Gaps gaps) {
    this.gaps = gaps;
  }

  /** A fault is about to begin, or there will be none any more. */
  void settle() {
    if (open.isEmpty()) {
      gaps.undisturbed();
    }
    for (Happened fault : open) {
      entries.add(new Entry(fault, gaps.disturbed(fault.beginNanos(), fault.endNanos())));
    }
    open.clear();
  }

  void add(Happened fault) {
    open.add(fault);
  }

  int faults() {
    return entries.size() + open.size();
  }

  /** Longest gaps, one for each fault and stream that was generating then. */
  Times stalls() {
    return Times.of(stalls(entries));
  }

  private static long[] stalls(List<Entry> some) {
    return some.stream().flatMapToLong(entry -> Arrays.stream(entry.stalls())).toArray();
  }

  Map<FaultKind, OfKind> byKind() {
    Map<FaultKind, OfKind> byKind = new EnumMap<>(FaultKind.class);
    for (FaultKind kind : FaultKind.values()) {
      List<Entry> mine = entries.stream().filter(entry -> entry.fault().kind() == kind).toList();
      if (!mine.isEmpty()) {
        byKind.put(kind, ofKind(mine));
      }
    }
    return byKind;
  }

  private static OfKind ofKind(List<Entry> mine) {
    return new OfKind(
        mine.size(),
        Times.of(stalls(mine)),
        mine.stream().mapToInt(entry -> entry.fault().retries()).sum(),
        Times.of(mine.stream().mapToLong(entry -> entry.fault().took().toNanos()).toArray()));
  }
}
