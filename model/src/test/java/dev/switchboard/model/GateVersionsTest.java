package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gates of several versions at once: a sequence's bits are those of its own version alone. */
class GateVersionsTest {
  @TempDir Path folder;

  /** The model's own gates with other numbers. */
  private static GateArtifact random(Model model, int seed) {
    Random random = new Random(seed);
    GateArtifact own = model.ownGates();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    own.tensors()
        .forEach((name, tensor) -> {
          float[] values = tensor.toFloats();
          if (tensor.shape().size() > 1) {
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) random.nextGaussian();
            }
          }
          long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
          tensors.put(name, GateArtifact.tensor(name, shape, values));
        });
    return new GateArtifact(Path.of("random-" + seed), own.about(), tensors);
  }

  private static int[] tokens(int seed, int count) {
    return new Random(seed).ints(count, 0, 97).toArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"switchboard", "switchboard-mamba", "mixtral", "deepseek_v3", "gpt_oss"})
  void rowsOfOneStepEachFollowTheirOwnVersion(String name) {
    try (ModelHost host = new ModelHost(ModelHost.open(name, folder))) {
      Model model = host.model;
      Trunk trunk = model.trunk();
      GateSet other = model.gates(random(model, 1));
      List<GateUse> uses =
          List.of(
              trunk.usualGates(),
              GateUse.of(other),
              trunk.usualGates().beside(other),
              GateUse.of(other).beside(trunk.usualGates().gates()),
              GateUse.of(other));
      List<StepResult> alone = new ArrayList<>();
      for (int i = 0; i < uses.size(); i++) {
        SequenceState sequence = trunk.newSequence(100 + i, 0, uses.get(i));
        alone.add(host.pass.run(List.of(new StepSegment(sequence, tokens(i, 9), true))));
      }
      List<StepSegment> segments = new ArrayList<>();
      for (int i = 0; i < uses.size(); i++) {
        segments.add(new StepSegment(trunk.newSequence(i, 0, uses.get(i)), tokens(i, 9), true));
      }
      StepResult together = host.pass.run(segments);
      for (int i = 0; i < uses.size(); i++) {
        assertThat(together.logits()[i]).as("%d", i).isEqualTo(alone.get(i).logits()[0]);
        assertThat(together.choices().get(i).experts())
            .isEqualTo(alone.get(i).choices().getFirst().experts());
        assertThat(together.shadows().get(i)).isEqualTo(alone.get(i).shadows().getFirst());
      }
      assertThat(together.shadows().get(0)).isEmpty();
      int[] own = together.choices().get(2).experts();
      assertThat(together.shadows().get(2)).hasSameSizeAs(own).isNotEqualTo(own);
    }
  }

  @Test
  void aShadowWithTheSameNumbersChoosesTheSame() {
    try (ModelHost host = new ModelHost(ModelHost.open("switchboard", folder))) {
      GateSet same = host.model.gates(host.model.ownGates());
      GateUse use = host.model.trunk().usualGates().beside(same);
      SequenceState sequence = host.model.trunk().newSequence(1, 0, use);
      for (int step = 0; step < 5; step++) {
        StepResult result =
            host.pass.run(List.of(new StepSegment(sequence, tokens(step, 1 + step), false)));
        assertThat(result.shadows().getFirst()).isEqualTo(result.choices().getFirst().experts());
      }
    }
  }

  @Test
  void statesOfOneVersionAreFoundByThatVersionAlone() {
    try (ModelHost host = new ModelHost(ModelHost.open("switchboard", folder))) {
      Trunk trunk = host.model.trunk();
      PrefixStates prefixes = new PrefixStates(trunk, host.experts, 32, 1 << 20);
      GateUse own = trunk.usualGates();
      GateUse other = GateUse.of(host.model.gates(random(host.model, 2)));
      AtomicLong ids = new AtomicLong(1);
      int[] prompt = tokens(3, 70);
      SequenceState first = prefixes.newSequence(ids::getAndIncrement, prompt, 70, "", own);
      host.pass.run(List.of(new StepSegment(first, Arrays.copyOf(prompt, 32), false)));
      prefixes.passed(first, () -> prompt);

      assertThat(begun(prefixes, ids, prompt, own)).isEqualTo(32);
      assertThat(begun(prefixes, ids, prompt, own.beside(other.gates()))).isEqualTo(32);
      assertThat(begun(prefixes, ids, prompt, other)).isZero();
      assertThat(begun(prefixes, ids, prompt, own.without(ExpertMask.of(List.of(1))))).isZero();
    }
  }

  private static long begun(PrefixStates prefixes, AtomicLong ids, int[] prompt, GateUse use) {
    try (SequenceState state =
        prefixes.newSequence(ids::getAndIncrement, prompt, prompt.length, "", use)) {
      return state.position();
    }
  }

  @Test
  void aSnapshotGoesOnUnderItsOwnVersionAlone() {
    try (ModelHost host = new ModelHost(ModelHost.open("switchboard", folder))) {
      Trunk trunk = host.model.trunk();
      GateUse other = GateUse.of(host.model.gates(random(host.model, 4)));
      int[] prompt = tokens(5, 20);
      SequenceState sequence = trunk.newSequence(1, 20, other);
      host.pass.run(List.of(new StepSegment(sequence, prompt, false)));
      var snapshot = host.snapshot(sequence, prompt);
      assertThat(snapshot.bytes()).isEqualTo(sequence.snapshotBytes());
      assertThat(snapshot.origin().gate()).isEqualTo(other.gates().version());
      assertThat(trunk.restore(2, snapshot, 20, other).position()).isEqualTo(20);
      assertThatThrownBy(() -> trunk.restore(3, snapshot, 20))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContainingAll("gate", other.gates().version(), "its own");
      GateUse masked = other.without(ExpertMask.of(List.of(2)));
      assertThatThrownBy(() -> trunk.restore(4, snapshot, 20, masked))
          .hasMessageContaining("expert-mask=2");
    }
  }

  @Test
  void gatesMayBringACorrectionThatTheModelDoesNotHave() {
    try (ModelHost host = new ModelHost(ModelHost.open("switchboard", folder))) {
      Model model = host.model;
      GateArtifact own = model.ownGates();
      int experts = own.about().experts();
      float[] bias = new float[experts];
      bias[experts - 1] = 1e9f;
      Map<String, Tensor> tensors = new LinkedHashMap<>(own.tensors());
      for (String name : own.tensors().keySet()) {
        if (name.endsWith("gate.weight")) {
          String correction = name.replace("gate.weight", "gate.correction_bias");
          tensors.put(correction, GateArtifact.tensor(correction, new long[] {experts}, bias));
        }
      }
      GateAbout about = GateAbout.of(model.fingerprint(), experts, "balanced");
      new GateArtifact(Path.of("bias"), about, tensors).write(folder.resolve("bias"));
      GateSet balanced = model.gates(GateArtifact.read(folder.resolve("bias")));
      SequenceState sequence = model.trunk().newSequence(1, 0, GateUse.of(balanced));
      StepResult result = host.pass.run(List.of(new StepSegment(sequence, tokens(1, 9), false)));
      assertThat(result.choices().getFirst().experts()).containsOnly(experts - 1);

      tensors.replaceAll((name, tensor) ->
          name.endsWith("bias") ? GateArtifact.tensor(name, new long[] {2}, new float[2]) : tensor);
      assertThatThrownBy(() -> model.gates(new GateArtifact(Path.of("bias"), about, tensors)))
          .hasMessageContainingAll("correction_bias", "[2]");
    }
  }
}
