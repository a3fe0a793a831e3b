package dev.switchboard.router.dispatch;

import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import dev.switchboard.router.dispatch.SimulatedNodes.Happening;
import dev.switchboard.router.health.NodeHealth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * One layer's call over simulated nodes, by the state machines that run in production. What the
 * adapter does with threads is done here with a queue of what will happen.
 */
final class SimulatedCall {
  /** A bug that is planted, to see whether it is found. */
  enum Mutation {
    NONE,
    /** A node that is out is not asked, even if it is the last that has an expert. */
    LAST_REPLICA_EJECTED,
    /** An answer that comes when its round is over is still added up. */
    LATE_ANSWER_TAKEN,
    /** Any node is asked for any expert. */
    WRONG_NODE_ASKED
  }

  /** What a router's calls share. */
  record Desk(
      NodeHealth health,
      AtomicLong ids,
      Map<Long, Sent<SimulatedCall>> sent,
      Map<Long, NodeBatch> batches) {}

  private static final long DEADLINE = 1_500_000_000L;

  private final SimulatedNodes nodes;
  private final NodeHealth health;
  private final AtomicLong ids;
  private final Mutation mutation;
  private final int[] experts;
  private final int[] answers;
  private final long begun;
  private long end;
  private final Absences absences;
  private final DispatchRound round;
  private final Map<Long, Sent<SimulatedCall>> sent;
  private final Map<Long, NodeBatch> batches;
  private final List<String> violations = new ArrayList<>();
  private int sends;

  SimulatedCall(SimulatedNodes nodes, Desk desk, Mutation mutation, int[] experts) {
    this.nodes = nodes;
    this.health = desk.health();
    this.ids = desk.ids();
    this.sent = desk.sent();
    this.batches = desk.batches();
    this.mutation = mutation;
    this.experts = experts;
    this.answers = new int[experts.length];
    this.begun = nodes.now();
    this.end = begun + DEADLINE;
    this.absences = new Absences(DEADLINE * 2 / 3);
    this.round =
        new DispatchRound(
            new DispatchRound.Demand(experts, 1, ids.get()),
            new View(),
            StateHomes.NONE,
            ids::incrementAndGet,
            new DispatchRound.Leave(health::mayRetry, this::mayWait));
  }

  private boolean mayWait(int expert) {
    return nodes.holders(expert).length == 0
        && absences.mayWait(new Absences.Key(0, expert), nodes.now());
  }

  /** Who can be sent to, as far as a router knows. */
  private final class View implements Replicas {
    @Override
    public int[] nodes(int expert) {
      int[] holders = nodes.holders(expert);
      return switch (mutation) {
        case LAST_REPLICA_EJECTED -> IntStream.of(holders).filter(node -> !out(node)).toArray();
        case WRONG_NODE_ASKED -> nodes.present().stream().mapToInt(node -> node).sorted().toArray();
        default -> holders;
      };
    }

    @Override
    public long outstandingRows(int node) {
      return nodes.outstanding(node);
    }

    @Override
    public long load(int node, long rows) {
      return health.load(node, outstandingRows(node) + rows, nodes.now());
    }

    @Override
    public boolean out(int node) {
      return health.out(node);
    }
  }

  /** Runs to the end; what must not have been, a line each. */
  List<String> run() {
    health.present(nodes.present());
    send(round.begin(new boolean[experts.length]), true);
    tryOthers();
    while (!round.done()) {
      if (nodes.now() - begun > 3 * DEADLINE) {
        violations.add(
            "no end after %d ms: it waits %b, under way %s, sent %d"
                .formatted((nodes.now() - begun) / 1_000_000, round.waits(), sent.keySet(), sends));
        return violations;
      }
      step();
    }
    drain(round.abandon());
    check();
    return violations;
  }

  private void tryOthers() {
    for (int node : health.toTry(nodes.now())) {
      round
          .copy(node, 8)
          .ifPresent(copy -> {
            health.trial(node);
            transmit(copy, Math.max(2, end - nodes.now())).markTrial();
          });
    }
  }

  private void step() {
    long until = nodes.now() + 20_000_000;
    for (Sent<SimulatedCall> message : sent.values()) {
      until = Math.min(until, nodes.now() + message.quietNanos(nodes.now()));
    }
    Happening next = nodes.next(until);
    if (round.waits()) {
      List<Send> found = round.lookAgain();
      end = found.isEmpty() ? end : nodes.now() + DEADLINE;
      send(found, false);
    }
    if (next == null) {
      slowOnes();
      return;
    }
    take(next);
  }

