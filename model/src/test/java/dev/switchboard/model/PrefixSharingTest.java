package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.layer.KvCacheFullException;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prefix that others have left changes the work, and no bit of what comes. */
class PrefixSharingTest {
  private static final int PROMPT = 100;

  private static Model model(String family) {
    return Model.open(Path.of("src/test/resources/golden/hf", family));
  }

  private static int[] prompt(int seed) {
    int[] prompt = new int[PROMPT];
    Arrays.setAll(prompt, i -> Math.floorMod(seed * 31 + i * i * 7 + i, 128));
    return prompt;
  }

  private static float[] run(ForwardPass pass, SequenceState sequence, int... tokens) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, true)));
    assertThat(result.failures()).isEmpty();
    return Objects.requireNonNull(result.logits()[0]);
  }

  private static float[] rest(ForwardPass pass, SequenceState sequence, int[] prompt) {
    return run(
        pass, sequence, Arrays.copyOfRange(prompt, (int) sequence.position(), prompt.length));
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "deepseek_v3", "gpt_oss", "gemma3", "llama_longrope"})
  void sharedIsAsIfNotShared(String family) {
    try (Model model = model(family)) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      int[] prompt = prompt(1);
      SequenceState alone = trunk.newSequence(1, PROMPT);
      float[] expected = run(pass, alone, prompt);
      float[] next = run(pass, alone, 5);
      SequenceState first = trunk.newSequence(2, prompt, "");
      assertThat(first.position()).isZero();
      assertThat(rest(pass, first, prompt)).isEqualTo(expected);
      try (SequenceState second = trunk.newSequence(3, prompt, "")) {
        assertThat(second.position()).isEqualTo(96);
        assertThat(rest(pass, second, prompt)).isEqualTo(expected);
        first.close();
        assertThat(run(pass, second, 5)).isEqualTo(next);
      }
      SequenceState third = trunk.newSequence(4, prompt, "");
      assertThat(third.position()).isEqualTo(96);
      assertThat(rest(pass, third, prompt)).isEqualTo(expected);
      assertThat(trunk.newSequence(5, prompt, "another tenant").position()).isZero();
      assertThat(trunk.newSequence(6, prompt(2), "").position()).isZero();
    }
  }

  @Test
  void anotherVariantOfRopeIsAnotherPrefix() {
    try (Model model = model("llama_longrope")) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      int[] prompt = prompt(1);
      rest(pass, trunk.newSequence(1, prompt, ""), prompt);
      int[] brief = Arrays.copyOf(prompt, 40);
      assertThat(trunk.newSequence(2, brief, "").position()).isZero();
      assertThat(trunk.newSequence(3, Arrays.copyOf(prompt, 41), "").position()).isEqualTo(32);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "deepseek_v2"})
  void forksDoNotDisturbEachOther(String family) {
    try (Model model = model(family)) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      SequenceState one = trunk.newSequence(1, prompt(3), "");
      rest(pass, one, prompt(3));
      SequenceState two = one.fork(2);
      float[] left = run(pass, one, 7, 8);
      float[] right = run(pass, two, 9, 10);
      SequenceState alone = trunk.newSequence(3, PROMPT);
      run(pass, alone, prompt(3));
      assertThat(run(pass, alone, 7, 8)).isEqualTo(left);
      assertThat(right).isNotEqualTo(left);
      SequenceState other = trunk.newSequence(4, PROMPT);
      run(pass, other, prompt(3));
      assertThat(run(pass, other, 9, 10)).isEqualTo(right);
      one.close();
      assertThatThrownBy(() -> one.fork(5)).hasMessageContaining("sequence 1");
    }
  }

  @Test
  void failedSequencesLeaveNothing() {
    try (Model model = model("qwen3_moe")) {
      Trunk trunk = model.trunk();
      int[] prompt = prompt(4);
      ForwardPass losing =
          new ForwardPass(
              trunk, call -> new MoeOutcome(List.of(new MoeOutcome.Lost(50, 1, "it is gone"))));
      SequenceState failed = trunk.newSequence(1, prompt, "");
      StepResult result = losing.run(List.of(new StepSegment(failed, prompt, true)));
      assertThat(result.failures()).hasSize(1);
      failed.close();
      assertThat(trunk.kvCache().usedBytes()).isZero();
      assertThat(trunk.newSequence(2, prompt, "").position()).isZero();
    }
  }

  @Test
  void privateSequencesLeaveNothing() {
    try (Model model = model("qwen3_moe")) {
      Trunk trunk = model.trunk();
      int[] prompt = prompt(6);
      SequenceState sequence = trunk.newSequence(1, prompt, "");
      sequence.keepPrivate();
      rest(new ForwardPass(trunk, model.localExperts()), sequence, prompt);
      assertThat(trunk.newSequence(2, prompt, "").position()).isZero();
    }
  }

  @Test
  void aStepWithoutRoomMovesNothing() {
    try (Model model = model("qwen3_moe")) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      trunk.kvCache().setBudget(trunk.kvCache().bytesFor(PROMPT) + 1);
      SequenceState large = trunk.newSequence(1);
      float[] expected = run(pass, large, prompt(5));
      SequenceState waiting = trunk.newSequence(2);
      assertThatThrownBy(() -> run(pass, waiting, prompt(5)))
          .isInstanceOf(KvCacheFullException.class)
          .hasMessageContaining("the budget is");
      assertThat(waiting.position()).isZero();
      large.close();
      assertThat(run(pass, waiting, prompt(5))).isEqualTo(expected);
    }
  }

  @Test
  void whatRemembersOtherwiseSharesNothing(@TempDir Path folder) {
    try (Model model = Model.open(TinyModels.seeded(1).experts(2).write(folder))) {
      Trunk trunk = model.trunk();
      assertThat(trunk.sharesPrefixes()).isFalse();
      assertThat(trunk.kvCache().bytesFor(1_000_000)).isZero();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      int[] prompt = new int[70];
      SequenceState first = trunk.newSequence(1, prompt, "");
      float[] expected = rest(pass, first, prompt);
      SequenceState second = trunk.newSequence(2, prompt, "");
      assertThat(second.position()).isZero();
      assertThat(rest(pass, second, prompt)).isEqualTo(expected);
      SequenceState fork = second.fork(3);
      assertThat(run(pass, fork, 1)).isEqualTo(run(pass, second, 1));
    }
  }
}
