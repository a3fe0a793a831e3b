package dev.switchboard.router.testing;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertPart;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Experts on their way to a router. */
public final class Uploads {
  private static final int PART_BYTES = 1 << 18;
  private static final Map<String, ExpertFile> FILES =
      Map.of(
          "config.json", ExpertFile.EXPERT_FILE_CONFIG,
          "model.safetensors", ExpertFile.EXPERT_FILE_WEIGHTS,
          "gate/gate.json", ExpertFile.EXPERT_FILE_GATE_MANIFEST,
          "gate/gate.safetensors", ExpertFile.EXPERT_FILE_GATE_WEIGHTS);

  private Uploads() {}

  /** Sends an expert's directory; fails as the router says. */
  public static AddExpertReply add(TestRouter to, Path directory) throws IOException {
    return add(to, directory, PART_BYTES);
  }

  /** The same with parts of another size. */
  public static AddExpertReply add(TestRouter to, Path directory, int partBytes)
      throws IOException {
    CompletableFuture<AddExpertReply> answer = new CompletableFuture<>();
    StreamObserver<ExpertPart> parts =
        ClusterGrpc.newStub(to.channel())
            .addExpert(
                new StreamObserver<>() {
                  @Override
                  public void onNext(AddExpertReply reply) {
                    answer.complete(reply);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (Map.Entry<String, ExpertFile> file : FILES.entrySet()) {
      byte[] bytes = Files.readAllBytes(directory.resolve(file.getKey()));
      for (int at = 0; at < bytes.length; at += partBytes) {
        ByteString data = ByteString.copyFrom(bytes, at, Math.min(partBytes, bytes.length - at));
        parts.onNext(ExpertPart.newBuilder().setFile(file.getValue()).setData(data).build());
      }
    }
    parts.onCompleted();
    return answer.join();
  }
}
