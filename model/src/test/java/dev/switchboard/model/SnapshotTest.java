package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.layer.MixerState.Memory;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sequence goes on from its snapshot, or beside its fork, with the bits of one undisturbed. */
class SnapshotTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  /** Off the blocks of keys and values, and long enough for three of them. */
  private static final int READ = 71;

  private static final int MORE = 12;

  @TempDir Path folder;

  private Model open(String name) {
    return switch (name) {
      case "switchboard" -> Model.open(TinyModels.seeded(3).write(folder.resolve(name)));
      case "switchboard-mamba" ->
          Model.open(TinyModels.seeded(4).mambaExperts().write(folder.resolve(name)));
      case "jamba-placed", "mamba-placed" -> {
        Model model = Model.open(GOLDEN.resolve(name.split("-")[0]));
        model.placeMixers();
        yield model;
      }
      default -> Model.open(GOLDEN.resolve(name));
    };
  }

  /** A model with its experts, and its sequences. */
  private static final class Host implements AutoCloseable {
    final Model model;
    final Trunk trunk;
    final LocalExperts experts;
    final ForwardPass pass;

    Host(Model model) {
      this.model = model;
      this.trunk = model.trunk();
      this.experts = model.localExperts();
      this.pass = new ForwardPass(trunk, experts);
    }

    float[] run(SequenceState sequence, int[] tokens) {
      StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, true)));
      assertThat(result.failures()).isEmpty();
      return Objects.requireNonNull(result.logits()[0]);
    }

    SequenceState read(long id, int[] tokens, int chunk) {
      SequenceState sequence = trunk.newSequence(id, READ);
      for (int at = 0; at < tokens.length; at += chunk) {
        run(sequence, Arrays.copyOfRange(tokens, at, Math.min(tokens.length, at + chunk)));
      }
      return sequence;
    }

    SequenceSnapshot snapshot(SequenceState sequence, int[] tokens) {
      return sequence.snapshot(tokens, experts.snapshot(sequence.id()));
    }

    SequenceState restore(long id, SequenceSnapshot snapshot) {
      SequenceState sequence = trunk.restore(id, snapshot, READ);
      experts.restore(id, snapshot.experts());
      return sequence;
    }

    /** What follows, token by token. */
    List<float[]> goOn(SequenceState sequence, int[] tokens) {
      List<float[]> logits = new ArrayList<>();
      for (int token : tokens) {
        logits.add(run(sequence, new int[] {token}));
      }
      return logits;
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private static int[] tokens(int seed, int count) {
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> Math.floorMod(seed * 31 + i * i * 7 + i * 3, 97));
    return tokens;
  }

  private static List<ByteBuffer> chunks(SequenceSnapshot snapshot) {
    List<ByteBuffer> chunks = new ArrayList<>();
    for (int i = 0; i < snapshot.chunks(); i++) {
      chunks.add(snapshot.chunk(i));
    }
    return chunks;
  }

  private static void assertSame(List<float[]> found, List<float[]> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(Arrays.mismatch(found.get(i), expected.get(i)))
          .as("after token %d", i)
          .isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "jamba",
        "granitemoehybrid",
        "granitemoehybrid_dense",
        "nemotron_h",
        "bamba",
        "mamba-placed",
        "jamba-placed",
        "qwen3_moe",
        "gpt_oss",
        "deepseek_v3",
        "gemma3",
        "llama_longrope",
        "switchboard",
        "switchboard-mamba"
      })
  void goesOnFromItsSnapshotElsewhere(String name) {
    int[] text = tokens(1, READ + MORE);
    int[] prompt = Arrays.copyOf(text, READ);
    int[] rest = Arrays.copyOfRange(text, READ, READ + MORE);
    List<ByteBuffer> written;
    List<float[]> expected;
    try (Host here = new Host(open(name))) {
      SequenceState sequence = here.read(1, prompt, 1000);
      SequenceSnapshot snapshot = here.snapshot(sequence, prompt);
      assertThat(snapshot.position()).isEqualTo(READ);
      written = chunks(snapshot);
      expected = here.goOn(sequence, rest);
    }
    try (Host there = new Host(open(name))) {
      there.read(7, tokens(9, 40), 11);
      SequenceSnapshot snapshot = SequenceSnapshot.read(written, 64 << 20);
      assertThat(snapshot.tokens()).isEqualTo(prompt);
      SequenceState sequence = there.restore(8, snapshot);
      assertThat(sequence.position()).isEqualTo(READ);
      assertSame(there.goOn(sequence, rest), expected);
      SequenceSnapshot again = there.snapshot(sequence, text);
      assertThat(chunks(again)).isEqualTo(chunks(there.snapshot(there.read(9, text, 64), text)));
    }
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
        "qwen3_moe",
        "switchboard",
        "switchboard-mamba"
      })
  void anyChunksLeaveTheSameState(String name) {
    int[] prompt = tokens(2, READ);
    try (Host host = new Host(open(name))) {
      List<ByteBuffer> whole = chunks(host.snapshot(host.read(1, prompt, 1000), prompt));
      for (int chunk : new int[] {1, 7, 64}) {
        SequenceState sequence = host.read(100 + chunk, prompt, chunk);
        assertThat(chunks(host.snapshot(sequence, prompt)))
            .as("%d at once", chunk)
            .isEqualTo(whole);
      }
    }
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
        "qwen3_moe",
        "switchboard",
        "switchboard-mamba"
      })
  void aForkGoesItsOwnWay(String name) {
    int[] prompt = tokens(3, READ);
    try (Host host = new Host(open(name))) {
      SequenceState one = host.read(1, prompt, 16);
      SequenceState two = one.fork(2);
      host.experts.fork(1, 2);
      List<float[]> left = host.goOn(one, tokens(4, MORE));
      List<float[]> right = host.goOn(two, tokens(5, MORE));
      assertSame(host.goOn(host.read(3, prompt, 1000), tokens(4, MORE)), left);
      assertSame(host.goOn(host.read(4, prompt, 1000), tokens(5, MORE)), right);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "granitemoehybrid", "qwen3_moe", "switchboard"})
  void itsSizeIsKnownBefore(String name) {
    int[] prompt = tokens(2, READ);
    try (Host host = new Host(open(name))) {
      assertThat(host.trunk.snapshotBytes(0)).isPositive();
      SequenceState sequence = host.read(1, prompt, 64);
      long expected = sequence.snapshotBytes();
      assertThat(host.trunk.snapshotBytes(READ)).isEqualTo(expected);
      SequenceSnapshot snapshot = host.snapshot(sequence, prompt);
      assertThat(snapshot.bytes()).isEqualTo(expected);
      assertThat(chunks(snapshot).stream().mapToInt(ByteBuffer::remaining).sum())
          .isEqualTo((int) expected);
    }
  }

  @Test
  void aSnapshotDoesNotChange() {
    int[] prompt = tokens(2, READ);
    try (Host host = new Host(open("jamba"))) {
      SequenceState sequence = host.read(1, prompt, 64);
      SequenceSnapshot snapshot = host.snapshot(sequence, prompt);
      List<ByteBuffer> before = chunks(snapshot);
      host.goOn(sequence, tokens(6, MORE));
      sequence.close();
      host.goOn(host.restore(2, snapshot), tokens(6, MORE));
      assertThat(chunks(snapshot)).isEqualTo(before);
    }
  }

  @Test
  void otherModelsRefuseIt() {
    int[] prompt = tokens(2, READ);
    SequenceSnapshot snapshot;
    try (Host host = new Host(open("mamba2"))) {
      snapshot = host.snapshot(host.read(1, prompt, 64), prompt);
    }
    try (Host host = new Host(open("mamba"))) {
      assertThatThrownBy(() -> host.restore(1, snapshot))
          .isInstanceOfSatisfying(
              SnapshotException.class, e -> assertThat(e.problem()).isEqualTo(Problem.OTHER_MODEL))
          .hasMessageContaining(snapshot.origin().model())
          .hasMessageContaining(host.model.fingerprint());
    }
  }

  @Test
  void mixersElsewhereAreNamed() {
    int[] prompt = tokens(2, READ);
    SequenceSnapshot snapshot;
    try (Host host = new Host(open("jamba-placed"))) {
      snapshot = host.snapshot(host.read(1, prompt, 64), prompt);
    }
    try (Host host = new Host(open("jamba"))) {
      assertThatThrownBy(() -> host.restore(1, snapshot))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("mixers=nodes");
    }
  }

  @Test
  void rotatedOtherwiseIsRefused() {
    int[] prompt = tokens(2, READ);
    try (Host host = new Host(open("llama_longrope"))) {
      SequenceSnapshot snapshot = host.snapshot(host.read(1, prompt, 64), prompt);
      assertThatThrownBy(() -> host.trunk.restore(2, snapshot, 40))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("rope");
    }
  }

  @Test
  void withoutRoomItIsRefusedAndNothingIsHeld() {
    int[] prompt = tokens(2, READ);
    try (Host host = new Host(open("jamba"))) {
      SequenceState sequence = host.read(1, prompt, 64);
      SequenceSnapshot snapshot = host.snapshot(sequence, prompt);
      sequence.close();
      host.trunk.kvCache().setBudget(host.trunk.kvCache().bytesFor(READ));
      SequenceState other = host.trunk.newSequence(5);
      host.run(other, tokens(1, 3));
      assertThatThrownBy(() -> host.restore(2, snapshot))
          .isInstanceOfSatisfying(
              SnapshotException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNAVAILABLE));
      other.close();
      assertThat(host.trunk.kvCache().usedBytes()).isZero();
      assertThat(host.restore(3, snapshot).position()).isEqualTo(READ);
    }
  }

  @Test
  void staleKeysOfOthersAreNotInIt() {
    try (Host host = new Host(open("qwen3_moe"))) {
      int[] prompt = tokens(2, 33);
      SequenceSnapshot fresh = host.snapshot(host.read(1, prompt, 64), prompt);
      List<ByteBuffer> expected = chunks(fresh);
      try (SequenceState other = host.read(2, tokens(7, 64), 64)) {
        assertThat(other.position()).isEqualTo(64);
      }
      assertThat(chunks(host.snapshot(host.read(3, prompt, 64), prompt))).isEqualTo(expected);
    }
  }

  @Test
  void filesAreReadBack() throws IOException {
    int[] prompt = tokens(2, READ);
    Path file = folder.resolve("saved.state");
    try (Host host = new Host(open("mamba"))) {
      SequenceSnapshot snapshot = host.snapshot(host.read(1, prompt, 64), prompt);
      try (FileChannel out =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        snapshot.writeTo(out);
      }
      assertThat(Files.size(file)).isEqualTo(snapshot.bytes());
      assertThat(chunks(SequenceSnapshot.read(file, snapshot.bytes()))).isEqualTo(chunks(snapshot));
      assertThatThrownBy(() -> SequenceSnapshot.read(file, snapshot.bytes() - 1))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("saved.state")
          .hasMessageContaining("are not accepted");
    }
  }

  @Test
  void everyMixerNamesItsMemory() {
    try (Host host = new Host(open("jamba"))) {
      SequenceState sequence = host.trunk.newSequence(1);
      long bytes = 0;
      for (int layer = 0; layer < sequence.layers(); layer++) {
        bytes +=
            sequence.mixer(layer).memory().stream()
                .map(Memory::data)
                .mapToLong(data -> data.byteSize())
                .sum();
      }
      assertThat(bytes).isEqualTo(sequence.bytes());
    }
  }
}
