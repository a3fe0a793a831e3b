package dev.switchboard.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.Architectures;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GgufModelsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @Test
  void llamaWithExpertsIsMixtralWithRowsForNeighbours() {
    ModelPlan plan = plan("gguf-tiny/llama.gguf");

    assertThat(plan.modelType()).isEqualTo("mixtral");
    assertThat(plan.moeLayers()).containsExactly(0, 1);
    FeedPlan.Moe moe = plan.layers().getFirst().moe().orElseThrow();
    assertThat(moe.experts()).isEqualTo(8);
    assertThat(moe.topK()).isEqualTo(2);
    assertThat(attention(plan).rope().orElseThrow().interleaved()).isTrue();
    assertThat(plan.endTokens()).containsExactly(2);
    assertThat(plan.bos()).hasValue(1);
  }

  @Test
  void olmoeTurnsHalvesAndNormalisesWholeProjections() {
    ModelPlan plan = plan("gguf-tiny/olmoe.gguf");

    assertThat(plan.modelType()).isEqualTo("olmoe");
    assertThat(attention(plan).rope().orElseThrow().interleaved()).isFalse();
    assertThat(attention(plan).norms().orElseThrow().q().width()).isEqualTo(64);
  }

  @Test
  void quantisedFilesHaveTheSamePlan() {
    assertThat(plan("gguf-quantised/moe-q4_k.gguf"))
        .usingRecursiveComparison()
        .ignoringFields("name")
        .isEqualTo(plan("gguf-quantised/moe-mxfp4.gguf"));
  }

  @Test
  void aFolderIsLeftAsItIs() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("hf/llama"))) {
      assertThat(GgufModels.asFolder(checkpoint)).isSameAs(checkpoint);
    }
  }

  @Test
  void anUnknownArchitectureIsNamedWithTheKnownOnes() {
    Path file = GOLDEN.resolve("gguf/widening.gguf");
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThatThrownBy(() -> GgufModels.asFolder(checkpoint))
          .hasMessageContainingAll("widening.gguf", "general.architecture");
    }
  }

  private static MixerPlan.Attention attention(ModelPlan plan) {
    return (MixerPlan.Attention) plan.layers().getFirst().mixer().orElseThrow().block();
  }

  private static ModelPlan plan(String file) {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(file))) {
      return Architectures.plan(GgufModels.asFolder(checkpoint));
    }
  }
}
