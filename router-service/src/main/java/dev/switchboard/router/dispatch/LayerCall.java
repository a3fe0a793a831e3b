package dev.switchboard.router.dispatch;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.LostSlot;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One layer's call, from its first batch to its last answer. Decisions are {@link DispatchRound}'s
 * and {@link DispatchPlanner}'s, this class only carries them out.
 */
final class LayerCall implements ExpertRunner.Pending {
  /** Rows of a copy: as many as a step of some requests has, whatever prompts it reads. */
  private static final int MOST_TRIED = 32;

  private final MoeCall call;
  private final Means means;
  private final Traffic traffic;
  private final boolean stateful;
  private final Replicas replicas;
  private final DispatchRound round;
  private final Frames frames;
  private final ActivationCodes codes;
  private long endNanos;

  /**
   * What calls are made with, the same for all of a router.
   *
   * @param epoch of the placement in force
   * @param freeCodes buffers that no call uses
   */
  record Means(
      RemoteSpec spec,
      LongSupplier epoch,
      SequenceHomes homes,
      ArrayDeque<ActivationCodes> freeCodes,
      Traffic traffic) {
    long endNanos() {
      return traffic.now() + spec.deadline().toNanos();
    }
  }

  /**
   * @param reads whether states are read out and not moved
   */
  LayerCall(MoeCall call, Means means, boolean reads) {
    this.call = call;
    this.means = means;
    this.traffic = means.traffic();
    this.endNanos = means.endNanos();
    RemoteSpec spec = means.spec();
    NodeLinks links = traffic.links();
    RemoteSpec.Layer layer = spec.layer(call.layer());
    this.stateful = layer.stateful();
    this.replicas = new LatestReplicas(call.layer(), stateful, traffic);
    this.round =
        new DispatchRound(
            new DispatchRound.Demand(
                call.routing().experts(), call.routing().topK(), traffic.seed()),
            replicas,
            stateful
                ? new CallHomes(call, means.homes(), links::table, spec.keeping().messageBytes())
                : StateHomes.NONE,
            traffic::newId,
            new DispatchRound.Leave(
                traffic.health()::mayRetry, expert -> traffic.mayWait(call.layer(), expert)));
    traffic.begins();
    ActivationCodes free = means.freeCodes().poll();
    this.codes = free == null ? new ActivationCodes() : free;
    BatchFrames.Head head =
        new BatchFrames.Head(
            spec.model(),
            means.epoch().getAsLong(),
            layer.activationBlock(),
            links.table().added());
    this.frames =
        stateful
            ? new StatefulFrames(
                head,
                call,
                means.homes(),
                new StatefulFrames.Room(layer.stateBytes(), spec.keeping().messageBytes()),
                reads)
            : new BatchFrames(head, call, codes);
  }

  @Override
  public MoeOutcome await() {
    while (!done()) {
      traffic.settleNext();
    }
    return finish();
  }

  /** Whether every slot is answered or lost. */
  boolean done() {
    return round.done();
  }

  /** What came of it; once, when it is {@link #done}. */
  MoeOutcome finish() {
    round.abandon().forEach(traffic::unwanted);
    means.freeCodes().push(codes);
    return outcome();
  }

  private MoeOutcome outcome() {
    List<LostSlot> lost = round.lost();
    if (lost.isEmpty()) {
      return MoeOutcome.complete();
    }
    String more = stateful ? " (the state of the sequence was there)" : "";
    int topK = call.routing().topK();
    return new MoeOutcome(
        lost.stream()
            .map(slot ->
                new MoeOutcome.Lost(slot.slot() / topK, slot.expert(), slot.reason() + more))
            .toList());
  }

  void sendFirst() {
    send(round.begin(call.dead()), true);
    tryOthers();
  }

  /** Newcomers, and nodes that were out, show with a copy how quick they are. */
  private void tryOthers() {
    for (int node : traffic.health().toTry(traffic.now())) {
      NodeLink link = traffic.links().table().link(node);
      if (!stateful && link != null && link.ready()) {
        round
            .copy(node, MOST_TRIED)
            .ifPresent(copy -> {
              traffic.health().trial(node);
              transmit(copy, link, endNanos - traffic.now()).markTrial();
            });
      }
    }
  }

  /** Whoever has come has as much time as others have. */
  void lookAgain() {
    List<Send> found = round.lookAgain();
    if (!found.isEmpty()) {
      endNanos = means.endNanos();
    }
    send(found, false);
  }

  /** The first try leaves half of the time to another replica, where there is one. */
  private void send(List<Send> sends, boolean first) {
    sendEach(sends, first);
    traffic.waits(this, round.waits());
  }

  private void sendEach(List<Send> sends, boolean first) {
    for (Send send : sends) {
      NodeLink link = traffic.links().table().link(send.batch().node());
      if (link == null) {
        sendEach(round.failed(send.id(), "the node has left the cluster"), false);
        continue;
      }
      send(send, link, first);
    }
  }

  private void send(Send send, NodeLink link, boolean first) {
    long left = Math.max(1, endNanos - traffic.now());
    traffic.health().sent(first);
    transmit(send, link, first && hasOthers(send.batch()) ? left / 2 : left);
  }

  private Sent<LayerCall> transmit(Send send, NodeLink link, long within) {
    long now = traffic.now();
    int rows = send.batch().outputRows();
    boolean byLane = link.send(frames.frame(send, within), rows, traffic.links().onLanes());
    // A state stays where it is, however long that takes: nothing is learnt of it.
    long slowAfter = stateful ? Long.MAX_VALUE : traffic.health().hedgeAfterNanos(rows);
    Sent<LayerCall> message =
        new Sent<>(this, link, rows, byLane, new Sent.Times(now, slowAfter, within));
    traffic.sent(send.id(), message);
    return message;
  }

  private boolean hasOthers(NodeBatch batch) {
    return batch.groups().stream().allMatch(group -> replicas.nodes(group.expert()).length > 1);
  }

  /** The message takes longer than usual. */
  void askOthers(long id) {
    NodeBatch batch = round.pending(id);
    boolean extra = round.isSecond(id) || round.isTrial(id);
    if (batch != null && !extra && hasOthers(batch) && traffic.health().mayHedge()) {
      send(round.hedge(id), false);
    }
  }

  /** Something has come of the message. */
  void settle(NodeLink link, Reply reply) {
    NodeBatch batch = round.pending(reply.id());
    if (batch == null) {
      return;
    }
    boolean second = round.isSecond(reply.id());
    List<Send> again =
        switch (reply) {
          case Reply.Broken broken -> round.failed(broken.id(), broken.reason());
          case Reply.Answer answer -> {
            String node = "node " + link.nodeId();
            try {
              List<GroupAnswer> answers = frames.scatter(batch, answer.header(), answer.outputs());
              if (second) {
                traffic.health().hedgeWon();
              }
              yield round.answered(answer.id(), named(answers, node));
            } catch (IllegalArgumentException e) {
              yield round.failed(answer.id(), node + " sent " + e.getMessage());
            }
          }
        };
    send(again, false);
  }

  /** Nothing will come of the message. */
  void late(long id, NodeLink link) {
    send(round.failed(id, "node " + link.nodeId() + " did not answer in time"), false);
  }

  private static List<GroupAnswer> named(List<GroupAnswer> answers, String node) {
    if (answers.stream().allMatch(answer -> answer.problem() == null)) {
      return answers;
    }
    return answers.stream()
        .map(answer ->
            answer.problem() == null
                ? answer
                : new GroupAnswer(
                    answer.expert(), node + ": " + answer.problem(), answer.strayed()))
        .toList();
  }
}
