package dev.switchboard.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpertTrainingTest {
  private static final int VOCABULARY = 257;

  private static final TwinConfig CONFIG =
      new TwinConfig(VOCABULARY, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b"));

  @TempDir private Path folder;

  @Test
  void aResumedRunGivesTheSameBits() throws IOException {
    ObjectNode whole = train("whole", false, Integer.MAX_VALUE);
    train("part", false, 3);
    train("part", true, 4); // ends in the second phase
    ObjectNode part = train("part", true, Integer.MAX_VALUE);
    assertThat(Files.readAllBytes(folder.resolve("part/model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("whole/model.safetensors")));
    assertThat(part.path("heldOutNatsPerToken")).isEqualTo(whole.path("heldOutNatsPerToken"));
    double start = Math.log(VOCABULARY);
    assertThat(whole.path("heldOutNatsPerToken").asDouble()).isLessThan(start - 0.5);
  }

  @Test
  void aFullDiskLeavesTheOlderCheckpoint() throws IOException {
    ObjectNode whole = train("whole", false, Integer.MAX_VALUE);
    train("part", false, 3);
    Path checkpoint = folder.resolve("part.checkpoint/checkpoint.safetensors");
    byte[] older = Files.readAllBytes(checkpoint);
    FullDisk.nextTime(checkpoint);
    assertThatThrownBy(() -> train("part", true, 1)).hasMessageContaining("No space left");
    assertThat(Files.readAllBytes(checkpoint)).isEqualTo(older);
    assertThat(train("part", true, Integer.MAX_VALUE).path("heldOutNatsPerToken"))
        .isEqualTo(whole.path("heldOutNatsPerToken"));
  }

  private ObjectNode train(String name, boolean resume, int steps) throws IOException {
    return train(name, resume, steps, CONFIG, domains(), null);
  }

  private ObjectNode train(
      String name,
      boolean resume,
      int steps,
      TwinConfig config,
      List<Domain> domains,
      @Nullable Path init)
      throws IOException {
    ExpertSettings settings =
        new ExpertSettings(
            folder.resolve(name),
            init,
            new Budget(5, 0),
            new Budget(3, 0),
            new ExpertSettings.Reading(2, 64, 128),
            1,
            2,
            resume,
            1000,
            0,
            new ExpertSettings.Rates(0.01, 0.02, 0.05, 0.5));
    try (Vocabulary vocabulary = Vocabulary.read(ByteTokenizer.in(folder));
        ExpertTraining training = new ExpertTraining(settings, config, domains, vocabulary)) {
      int[] asked = {0};
      training.stopWhen(() -> asked[0]++ > steps);
      return training.run();
    }
  }

  @Test
  void aCheckpointOfAnotherRunIsRefusedByName() throws IOException {
    train("run", false, 3);
    List<Domain> other = List.of(domains().getFirst(), new Domain("b", new int[500], new int[0]));
    assertThatThrownBy(() -> train("run", true, 4, CONFIG, other, null))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("checkpoint.safetensors", "its data is");
    TwinConfig wider = new TwinConfig(VOCABULARY, 16, 2, 2, 8, 8, 4, 32, 12, List.of("a", "b"));
    assertThatThrownBy(() -> train("run", true, 4, wider, domains(), null))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("its model is", "sharedWidth=24", "sharedWidth=32");
  }

  @Test
  void aWiderModelStartsWhereTheNarrowerEnded() throws IOException {
    ObjectNode narrow = train("narrow", false, Integer.MAX_VALUE);
    TwinConfig wider = new TwinConfig(VOCABULARY, 16, 2, 2, 8, 8, 4, 32, 20, List.of("a", "b"));
    ObjectNode wide = train("wide", false, -1, wider, domains(), folder.resolve("narrow"));
    assertThat(wide.path("heldOutNatsPerToken").asDouble())
        .isCloseTo(narrow.path("heldOutNatsPerToken").asDouble(), within(0.01)); // BF16 between
    TwinConfig deeper = new TwinConfig(VOCABULARY, 16, 3, 2, 8, 8, 4, 24, 12, List.of("a", "b"));
    assertThatThrownBy(() -> train("deep", false, 0, deeper, domains(), folder.resolve("narrow")))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("narrow", "layers.2");
  }

  /** One network for all domains begins with a trunk that was trained with experts. */
  @Test
  void aDenseModelReadsTheSameTexts() throws IOException {
    ObjectNode experts = train("experts", false, Integer.MAX_VALUE);
    TwinConfig dense = new TwinConfig(VOCABULARY, 16, 2, 2, 8, 8, 4, 24, 12, List.of("all"));
    ObjectNode one =
        train("dense", false, Integer.MAX_VALUE, dense, domains(), folder.resolve("experts"));
    assertThat(one.path("tokens").asLong()).isEqualTo(experts.path("tokens").asLong());
    assertThat(one.path("domains")).hasSize(2);
    assertThat(one.path("heldOutNatsPerToken").asDouble())
        .isLessThan(experts.path("heldOutNatsPerToken").asDouble());
  }

  @Test
  void whatDoesNotGetBetterEnds() {
    Patience patience = new Patience(2);
    for (double loss : new double[] {3, 2, 2.5, 1.9, 1.9}) {
      patience.seen(loss);
      assertThat(patience.isOver()).isFalse();
    }
    patience.seen(2);
    assertThat(patience.isOver()).isTrue();
    Patience endless = new Patience(0);
    for (int i = 0; i < 100; i++) {
      endless.seen(1);
    }
    assertThat(endless.isOver()).isFalse();
  }

  private static List<Domain> domains() {
    SplittableRandom random = new SplittableRandom(3);
    return List.of(
        new Domain("a", random.ints(2000, 1, 9).toArray(), new int[0]),
        new Domain("b", random.ints(2000, 30, 40).toArray(), new int[0]));
  }
}
