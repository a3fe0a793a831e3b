package dev.switchboard.model.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A small model with its experts, and its sequences. */
public final class ModelHost implements AutoCloseable {
  private static final Path GOLDEN = Path.of("../model/src/test/resources/golden/hf");
  private static final String PLACED = "-placed";

  public final Model model;
  public final Trunk trunk;
  public final LocalExperts experts;
  public final ForwardPass pass;

  public ModelHost(Model model) {
    this.model = model;
    this.trunk = model.trunk();
    this.experts = model.localExperts();
    this.pass = new ForwardPass(trunk, experts);
  }

  /**
   * A model by its name: a golden family, "switchboard" or "switchboard-mamba" (made in the
   * folder); with "-placed" behind it its recurrent mixers are among its experts.
   */
  public static Model open(String name, Path folder) {
    if (name.endsWith(PLACED)) {
      Model model = open(name.substring(0, name.length() - PLACED.length()), folder);
      model.placeMixers();
      return model;
    }
    return switch (name) {
      case "switchboard" -> Model.open(TinyModels.seeded(3).write(folder.resolve(name)));
      case "switchboard-mamba" ->
          Model.open(TinyModels.seeded(4).mambaExperts().write(folder.resolve(name)));
      default -> Model.open(GOLDEN.resolve(name));
    };
  }

  public float[] run(SequenceState sequence, int... tokens) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, true)));
    assertThat(result.failures()).isEmpty();
    return Objects.requireNonNull(result.logits()[0]);
  }

  /** A sequence that has read these tokens, so many at once. */
  public SequenceState read(long id, long declaredTokens, int[] tokens, int chunk) {
    SequenceState sequence = trunk.newSequence(id, declaredTokens);
    for (int at = 0; at < tokens.length; at += chunk) {
      run(sequence, Arrays.copyOfRange(tokens, at, Math.min(tokens.length, at + chunk)));
    }
    return sequence;
  }

  public SequenceSnapshot snapshot(SequenceState sequence, int[] tokens) {
    return sequence.snapshot(tokens, experts.snapshot(sequence.id()));
  }

  public SequenceState restore(long id, SequenceSnapshot snapshot, long declaredTokens) {
    SequenceState sequence = trunk.restore(id, snapshot, declaredTokens);
    experts.restore(id, sequence.experts(snapshot));
    return sequence;
  }

  /** What follows, token by token. */
  public List<float[]> goOn(SequenceState sequence, int[] tokens) {
    List<float[]> logits = new ArrayList<>();
    for (int token : tokens) {
      logits.add(run(sequence, token));
    }
    return logits;
  }

  public void end(SequenceState sequence) {
    sequence.close();
    experts.release(sequence.id());
  }

  /** Some tokens of any of these models. */
  public static int[] tokens(int seed, int count) {
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> (int) Math.floorMod(seed * 31L + (long) i * i * 7 + i * 3L, 97L));
    return tokens;
  }

  /** The written form. */
  public static List<ByteBuffer> chunks(SequenceSnapshot snapshot) {
    List<ByteBuffer> chunks = new ArrayList<>();
    for (int i = 0; i < snapshot.chunks(); i++) {
      chunks.add(snapshot.chunk(i));
    }
    return chunks;
  }

  /** Read back from its written form. */
  public static SequenceSnapshot copy(SequenceSnapshot snapshot) {
    return SequenceSnapshot.read(chunks(snapshot), snapshot.bytes());
  }

  public static void assertSame(List<float[]> found, List<float[]> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(Arrays.mismatch(found.get(i), expected.get(i)))
          .as("after token %d", i)
          .isEqualTo(-1);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
