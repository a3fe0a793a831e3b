package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both spellings give the same plan; the rest holds where a key is absent. */
class RopeReaderTest {
  private static ConfigReader config(String json) {
    try {
      return new ConfigReader(
          Path.of("config.json"), new ObjectMapper().readTree(json.replace('\'', '"')));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static RopePlan read(String json) {
    return RopeReader.read(config(json), 12, false, 10_000);
  }

  @Test
  void plain() {
    RopePlan plain = RopePlan.plain(12, 10_000);
    assertThat(read("{}")).isEqualTo(plain);
    assertThat(read("{'rope_scaling': null, 'rope_theta': 1e6}"))
        .isEqualTo(RopePlan.plain(12, 1e6));
    assertThat(read("{'rope_parameters': {'rope_theta': 5e5, 'rope_type': 'default'}}"))
        .isEqualTo(RopePlan.plain(12, 5e5));
    assertThat(read("{'rope_theta': 1, 'rope_parameters': {'rope_theta': 5e5}}"))
        .isEqualTo(RopePlan.plain(12, 5e5));
  }

  @Test
  void partOfAHead() {
    RopePlan half = RopePlan.plain(6, 10_000);
    assertThat(read("{'partial_rotary_factor': 0.5}")).isEqualTo(half);
    assertThat(read("{'rope_parameters': {'partial_rotary_factor': 0.5}}")).isEqualTo(half);
    assertThat(RopeReader.read(config("{}"), 12, false, 10_000, 0.5)).isEqualTo(half);
  }

  @Test
  void linearAndDynamic() {
    RopePlan linear = new RopePlan(12, 10_000, new Scaling.Linear(4), false);
    assertThat(read("{'rope_scaling': {'factor': 4.0, 'type': 'linear'}}")).isEqualTo(linear);
    assertThat(read("{'rope_parameters': {'factor': 4, 'rope_type': 'linear', 'type': 'x'}}"))
        .isEqualTo(linear);
    assertThat(
            read(
                "{'max_position_embeddings': 40, 'rope_scaling': {'type': 'dynamic', 'factor': 3}}"))
        .isEqualTo(new RopePlan(12, 10_000, new Scaling.Dynamic(3, 40), false));
  }

  @Test
  void yarnKnowsItsMagnitudes() {
    double byFactor = 0.1 * Math.log(4) + 1;
    assertThat(
            read(
                "{'rope_scaling': {'rope_type': 'yarn', 'factor': 4,"
                    + " 'original_max_position_embeddings': 64}}"))
        .isEqualTo(new RopePlan(12, 10_000, new Scaling.Yarn(4, 32, 1, 64, true, byFactor), false));
    RopePlan deepSeek =
        read(
            "{'rope_scaling': {'type': 'yarn', 'factor': 8, 'beta_fast': 30, 'beta_slow': null,"
                + " 'mscale': 1.0, 'mscale_all_dim': 0.707, 'truncate': false,"
                + " 'original_max_position_embeddings': 64}}");
    double ratio = (0.1 * Math.log(8) + 1) / (0.0707 * Math.log(8) + 1);
    assertThat(deepSeek.scaling()).isInstanceOf(Scaling.Yarn.class);
    Scaling.Yarn yarn = (Scaling.Yarn) deepSeek.scaling();
    assertThat(yarn.attentionFactor()).isCloseTo(ratio, within());
    assertThat(yarn.betaFast()).isEqualTo(30);
    assertThat(yarn.betaSlow()).isEqualTo(1);
    assertThat(yarn.truncate()).isFalse();
    Scaling.Yarn given =
        (Scaling.Yarn)
            read("{'max_position_embeddings': 128, 'original_max_position_embeddings': 32,"
                    + " 'rope_scaling': {'type': 'yarn', 'attention_factor': 1.5,"
                    + " 'original_max_position_embeddings': 64}}")
                .scaling();
    assertThat(given).isEqualTo(new Scaling.Yarn(4, 32, 1, 32, true, 1.5));
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(1e-12);
  }

  @Test
  void deepSeekMultipliesItsScores() {
    double magnitude = 0.0707 * Math.log(8) + 1;
    assertThat(
            RopeReader.scoreFactor(
                config("{'rope_scaling': {'type': 'yarn', 'factor': 8, 'mscale_all_dim': 0.707}}")))
        .isCloseTo(magnitude * magnitude, within());
    assertThat(RopeReader.scoreFactor(config("{}"))).isEqualTo(1);
    assertThat(RopeReader.scoreFactor(config("{'rope_scaling': {'type': 'yarn', 'factor': 8}}")))
        .isEqualTo(1);
  }

  @Test
  void longRopeHasAFactorForEachPair() {
    String lists = "'short_factor': [1, 1, 1, 1, 1, 2], 'long_factor': [2, 2, 2, 2, 2, 4.5]";
    assertThat(
            read(
                "{'max_position_embeddings': 256, 'rope_scaling': {'type': 'longrope', "
                    + lists
                    + ", 'original_max_position_embeddings': 40}}"))
        .isEqualTo(
            new RopePlan(
                12,
                10_000,
                new Scaling.LongRope(
                    List.of(1f, 1f, 1f, 1f, 1f, 2f),
                    List.of(2f, 2f, 2f, 2f, 2f, 4.5f),
                    40,
                    Math.sqrt(1 + Math.log(256 / 40.0) / Math.log(40))),
                false));
    assertThatThrownBy(() ->
            RopeReader.read(
                config(
                    "{'max_position_embeddings': 256, 'rope_scaling': {'type': 'longrope', "
                        + lists
                        + "}}"),
                8,
                false,
                10_000))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("expected 4 of each");
  }

  @Test
  void llama3() {
    assertThat(
            read(
                "{'rope_scaling': {'factor': 8.0, 'high_freq_factor': 4.0, 'low_freq_factor': 1.0,"
                    + " 'original_max_position_embeddings': 64, 'rope_type': 'llama3'}}"))
        .isEqualTo(new RopePlan(12, 10_000, new Scaling.Llama3(8, 1, 4, 64), false));
  }

  @Test
  void eachTypeOfLayerHasItsOwn() {
    ConfigReader old =
        config(
            "{'rope_theta': 1e6, 'rope_local_base_freq': 2e4,"
                + " 'rope_scaling': {'rope_type': 'linear', 'factor': 8}}");
    ConfigReader now =
        config(
            "{'rope_parameters': {'full_attention': {'rope_theta': 1e6, 'rope_type': 'linear',"
                + " 'factor': 8}, 'sliding_attention': {'rope_theta': 2e4}}}");
    for (ConfigReader config : List.of(old, now)) {
      assertThat(RopeReader.forType(config, "full_attention", 12, false, 9))
          .isEqualTo(new RopePlan(12, 1e6, new Scaling.Linear(8), false));
      assertThat(RopeReader.forType(config, "sliding_attention", 12, false, 9))
          .isEqualTo(RopePlan.plain(12, 2e4));
    }
  }

  @Test
  void mistakesNameFileAndKey() {
    assertThatThrownBy(() -> read("{'rope_scaling': {'type': 'magic'}}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("magic")
        .hasMessageContaining("longrope");
    assertThatThrownBy(() -> read("{'rope_scaling': {'type': 'linear'}}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("factor");
    assertThatThrownBy(() -> read("{'rope_scaling': {'type': 'linear', 'factor': -2}}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("-2");
    assertThatThrownBy(() -> read("{'rope_theta': 0}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("rope_theta is 0");
    assertThatThrownBy(() -> read("{'rope_parameters': {'mrope_section': [1, 2]}}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("mrope_section");
  }
}
