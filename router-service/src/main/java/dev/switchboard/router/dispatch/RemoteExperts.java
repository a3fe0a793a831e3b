package dev.switchboard.router.dispatch;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.LostSlot;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import dev.switchboard.router.health.NodeHealth;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private final RemoteSpec spec;
  private final NodeLinks links;
  private final LongSupplier epoch;
  private final SequenceHomes homes;
  private final RemoteStates states;
  private final Map<Long, Sent<Call>> sent = new HashMap<>();
  private final ArrayDeque<ActivationCodes> freeCodes = new ArrayDeque<>();
  private final ReplyWait wait;
  private final HopTimes hops = new HopTimes();
  private final NodeHealth health;
  private final Absences absences;

  /** Calls with experts that nobody has now. */
  private final Set<Call> waiting = new HashSet<>();

  private long nextId;

  /**
   * @param loops carries the streams; owned by the caller
   * @param epoch of the placement in force
   */
  public RemoteExperts(RemoteSpec spec, EventLoops loops, LongSupplier epoch) {
    this.spec = spec;
    this.epoch = epoch;
    this.health = new NodeHealth(spec.limits());
    this.absences = new Absences(spec.limits().replicaWait().toNanos());
    this.homes = new SequenceHomes(spec.keeping().homes());
    this.states = new RemoteStates(spec, homes, call -> begin(new Call(call, true)), this::experts);
    var hello =
        Handshake.hello(spec.arithmetic().version(), spec.model(), spec.arithmetic().options())
            .setSenderId(spec.routerId())
            .setMaxMessageBytes(spec.maxMessageBytes())
            .build();
    this.links =
        new NodeLinks(
            spec.model(),
            spec.units(),
            spec.maxMessageBytes(),
            LinkSettings.of(hello, spec.neededMessageBytes(), answersLater()),
            loops);
    this.wait = new ReplyWait(links.inbox(), links.lanes(), loops.turn());
  }

  /** Experts of a layer now, those that were added among them. */
  private int experts(int layer) {
    return links.table().units().experts(layer);
  }

  /** The nodes that are sent to; give it every new view. */
  public NodeLinks links() {
    return links;
  }

  /** How well nodes answer, and what was done about it. */
  public NodeHealth.Counts health() {
    return health.counts();
  }

  /** How long batches took, by the way they went. */
  public HopTimes hops() {
    return hops;
  }

  @Override
  public MoeOutcome run(MoeCall call) {
    return start(call).await();
  }

  /** Sends a layer's batches to all nodes; several calls may be under way. */
  @Override
  public Pending start(MoeCall call) {
    return begin(new Call(call));
  }

  private Pending begin(Call begun) {
    if (links.onLanes()) {
      begun.sendFirst();
    } else {
      wait.sendInTurn(begun::sendFirst);
    }
    return begun;
  }

  /** States are moved in order, which two halves of a step would not keep. */
  @Override
  public boolean answersLater() {
    return spec.layers().values().stream().noneMatch(RemoteSpec.Layer::stateful);
  }

  /**
   * Two crews on the same processors would only push each other out of the caches; measured in
   * docs/performance.md.
   */
  @Override
  public boolean overlaps(int trunkThreads) {
    return answersLater() && trunkThreads + links.threadsHere() <= PROCESSORS;
  }

  /** Waits for the next reply of any call, and does what follows from it. */
  private void settleNext() {
    boolean byLane = sent.values().stream().anyMatch(Sent::byLane);
    Reply reply = wait.next(nextMoment(), byLane);
    List.copyOf(waiting).forEach(Call::lookAgain);
    if (reply == null) {
      long now = System.nanoTime();
      askOthers(now);
      expire(now);
      return;
    }
    Sent<Call> message = sent.remove(reply.id());
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

  private void learn(Sent<Call> message, Reply reply) {
    long now = System.nanoTime();
    int node = message.link().number();
    switch (reply) {
      case Reply.Answer answer -> {
        long took = message.tookNanos(now);
        hops.add(message.way(), took);
        health.answered(node, message.rows(), took, message.wasSlow(), now);
      }
      case Reply.Broken broken -> health.failed(node, now);
    }
  }

  private long nextMoment() {
    long now = System.nanoTime();
    long quiet = waiting.isEmpty() ? TimeUnit.SECONDS.toNanos(60) : LOOK_AGAIN_NANOS;
    for (Sent<Call> message : sent.values()) {
      quiet = Math.min(quiet, message.quietNanos(now));
    }
    return now + quiet;
  }

  /** Whatever takes longer than usual is asked of other nodes as well, within the budget. */
  private void askOthers(long now) {
    for (Map.Entry<Long, Sent<Call>> entry : List.copyOf(sent.entrySet())) {
      Sent<Call> message = entry.getValue();
      if (message.turnsSlow(now)) {
        health.slow(message.link().number(), now);
        message.call().askOthers(entry.getKey());
      }
    }
  }

  private void expire(long now) {
    for (Map.Entry<Long, Sent<Call>> entry : List.copyOf(sent.entrySet())) {
      Sent<Call> message = entry.getValue();
      if (message.expired(now)) {
        sent.remove(entry.getKey());
        LOG.warn("node {} did not answer a batch in time", message.link().nodeId());
        health.failed(message.link().number(), now);
        message.link().late(entry.getKey(), "it did not answer in time");
        message.call().late(entry.getKey(), message.link());
      }
    }
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
  public List<ExpertSnapshot> snapshot(long sequenceId) {
    return states.snapshot(sequenceId);
  }

  @Override
  public void restore(long sequenceId, List<ExpertSnapshot> snapshots) {
    states.restore(sequenceId, snapshots);
  }

  @Override
  public void fork(long sequenceId, long newId) {
    states.fork(sequenceId, newId);
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

  /** The table may still name a node whose stream has just broken. */
  private boolean nobodyHas(Absences.Key key) {
    ReplicaTable table = links.table();
    return Arrays.stream(table.nodes(key.layer(), key.expert()))
        .mapToObj(table::link)
        .noneMatch(link -> link != null && link.ready());
  }

  /** One layer's call, from its first batch to its last answer. */
  private final class Call implements Pending {
    private final MoeCall call;
    private final int topK;
    private final boolean stateful;
    private final Replicas replicas;
    private final DispatchRound round;
    private final Frames frames;
    private final ActivationCodes codes;
    private long endNanos = System.nanoTime() + spec.deadline().toNanos();

    Call(MoeCall call) {
      this(call, false);
    }

    /**
     * @param reads whether states are read out and not moved
     */
    Call(MoeCall call, boolean reads) {
      RemoteSpec.Layer layer = spec.layer(call.layer());
      this.call = call;
      this.topK = call.routing().topK();
      this.stateful = layer.stateful();
      this.replicas = new LatestTable(call.layer());
      this.round =
          new DispatchRound(
              new DispatchRound.Demand(call.routing().experts(), topK, nextId),
              replicas,
              stateful
                  ? new CallHomes(call, homes, links::table, spec.keeping().messageBytes())
                  : StateHomes.NONE,
              () -> ++nextId,
              new DispatchRound.Leave(health::mayRetry, this::mayWait));
      health.present(links.table().links().keySet());
      absences.forget(key -> !nobodyHas(key));
      ActivationCodes free = freeCodes.poll();
      this.codes = free == null ? new ActivationCodes() : free;
      BatchFrames.Head head =
          new BatchFrames.Head(
              spec.model(), epoch.getAsLong(), layer.activationBlock(), links.table().added());
      this.frames =
          stateful
              ? new StatefulFrames(
                  head,
                  call,
                  homes,
                  new StatefulFrames.Room(layer.stateBytes(), spec.keeping().messageBytes()),
                  reads)
              : new BatchFrames(head, call, codes);
    }

    @Override
    public MoeOutcome await() {
      while (!round.done()) {
        settleNext();
      }
      for (long id : round.abandon()) {
        Sent<Call> late = sent.get(id);
        if (late != null) {
          late.unwanted();
        }
      }
      freeCodes.push(codes);
      return outcome(round.lost(), topK, stateful);
    }

    void sendFirst() {
      send(round.begin(call.dead()), true);
    }

    /** For some time after it was lost. */
    private boolean mayWait(int expert) {
      Absences.Key key = new Absences.Key(call.layer(), expert);
      return nobodyHas(key) && absences.mayWait(key, System.nanoTime());
    }

    /** Whoever has come has as much time as others have. */
    void lookAgain() {
      List<Send> found = round.lookAgain();
      if (!found.isEmpty()) {
        endNanos = System.nanoTime() + spec.deadline().toNanos();
      }
      send(found, false);
    }

    /** The first try leaves half of the time to another replica, where there is one. */
    void send(List<Send> sends, boolean first) {
      sendEach(sends, first);
      if (round.waits()) {
        waiting.add(this);
      } else {
        waiting.remove(this);
      }
    }

    private void sendEach(List<Send> sends, boolean first) {
      for (Send send : sends) {
        NodeLink link = links.table().link(send.batch().node());
        if (link == null) {
          sendEach(round.failed(send.id(), "the node has left the cluster"), false);
          continue;
        }
        send(send, link, first);
      }
    }

    private void send(Send send, NodeLink link, boolean first) {
      long left = Math.max(1, endNanos - System.nanoTime());
      long mine = first && hasOthers(send.batch()) ? left / 2 : left;
      long now = System.nanoTime();
      int rows = send.batch().outputRows();
      health.sent(link.number(), first, now);
      boolean byLane = link.send(frames.frame(send, mine), rows, links.onLanes());
      // A state stays where it is, however long that takes: nothing is learnt of it.
      long slowAfter = stateful ? Long.MAX_VALUE : health.hedgeAfterNanos(rows);
      Sent.Times times = new Sent.Times(now, slowAfter, mine);
      sent.put(send.id(), new Sent<>(this, link, rows, byLane, times));
    }

    private boolean hasOthers(NodeBatch batch) {
      return batch.groups().stream().allMatch(group -> replicas.nodes(group.expert()).length > 1);
    }

    void askOthers(long id) {
      NodeBatch batch = round.pending(id);
      if (batch != null && !round.isSecond(id) && hasOthers(batch) && health.mayHedge()) {
        send(round.hedge(id), false);
      }
    }

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
                List<GroupAnswer> answers =
                    frames.scatter(batch, answer.header(), answer.outputs());
                if (second) {
                  health.hedgeWon();
                }
                yield round.answered(answer.id(), named(answers, node));
              } catch (IllegalArgumentException e) {
                yield round.failed(answer.id(), node + " sent " + e.getMessage());
              }
            }
          };
      send(again, false);
    }

    void late(long id, NodeLink link) {
      send(round.failed(id, "node " + link.nodeId() + " did not answer in time"), false);
    }
  }

  /** Looks at the table of this moment each time: a node may come back within a round. */
  private final class LatestTable implements Replicas {
    private final int layer;

    LatestTable(int layer) {
      this.layer = layer;
    }

    @Override
    public int[] nodes(int expert) {
      return links.table().nodes(layer, expert);
    }

    @Override
    public long outstandingRows(int node) {
      return links.table().outstandingRows(node);
    }

    /** A state stays where it begins: how quick a node is at this moment is no guide for it. */
    @Override
    public long load(int node, long rows) {
      long all = outstandingRows(node) + rows;
      return spec.layer(layer).stateful() ? all : health.load(node, all, System.nanoTime());
    }

    @Override
    public boolean out(int node) {
      return health.out(node, System.nanoTime());
    }

    @Override
    public String absence(int expert) {
      return links.table().absence(layer, expert);
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
