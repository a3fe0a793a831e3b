package dev.switchboard.router.dispatch;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.LostSlot;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs experts where they live. One thread calls {@link #run} and {@link #release}; decisions are
 * {@link DispatchRound}'s and {@link DispatchPlanner}'s, this class only carries them out.
 */
public final class RemoteExperts implements ExpertRunner, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteExperts.class);
  private static final long RELEASE_MILLIS = 1000;

  /** A message on its way. */
  private record Sent(NodeLink link, long deadlineNanos) {}

  private final RemoteSpec spec;
  private final NodeLinks links;
  private final LongSupplier epoch;
  private final SequenceHomes homes = new SequenceHomes();
  private final Map<Long, Sent> sent = new HashMap<>();
  private final ActivationCodes codes = new ActivationCodes();
  private long nextId;

  /**
   * @param loops carries the streams; owned by the caller
   * @param epoch of the placement in force
   */
  public RemoteExperts(RemoteSpec spec, EventLoops loops, LongSupplier epoch) {
    this.spec = spec;
    this.epoch = epoch;
    var hello =
        Handshake.hello(spec.arithmetic().version(), spec.model(), spec.arithmetic().options())
            .setSenderId(spec.routerId())
            .setMaxMessageBytes(spec.maxMessageBytes())
            .build();
    this.links =
        new NodeLinks(
            spec.model(),
            spec.units().count(),
            spec.maxMessageBytes(),
            LinkSettings.of(hello, spec.neededMessageBytes()),
            loops);
  }

  /** The nodes that are sent to; give it every new view. */
  public NodeLinks links() {
    return links;
  }

  @Override
  public MoeOutcome run(MoeCall call) {
    RemoteSpec.Layer layer = spec.layer(call.layer());
    boolean stateful = layer.stateful();
    Replicas replicas = new LatestTable(call.layer());
    int topK = call.routing().topK();
    DispatchRound round =
        new DispatchRound(
            new DispatchRound.Demand(call.routing().experts(), topK, nextId),
            replicas,
            stateful ? (expert, token) -> home(call, expert, token) : StateHomes.NONE,
            () -> ++nextId);
    BatchFrames frames =
        new BatchFrames(
            new BatchFrames.Head(spec.model(), epoch.getAsLong(), layer.activationBlock()),
            call,
            codes,
            stateful ? homes : null);
    long end = System.nanoTime() + spec.deadline().toNanos();
    send(round.begin(call.dead()), frames, end, replicas, true);
    while (!round.done()) {
      Reply reply = links.inbox().take(earliestDeadline());
      List<Send> again = reply == null ? expire(round) : settle(round, frames, reply);
      send(again, frames, end, replicas, false);
    }
    return outcome(round.lost(), topK, stateful);
  }

  private int home(MoeCall call, int expert, int token) {
    int link = homes.link(call.sequenceOfToken()[token], call.layer(), expert);
    return link >= 0 && links.table().link(link) == null ? StateHomes.LOST : link;
  }

  /** The first try leaves half of the time to another replica, where there is one. */
  private void send(
      List<Send> sends, BatchFrames frames, long endNanos, Replicas replicas, boolean first) {
    for (Send send : sends) {
      NodeLink link = links.table().link(send.batch().node());
      if (link == null) {
        links.inbox().put(new Reply.Broken(send.id(), "the node has left the cluster"));
        continue;
      }
      long left = Math.max(1, endNanos - System.nanoTime());
      boolean others =
          first
              && send.batch().groups().stream()
                  .allMatch(group -> replicas.nodes(group.expert()).length > 1);
      long mine = others ? left / 2 : left;
      sent.put(send.id(), new Sent(link, System.nanoTime() + mine));
      link.send(frames.frame(send, mine), send.batch().outputRows());
    }
  }

  private long earliestDeadline() {
    long earliest = Long.MAX_VALUE;
    long now = System.nanoTime();
    for (Sent message : sent.values()) {
      earliest = Math.min(earliest, message.deadlineNanos() - now);
    }
    return now + Math.min(earliest, TimeUnit.SECONDS.toNanos(60));
  }

  private List<Send> settle(DispatchRound round, BatchFrames frames, Reply reply) {
    Sent message = sent.remove(reply.id());
    NodeBatch batch = round.pending(reply.id());
    if (batch == null) {
      return List.of();
    }
    return switch (reply) {
      case Reply.Broken broken -> round.failed(broken.id(), broken.reason());
      case Reply.Answer answer -> {
        String node = message == null ? "a node" : "node " + message.link().nodeId();
        try {
          List<GroupAnswer> answers = frames.scatter(batch, answer.frame());
          yield round.answered(answer.id(), named(answers, node));
        } catch (IllegalArgumentException e) {
          yield round.failed(answer.id(), node + " sent " + e.getMessage());
        }
      }
    };
  }

  private static List<GroupAnswer> named(List<GroupAnswer> answers, String node) {
    if (answers.stream().allMatch(answer -> answer.problem() == null)) {
      return answers;
    }
    return answers.stream()
        .map(answer ->
            answer.problem() == null
                ? answer
                : new GroupAnswer(answer.expert(), node + ": " + answer.problem()))
        .toList();
  }

  private List<Send> expire(DispatchRound round) {
    List<Send> again = new ArrayList<>();
    long now = System.nanoTime();
    for (Map.Entry<Long, Sent> entry : List.copyOf(sent.entrySet())) {
      if (entry.getValue().deadlineNanos() - now <= 0) {
        sent.remove(entry.getKey());
        NodeLink link = entry.getValue().link();
        LOG.warn("node {} did not answer a batch in time", link.nodeId());
        link.late(entry.getKey(), "it did not answer in time");
        again.addAll(
            round.failed(entry.getKey(), "node " + link.nodeId() + " did not answer in time"));
      }
    }
    return again;
  }

  private static MoeOutcome outcome(List<LostSlot> lost, int topK, boolean stateful) {
    if (lost.isEmpty()) {
      return MoeOutcome.complete();
    }
    return new MoeOutcome(
        lost.stream()
            .map(slot ->
                new MoeOutcome.Lost(
                    slot.slot() / topK,
                    slot.expert(),
                    stateful
                        ? slot.reason() + " (the state of the sequence was there)"
                        : slot.reason()))
            .toList());
  }

  @Override
  public void release(long sequenceId) {
    for (int number : homes.forget(sequenceId)) {
      NodeLink link = links.table().link(number);
      if (link != null) {
        ExpertNodeGrpc.newStub(link.channel())
            .withDeadlineAfter(RELEASE_MILLIS, TimeUnit.MILLISECONDS)
            .release(
                ReleaseRequest.newBuilder()
                    .setModelFingerprint(spec.model())
                    .addSequenceIds(sequenceId)
                    .build(),
                new ReleaseLog(link.nodeId(), sequenceId));
      }
    }
  }

  /** Sequences whose states are on nodes. */
  int sequences() {
    return homes.sequences();
  }

  @Override
  public void close() {
    links.close();
  }

  /** Looks at the table of this moment each time: a node may come back within a round. */
  private final class LatestTable implements Replicas {
    private final int layer;

    LatestTable(int layer) {
      this.layer = layer;
    }

    @Override
    public int[] nodes(int expert) {
      return links.table().nodes(spec.units().unitOf(layer, expert));
    }

    @Override
    public long outstandingRows(int node) {
      return links.table().outstandingRows(node);
    }

    @Override
    public String absence(int expert) {
      return links.table().absence(spec.units().unitOf(layer, expert));
    }
  }

  /** A state that is not released is dropped by its node in time; nobody waits for this. */
  private record ReleaseLog(String node, long sequence) implements StreamObserver<ReleaseReply> {
    @Override
    public void onNext(ReleaseReply reply) {}

    @Override
    public void onError(@Nullable Throwable problem) {
      LOG.debug("node {} did not release sequence {}: {}", node, sequence, String.valueOf(problem));
    }

    @Override
    public void onCompleted() {}
  }
}
