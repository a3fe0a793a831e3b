package dev.switchboard.model.quantise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import dev.switchboard.model.checkpoint.GgufWriter;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantiseTest {
  @TempDir Path folder;

  private Path source;

  @BeforeEach
  void write() {
    source = folder.resolve("source.gguf");
    writeSource(0.5f);
  }

  private void writeSource(float normWeight) {
    Random random = new Random(3);
    List<GgufWriter.Item> items = new ArrayList<>();
    items.add(item(random, "token_embd.weight", 12, 256));
    items.add(item(random, "output.weight", 12, 256));
    items.add(item(random, "blk.0.attn_q.weight", 6, 256));
    items.add(item(random, "blk.0.ffn_down_exps.weight", 3, 5, 96));
    items.add(
        GgufWriter.Item.of(
            SafetensorsWriter.of(
                "output_norm.weight", DType.F32, new long[] {2}, new float[] {1, normWeight})));
    GgufMetadata metadata =
        new GgufMetadataBuilder()
            .text("general.architecture", "llama")
            .u32("llama.block_count", 1)
            .u32("llama.expert_count", 3)
            .texts("tokenizer.ggml.tokens", List.of("a", "b"))
            .build(source);
    GgufWriter.write(source, metadata, items);
  }

  private static GgufWriter.Item item(Random random, String name, long... shape) {
    int n = 1;
    for (long extent : shape) {
      n *= (int) extent;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return GgufWriter.Item.of(SafetensorsWriter.of(name, DType.F32, shape, values));
  }

  @Test
  void roundsEachTensorAsTheRulesSay() throws IOException {
    Path out = folder.resolve("out.gguf");
    List<String> heard = new ArrayList<>();

    QuantiseReport report =
        Quantise.file(
            source, out, FileType.Q4_K, (name, done, all) -> heard.add(name + done / all));

    assertThat(report.bytes()).isEqualTo(Files.size(out));
    assertThat(report.tensors())
        .extracting(TypeChoice::written)
        .containsExactly(DType.Q4_K, DType.Q6_K, DType.Q4_K, DType.Q8_0, DType.F32);
    assertThat(heard).hasSize(5).endsWith("output_norm.weight1");
    try (Checkpoint before = Checkpoint.open(source);
        Checkpoint after = Checkpoint.open(out)) {
      assertThat(List.copyOf(after.names())).isEqualTo(List.copyOf(before.names()));
      assertThat(after.gguf().orElseThrow().integer("general.file_type")).isEqualTo(15);
      assertThat(after.gguf().orElseThrow().texts("tokenizer.ggml.tokens"))
          .containsExactly("a", "b");
      for (String name : after.names()) {
        float[] old = before.find(name).orElseThrow().toFloats();
        float[] rounded = after.find(name).orElseThrow().toFloats();
        for (int i = 0; i < old.length; i++) {
          assertThat(Math.abs(old[i] - rounded[i])).as(name).isLessThan(0.25f);
        }
      }
    }
  }

  @Test
  void whatHasTheTypeAlreadyIsCopied() throws IOException {
    Path once = folder.resolve("once.gguf");
    Path twice = folder.resolve("twice.gguf");
    Quantise.file(source, once, FileType.Q8_0, (_, _, _) -> {});
    Quantise.file(once, twice, FileType.Q8_0, (_, _, _) -> {});

    assertThat(Files.readAllBytes(twice)).isEqualTo(Files.readAllBytes(once));
    try (Checkpoint checkpoint = Checkpoint.open(once)) {
      Tensor experts = checkpoint.find("blk.0.ffn_down_exps.weight").orElseThrow();
      assertThat(experts.shape()).containsExactly(3L, 5L, 96L);
      assertThat(experts.data().toArray(ValueLayout.JAVA_BYTE)).hasSize(3 * 5 * 3 * 34);
    }
  }

  @Test
  void refusesWithNames() {
    Path out = folder.resolve("out.gguf");
    assertRefused(() -> Quantise.file(source, source, FileType.Q8_0, (_, _, _) -> {}), "is read");
    assertRefused(() -> Quantise.file(source, folder, FileType.Q8_0, (_, _, _) -> {}), "directory");
    assertRefused(
        () -> Quantise.file(folder.resolve("no.gguf"), out, FileType.Q8_0, (_, _, _) -> {}),
        "no.gguf");
    writeSource(Float.NaN);
    assertRefused(
        () -> Quantise.file(source, out, FileType.Q8_0, (_, _, _) -> {}),
        "source.gguf",
        "tensor output_norm.weight",
        "NaN");
    assertThat(out).doesNotExist();
  }

  private static void assertRefused(Runnable run, String... expected) {
    assertThatThrownBy(run::run)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(expected);
  }
}
