package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.proto.lane.LaneWait;
import dev.switchboard.router.health.NodeHealth;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * A simulated router's sending side: production's, but for the thread. What {@code await} does in a
 * loop is done here whenever a reply has come, or the next moment has at which something has to be
 * decided.
 */
public final class SimulatedDispatch {
  /** What is decided at one moment comes to an end. */
  private static final int MOST_TURNS = 10_000;

  private static final long FORGOTTEN_NANOS = 10_000_000_000L;

  /** Never waited on: there are no lanes here. */
  private static final LaneWait NO_LANES = new LaneWait();

  private final RemoteExperts experts;
  private final ScheduledExecutorService thread;
  private final LongSupplier nanoTime;
  private final Map<LayerCall, Consumer<MoeOutcome>> calls = new LinkedHashMap<>();
  private final Map<String, Long> forgottenAt = new HashMap<>();
  private ClusterView view = ClusterView.EMPTY;
  private long turn;
  private boolean settling;

  /**
   * What it is made of.
   *
   * @param channels to nodes
   * @param epoch of the placement in force
   */
  public record Parts(
      RemoteSpec spec,
      Function<NodeInfo, ManagedChannel> channels,
      ScheduledExecutorService thread,
      LongSupplier nanoTime,
      LongSupplier epoch) {}

  private record Wiring(Function<NodeInfo, ManagedChannel> open, ScheduledExecutorService timer)
      implements LinkWiring {
    @Override
    public LinkChannels channels(NodeInfo node) {
      return new LinkChannels(
          open.apply(node),
          Optional.empty(),
          Optional.empty(),
          path -> {
            throw new IllegalStateException("a socket of this host: " + path);
          });
    }

    @Override
    public ScheduledExecutorService opener() {
      return timer;
    }

    @Override
    public LaneWait lanes() {
      return NO_LANES;
    }

    @Override
    public void close() {
      // Its threads end with the process.
    }
  }

  public SimulatedDispatch(Parts parts) {
    this.thread = parts.thread();
    this.nanoTime = parts.nanoTime();
    this.experts =
        new RemoteExperts(
            parts.spec(),
            new Wiring(parts.channels(), parts.thread()),
            Optional.empty(),
            parts.nanoTime(),
            parts.epoch());
  }

  /** The cluster looks different. */
  public void update(ClusterView next) {
    view = next;
    experts.links().update(next);
  }

  public void onReached(LongConsumer listener) {
    experts.links().onReached(listener);
  }

  /** Begins a layer's call; {@code done} is told what came of it. */
  public void start(MoeCall call, Consumer<MoeOutcome> done) {
    LayerCall begun = experts.begin(call, false);
    calls.put(begun, done);
    settle();
  }

  /** Something may have come. */
  public void settle() {
    settle(false);
  }

  /**
   * @param due whether a wait is over: then something is decided even if no reply has come
   */
  private void settle(boolean due) {
    if (settling) {
      return;
    }
    settling = true;
    try {
      finishDone();
      settleAll(due);
    } finally {
      settling = false;
    }
    waitOn();
  }

  private void settleAll(boolean due) {
    boolean wait = !due;
    for (int turns = 0; !calls.isEmpty(); turns++) {
      Reply reply = experts.links().inbox().poll();
      boolean late = experts.traffic().nextMoment() - nanoTime.getAsLong() <= 0;
      if (reply == null && wait && !late) {
        return;
      }
      if (turns > MOST_TURNS) {
        calls.clear();
        throw new IllegalStateException("replies and sends go round without time passing");
      }
      wait = true;
      experts.traffic().settle(reply);
      finishDone();
    }
  }

  /** Whoever is told may begin another call, which may be done at once. */
  private void finishDone() {
    Optional<LayerCall> done = calls.keySet().stream().filter(LayerCall::done).findFirst();
    while (done.isPresent()) {
      Consumer<MoeOutcome> told = calls.remove(done.get());
      told.accept(done.get().finish());
      done = calls.keySet().stream().filter(LayerCall::done).findFirst();
    }
  }

  private void waitOn() {
    long mine = ++turn;
    if (!calls.isEmpty()) {
      long nanos = Math.max(1, experts.traffic().nextMoment() - nanoTime.getAsLong());
      thread.schedule(
          () -> {
            if (turn == mine) {
              settle(true);
            }
          },
          nanos,
          TimeUnit.NANOSECONDS);
    }
  }

  /** The sequence has ended. */
  public void release(long sequence) {
    experts.release(sequence);
  }

  @Override
  public String toString() {
    return "%d calls under way, the next moment in %d ms"
        .formatted(
            calls.size(), (experts.traffic().nextMoment() - nanoTime.getAsLong()) / 1_000_000);
  }

  public NodeHealth.Counts health() {
    return experts.health();
  }

  /** Calls that wait for answers. */
  public int underWay() {
    return calls.size();
  }

  /** Ids of the nodes that hold the expert and can be sent to, as far as this router knows. */
  public Set<String> holders(int layer, int expert) {
    ReplicaTable table = experts.links().table();
    Set<String> ids = new HashSet<>();
    for (int number : table.nodes(layer, expert)) {
      NodeLink link = table.link(number);
      if (link != null) {
        ids.add(link.nodeId());
      }
    }
    return ids;
  }

  /** A planted bug: nodes that are out count as gone for a while, whoever has what they have. */
  public void forgetThoseThatAreOut() {
    long now = nanoTime.getAsLong();
    for (NodeLink link : experts.links().table().links().values()) {
      if (experts.traffic().health().out(link.number())) {
        forgottenAt.putIfAbsent(link.nodeId(), now);
      }
    }
    forgottenAt.values().removeIf(since -> now - since > FORGOTTEN_NANOS);
    ClusterView whole = view;
    List<NodeInfo> left =
        whole.nodes().stream().filter(node -> !forgottenAt.containsKey(node.id())).toList();
    experts
        .links()
        .update(
            new ClusterView(
                left,
                whole.routers(),
                whole.placement(),
                whole.experts(),
                whole.book(),
                whole.version()));
  }
}
