package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One more expert than the model's files have. */
class AddedExpertTest {
  private static final int[] TOKENS = {5, 9, 33, 2, 17, 40, 8, 21, 3, 3, 60, 11};

  @TempDir private Path folder;
  private Path base = Path.of("");
  private Path added = Path.of("");

  @BeforeEach
  void write() {
    base = TinyModels.seeded(11).write(folder.resolve("base"));
    added = folder.resolve("go");
    GrownModels.write(base, added, "go");
  }

  private record Answer(float[] logits, List<Integer> chosen) {}

  private static Answer run(Model model, GateUse use) {
    try (LocalExperts experts = model.localExperts();
        SequenceState sequence = model.trunk().newSequence(1, TOKENS.length, use)) {
      StepResult result =
          new ForwardPass(model.trunk(), experts)
              .run(List.of(new StepSegment(sequence, TOKENS, true)));
      int[] chosen = result.choices().getFirst().experts();
      return new Answer(
          result.logits()[0], Arrays.stream(chosen).distinct().sorted().boxed().toList());
    }
  }

  @Test
  void withoutItTheModelAnswersAsBefore() {
    try (Model before = Model.open(base);
        Model after = Model.withExpert(base, added)) {
      assertThat(after.experts(0)).isEqualTo(before.experts(0) + 1);
      assertThat(after.expertName(4)).isEqualTo("go");
      assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
      Answer own = run(before, before.trunk().usualGates());
      Answer whole = run(after, after.trunk().usualGates());
      assertThat(whole.chosen()).contains(4);
      Answer masked = run(after, after.trunk().usualGates().without(ExpertMask.of(List.of(4))));
      assertThat(masked.chosen()).isEqualTo(own.chosen());
      assertThat(masked.logits()).isEqualTo(own.logits()).isNotEqualTo(whole.logits());
    }
  }

  @Test
  void byItselfItIsLoadedWithoutItsGateAndComputesTheSameBits() throws IOException {
    AddedExpert expert = AddedExpert.read(added);
    Files.delete(added.resolve(AddedExpert.GATE).resolve("gate.json"));
    try (Model model = Model.open(base);
        Model whole = wholeOf("again")) {
      assertThat(output(model.loadExpert(expert, 1))).isEqualTo(output(whole.loadExpert(1, 4)));
      assertThat(AddedExpert.mostBytes(model.plan()))
          .isGreaterThanOrEqualTo(
              expert.tensors().values().stream().mapToLong(Tensor::byteSize).sum());
    }
    try (Model other = Model.open(TinyModels.seeded(12).write(folder.resolve("other")))) {
      assertThatThrownBy(() -> other.loadExpert(expert, 1))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("this expert was trained for the model");
    }
  }

  private Model wholeOf(String name) {
    Path again = folder.resolve(name);
    GrownModels.write(base, again, "go");
    return Model.withExpert(base, again);
  }

  private static float[] output(Expert expert) {
    float[] in = new float[expert.dModel() * 3];
    for (int i = 0; i < in.length; i++) {
      in[i] = (i * 7 % 13 - 6) / 5f;
    }
    float[] out = new float[in.length];
    expert.forward(in, 0, 3, expert.newState(), out, 0, new Scratch());
    return out;
  }

  @Test
  void anExpertOfOtherSizesIsNotLoadedByItself() {
    Path wide = TinyModels.seeded(11).dModel(40).write(folder.resolve("wide"));
    AddedExpert narrow = AddedExpert.read(added);
    AddedExpert other = GrownModels.write(wide, folder.resolve("wide-go"), "go");
    AddedExpert mixed =
        new AddedExpert(
            added, "go", 4, narrow.modelFingerprint(), narrow.metrics(), other.tensors());
    try (Model model = Model.open(base)) {
      assertThatThrownBy(() -> model.loadExpert(mixed, 0))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("experts.4")
          .hasMessageContaining("expected weights of shape");
    }
  }

  @Test
  void gatesSayHowManyExpertsTheyChooseFrom() {
    AddedExpert expert = AddedExpert.read(added);
    try (Model model = Model.open(base)) {
      assertThat(model.trunk().usualGates().gates().experts()).isEqualTo(4);
      assertThat(model.gates(expert, expert.gate()).experts()).isEqualTo(5);
      assertThatThrownBy(() -> model.gates(List.of(), expert.gate()))
          .isInstanceOf(CheckpointException.class);
    }
  }

  @Test
  void anotherModelsIsRefused() {
    Path other = TinyModels.seeded(12).write(folder.resolve("other"));
    assertThatThrownBy(() -> Model.withExpert(other, added))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("this expert was trained for the model");
  }

  @Test
  void aNameThatIsTakenIsRefused() {
    GrownModels.write(base, added, "java");
    assertThatThrownBy(() -> Model.withExpert(base, added))
        .hasMessageContaining("the model has an expert called java already");
  }

  @Test
  void filesThatAreCutOrChangedAreRefused() throws IOException {
    Path weights = added.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 64));
    assertThatThrownBy(() -> AddedExpert.read(added)).isInstanceOf(CheckpointException.class);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes, StandardOpenOption.TRUNCATE_EXISTING);
    assertThatThrownBy(() -> AddedExpert.read(added)).hasMessageContaining("or was changed");
    assertThatThrownBy(() -> AddedExpert.read(folder.resolve("nothing")))
        .hasMessageContaining("no such directory of an expert");
  }

  @Test
  void anExpertOfOtherSizesIsRefused() {
    Path wide = TinyModels.seeded(11).dModel(40).write(folder.resolve("wide"));
    AddedExpert narrow = AddedExpert.read(added);
    AddedExpert other = GrownModels.write(wide, folder.resolve("wide-go"), "go");
    new AddedExpert(added, "go", 4, narrow.modelFingerprint(), narrow.metrics(), other.tensors())
        .write(added);
    assertThatThrownBy(() -> Model.withExpert(base, added))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("experts.4")
        .hasMessageContaining("expected weights of shape");
  }
}