  private void take(Happening next) {
    Sent<SimulatedCall> message = sent.remove(next.id());
    if (message == null) {
      return;
    }
    if (next.broken()) {
      health.failed(next.node(), nodes.now());
      over(message, next.node(), false);
    } else if (message.isTrial()) {
      over(message, next.node(), !message.wasSlow());
    } else {
      long took = message.tookNanos(nodes.now());
      health.answered(next.node(), message.rows(), took, message.wasSlow(), nodes.now());
    }
    message.call().settle(next);
  }

  private void over(Sent<SimulatedCall> message, int node, boolean inTime) {
    if (message.isTrial()) {
      health.trialOver(node, inTime, nodes.now());
    }
  }

  private void settle(Happening next) {
    NodeBatch batch = round.pending(next.id());
    if (batch == null) {
      return;
    }
    send(
        next.broken()
            ? round.failed(next.id(), "broken")
            : round.answered(next.id(), answered(batch, next)),
        false);
  }

  private List<GroupAnswer> answered(NodeBatch batch, Happening next) {
    List<GroupAnswer> groups = new ArrayList<>();
    for (ExpertRows group : batch.groups()) {
      if (!nodes.holds(batch.node(), group.expert())) {
        violations.add("node " + batch.node() + " was asked for expert " + group.expert());
      }
      groups.add(new GroupAnswer(group.expert(), next.refused() ? "overloaded" : null));
      for (int slot : group.slots()) {
        answers[slot] += next.refused() || answers[slot] > 0 ? 0 : 1;
      }
    }
    return groups;
  }

  private void slowOnes() {
    for (long id : List.copyOf(sent.keySet())) {
      Sent<SimulatedCall> message = sent.get(id);
      int node = batches.get(id).node();
      if (message == null) {
        continue;
      }
      if (message.turnsSlow(nodes.now())) {
        health.slow(node, nodes.now());
        message.call().askOthers(id);
      }
      if (message.expired(nodes.now())) {
        sent.remove(id);
        health.failed(node, nodes.now());
        over(message, node, false);
        message.call().send(message.call().round.failed(id, "late"), false);
      }
    }
  }

  private void askOthers(long id) {
    boolean extra = round.isSecond(id) || round.isTrial(id);
    if (round.pending(id) != null && !extra && health.mayHedge()) {
      send(round.hedge(id), false);
    }
  }

  private void send(List<Send> all, boolean first) {
    for (Send send : all) {
      sends += send.batch().groups().size();
      health.sent(first);
      transmit(send, Math.max(2, end - nodes.now()) / (first ? 2 : 1));
    }
  }

  private Sent<SimulatedCall> transmit(Send send, long within) {
    NodeBatch batch = send.batch();
    batches.put(send.id(), batch);
    Sent.Times times =
        new Sent.Times(nodes.now(), health.hedgeAfterNanos(batch.outputRows()), within);
    Sent<SimulatedCall> message = nodes.sent(this, send, times);
    sent.put(send.id(), message);
    return message;
  }

  /** Nobody waits for these any more. */
  private void drain(List<Long> late) {
    for (long id : late) {
      Sent<SimulatedCall> message = sent.get(id);
      if (message != null) {
        message.unwanted();
      }
      if (mutation == Mutation.LATE_ANSWER_TAKEN) {
        for (ExpertRows group : batches.get(id).groups()) {
          for (int slot : group.slots()) {
            answers[slot]++;
          }
        }
      }
    }
  }

  private void check() {
    for (DispatchRound.LostSlot lost : round.lost()) {
      answers[lost.slot()] += 1;
      boolean inTime = nodes.now() < end && !lost.reason().contains("budget");
      if (inTime && nodes.untouched(lost.expert())) {
        violations.add("a node that has it is well, and yet it is lost: " + lost);
      }
    }
    for (int slot = 0; slot < answers.length; slot++) {
      if (answers[slot] != 1) {
        violations.add("slot " + slot + " has " + answers[slot] + " answers");
      }
    }
    long groups = IntStream.of(experts).distinct().count();
    if (sends > groups * 64) {
      violations.add(sends + " groups sent for " + groups);
    }
  }

  int lost() {
    return round.lost().size();
  }

  @Override
  public String toString() {
    return "call of %d at %d".formatted(ids.get(), begun);
  }
}
