package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.Scratch;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From the reference's router logits: the same experts, and weights within 1e-5. */
class RoutingGoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");
  private static final Pattern LOGITS = Pattern.compile("(prompt.\\.router)\\.(\\d+)\\.logits");

  /**
   * @param correction pattern of the tensor's name; empty: none
   */
  private record Family(String name, RoutingRule rule, String correction) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Family plain(String name, int topK, Scoring scoring, boolean renormalise) {
    return new Family(name, RoutingRule.of(topK, scoring, renormalise), "");
  }

  private static RoutingRule sigmoid(int topK, int groups, int kept) {
    return new RoutingRule(
        topK,
        Scoring.SIGMOID,
        true,
        2.5f,
        Optional.of(new Groups(groups, kept, GroupScore.SUM_OF_TWO_BEST)));
  }

  static Stream<Family> families() {
    RoutingRule best =
        new RoutingRule(
            3, Scoring.SOFTMAX_OF_ALL, false, 2f, Optional.of(new Groups(4, 2, GroupScore.BEST)));
    return Stream.of(
        plain("mixtral", 2, Scoring.SOFTMAX_OF_ALL, true),
        plain("qwen2_moe", 2, Scoring.SOFTMAX_OF_ALL, false),
        plain("qwen3_moe", 2, Scoring.SOFTMAX_OF_ALL, true),
        plain("olmoe", 2, Scoring.SOFTMAX_OF_ALL, false),
        plain("jamba", 2, Scoring.SOFTMAX_OF_ALL, false),
        plain("granitemoe", 2, Scoring.SOFTMAX_OF_CHOSEN, false),
        plain("granitemoehybrid", 2, Scoring.SOFTMAX_OF_CHOSEN, false),
        plain("gpt_oss", 2, Scoring.SOFTMAX_OF_CHOSEN, false),
        new Family("deepseek_v2", best, ""),
        new Family(
            "deepseek_v3", sigmoid(4, 4, 2), "model.layers.%d.mlp.gate.e_score_correction_bias"),
        new Family(
            "nemotron_h",
            sigmoid(2, 1, 1),
            "backbone.layers.%d.mixer.gate.e_score_correction_bias"));
  }

  @ParameterizedTest
  @MethodSource("families")
  void choosesAndWeighsAsTheReference(Family family) {
    Path folder = GOLDEN.resolve(family.name());
    int layers = 0;
    try (Checkpoint expected = Checkpoint.open(folder.resolve("expected.safetensors"));
        Checkpoint model = Checkpoint.open(folder.resolve("model.safetensors"))) {
      for (String name : List.copyOf(expected.names())) {
        Matcher matcher = LOGITS.matcher(name);
        if (matcher.matches()) {
          layers++;
          float[] correction = new float[0];
          if (!family.correction().isEmpty()) {
            String tensor = family.correction().formatted(Integer.parseInt(matcher.group(2)));
            correction = model.find(tensor).orElseThrow().toFloats();
          }
          compare(family.rule(), correction, expected, matcher.group(1) + "." + matcher.group(2));
        }
      }
    }
    assertThat(layers).isPositive();
  }

  private static void compare(
      RoutingRule rule, float[] correction, Checkpoint expected, String prefix) {
    Tensor logits = expected.find(prefix + ".logits").orElseThrow();
    int tokens = logits.dim(0);
    int experts = logits.dim(1);
    float[] values = logits.toFloats();
    int[] theirs = ints(expected.find(prefix + ".experts").orElseThrow());
    float[] theirWeights = expected.find(prefix + ".weights").orElseThrow().toFloats();
    int k = rule.topK();
    Choice choice = new Choice(rule, experts, correction);
    Scratch scratch = new Scratch();
    for (int t = 0; t < tokens; t++) {
      int[] chosen = new int[k];
      float[] weights = new float[k];
      choice.choose(values, t * experts, chosen, weights, 0, scratch);
      Map<Integer, Float> ours = new HashMap<>();
      for (int rank = 0; rank < k; rank++) {
        ours.put(chosen[rank], weights[rank]);
      }
      assertThat(theirs).hasSize(tokens * k);
      for (int rank = t * k; rank < (t + 1) * k; rank++) {
        assertThat(ours).as(prefix + ", token " + t).containsKey(theirs[rank]);
        assertThat(ours.get(theirs[rank])).isCloseTo(theirWeights[rank], within(1e-5f));
      }
    }
  }

  private static int[] ints(Tensor tensor) {
    return tensor
        .data()
        .toArray(
            java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED.withOrder(
                java.nio.ByteOrder.LITTLE_ENDIAN));
  }
}
