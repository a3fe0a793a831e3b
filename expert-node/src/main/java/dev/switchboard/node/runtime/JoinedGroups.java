package dev.switchboard.node.runtime;

import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.FfnGroup;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.v1.ExpertGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Stateless experts over all batches that wait: one grouped call a layer, in which each expert's
 * rows stand together whichever router they came from, so that its weights are read once. The bits
 * of a row do not depend on its company. Belongs to the computing thread.
 */
final class JoinedGroups {
  private static final Comparator<Entry> BY_PLACE =
      Comparator.comparingInt((Entry e) -> e.part().held().layer())
          .thenComparingInt(e -> e.part().held().index());

  private record Entry(OpenJob job, OpenJob.Part part) {
    Ffn network() {
      return ((FfnExpert) part.held().expert()).network();
    }

    int rows() {
      return part.group().getRowsCount();
    }
  }

  private final Scratch scratch;
  private final NodeCounters counters;
  private final LongSupplier nanoTime;
  private final FfnGroup group = new FfnGroup();
  private final ActivationCodes gathered = new ActivationCodes();
  private final List<Entry> entries = new ArrayList<>();

  JoinedGroups(Scratch scratch, NodeCounters counters, LongSupplier nanoTime) {
    this.scratch = scratch;
    this.counters = counters;
    this.nanoTime = nanoTime;
  }

  /** Computes all parts of stateless experts that have rows. */
  void compute(List<OpenJob> jobs) {
    entries.clear();
    for (OpenJob job : jobs) {
      for (OpenJob.Part part : job.parts()) {
        if (!part.held().expert().stateful() && part.group().getRowsCount() > 0) {
          entries.add(new Entry(job, part));
        }
      }
    }
    entries.sort(BY_PLACE);
    int first = 0;
    while (first < entries.size()) {
      int end = collect(first);
      computeSome(entries.subList(first, end));
      first = end;
    }
  }

  /** Adds the networks that can be computed together; returns where they end. */
  private int collect(int first) {
    group.begin();
    int layer = entries.get(first).part().held().layer();
    int at = first;
    while (at < entries.size()) {
      Entry entry = entries.get(at);
      if (entry.part().held().layer() != layer || !group.takes(entry.network())) {
        break;
      }
      int rows = 0;
      int expert = entry.part().held().index();
      while (at < entries.size()
          && entries.get(at).part().held().index() == expert
          && entries.get(at).part().held().layer() == layer) {
        rows += entries.get(at++).rows();
      }
      group.add(entry.network(), rows);
    }
    return at;
  }

  private void computeSome(List<Entry> some) {
    long begun = nanoTime.getAsLong();
    boolean woken = use(some, begun);
    int width = some.getFirst().job().width();
    int rows = some.stream().mapToInt(Entry::rows).sum();
    boolean inPlace = inPlace(some);
    float[] out =
        inPlace ? some.getFirst().job().out() : scratch.floats(Slot.EXPERT_OUTPUT, rows * width);
    if (group.activationBlock() > 0) {
      gatherCodes(some, rows, width);
      group.forward(gathered, out, scratch);
    } else {
      group.forward(gatherFloats(some, rows, width), out, scratch);
    }
    if (!inPlace) {
      scatter(some, out, width);
    }
    count(some, rows, begun);
    if (woken) {
      counters.woke(nanoTime.getAsLong() - begun);
    }
  }

  /** Wakes those that sleep; returns whether there were any. */
  private static boolean use(List<Entry> some, long nowNanos) {
    boolean woken = false;
    for (Entry entry : some) {
      woken |= entry.part().held().slumber().use(nowNanos);
    }
    return woken;
  }

  /** Whether these are all parts of one batch in its own order: then nothing is copied. */
  private static boolean inPlace(List<Entry> some) {
    OpenJob job = some.getFirst().job();
    int row = 0;
    for (Entry entry : some) {
      if (entry.job() != job || entry.part().row() != row) {
        return false;
      }
      row += entry.rows();
    }
    return true;
  }

  private void gatherCodes(List<Entry> some, int rows, int width) {
    int block = group.activationBlock();
    gathered.resize(rows, width, block);
    int at = 0;
    for (Entry entry : some) {
      ActivationCodes from = entry.job().codes(block, scratch);
      ExpertGroup wanted = entry.part().group();
      for (int i = 0; i < wanted.getRowsCount(); i++) {
        gathered.put(at++, from, wanted.getRows(i));
      }
    }
  }

  private float[] gatherFloats(List<Entry> some, int rows, int width) {
    float[] in = scratch.floats(Slot.EXPERT_INPUT, rows * width);
    int at = 0;
    for (Entry entry : some) {
      float[] from = entry.job().floats();
      ExpertGroup wanted = entry.part().group();
      for (int i = 0; i < wanted.getRowsCount(); i++) {
        System.arraycopy(from, wanted.getRows(i) * width, in, at++ * width, width);
      }
    }
    return in;
  }

  private static void scatter(List<Entry> some, float[] out, int width) {
    int at = 0;
    for (Entry entry : some) {
      int row = entry.part().row();
      System.arraycopy(out, at * width, entry.job().out(), row * width, entry.rows() * width);
      at += entry.rows();
    }
  }

  /** An expert's share of the time is that of its rows. */
  private void count(List<Entry> some, int rows, long begunNanos) {
    long now = nanoTime.getAsLong();
    long nanos = now - begunNanos;
    long multiplyAdds = 0;
    int experts = 0;
    Held last = null;
    for (Entry entry : some) {
      Held held = entry.part().held();
      held.counters().add(entry.rows(), nanos * entry.rows() / rows, now);
      multiplyAdds += entry.rows() * held.counters().multiplyAddsPerRow();
      experts += held == last ? 0 : 1;
      last = held;
    }
    counters.served(ServiceTimes.classOf(rows / experts, false), multiplyAdds, nanos);
    counters.cost().add(nanoTime.getAsLong() - now);
  }
}
