package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every kind of model over nodes gives the bits of one process: experts of every shape, layers
 * without, dense models by layers, codes instead of floats on the wire, models without any expert.
 */
class FamilyClustersIT {
  private static final Path GOLDEN = Launched.home().resolve("model/src/test/resources/golden");
  private static final int TOKENS = 8;

  @ParameterizedTest(name = "{0} over {1} nodes")
  @CsvSource({
    "hf/mixtral, 1",
    "hf/mixtral, 3",
    "hf/deepseek_v3, 2",
    "hf/gpt_oss, 2",
    "hf/jamba, 2",
    "hf/granitemoehybrid, 2",
    "hf/nemotron_h, 2",
    "hf/llama, 2",
    "hf/mamba2, 2",
    "gguf-quantised/moe-q4_k.gguf, 2",
  })
  void nodesGiveTheBitsOfOneProcess(String model, int nodes) {
    Path path = GOLDEN.resolve(model);
    String alone;
    try (TestCluster one = TestCluster.start(Shape.inProcess(path))) {
      alone = digest(one);
    }
    try (TestCluster cluster = TestCluster.start(Shape.of(path, nodes))) {
      assertThat(digest(cluster)).isEqualTo(alone);
      ClusterStatus status = cluster.status();
      assertThat(status.getComplete()).isTrue();
      assertThat(status.getNodesList()).hasSize(nodes);
      int held = status.getNodesList().stream().mapToInt(NodeStatus::getExpertsHeld).sum();
      assertThat(held).isEqualTo(status.getExpertsCount());
    }
  }

  @Test
  void nodesWithoutFilesTakeTheirExpertsFromTheRouter() {
    Path path = GOLDEN.resolve("hf/qwen3_moe");
    String alone;
    try (TestCluster one = TestCluster.start(Shape.inProcess(path))) {
      alone = digest(one);
    }
    Shape shape = Shape.of(path, 2).withoutFiles();
    try (TestCluster cluster = TestCluster.start(shape)) {
      assertThat(digest(cluster)).isEqualTo(alone);
      for (NodeStatus node : cluster.status().getNodesList()) {
        assertThat(node.getToReadBytes()).isPositive();
        assertThat(node.getReadBytes()).isGreaterThanOrEqualTo(node.getToReadBytes());
        assertThat(node.getPackedBytes()).isPositive();
      }
    }
  }

  private static String digest(TestCluster cluster) {
    int[] prompt = new int[21];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = (i * 37 + 5) % 200;
    }
    return Generation.run(cluster.channel(), Generation.greedy(prompt, TOKENS).build()).digest();
  }
}
