package dev.switchboard.router.dispatch;

import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.router.health.NodeHealth;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages of all calls that are under way: waits for what comes of them, learns how well nodes
 * answer, and tells the calls. One thread.
 */
final class Traffic {
  private static final Logger LOG = LoggerFactory.getLogger(Traffic.class);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final NodeLinks links;
  private final ReplyWait wait;
  private final NodeHealth health;
  private final Absences absences;
  private final LongSupplier nanoTime;
  private final HopTimes hops = new HopTimes();
  private final Map<Long, Sent<LayerCall>> sent = new HashMap<>();

  /** Calls with experts that nobody has now. */
  private final Set<LayerCall> waiting = new LinkedHashSet<>();

  private long lastId;
  private long lookedNanos;

  Traffic(
      NodeLinks links,
      ReplyWait wait,
      NodeHealth health,
      Absences absences,
      LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.links = links;
    this.wait = wait;
    this.health = health;
    this.absences = absences;
    this.lookedNanos = now() - LOOK_AGAIN_NANOS;
  }

  NodeLinks links() {
    return links;
  }

  /** The clock of all that is measured and waited for here, in nanoseconds. */
  long now() {
    return nanoTime.getAsLong();
  }

  NodeHealth health() {
    return health;
  }

  HopTimes hops() {
    return hops;
  }

  /** For a message; never one twice. */
  long newId() {
    return ++lastId;
  }

  /** What the next call may choose differently. */
  long seed() {
    return lastId;
  }

  /** A call begins: what is known of nodes that are gone, and of experts that are back, goes. */
  void begins() {
    health.present(links.table().links().keySet());
    absences.forget(key -> !nobodyHas(key));
  }

  /** Whether nobody has it, and it may be waited for: for some time after it was lost. */
  boolean mayWait(int layer, int expert) {
    Absences.Key key = new Absences.Key(layer, expert);
    return nobodyHas(key) && absences.mayWait(key, now());
  }

  /** The table may still name a node whose stream has just broken. */
  private boolean nobodyHas(Absences.Key key) {
    ReplicaTable table = links.table();
    return Arrays.stream(table.nodes(key.layer(), key.expert()))
        .mapToObj(table::link)
        .noneMatch(link -> link != null && link.ready());
  }

  /** Lets the call send, in its turn. */
  void sendInTurn(Runnable send) {
    if (links.onLanes()) {
      send.run();
    } else {
      wait.sendInTurn(send);
    }
  }

  void sent(long id, Sent<LayerCall> message) {
    sent.put(id, message);
  }

  /** Whether the call has experts that nobody has now. */
  void waits(LayerCall call, boolean waits) {
    if (waits) {
      waiting.add(call);
    } else {
      waiting.remove(call);
    }
  }

  /** Nobody waits for this answer any more, if it is still to come. */
  void unwanted(long id) {
    Sent<LayerCall> late = sent.get(id);
    if (late == null) {
      return;
    }
    late.unwanted();
    if (!late.byLane()) {
      late.link().cancel(id);
    }
  }

  /** Waits for the next reply of any call, and does what follows from it. */
  void settleNext() {
    boolean byLane = sent.values().stream().anyMatch(Sent::byLane);
    settle(wait.next(nextMoment(), byLane));
  }

  /**
   * Does what follows from a reply, or from none having come by {@link #nextMoment}.
   *
   * @param reply null for none
   */
  void settle(@Nullable Reply reply) {
    lookAgain();
    if (reply == null) {
      long now = now();
      askOthers(now);
      expire(now);
      return;
    }
    Sent<LayerCall> message = sent.remove(reply.id());
    try {
      if (message != null) {
        learn(message, reply);
        message.call().settle(message.link(), reply);
      }
    } finally {
      if (reply instanceof Reply.Answer answer) {
        answer.done().run();
      }
    }
  }

  /** Not with every reply: what fails at once would be tried again at once, without end. */
  private void lookAgain() {
    long now = now();
    if (!waiting.isEmpty() && now - lookedNanos >= LOOK_AGAIN_NANOS) {
      lookedNanos = now;
      List.copyOf(waiting).forEach(LayerCall::lookAgain);
    }
  }

  private void learn(Sent<LayerCall> message, Reply reply) {
    long now = now();
    int node = message.link().number();
    switch (reply) {
      case Reply.Answer answer when message.isTrial() ->
          health.trialOver(node, !message.wasSlow(), now);
      case Reply.Answer answer when cancelled(answer) -> health.cancelled();
      case Reply.Answer answer -> {
        long took = message.tookNanos(now);
        hops.add(message.way(), took);
        health.answered(node, message.rows(), took, message.wasSlow(), now);
      }
      case Reply.Broken broken -> failed(message, now);
    }
  }

  private void failed(Sent<LayerCall> message, long now) {
    int node = message.link().number();
    health.failed(node, now);
    if (message.isTrial()) {
      health.trialOver(node, false, now);
    }
  }

  private static boolean cancelled(Reply.Answer answer) {
    return answer.header().getGroupsCount() > 0
        && answer.header().getGroups(0).getStatus() == GroupStatus.GROUP_STATUS_CANCELLED;
  }

  /** By when something has to be decided, even if no reply has come. */
  long nextMoment() {
    long now = now();
    long quiet = waiting.isEmpty() ? TimeUnit.SECONDS.toNanos(60) : LOOK_AGAIN_NANOS;
    for (Sent<LayerCall> message : sent.values()) {
      quiet = Math.min(quiet, message.quietNanos(now));
    }
    return now + quiet;
  }

  /** Whatever takes longer than usual is asked of other nodes as well, within the budget. */
  private void askOthers(long now) {
    for (Map.Entry<Long, Sent<LayerCall>> entry : List.copyOf(sent.entrySet())) {
      Sent<LayerCall> message = entry.getValue();
      if (message.turnsSlow(now)) {
        health.slow(message.link().number(), now);
        message.call().askOthers(entry.getKey());
      }
    }
  }

  private void expire(long now) {
    for (Map.Entry<Long, Sent<LayerCall>> entry : List.copyOf(sent.entrySet())) {
      Sent<LayerCall> message = entry.getValue();
      if (message.expired(now)) {
        sent.remove(entry.getKey());
        LOG.warn("node {} did not answer a batch in time", message.link().nodeId());
        failed(message, now);
        message.link().late(entry.getKey(), "it did not answer in time");
        message.call().late(entry.getKey(), message.link());
      }
    }
  }
}
