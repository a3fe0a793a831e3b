package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.Protocols;
import dev.switchboard.proto.v1.Hello;
import io.grpc.ManagedChannel;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream to one node: opens it, greets, sends, and hands every reply to the inbox; opens it
 * again after it broke. What to do when is {@link LinkMachine}'s. For each message that was
 * accepted exactly one reply reaches the inbox, unless it is forgotten before.
 */
final class NodeLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLink.class);

  private final int number;
  private final NodeInfo node;
  private final LinkSettings settings;
  private final LinkContext context;
  private final LinkMachine machine;
  private final OutstandingRows outstanding = new OutstandingRows();
  private final LinkChannels channels;
  private @Nullable LinkStream stream;
  private final LinkLane lane;
  private int protocol;

  NodeLink(
      int number,
      NodeInfo node,
      LinkChannels channels,
      LinkSettings settings,
      LinkContext context) {
    this.number = number;
    this.node = node;
    this.channels = channels;
    this.settings = settings;
    this.context = context;
    this.machine = new LinkMachine(settings.firstDelay(), settings.lastDelay());
    this.lane = new LinkLane(settings, context.lanes(), new LaneOwner());
  }

  int number() {
    return number;
  }

  String nodeId() {
    return node.id();
  }

  ManagedChannel channel() {
    return channels.tcp();
  }

  long outstandingRows() {
    return outstanding.count();
  }

  synchronized boolean ready() {
    return machine.state() == LinkMachine.State.READY;
  }

  /** Why the node cannot be used, or empty if it can. */
  synchronized Optional<String> problem() {
    return machine.state() == LinkMachine.State.READY
        ? Optional.empty()
        : Optional.of(machine.reason());
  }

  /** Version that the two speak; 0 before they have greeted. */
  synchronized int protocol() {
    return protocol;
  }

  /** Opens the first stream. */
  synchronized void open() {
    openStream();
  }

  /** Whether batches may go by a lane. */
  synchronized boolean hasLane() {
    return lane.isOpen();
  }

  /** How a batch goes that does not go by the lane. */
  synchronized HopWay streamWay() {
    return channels.isLocal() ? HopWay.SOCKET : HopWay.TCP;
  }

  /** Threads of this host that the node computes with; 0 without a lane. */
  synchronized int threadsHere() {
    return lane.nodeThreads();
  }

  /**
   * Sends a batch; its reply goes to the inbox under the batch's id.
   *
   * @param byLane by the lane, if there is one and the batch fits
   * @return whether it went by the lane
   */
  boolean send(ExpertBatchFrame batch, int rows, boolean byLane) {
    boolean sent;
    boolean broke;
    synchronized (this) {
      boolean wasReady = ready();
      sent = sendNow(batch, rows, byLane);
      broke = wasReady && !ready();
    }
    if (broke) {
      changed();
    }
    return sent;
  }

  private boolean sendNow(ExpertBatchFrame batch, int rows, boolean byLane) {
    long id = batch.header().getId();
    LinkStream open = stream;
    if (open == null || machine.state() != LinkMachine.State.READY) {
      context.inbox().put(new Reply.Broken(id, describe(machine.reason())));
      return false;
    }
    outstanding.sent(id, rows);
    if (byLane && lane.sent(batch, rows)) {
      return true;
    }
    if (stream == open) {
      open.send(batch);
    }
    return false;
  }

  /**
   * The node has not answered this message in time: nobody waits for it any more, and nothing else
   * is sent until the node has greeted anew.
   */
  void late(long id, String reason) {
    synchronized (this) {
      if (!outstanding.settle(id)) {
        return;
      }
      broken(reason);
    }
    changed();
  }

  /**
   * Nobody waits for this message any more, which went by the stream. Its reply comes all the same.
   */
  synchronized void cancel(long id) {
    LinkStream open = stream;
    if (open != null && machine.state() == LinkMachine.State.READY) {
      open.unwanted(id);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      machine.close();
      endStream("the node left the cluster");
    }
    channels.close();
  }

  private void openStream() {
    LinkStream open = new LinkStream(channels.next());
    stream = open;
    open.start(new LinkListener(this, open), settings.hello());
    schedule(() -> greetingLate(open), settings.greetWithin().toNanos());
  }

  private void greetingLate(LinkStream open) {
    synchronized (this) {
      if (stream != open || machine.state() != LinkMachine.State.CONNECTING) {
        return;
      }
      broken("no greeting within " + settings.greetWithin().toMillis() + " ms");
    }
    changed();
  }

  /** The link as its lane sees it. */
  private final class LaneOwner implements LinkLane.Owner {
    @Override
    public void locked(Runnable work) {
      boolean changed;
      synchronized (NodeLink.this) {
        boolean wasReady = ready();
        boolean hadLane = lane.isOpen();
        work.run();
        changed = wasReady != ready() || hadLane != lane.isOpen();
      }
      if (changed) {
        changed();
      }
    }

    @Override
    public void answered(NodeLane.Answer answer, Runnable done) {
      long id = answer.id();
      if (outstanding.settle(id)) {
        machine.answered();
        context.inbox().put(new Reply.Answer(id, answer.header(), answer.outputs(), done));
      } else {
        done.run();
      }
    }

    @Override
    public void laneBroke(String reason) {
      broken(reason);
    }

    @Override
    public boolean asks(BooleanSupplier question) {
      synchronized (NodeLink.this) {
        return question.getAsBoolean();
      }
    }

    @Override
    public void later(Runnable work, long delayNanos) {
      schedule(context.opener(), work, delayNanos);
    }
  }

  private void reconnect() {
    synchronized (this) {
      if (machine.reconnect()) {
        openStream();
      }
    }
  }

  private void broken(String reason) {
    if (machine.state() == LinkMachine.State.CONNECTING) {
      channels.failed();
    }
    context.breaks().broke(reason);
    long delay = machine.broken(reason);
    endStream(reason);
    schedule(this::reconnect, delay);
  }

  /** Fails all that is under way. */
  private void endStream(String reason) {
    LinkStream open = stream;
    stream = null;
    if (open != null) {
      open.end(reason);
    }
    lane.close();
    for (long id : outstanding.settleAll()) {
      context.inbox().put(new Reply.Broken(id, describe(reason)));
    }
  }

  private void schedule(Runnable task, long delayNanos) {
    schedule(context.timer(), task, delayNanos);
  }

  private static void schedule(ScheduledExecutorService thread, Runnable task, long delayNanos) {
    if (delayNanos < 0) {
      return;
    }
    try {
      thread.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the links are closed: {}", e.getMessage());
    }
  }

  /**
   * Tells the owner, who locks itself and then asks its links: never from inside this link's lock.
   * A channel that has just failed ends a stream on the thread that opens it.
   */
  private void changed() {
    if (Thread.holdsLock(this)) {
      schedule(this::changed, 0);
    } else {
      context.changed().accept(this);
    }
  }

  private String describe(String reason) {
    return "node " + node.id() + " at " + node.address() + ": " + reason;
  }

  private void greet(Hello theirs) {
    Optional<String> mismatch = settings.mismatch(node.id(), theirs);
    if (mismatch.isPresent()) {
      refused(mismatch.get());
    } else {
      machine.greeted();
      protocol = Handshake.protocol(settings.hello(), theirs);
      LinkStream open = stream;
      if (open == null) {
        return;
      }
      open.greeted(protocol >= Protocols.CANCELS || theirs.getCancels());
      if (settings.laneBytes() > 0) {
        BooleanSupplier wanted = () -> stream == open && machine.state() == LinkMachine.State.READY;
        channels.lanes().ifPresent(path -> lane.open(path, node.id(), wanted));
      }
    }
  }

  private void refused(String reason) {
    LOG.warn("{}", describe(reason));
    long delay = machine.refused(reason);
    endStream(reason);
    schedule(this::reconnect, delay);
  }

  /** From a stream, on the network's thread. */
  void received(LinkStream from, ExpertResultFrame frame) {
    if (frame.header().hasHello()) {
      synchronized (this) {
        if (stream == from) {
          greet(frame.header().getHello());
        }
      }
      changed();
      return;
    }
    long id = frame.header().getId();
    synchronized (this) {
      if (stream != from || !outstanding.settle(id)) {
        return;
      }
      machine.answered();
    }
    context.inbox().put(new Reply.Answer(id, frame.header(), frame.outputs(), () -> {}));
  }

  /** A stream has ended, on the network's thread. */
  void ended(LinkStream from, boolean refused, String reason) {
    synchronized (this) {
      if (stream != from) {
        return;
      }
      if (refused) {
        refused(reason);
      } else {
        broken(reason);
      }
    }
    changed();
  }
}
