package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of a recurrent sequence changes the work of the next, and no bit of what comes. */
class PrefixStatesTest {
  private static final int CHUNK = 32;
  private static final int PROMPT = 120;

  @TempDir Path folder;

  /** A model that keeps states. */
  private static final class Host implements AutoCloseable {
    final ModelHost host;
    final Trunk trunk;
    final PrefixStates prefixes;
    final AtomicLong ids = new AtomicLong(1);

    Host(Model model, long budgetBytes) {
      this.host = new ModelHost(model);
      this.trunk = model.trunk();
      this.prefixes = new PrefixStates(trunk, host.experts, CHUNK, budgetBytes);
    }

    SequenceState begin(int[] prompt) {
      return begin(prompt, "");
    }

    SequenceState begin(int[] prompt, String tenant) {
      return prefixes.newSequence(ids::getAndIncrement, prompt, prompt.length, tenant);
    }

    float[] run(SequenceState sequence, int... tokens) {
      return host.run(sequence, tokens);
    }

    /** Reads the rest of the prompt, chunk by chunk. */
    float[] read(SequenceState sequence, int[] prompt) {
      float[] logits = {};
      while (sequence.position() < prompt.length) {
        int at = (int) sequence.position();
        logits = run(sequence, Arrays.copyOfRange(prompt, at, Math.min(prompt.length, at + CHUNK)));
        prefixes.passed(sequence, () -> prompt);
      }
      return logits;
    }

    void end(SequenceState sequence) {
      host.end(sequence);
    }

    @Override
    public void close() {
      host.close();
    }
  }

  private Host host(String name, long budgetBytes) {
    return new Host(ModelHost.open(name, folder), budgetBytes);
  }

  private static int[] prompt(int seed, int tail) {
    int[] prompt = new int[PROMPT];
    Arrays.setAll(
        prompt, i -> Math.floorMod(seed * 31 + i * i * 7 + i * 3 + (i >= 100 ? tail : 0), 97));
    return prompt;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "jamba",
        "granitemoehybrid",
        "nemotron_h",
        "bamba",
        "mamba-placed",
        "jamba-placed",
        "switchboard",
        "switchboard-mamba"
      })
  void whoBeginsAlikeReadsTheRestAlone(String name) {
    try (Host host = host(name, 64 << 20)) {
      int[] mine = prompt(1, 0);
      int[] other = prompt(1, 5);
      SequenceState first = host.begin(mine);
      assertThat(first.position()).isZero();
      host.read(first, mine);
      host.end(first);
      SequenceState second = host.begin(other);
      assertThat(second.position()).isEqualTo(96);
      float[] logits = host.read(second, other);
      SequenceState alone = host.trunk.newSequence(1000, other.length);
      assertThat(logits).isEqualTo(host.run(alone, other));
      for (int token : new int[] {4, 9, 2}) {
        assertThat(host.run(second, token)).isEqualTo(host.run(alone, token));
      }
      host.end(second);
      assertThat(host.begin(mine, "another tenant").position()).isZero();
      assertThat(host.begin(prompt(2, 0)).position()).isZero();
      assertThat(host.begin(Arrays.copyOf(mine, 64)).position()).isEqualTo(32);
      assertThat(host.begin(Arrays.copyOf(mine, 65)).position()).isEqualTo(64);
      host.host.experts.restore(7, List.of());
    }
  }

  @Test
  void privateSequencesLeaveNothing() {
    try (Host host = host("jamba", 64 << 20)) {
      int[] prompt = prompt(1, 0);
      SequenceState sequence = host.begin(prompt);
      sequence.keepPrivate();
      host.read(sequence, prompt);
      assertThat(host.prefixes.usage().states()).isZero();
      assertThat(host.begin(prompt).position()).isZero();
    }
  }

  @Test
  void restoredSequencesLeaveNothing() {
    try (Host host = host("mamba", 64 << 20)) {
      int[] prompt = prompt(1, 0);
      SequenceState sequence = host.trunk.newSequence(500, PROMPT);
      host.run(sequence, Arrays.copyOf(prompt, 32));
      SequenceState restored =
          host.trunk.restore(501, sequence.snapshot(Arrays.copyOf(prompt, 32), List.of()), PROMPT);
      host.read(restored, prompt);
      assertThat(host.prefixes.usage().states()).isZero();
    }
  }

  @Test
  void aHybridNeedsItsKeysAndValuesToo() {
    try (Host host = host("granitemoehybrid", 64 << 20)) {
      int[] prompt = prompt(1, 0);
      host.trunk.kvCache().setBudget(host.trunk.kvCache().bytesFor(PROMPT));
      SequenceState first = host.begin(prompt);
      host.read(first, prompt);
      float[] next = host.run(first, 3);
      host.end(first);
      // The last blocks go first to another sequence.
      SequenceState taker = host.begin(prompt(2, 0));
      host.run(taker, Arrays.copyOf(prompt(2, 0), 60));
      host.end(taker);
      SequenceState again = host.begin(prompt);
      assertThat(again.position()).isBetween(0L, 64L);
      host.read(again, prompt);
      assertThat(host.run(again, 3)).isEqualTo(next);
    }
  }

  @Test
  void theBudgetHolds() {
    try (Host host = host("mamba", 0)) {
      assertThat(host.prefixes.chunkTokens()).isZero();
    }
    long state;
    try (Host host = host("mamba", 64 << 20)) {
      SequenceState sequence = host.begin(prompt(1, 0));
      host.read(sequence, prompt(1, 0));
      assertThat(host.prefixes.usage().states()).isEqualTo(3);
      state = host.prefixes.usage().usedBytes() / 3;
    }
    try (Host host = host("mamba", 4 * state)) {
      for (int seed = 1; seed < 6; seed++) {
        SequenceState sequence = host.begin(prompt(seed, 0));
        host.read(sequence, prompt(seed, 0));
        host.end(sequence);
        PrefixStates.Usage usage = host.prefixes.usage();
        assertThat(usage.usedBytes()).isLessThanOrEqualTo(usage.budgetBytes());
      }
      assertThat(host.prefixes.usage().states()).isBetween(2L, 4L);
      assertThat(host.prefixes.usage().evicted()).isGreaterThan(10);
      assertThat(host.begin(prompt(5, 0)).position()).isEqualTo(96);
    }
  }

  @Test
  void modelsThatRememberByAttentionAloneNeedNone() {
    try (Host host = host("qwen3_moe", 64 << 20)) {
      assertThat(host.prefixes.chunkTokens()).isZero();
      int[] prompt = prompt(1, 0);
      host.read(host.begin(prompt), prompt);
      assertThat(host.begin(prompt).position()).isEqualTo(96);
    }
  }

  @Test
  void chunksThatCutBlocksAreRefused() {
    try (Host host = host("mamba", 1 << 20)) {
      assertThatThrownBy(() -> new PrefixStates(host.trunk, host.host.experts, 33, 1))
          .hasMessageContaining("multiple of 32");
    }
  }
}
