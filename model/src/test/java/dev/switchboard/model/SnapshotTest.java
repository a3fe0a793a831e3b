package dev.switchboard.model;

import static dev.switchboard.model.testing.ModelHost.assertSame;
import static dev.switchboard.model.testing.ModelHost.chunks;
import static dev.switchboard.model.testing.ModelHost.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.layer.MixerState.Memory;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.testing.ModelHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sequence goes on from its snapshot, or beside its fork, with the bits of one undisturbed. */
class SnapshotTest {
  /** Off the blocks of keys and values, and long enough for three of them. */
  private static final int READ = 71;

  private static final int MORE = 12;

  @TempDir Path folder;

  private ModelHost host(String name) {
    return new ModelHost(ModelHost.open(name, folder));
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
    try (ModelHost here = host(name)) {
      SequenceState sequence = here.read(1, READ, prompt, 1000);
      SequenceSnapshot snapshot = here.snapshot(sequence, prompt);
      assertThat(snapshot.position()).isEqualTo(READ);
      written = chunks(snapshot);
      expected = here.goOn(sequence, rest);
    }
    try (ModelHost there = host(name)) {
      there.read(7, READ, tokens(9, 40), 11);
      SequenceSnapshot snapshot = SequenceSnapshot.read(written, 64 << 20);
      assertThat(snapshot.tokens()).isEqualTo(prompt);
      SequenceState sequence = there.restore(8, snapshot, READ);
      assertThat(sequence.position()).isEqualTo(READ);
      assertSame(there.goOn(sequence, rest), expected);
      SequenceSnapshot again = there.snapshot(sequence, text);
      assertThat(chunks(again))
          .isEqualTo(chunks(there.snapshot(there.read(9, READ, text, 64), text)));
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
    try (ModelHost host = host(name)) {
      List<ByteBuffer> whole = chunks(host.snapshot(host.read(1, READ, prompt, 1000), prompt));
      for (int chunk : new int[] {1, 7, 64}) {
        SequenceState sequence = host.read(100 + chunk, READ, prompt, chunk);
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
    try (ModelHost host = host(name)) {
      SequenceState one = host.read(1, READ, prompt, 16);
      SequenceState two = one.fork(2);
      host.experts.fork(1, 2);
      List<float[]> left = host.goOn(one, tokens(4, MORE));
      List<float[]> right = host.goOn(two, tokens(5, MORE));
      assertSame(host.goOn(host.read(3, READ, prompt, 1000), tokens(4, MORE)), left);
      assertSame(host.goOn(host.read(4, READ, prompt, 1000), tokens(5, MORE)), right);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "granitemoehybrid", "qwen3_moe", "switchboard"})
  void itsSizeIsKnownBefore(String name) {
    int[] prompt = tokens(2, READ);
    try (ModelHost host = host(name)) {
      assertThat(host.trunk.snapshotBytes(0)).isPositive();
      SequenceState sequence = host.read(1, READ, prompt, 64);
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
    try (ModelHost host = host("jamba")) {
      SequenceState sequence = host.read(1, READ, prompt, 64);
      SequenceSnapshot snapshot = host.snapshot(sequence, prompt);
      List<ByteBuffer> before = chunks(snapshot);
      host.goOn(sequence, tokens(6, MORE));
      sequence.close();
      host.goOn(host.restore(2, snapshot, READ), tokens(6, MORE));
      assertThat(chunks(snapshot)).isEqualTo(before);
    }
  }

  @Test
  void otherModelsRefuseIt() {
    int[] prompt = tokens(2, READ);
    SequenceSnapshot snapshot;
    try (ModelHost host = host("mamba2")) {
      snapshot = host.snapshot(host.read(1, READ, prompt, 64), prompt);
    }
    try (ModelHost host = host("mamba")) {
      assertThatThrownBy(() -> host.restore(1, snapshot, READ))
          .isInstanceOfSatisfying(
              SnapshotException.class, e -> assertThat(e.problem()).isEqualTo(Problem.OTHER_MODEL))
          .hasMessageContaining(snapshot.origin().model())
          .hasMessageContaining(host.model.fingerprint());
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
        "switchboard-mamba"
      })
  void mixersMayHaveMoved(String name) {
    int[] prompt = tokens(2, READ);
    for (boolean away : new boolean[] {true, false}) {
      String from = away ? name : name + "-placed";
      String to = away ? name + "-placed" : name;
      try (ModelHost here = host(from);
          ModelHost there = host(to)) {
        SequenceState sequence = here.read(1, READ, prompt, 64);
        SequenceSnapshot snapshot = ModelHost.copy(here.snapshot(sequence, prompt));
        SequenceState moved = there.restore(5, snapshot, READ);
        assertSame(there.goOn(moved, tokens(6, MORE)), here.goOn(sequence, tokens(6, MORE)));
        SequenceState local = there.read(6, READ, prompt, 64);
        assertThat(chunks(there.snapshot(there.restore(7, snapshot, READ), prompt)))
            .as("as if it had been read there")
            .isEqualTo(chunks(there.snapshot(local, prompt)));
      }
    }
  }

  @Test
  void aMixerThatMovedIsCheckedLikeOneThatDidNot() {
    int[] prompt = tokens(2, READ);
    try (ModelHost here = host("jamba-placed");
        ModelHost there = host("jamba")) {
      SequenceState sequence = here.read(1, READ, prompt, 64);
      List<ExpertSnapshot> experts = here.experts.snapshot(1);
      ExpertSnapshot mixer = experts.getLast();
      for (ExpertSnapshot wrong :
          List.of(
              with(mixer, Arrays.copyOf(mixer.bytes(), mixer.bytes().length - 4)),
              with(mixer, Arrays.copyOf(mixer.bytes(), 7)),
              with(mixer, new byte[mixer.bytes().length]))) {
        List<ExpertSnapshot> all = new ArrayList<>(experts);
        all.set(all.size() - 1, wrong);
        SequenceSnapshot snapshot = sequence.snapshot(prompt, all);
        assertThatThrownBy(() -> there.restore(3, snapshot, READ))
            .isInstanceOf(SnapshotException.class)
            .hasMessageContaining("layer %d".formatted(mixer.layer()));
      }
      SequenceSnapshot without = sequence.snapshot(prompt, experts.subList(0, experts.size() - 1));
      assertThatThrownBy(() -> there.restore(3, without, READ))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("does not fit this model");
    }
  }

  private static ExpertSnapshot with(ExpertSnapshot state, byte[] bytes) {
    return new ExpertSnapshot(state.layer(), state.expert(), state.version(), bytes);
  }

  @Test
  void rotatedOtherwiseIsRefused() {
    int[] prompt = tokens(2, READ);
    try (ModelHost host = host("llama_longrope")) {
      SequenceSnapshot snapshot = host.snapshot(host.read(1, READ, prompt, 64), prompt);
      assertThatThrownBy(() -> host.trunk.restore(2, snapshot, 40))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("rope");
    }
  }

  @Test
  void withoutRoomItIsRefusedAndNothingIsHeld() {
    int[] prompt = tokens(2, READ);
    try (ModelHost host = host("jamba")) {
      SequenceState sequence = host.read(1, READ, prompt, 64);
      SequenceSnapshot snapshot = host.snapshot(sequence, prompt);
      sequence.close();
      host.trunk.kvCache().setBudget(host.trunk.kvCache().bytesFor(READ));
      SequenceState other = host.trunk.newSequence(5);
      host.run(other, tokens(1, 3));
      assertThatThrownBy(() -> host.restore(2, snapshot, READ))
          .isInstanceOfSatisfying(
              SnapshotException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNAVAILABLE));
      other.close();
      assertThat(host.trunk.kvCache().usedBytes()).isZero();
      assertThat(host.restore(3, snapshot, READ).position()).isEqualTo(READ);
    }
  }

  @Test
  void staleKeysOfOthersAreNotInIt() {
    try (ModelHost host = host("qwen3_moe")) {
      int[] prompt = tokens(2, 33);
      SequenceSnapshot fresh = host.snapshot(host.read(1, READ, prompt, 64), prompt);
      List<ByteBuffer> expected = chunks(fresh);
      try (SequenceState other = host.read(2, READ, tokens(7, 64), 64)) {
        assertThat(other.position()).isEqualTo(64);
      }
      assertThat(chunks(host.snapshot(host.read(3, READ, prompt, 64), prompt))).isEqualTo(expected);
    }
  }

  @Test
  void filesAreReadBack() throws IOException {
    int[] prompt = tokens(2, READ);
    Path file = folder.resolve("saved.state");
    try (ModelHost host = host("mamba")) {
      SequenceSnapshot snapshot = host.snapshot(host.read(1, READ, prompt, 64), prompt);
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
    try (ModelHost host = host("jamba")) {
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
