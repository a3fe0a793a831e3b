package dev.switchboard.node.weights;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.RangeDigest;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import dev.switchboard.proto.v1.WeightsGrpc;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** A source of weights that does the next fault of its list at every call; then it behaves. */
final class FaultySource implements AutoCloseable {
  enum Fault {
    /** The stream breaks after some chunks. */
    BREAK,
    /** A byte of a chunk is not what it was. */
    DAMAGE,
    /** A chunk is left out. */
    GAP,
    /** The stream ends too early, as if all were well. */
    SHORT,
    /** Nothing comes, ever. */
    STALL,
    /** The process ends. */
    DIE
  }

  private final WeightsService service;
  private final RunningServer server;
  private final Queue<Fault> faults;
  private final int sound;
  private volatile boolean dead;
  private volatile boolean lies;

  /**
   * @param faults one a call
   * @param sound chunks that each such call sends before
   */
  FaultySource(WeightTable table, EventLoops loops, List<Fault> faults, int sound) {
    this.service = new WeightsService(table);
    this.faults = new ArrayDeque<>(faults);
    this.sound = sound;
    try {
      this.server = GrpcServers.start(ServerSpec.onLoopback(0, definition()), loops);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  WeightSource source(String id) {
    return new WeightSource(id, "127.0.0.1", server.port());
  }

  /** From now on it says of any range that it has another sum. */
  void liesAboutTheWhole() {
    lies = true;
  }

  private ServerServiceDefinition definition() {
    return WeightsGrpc.bindService(
        new WeightsGrpc.AsyncService() {
          @Override
          public void manifest(ManifestRequest request, StreamObserver<ManifestPart> answer) {
            service.manifest(request, answer);
          }

          @Override
          public void digest(ReadRequest request, StreamObserver<RangeDigest> answer) {
            if (lies) {
              answer.onNext(RangeDigest.newBuilder().setCrc32C(7).build());
              answer.onCompleted();
            } else {
              service.digest(request, answer);
            }
          }

          @Override
          public void read(ReadRequest request, StreamObserver<WeightChunk> answer) {
            Fault fault;
            synchronized (faults) {
              fault = faults.poll();
            }
            if (fault == null) {
              service.read(request, answer);
            } else {
              service.read(
                  request, new Broken((ServerCallStreamObserver<WeightChunk>) answer, fault));
            }
          }
        });
  }

  @Override
  public void close() {
    service.close();
    if (!dead) {
      server.close();
    }
  }

  /** Lets sound chunks through, then does what it must. */
  private final class Broken extends ServerCallStreamObserver<WeightChunk> {
    private final ServerCallStreamObserver<WeightChunk> out;
    private final Fault fault;
    private int sent;

    Broken(ServerCallStreamObserver<WeightChunk> out, Fault fault) {
      this.out = out;
      this.fault = fault;
    }

    @Override
    public void onNext(WeightChunk chunk) {
      int number = sent++;
      if (number < sound || (fault == Fault.GAP && number > sound)) {
        out.onNext(chunk);
      } else if (number == sound) {
        happen(chunk);
      }
    }

    private void happen(WeightChunk chunk) {
      switch (fault) {
        case BREAK -> out.onError(Status.UNAVAILABLE.withDescription("broke").asRuntimeException());
        case DAMAGE -> {
          byte[] bytes = chunk.getData().toByteArray();
          bytes[bytes.length / 2] ^= 4;
          out.onNext(chunk.toBuilder().setData(ByteString.copyFrom(bytes)).build());
        }
        case SHORT -> out.onCompleted();
        case DIE -> {
          dead = true;
          Thread.ofPlatform().start(server::close);
        }
        case GAP, STALL -> {}
      }
    }

    @Override
    public void onError(Throwable problem) {
      out.onError(problem);
    }

    @Override
    public void onCompleted() {
      if (fault == Fault.GAP && sent > sound + 1) {
        out.onCompleted();
      }
    }

    @Override
    public boolean isCancelled() {
      return out.isCancelled();
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      out.setOnCancelHandler(handler);
    }

    @Override
    public void setCompression(String compression) {
      out.setCompression(compression);
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      out.setOnReadyHandler(handler);
    }

    @Override
    public void request(int count) {
      out.request(count);
    }

    @Override
    public void setMessageCompression(boolean enable) {
      out.setMessageCompression(enable);
    }

    @Override
    public void disableAutoInboundFlowControl() {
      out.disableAutoRequest();
    }
  }
}
