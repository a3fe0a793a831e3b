package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** Begin and end tokens; what generation_config.json says goes before config.json. */
final class TextPlans {
  private TextPlans() {}

  static ModelPlan.TextPlan read(Checkpoint checkpoint, ConfigReader config, int vocabulary) {
    List<Integer> bos = tokens(checkpoint, config, "bos_token_id", vocabulary);
    return new ModelPlan.TextPlan(
        bos.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bos.getFirst()),
        tokens(checkpoint, config, "eos_token_id", vocabulary));
  }

  private static List<Integer> tokens(
      Checkpoint checkpoint, ConfigReader config, String key, int vocabulary) {
    Path file = checkpoint.folder().resolve("generation_config.json");
    // A folder may hold several GGUF files: what lies beside one is not its own.
    if (checkpoint.gguf().isEmpty() && Files.exists(file)) {
      JsonNode generation = JsonFiles.readObject(file);
      if (generation.hasNonNull(key)) {
        return new ConfigReader(file, generation).tokens(key, vocabulary);
      }
    }
    return config.tokens(key, vocabulary);
  }
}
