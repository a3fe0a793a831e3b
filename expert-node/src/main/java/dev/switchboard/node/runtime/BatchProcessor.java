package dev.switchboard.node.runtime;

import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes admitted batches, those that have waited together in one go: on one thread, which owns
 * the states and the buffers.
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
  private @Nullable JoinedGroups groups;
  private final ArrayDeque<JobBuffers> freeBuffers = new ArrayDeque<>();

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
    process(List.of(job));
  }

  /**
   * Answers batches that have waited together, with one pass over the weights that they share. The
   * bits are those of each by itself.
   */
  public void process(List<BatchJob> jobs) {
    crew.rouse();
    long begun = nanoTime.getAsLong();
    HeldExperts now = held.get();
    List<OpenJob> open = new ArrayList<>(jobs.size());
    for (BatchJob job : jobs) {
      if (!job.abandoned().getAsBoolean()) {
        open.add(opened(job, now, begun));
      }
    }
    if (open.size() > 1) {
      computeTogether(open);
    } else {
      open.forEach(this::computeAlone);
    }
    crew.rest();
    for (OpenJob job : open) {
      counters.answered((nanoTime.getAsLong() - begun) / open.size());
      job.answer(nanoTime.getAsLong() - begun);
      freeBuffers.push(job.buffers());
    }
  }

  private OpenJob opened(BatchJob job, HeldExperts now, long begun) {
    ExpertResult.Builder result =
        ExpertResult.newBuilder()
            .setId(job.frame().header().getId())
            .setHeldEpoch(now.epoch())
            .setQueueNanos(begun - job.arrivedNanos());
    JobBuffers free = freeBuffers.poll();
    OpenJob open = new OpenJob(job, result, free == null ? new JobBuffers() : free);
    if (begun - job.deadlineNanos() >= 0) {
      open.refuse(
          GroupStatus.GROUP_STATUS_DEADLINE_EXCEEDED,
          "the batch waited %d microseconds and its time is over"
              .formatted((begun - job.arrivedNanos()) / 1000));
    } else {
      guarded(open, () -> open.open(checks, now));
    }
    return open;
  }

  private void computeTogether(List<OpenJob> open) {
    try {
      groups().compute(open);
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error("{} batches together failed; each by itself", open.size(), e);
      open.forEach(job -> guarded(job, () -> groups().compute(List.of(job))));
    }
    open.forEach(job -> guarded(job, () -> computeStateful(job)));
  }

  private void computeAlone(OpenJob job) {
    guarded(
        job,
        () -> {
          groups().compute(List.of(job));
          computeStateful(job);
        });
  }

  /** A failure is the batch's answer. */
  private static void guarded(OpenJob job, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | OutOfMemoryError e) {
      ExpertBatch batch = job.job().frame().header();
      LOG.error("batch {} of layer {} failed", batch.getId(), batch.getLayer(), e);
      job.refuse(GroupStatus.GROUP_STATUS_INTERNAL, "the node failed: " + e.getMessage());
    }
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

  private void computeStateful(OpenJob job) {
    for (OpenJob.Part part : job.parts()) {
      if (part.held().expert().stateful() && part.group().getRunsCount() > 0) {
        long begun = nanoTime.getAsLong();
        boolean woken = part.held().slumber().use(begun);
        int computed = computeRuns(job, part);
        count(part, computed, begun);
        if (woken) {
          counters.woke(nanoTime.getAsLong() - begun);
        }
      }
    }
  }

  private void count(OpenJob.Part part, int computed, long begunNanos) {
    ExpertCounters expert = part.held().counters();
    long now = nanoTime.getAsLong();
    expert.add(computed, now - begunNanos, now);
    if (computed > 0) {
      int each = Math.max(1, computed / part.group().getRunsCount());
      counters.served(
          ServiceTimes.classOf(each, true),
          computed * expert.multiplyAddsPerRow(),
          now - begunNanos);
    }
    counters.cost().add(nanoTime.getAsLong() - now);
  }

  /** Returns the rows that were computed and not answered from what was kept. */
  private int computeRuns(OpenJob job, OpenJob.Part part) {
    Held expert = part.held();
    int width = expert.expert().dModel();
    float[] in = gathered(job, part.group(), width);
    float[] out = job.out();
    int at = 0;
    int computed = 0;
    for (SequenceRun run : part.group().getRunsList()) {
      int rows = run.getRowCount();
      int to = (part.row() + at) * width;
      float[] kept = rows == 0 ? null : states.kept(run, expert).orElse(null);
      if (kept != null) {
        System.arraycopy(kept, 0, out, to, rows * width);
      } else if (rows > 0) {
        ExpertState state = states.startOf(run, expert);
        expert.expert().forward(in, at * width, rows, state, out, to, scratch());
        float[] answer = Arrays.copyOfRange(out, to, to + rows * width);
        states.moved(run, expert, state, answer, job.job().router());
        computed += rows;
      }
      if (run.getStateWanted()) {
        job.wanted(part, run.getSequenceId(), states.snapshot(run.getSequenceId(), expert));
      }
      at += rows;
    }
    return computed;
  }

  private float[] gathered(OpenJob job, ExpertGroup group, int width) {
    float[] in = scratch().floats(Slot.EXPERT_INPUT, group.getRowsCount() * width);
    for (int i = 0; i < group.getRowsCount(); i++) {
      System.arraycopy(job.floats(), group.getRows(i) * width, in, i * width, width);
    }
    return in;
  }

  private JoinedGroups groups() {
    if (groups == null) {
      groups = new JoinedGroups(scratch(), counters, nanoTime);
    }
    return groups;
  }

  /** Made by the thread that computes, as it checks that thread. */
  private Scratch scratch() {
    if (scratch == null) {
      crew.lead();
      scratch = new Scratch(crew);
    }
    return scratch;
  }
}
