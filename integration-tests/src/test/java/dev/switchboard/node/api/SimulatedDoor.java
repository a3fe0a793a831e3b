package dev.switchboard.node.api;

import dev.switchboard.node.runtime.BatchJob;
import dev.switchboard.node.runtime.BatchProcessor;
import dev.switchboard.node.runtime.ComputeTurn;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.Hello;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Where a simulated node's batches come in: production's protocol, checks, states and arithmetic,
 * with a queue and a computing thread that a clock plays.
 */
public final class SimulatedDoor implements ComputeTurn {
  /** The router's end of a stream. */
  public interface Wire {
    void answer(ExpertResultFrame result);

    void fail(Status status);
  }

  /**
   * What a door is made of.
   *
   * @param serviceNanos what computing takes, asked each time
   * @param queue batches that may wait, asked each time
   */
  public record Parts(
      Hello hello,
      Supplier<HeldExperts> held,
      StateStore states,
      BatchProcessor processor,
      Leases leases,
      ScheduledExecutorService thread,
      LongSupplier nanoTime,
      LongSupplier serviceNanos,
      Supplier<Integer> queue) {}

  private static final class Stream {
    private final StreamProtocol protocol;
    private final Map<Long, ExpertBatch> waiting = new HashMap<>();
    private boolean ended;

    Stream(Hello hello) {
      this.protocol = new StreamProtocol(hello);
    }
  }

  private final Parts parts;
  private final Map<Wire, Stream> streams = new LinkedHashMap<>();
  private final Queue<Object> waiting = new ArrayDeque<>();
  private boolean computing;
  private long lastBusyNanos;

  public SimulatedDoor(Parts parts) {
    this.parts = parts;
    this.lastBusyNanos = parts.nanoTime().getAsLong();
  }

  /** A message has come; the first of a wire opens a stream. */
  public void receive(Wire wire, ExpertBatchFrame frame) {
    Stream stream = streams.computeIfAbsent(wire, w -> new Stream(parts.hello()));
    switch (stream.protocol.receive(frame)) {
      case StreamProtocol.Step.Greet greet -> {
        parts.leases().opened(stream.protocol.router());
        wire.answer(
            new ExpertResultFrame(
                ExpertResult.newBuilder().setHello(greet.hello()).build(), TensorRows.NONE));
      }
      case StreamProtocol.Step.Admit admit -> admit(wire, stream, admit.batch());
      case StreamProtocol.Step.Cancel cancel ->
          cancel.ids().forEach(id -> cancel(wire, stream, id));
      case StreamProtocol.Step.Fail fail -> {
        ended(wire);
        wire.fail(fail.status());
      }
    }
  }

  private void admit(Wire wire, Stream stream, ExpertBatchFrame frame) {
    ExpertBatch batch = frame.header();
    long arrived = parts.nanoTime().getAsLong();
    if (waiting.size() >= parts.queue().get()) {
      refuse(wire, batch, GroupStatus.GROUP_STATUS_OVERLOADED, "the queue is full");
      return;
    }
    stream.waiting.put(batch.getId(), batch);
    waiting.add(
        new BatchJob(
            frame,
            arrived,
            arrived + ProcessStream.timeNanos(batch),
            stream.protocol.router(),
            () -> stream.ended || stream.waiting.remove(batch.getId()) == null,
            result -> later(() -> send(wire, stream, result))));
    beginSoon();
  }

  private void cancel(Wire wire, Stream stream, long id) {
    ExpertBatch batch = stream.waiting.remove(id);
    if (batch != null) {
      refuse(wire, batch, GroupStatus.GROUP_STATUS_CANCELLED, "nobody waits for it");
    }
  }

  private void refuse(Wire wire, ExpertBatch batch, GroupStatus status, String why) {
    ExpertResult.Builder result =
        ExpertResult.newBuilder().setId(batch.getId()).setHeldEpoch(parts.held().get().epoch());
    BatchProcessor.refuseAll(batch, status, why, result);
    wire.answer(new ExpertResultFrame(result.build(), TensorRows.NONE));
  }

  private static void send(Wire wire, Stream stream, ExpertResultFrame result) {
    if (!stream.ended) {
      wire.answer(result);
    }
  }

  @Override
  public boolean offer(Runnable stateCall) {
    waiting.add(stateCall);
    beginSoon();
    return true;
  }

  @Override
  public int backlog() {
    return waiting.size() + (computing ? 1 : 0);
  }

  @Override
  public long outstandingTokens() {
    return waiting.stream()
        .mapToLong(work -> work instanceof BatchJob job ? job.tokens() : 0)
        .sum();
  }

  /** How long nothing has come. */
  public long quietNanos() {
    return backlog() > 0 ? 0 : parts.nanoTime().getAsLong() - lastBusyNanos;
  }

  private final List<Runnable> answers = new ArrayList<>();

  /** Answers leave when the computing is over. */
  private void later(Runnable answer) {
    answers.add(answer);
  }

  private void beginSoon() {
    lastBusyNanos = parts.nanoTime().getAsLong();
    if (!computing) {
      computing = true;
      parts.thread().execute(this::compute);
    }
  }

  private void compute() {
    List<BatchJob> together = new ArrayList<>();
    for (Object work = waiting.poll(); work != null; work = waiting.poll()) {
      if (work instanceof BatchJob job) {
        together.add(job);
      } else {
        process(together);
        ((Runnable) work).run();
      }
    }
    process(together);
    parts.thread().schedule(this::computed, parts.serviceNanos().getAsLong(), TimeUnit.NANOSECONDS);
  }

  private void process(List<BatchJob> together) {
    if (!together.isEmpty()) {
      parts.processor().process(List.copyOf(together));
      together.clear();
    }
  }

  private void computed() {
    List<Runnable> done = List.copyOf(answers);
    answers.clear();
    computing = false;
    lastBusyNanos = parts.nanoTime().getAsLong();
    done.forEach(Runnable::run);
    if (!waiting.isEmpty()) {
      beginSoon();
    }
  }

  /** Forgets sequences. */
  public void release(List<Long> sequences) {
    offer(() -> parts.states().release(sequences));
  }

  /** A stream has ended: what its router had goes when that does not come back in time. */
  public void ended(Wire wire) {
    Stream stream = streams.remove(wire);
    if (stream == null || stream.ended) {
      return;
    }
    stream.ended = true;
    if (!stream.protocol.router().isEmpty()) {
      parts.leases().closed(stream.protocol.router(), parts.nanoTime().getAsLong());
      parts
          .thread()
          .schedule(
              this::releaseExpired,
              parts.leases().afterwards().toMillis() + 1,
              TimeUnit.MILLISECONDS);
    }
  }

  private void releaseExpired() {
    Set<String> routers = new HashSet<>(parts.leases().expired(parts.nanoTime().getAsLong()));
    if (!routers.isEmpty()) {
      offer(() -> parts.states().releaseOf(routers));
    }
  }

  /** The node stops. */
  public void endStreams(Status status) {
    for (Wire wire : List.copyOf(streams.keySet())) {
      ended(wire);
      wire.fail(status);
    }
  }

  /** Wires of the streams that are open. */
  public List<Wire> wires() {
    return List.copyOf(streams.keySet());
  }
}
