package dev.switchboard.training.spark;

import com.google.protobuf.ByteString;
import dev.switchboard.model.Model;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.DescribeModelRequest;
import dev.switchboard.proto.v1.ExpertsGrpc;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.ModelDescription;
import dev.switchboard.proto.v1.RunExpertsReply;
import dev.switchboard.proto.v1.RunExpertsRequest;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A router that does nothing but run experts; every third call finds it busy. */
final class ServedExperts implements AutoCloseable {
  private final Model model;
  private final Server server;
  private final Map<Long, Expert> experts = new HashMap<>();
  final AtomicInteger calls = new AtomicInteger();

  ServedExperts(Model model) throws IOException {
    this.model = model;
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Facts())
            .addService(new Runs())
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  private final class Facts extends InferenceGrpc.InferenceImplBase {
    @Override
    public void describeModel(DescribeModelRequest asked, StreamObserver<ModelDescription> out) {
      out.onNext(ModelDescription.newBuilder().setFingerprint(model.fingerprint()).build());
      out.onCompleted();
    }
  }

  private final class Runs extends ExpertsGrpc.ExpertsImplBase {
    @Override
    public void runExperts(RunExpertsRequest request, StreamObserver<RunExpertsReply> out) {
      if (calls.incrementAndGet() % 3 == 0) {
        out.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
        return;
      }
      int d = request.getRows().getShape(1);
      float[] rows = new float[request.getRows().getShape(0) * d];
      ByteBuffer bytes = request.getRows().getData().asReadOnlyByteBuffer();
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(rows);
      float[] outputs = new float[rows.length * request.getPerRow()];
      for (int i = 0; i < request.getExpertsCount(); i++) {
        expert(request.getLayer(), request.getExperts(i))
            .forward(
                rows,
                i / request.getPerRow() * d,
                1,
                ExpertState.NONE,
                outputs,
                i * d,
                new Scratch());
      }
      ByteBuffer answer =
          ByteBuffer.allocate(outputs.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      answer.asFloatBuffer().put(outputs);
      out.onNext(
          RunExpertsReply.newBuilder()
              .setOutputs(
                  Tensor.newBuilder()
                      .setDtype(DType.DTYPE_F32)
                      .setData(ByteString.copyFrom(answer)))
              .build());
      out.onCompleted();
    }
  }

  private synchronized Expert expert(int layer, int index) {
    return experts.computeIfAbsent(
        ((long) layer << 32) + index, key -> model.loadExpert(layer, index));
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
