package dev.switchboard.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpertTrainingTest {
  private static final int VOCABULARY = 257;

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

  private ObjectNode train(String name, boolean resume, int steps) throws IOException {
    ExpertSettings settings =
        new ExpertSettings(
            folder,
            folder,
            folder.resolve(name),
            new Budget(5, 0),
            new Budget(3, 0),
            2,
            64,
            128,
            1,
            2,
            resume,
            1000,
            new ExpertSettings.Rates(0.01, 0.02, 0.05));
    TwinConfig config = new TwinConfig(VOCABULARY, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b"));
    SplittableRandom random = new SplittableRandom(3);
    List<Domain> domains =
        List.of(
            new Domain("a", random.ints(2000, 1, 9).toArray(), new int[0]),
            new Domain("b", random.ints(2000, 30, 40).toArray(), new int[0]));
    try (Vocabulary vocabulary = Vocabulary.read(tokenizer());
        ExpertTraining training = new ExpertTraining(settings, config, domains, vocabulary)) {
      int[] asked = {0};
      training.stopWhen(() -> asked[0]++ > steps);
      return training.run();
    }
  }

  /** One token a byte. */
  private Path tokenizer() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens")
        .addObject()
        .put("id", 0)
        .put("content", "<|endoftext|>")
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    root.putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
    root.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab").put("<|endoftext|>", 0);
    int id = 1;
    int hidden = 0;
    for (int value = 0; value < 256; value++) {
      boolean shown = (value > 32 && value < 127) || (value > 160 && value != 173);
      vocabulary.put(String.valueOf((char) (shown ? value : 256 + hidden++)), id++);
    }
    model.putArray("merges");
    Path file = folder.resolve("tokenizer.json");
    json.writeValue(file.toFile(), root);
    return file;
  }
}
