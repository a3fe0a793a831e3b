package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.WeightsGrpc;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.Uploads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a router takes of experts, and gives away. */
class GivenExpertsTest {
  @TempDir Path folder;
  private final FakeGrid grid = new FakeGrid();
  private Model model;
  private AddedExpert expert;
  private FakeNode node;
  private TestRouter router;

  @BeforeEach
  void start() {
    Path base = TinyModels.seeded(11).write(folder.resolve("model"));
    model = Model.open(base);
    expert = GrownModels.write(base, folder.resolve("go"), "go");
    node = FakeNode.start("node-a", model, 0, 1, 2, 3);
    router =
        TestRouter.remote(
            model, grid, List.of(node), "router.gates", folder.resolve("gates").toString());
  }

  @AfterEach
  void stop() {
    router.close();
    node.close();
    model.close();
  }

  private int manifestParts() {
    int[] parts = {0};
    WeightsGrpc.newBlockingStub(router.channel())
        .manifest(ManifestRequest.newBuilder().setFingerprint(expert.fingerprint()).build())
        .forEachRemaining(part -> parts[0]++);
    return parts[0];
  }

  @Test
  void nodesAreGivenOneThatIsAdded() throws IOException {
    assertThatThrownBy(this::manifestParts).hasMessageContaining("NOT_FOUND");
    Uploads.add(router, expert.source());
    assertThat(manifestParts()).isPositive();
  }

  @Test
  void partsAreOfOneMebibyteAtTheMost() throws IOException {
    Files.write(expert.source().resolve("model.safetensors"), new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> Uploads.add(router, expert.source(), 2 << 20))
        .hasMessageContainingAll(
            "INVALID_ARGUMENT", "1048577 bytes", "expected 1048576 at the most");
  }

  @Test
  void oneThatIsDamagedIsNotHereAndTheReasonIsTold() throws IOException {
    Uploads.add(router, expert.source());
    Path weights =
        folder.resolve("gates/experts").resolve(expert.fingerprint()).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    assertThatThrownBy(this::manifestParts)
        .hasMessageContainingAll("NOT_FOUND", "model.safetensors", "was changed");
  }
}
