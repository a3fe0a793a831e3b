package dev.switchboard.node.runtime;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes admitted batches, one after the other: on one thread, which owns the states and the
 * buffers.
 */
public final class BatchProcessor {
  private static final Logger LOG = LoggerFactory.getLogger(BatchProcessor.class);

  private final Supplier<HeldExperts> held;
  private final StateStore states;
  private final NodeCounters counters;
  private final LongSupplier nanoTime;
  private final BatchChecks checks;
  private final Crew crew;
  private @Nullable Scratch scratch;
  private final GroupRows input = new GroupRows();

  /** Computes alone. */
  public BatchProcessor(
      Supplier<HeldExperts> held, StateStore states, NodeCounters counters, LongSupplier nanoTime) {
    this(held, states, counters, nanoTime, Crew.ALONE);
  }

  /**
   * @param held what can be computed now; read once a batch
   * @param nanoTime the node's clock
   * @param crew led by the thread that computes
   */
  public BatchProcessor(
      Supplier<HeldExperts> held,
      StateStore states,
      NodeCounters counters,
      LongSupplier nanoTime,
      Crew crew) {
    this.crew = crew;
    this.held = held;
    this.states = states;
    this.counters = counters;
    this.nanoTime = nanoTime;
    this.checks = new BatchChecks(states);
  }

  /** Answers a batch; never throws for what a batch may contain. */
  public void process(BatchJob job) {
    if (job.abandoned().getAsBoolean()) {
      return;
    }
    long begun = nanoTime.getAsLong();
    HeldExperts now = held.get();
    ExpertResult.Builder result =
        ExpertResult.newBuilder()
            .setId(job.frame().header().getId())
            .setHeldEpoch(now.epoch())
            .setQueueNanos(begun - job.arrivedNanos());
    TensorRows outputs = TensorRows.NONE;
    if (begun - job.deadlineNanos() >= 0) {
      String message =
          "the batch waited %d microseconds and its time is over"
              .formatted((begun - job.arrivedNanos()) / 1000);
      refuseAll(job.frame().header(), GroupStatus.GROUP_STATUS_DEADLINE_EXCEEDED, message, result);
    } else {
      outputs = computed(job, now, result);
    }
    long nanos = nanoTime.getAsLong() - begun;
    counters.answered(nanos);
    job.answer().accept(new ExpertResultFrame(result.setComputeNanos(nanos).build(), outputs));
  }

  /** One result a group, all of the same refusal. */
  public static void refuseAll(
      ExpertBatch batch, GroupStatus status, String message, ExpertResult.Builder result) {
    for (ExpertGroup group : batch.getGroupsList()) {
      result.addGroups(
          GroupResult.newBuilder()
              .setExpert(group.getExpert())
              .setStatus(status)
              .setMessage(message));
    }
  }

  private TensorRows computed(BatchJob job, HeldExperts now, ExpertResult.Builder result) {
    try {
      return compute(job, now, result);
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error(
          "batch {} of layer {} failed",
          job.frame().header().getId(),
          job.frame().header().getLayer(),
          e);
      result.clearGroups();
      refuseAll(
          job.frame().header(),
          GroupStatus.GROUP_STATUS_INTERNAL,
          "the node failed: " + e.getMessage(),
          result);
      return TensorRows.NONE;
    }
  }

  private TensorRows compute(BatchJob job, HeldExperts now, ExpertResult.Builder result) {
    ExpertBatch batch = job.frame().header();
    try {
      input.take(job.frame().activations());
    } catch (IllegalArgumentException e) {
      refuseAll(batch, GroupStatus.GROUP_STATUS_INVALID, String.valueOf(e.getMessage()), result);
      return TensorRows.NONE;
    }
    List<Verdict> verdicts = checks.check(batch, job.frame().activations(), now);
    int width = now.model().width(batch.getLayer());
    int rows = 0;
    for (Verdict verdict : verdicts) {
      rows += verdict instanceof Verdict.Compute ? verdict.group().getRowsCount() : 0;
    }
    float[] out = new float[Math.multiplyExact(rows, width)];
    int row = 0;
    for (Verdict verdict : verdicts) {
      switch (verdict) {
        case Verdict.Refuse refuse -> result.addGroups(refuse.result());
        case Verdict.Compute(ExpertGroup group, Held expert) -> {
          computeGroup(group, expert, out, row * width);
          row += group.getRowsCount();
          result.addGroups(
              GroupResult.newBuilder()
                  .setExpert(group.getExpert())
                  .setStatus(GroupStatus.GROUP_STATUS_OK));
        }
      }
    }
    return TensorRows.f32(rows, width, out);
  }

  private void computeGroup(ExpertGroup group, Held held, float[] out, int outOffset) {
    int rows = group.getRowsCount();
    if (rows == 0) {
      return;
    }
    long begun = nanoTime.getAsLong();
    int computed = rows;
    if (held.expert().stateful()) {
      computed = computeRuns(input.floats(group), group, held, out, outOffset);
    } else {
      input.forward(held.expert(), group, out, outOffset, scratch());
    }
    held.counters().add(computed, nanoTime.getAsLong() - begun);
  }

  /** Returns the rows that were computed and not answered from what was kept. */
  private int computeRuns(
      GroupRows.Floats in, ExpertGroup group, Held held, float[] out, int outOffset) {
    int width = held.expert().dModel();
    int at = 0;
    int computed = 0;
    for (SequenceRun run : group.getRunsList()) {
      int rows = run.getRowCount();
      int from = in.offset() + at * width;
      int to = outOffset + at * width;
      float[] kept = states.kept(run, held).orElse(null);
      if (kept != null) {
        System.arraycopy(kept, 0, out, to, rows * width);
      } else {
        ExpertState state = states.startOf(run, held);
        held.expert().forward(in.values(), from, rows, state, out, to, scratch());
        states.moved(run, held, state, Arrays.copyOfRange(out, to, to + rows * width));
        computed += rows;
      }
      at += rows;
    }
    return computed;
  }

  /** Made by the thread that computes, as it checks that thread. */
  private Scratch scratch() {
    if (scratch == null) {
      scratch = new Scratch(crew);
    }
    return scratch;
  }
}
