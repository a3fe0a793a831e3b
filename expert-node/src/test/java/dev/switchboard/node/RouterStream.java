package dev.switchboard.node;

import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.GrpcChannels;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.Hello;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A router's side of a stream, for tests. */
public final class RouterStream implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final EventLoops loops = EventLoops.start("test-router", 1);
  private final ManagedChannel channel;
  private final StreamObserver<ExpertBatchFrame> out;
  private final BlockingQueue<ExpertResultFrame> results = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();

  public RouterStream(String address) {
    String[] parts = address.split(":");
    channel = GrpcChannels.open(parts[0], Integer.parseInt(parts[1]), 1 << 24, loops);
    out =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(ExpertNodeMethods.PROCESS, CallOptions.DEFAULT), new Inbox());
  }

  private final class Inbox implements StreamObserver<ExpertResultFrame> {
    @Override
    public void onNext(ExpertResultFrame result) {
      results.add(result);
    }

    @Override
    public void onError(Throwable t) {
      end.complete(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }

  public ManagedChannel channel() {
    return channel;
  }

  public void send(ExpertBatchFrame frame) {
    out.onNext(frame);
  }

  /** Opens the stream as a peer that agrees; returns the node's hello. */
  public Hello greet(Hello hello) throws InterruptedException {
    send(opening(hello));
    return next().header().getHello();
  }

  public static ExpertBatchFrame opening(Hello hello) {
    return new ExpertBatchFrame(ExpertBatch.newBuilder().setHello(hello).build(), TensorRows.NONE);
  }

  public ExpertResultFrame ask(ExpertBatchFrame frame) throws InterruptedException {
    send(frame);
    return next();
  }

  public ExpertResultFrame next() throws InterruptedException {
    ExpertResultFrame result = results.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (result == null) {
      throw new AssertionError("no result; the stream's end: " + end.getNow(Status.UNKNOWN));
    }
    return result;
  }

  public void halfClose() {
    out.onCompleted();
  }

  /** How the node ended the stream. */
  public Status end() throws Exception {
    return end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    loops.close();
  }
}
