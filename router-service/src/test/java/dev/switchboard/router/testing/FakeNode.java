package dev.switchboard.router.testing;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** An expert node within a test: computes truly, and fails on demand. */
public final class FakeNode implements AutoCloseable {
  /** What the node does with a batch. */
  public enum Mood {
    ANSWER,
    SILENT,
    REFUSE,
    SHORT
  }

  private final String id;
  private final Model model;
  private volatile List<Integer> held;
  private final FakeExperts experts;
  private final EventLoops loops = EventLoops.start("fake-node", 1);
  private final Set<Long> released = new HashSet<>();
  private final int port;
  private RunningServer server;
  private boolean dead;
  private volatile Thread death = new Thread();
  private int batches;
  private int dieAfter = Integer.MAX_VALUE;
  private volatile Mood mood = Mood.ANSWER;
  private volatile int arithmetic = Arithmetic.VERSION;

  private FakeNode(String id, Model model, List<Integer> held) {
    this.id = id;
    this.model = model;
    this.held = held;
    this.experts = new FakeExperts(model);
    ExpertUnits units = units(model);
    for (int unit : held) {
      for (ExpertUnits.Member member : units.members(unit)) {
        experts.load(member.layer(), member.index());
      }
    }
    this.server = listen(0);
    this.port = server.port();
  }

  public static FakeNode start(String id, Model model, Integer... held) {
    return new FakeNode(id, model, List.of(held));
  }

  /** A node that holds everything, mixers too. */
  public static FakeNode holdingAll(String id, Model model) {
    return start(
        id, model, IntStream.range(0, units(model).count()).boxed().toArray(Integer[]::new));
  }

  private static ExpertUnits units(Model model) {
    return new ExpertUnits(
        model.expertLayers().stream()
            .map(layer -> new ExpertUnits.Layer(layer.layer(), layer.experts()))
            .toList(),
        model.mixerLayers().stream().map(ExpertLayer::layer).toList());
  }

  private RunningServer listen(int port) {
    try {
      RunningServer started =
          GrpcServers.start(
              ServerSpec.onLoopback(port, ExpertNodeMethods.bind(new Unary(), Stream::new)), loops);
      started.setServing(true);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Holds an expert that was added to the model, from now on; say so with {@link #info}. */
  public synchronized FakeNode holdAlso(AddedExpert expert, int unit) {
    experts.load(expert);
    held = java.util.stream.Stream.concat(held.stream(), java.util.stream.Stream.of(unit)).toList();
    return this;
  }

  public NodeInfo info() {
    return NodeInfo.joining(id, "127.0.0.1", port, model.fingerprint(), 0).ready(1, held);
  }

  public String id() {
    return id;
  }

  public FakeNode mood(Mood next) {
    mood = next;
    return this;
  }

  /** Whether routers of this build can send to it. */
  boolean fits() {
    return arithmetic == Arithmetic.VERSION;
  }

  /** Speaks another arithmetic from the next stream on. */
  public FakeNode arithmetic(int version) {
    arithmetic = version;
    return this;
  }

  /** Breaks all connections when this many batches have been taken, the last one unanswered. */
  public synchronized void dieAfter(int more) {
    dieAfter = batches + more;
  }

  public synchronized boolean dead() {
    return dead;
  }

  public synchronized int batches() {
    return batches;
  }

  public synchronized Set<Long> released() {
    return Set.copyOf(released);
  }

  /** States that routers have sent along. */
  public synchronized int given() {
    return experts.given();
  }

  /** As a node that is short of memory does. */
  public synchronized void forgetStates() {
    experts.forgetStates();
  }

  public synchronized int sequences() {
    return experts.sequences();
  }

  /** Stops as a killed process does. */
  public void die() {
    RunningServer running;
    synchronized (this) {
      if (dead) {
        return;
      }
      dead = true;
      running = server;
    }
    running.close();
  }

  /** Listens again, at the same address, states forgotten. Waits until it is dead. */
  public void comeBack() {
    join(death);
    // Not within the lock: the network's thread needs it to close the old socket.
    RunningServer again = listenAgain();
    synchronized (this) {
      experts.forgetStates();
      dieAfter = Integer.MAX_VALUE;
      server = again;
      dead = false;
    }
  }

  /**
   * A port that nobody listens on may be some connection's own end for a moment: then once more.
   */
  private RunningServer listenAgain() {
    long patience = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (true) {
      try {
        return listen(port);
      } catch (UncheckedIOException taken) {
        if (System.nanoTime() - patience > 0) {
          throw taken;
        }
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    join(death);
    die();
    loops.close();
  }

  private synchronized ExpertResultFrame answer(ExpertBatchFrame frame) {
    return experts.answer(frame, mood);
  }

  private final class Stream implements StreamObserver<ExpertBatchFrame> {
    private final StreamObserver<ExpertResultFrame> peer;

    Stream(StreamObserver<ExpertResultFrame> peer) {
      this.peer = peer;
    }

    @Override
    public void onNext(ExpertBatchFrame frame) {
      if (frame.header().hasHello()) {
        Hello mine =
            Handshake.hello(arithmetic, model.fingerprint(), List.of())
                .setSenderId(id)
                .setMaxMessageBytes(64 << 20)
                .build();
        peer.onNext(
            new ExpertResultFrame(
                ExpertResult.newBuilder().setHello(mine).build(), TensorRows.NONE));
        return;
      }
      boolean dies;
      synchronized (FakeNode.this) {
        batches++;
        dies = batches == dieAfter;
      }
      if (dies) {
        // Not on the server's own thread: it could not end.
        death = Thread.ofPlatform().name("fake-node-death").start(FakeNode.this::die);
        peer.onError(Status.UNAVAILABLE.withDescription("killed").asRuntimeException());
      } else if (mood != Mood.SILENT) {
        peer.onNext(answer(frame));
      }
    }

    @Override
    public void onError(Throwable problem) {}

    @Override
    public void onCompleted() {
      peer.onCompleted();
    }
  }

  private final class Unary extends ExpertNodeGrpc.ExpertNodeImplBase {
    @Override
    public void describe(DescribeRequest request, StreamObserver<NodeDescription> reader) {
      NodeDescription.Builder description =
          NodeDescription.newBuilder().setNodeId(id).setModelFingerprint(model.fingerprint());
      synchronized (FakeNode.this) {
        description.addAllExperts(experts.counters());
      }
      reader.onNext(description.build());
      reader.onCompleted();
    }

    @Override
    public void release(ReleaseRequest request, StreamObserver<ReleaseReply> reader) {
      synchronized (FakeNode.this) {
        request
            .getSequenceIdsList()
            .forEach(sequence -> {
              experts.release(sequence);
              released.add(sequence);
            });
      }
      reader.onNext(ReleaseReply.getDefaultInstance());
      reader.onCompleted();
    }
  }
}
