package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mixers placed as experts are: the bits of mixers in the trunk. */
class PlacedMixersTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");
  private static final int[] TEXT = IntStream.range(0, 37).map(i -> 5 + i * 11 % 200).toArray();

  @TempDir Path folder;

  private Model open(String name) {
    return name.equals("switchboard")
        ? Model.open(TinyModels.seeded(3).mambaExperts().write(folder))
        : Model.open(GOLDEN.resolve(name));
  }

  private static float[] run(ForwardPass pass, SequenceState sequence, int[] tokens) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, true)));
    assertThat(result.failures()).isEmpty();
    return Objects.requireNonNull(result.logits()[0]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "jamba",
        "bamba",
        "granitemoehybrid",
        "nemotron_h",
        "switchboard"
      })
  void placedOrNotTheBitsAreTheSame(String name) {
    try (Model plain = open(name);
        Model placed = open(name)) {
      LocalExperts experts = plain.localExperts();
      ForwardPass pass = new ForwardPass(plain.trunk(), experts);
      float[] expected = run(pass, plain.trunk().newSequence(1, 0), TEXT);

      placed.placeMixers();
      assertThat(placed.placedMixers()).isNotEmpty();
      LocalExperts all = placed.localExperts();
      ForwardPass elsewhere = new ForwardPass(placed.trunk(), all);
      SequenceState sequence = placed.trunk().newSequence(1, 0);
      int[] begin = Arrays.copyOf(TEXT, 20);
      run(elsewhere, sequence, begin);
      SequenceSnapshot snapshot = sequence.snapshot(begin, all.snapshot(1));
      float[] rest = run(elsewhere, sequence, Arrays.copyOfRange(TEXT, 20, TEXT.length));
      assertThat(rest).isEqualTo(expected);

      all.restore(2, snapshot.experts());
      SequenceState restored = placed.trunk().restore(2, snapshot, 0);
      assertThat(run(elsewhere, restored, Arrays.copyOfRange(TEXT, 20, TEXT.length)))
          .isEqualTo(rest);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "mamba2", "switchboard"})
  void aMixersStateIsAsLargeAsWasSaid(String name) {
    try (Model model = open(name)) {
      for (ExpertLayer layer : model.mixerLayers()) {
        Expert mixer = model.loadExpert(layer.layer(), 0);
        ExpertState state = mixer.newState();
        byte[] bytes = state.toBytes();
        assertThat(bytes).hasSize((int) layer.stateBytes());
        assertThat(mixer.readState(bytes).version()).isZero();
        bytes[0] ^= 1;
        assertThatThrownBy(() -> mixer.readState(bytes))
            .hasMessageContaining("not a mixer's state");
        assertThatThrownBy(() -> mixer.readState(new byte[3])).hasMessageContaining("3 bytes");
        assertThat(model.expertBytes(layer.layer(), 0)).isPositive();
        assertThat(mixer.multiplyAddsPerRow()).isEqualTo(layer.multiplyAddsPerRow()).isPositive();
      }
    }
  }

  @Test
  void mixersAreNotTakenOutOfATrunkThatHasThem() {
    try (Model model = open("mamba2")) {
      assertThat(model.trunk().layers()).isNotEmpty();
      assertThatThrownBy(model::placeMixers).hasMessageContaining("loaded with its mixers");
      assertThat(model.placedMixers()).isEmpty();
    }
  }
}
