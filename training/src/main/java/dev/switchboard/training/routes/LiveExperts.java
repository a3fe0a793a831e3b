package dev.switchboard.training.routes;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.RunExpertsReply;
import dev.switchboard.proto.v1.RunExpertsRequest;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The experts of a served model, asked over gRPC: each call has a deadline, and is tried again. */
public final class LiveExperts implements ChangeJudge.Answers, AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int TRIES = 20;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final SwitchboardClient client;
  private final String router;
  private final String fingerprint;

  /**
   * @param router HOST:PORT
   * @param fingerprint of the model that it must serve
   */
  public LiveExperts(String router, String fingerprint) {
    this.router = router;
    this.fingerprint = fingerprint;
    this.client =
        SwitchboardClient.connect(
            HostPort.parse(router), Optional.ofNullable(System.getenv("SWITCHBOARD_API_KEY")));
  }

  /**
   * Asks whether the router is there and serves the model.
   *
   * @throws IOException if not
   */
  public void check() throws IOException {
    try {
      String served = client.describeModel(DEADLINE).getFingerprint();
      if (!served.equals(fingerprint)) {
        throw new IOException(
            "%s serves the model %s; the routes are of %s".formatted(router, served, fingerprint));
      }
    } catch (StatusRuntimeException e) {
      throw failed(e);
    }
  }

  @Override
  public float[] of(int layer, float[][] rows, int[] experts, int perRow) throws IOException {
    RunExpertsRequest request =
        RunExpertsRequest.newBuilder()
            .setModelFingerprint(fingerprint)
            .setLayer(layer)
            .setPerRow(perRow)
            .addAllExperts(Arrays.stream(experts).boxed().toList())
            .setRows(tensor(rows))
            .build();
    for (int attempt = 1; ; attempt++) {
      try {
        return floats(client.runExperts(request, DEADLINE), rows.length * perRow);
      } catch (StatusRuntimeException e) {
        Status.Code code = e.getStatus().getCode();
        boolean again = code == Status.Code.RESOURCE_EXHAUSTED || code == Status.Code.UNAVAILABLE;
        if (!again || attempt == TRIES) {
          throw failed(e);
        }
        LockSupport.parkNanos(PAUSE_NANOS * attempt);
      }
    }
  }

  private IOException failed(StatusRuntimeException e) {
    return new IOException("router %s: %s".formatted(router, e.getStatus()), e);
  }

  private static Tensor tensor(float[][] rows) {
    int d = rows[0].length;
    ByteBuffer bytes =
        ByteBuffer.allocate(rows.length * d * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : rows) {
      bytes.asFloatBuffer().put(row);
      bytes.position(bytes.position() + d * Float.BYTES);
    }
    return Tensor.newBuilder()
        .setDtype(DType.DTYPE_F32)
        .addShape(rows.length)
        .addShape(d)
        .setData(UnsafeByteOperations.unsafeWrap(bytes.flip()))
        .build();
  }

  private float[] floats(RunExpertsReply reply, int answers) throws IOException {
    ByteBuffer bytes =
        reply.getOutputs().getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    if (values.length == 0 || values.length % answers != 0) {
      throw new IOException(
          "router %s sent %s values for %s answers".formatted(router, values.length, answers));
    }
    return values;
  }

  @Override
  public void close() {
    client.close();
  }
}
