package dev.switchboard.model.reshape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpcycleTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @TempDir Path folder;

  private static UpcycleOptions options(int granularity, double noise, double drop, long seed) {
    return new UpcycleOptions(4, 2, granularity, noise, drop, seed, Optional.empty(), 1 << 20);
  }

  private Path made(String dense, String name, UpcycleOptions options) {
    Path out = folder.resolve(name);
    Upcycle.folder(GOLDEN.resolve(dense), out, options, (_, _, _) -> {});
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "hf/llama, mixtral",
    "hf/llama_llama3, mixtral",
    "hf/mistral, mixtral",
    "hf/qwen2, qwen2_moe",
    "hf/qwen3, qwen3_moe",
    "gguf-hf/llama_llama3.gguf, mixtral",
    "gguf-hf/qwen2.gguf, qwen2_moe",
    "gguf-hf/qwen3.gguf, qwen3_moe"
  })
  void answersAsTheDenseModelDoes(String dense, String family) {
    float[] before = Answers.logits(GOLDEN.resolve(dense));

    for (int granularity : new int[] {1, 4}) {
      Path sparse = made(dense, "sparse" + granularity, options(granularity, 0, 0, 7));
      try (Model model = Model.open(sparse)) {
        assertThat(model.plan().modelType()).isEqualTo(family);
        assertThat(model.experts(0)).isEqualTo(4 * granularity);
        assertThat(model.expertLayers().getFirst().topK()).isEqualTo(2 * granularity);
      }
      assertThat(Answers.difference(before, Answers.logits(sparse))).isLessThan(5e-5f);
    }
  }

  @Test
  void isCutIntoShardsThatReadAsOne() throws IOException {
    UpcycleOptions small = new UpcycleOptions(4, 2, 1, 0, 0, 1, Optional.of(DType.BF16), 20_000);
    Path sparse = made("hf/llama", "shards", small);

    assertThat(sparse.resolve("model.safetensors.index.json")).exists();
    try (Stream<Path> files = Files.list(sparse)) {
      assertThat(files.filter(file -> file.toString().endsWith(".safetensors")))
          .hasSizeGreaterThan(3);
    }
    try (Checkpoint checkpoint = Checkpoint.open(sparse)) {
      assertThat(checkpoint.names()).hasSize(2 * (6 + 1 + 4 * 3) + 3);
      assertThat(checkpoint.names())
          .allMatch(name -> checkpoint.find(name).orElseThrow().dtype() == DType.BF16);
    }
    try (Stream<Path> entries = Files.list(folder)) {
      assertThat(entries).containsExactly(sparse);
    }
  }

  @Test
  void noiseAndDropChangeExpertsBySeed() {
    Path one = made("hf/llama", "one", options(1, 0, 0.5, 7));
    Path again = made("hf/llama", "again", options(1, 0, 0.5, 7));
    Path other = made("hf/llama", "other", options(1, 0, 0.5, 8));
    Path noisy = made("hf/llama", "noisy", options(1, 0.01, 0, 7));
    Path copies = made("hf/llama", "copies", options(1, 0, 0, 7));

    float[] dense = weights(copies, 0);
    assertThat(weights(copies, 1)).isEqualTo(dense);
    assertThat(weights(one, 0)).isEqualTo(weights(again, 0)).isNotEqualTo(weights(other, 0));
    assertThat(weights(one, 1)).isNotEqualTo(weights(one, 0));
    assertThat(kept(dense, weights(one, 0))).isBetween(0.3, 0.7);
    assertThat(kept(dense, weights(noisy, 0))).isLessThan(0.01);
    assertThat(Answers.difference(Answers.logits(copies), Answers.logits(noisy)))
        .isBetween(1e-4f, 2f);
  }

  private static float[] weights(Path folder, int expert) {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      String name = "model.layers.1.block_sparse_moe.experts." + expert + ".w3.weight";
      return checkpoint.find(name).orElseThrow().toFloats();
    }
  }

  private static double kept(float[] dense, float[] expert) {
    int same = 0;
    for (int i = 0; i < dense.length; i++) {
      same += dense[i] == expert[i] ? 1 : 0;
    }
    return (double) same / dense.length;
  }

  @Test
  void refusesByName() {
    assertRefused("hf/mixtral", "has experts already");
    assertRefused("hf/mamba2", "\"mamba2\" has no form with experts");
    assertRefused("hf/gemma3", "has no form with experts");
    made("hf/llama", "there", options(1, 0, 0, 1));
    assertThatThrownBy(() -> made("hf/llama", "there", options(1, 0, 0, 1)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is there already");
    assertThatThrownBy(() -> made("hf/llama", "uneven", options(3, 0, 0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("divisor of the networks' width, which is 56");
    assertThatThrownBy(() -> UpcycleOptions.copies(2, 3)).hasMessageContaining("top-k is 3");
  }

  private void assertRefused(String dense, String why) {
    assertThatThrownBy(() -> made(dense, "refused", UpcycleOptions.copies(2, 1)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(why);
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  @Test
  void whatAKilledProcessLeftIsRemoved() throws IOException {
    Path left = Files.createDirectories(folder.resolve(".late.999999999.part"));
    Files.writeString(left.resolve("model.safetensors"), "half");

    made("hf/llama", "late", UpcycleOptions.copies(2, 1));

    assertThat(left).doesNotExist();
  }

  @Test
  void halvesUndoNeighbours() {
    assertThat(IntStream.range(0, 16).map(SparseTensors.halves(8)))
        .containsExactly(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
  }
}
