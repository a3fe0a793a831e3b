package dev.switchboard.training.gate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.files.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model directory with the gates of a gate directory in the place of its own; all else is copied
 * as it is. A correction that the gate brings and the model did not have is said in the model's
 * configuration.
 */
public final class MergedModel {
  private static final String WEIGHTS = "model.safetensors";
  private static final String CONFIG = "config.json";
  private static final List<String> COPIED = List.of("generation_config.json", "tokenizer.json");

  private MergedModel() {}

  public static void write(Path model, Path gate, Path out) throws IOException {
    GateArtifact gates = GateArtifact.read(gate);
    Files.createDirectories(out);
    for (String name : COPIED) {
      if (!Files.exists(out.resolve(name)) || !Files.isSameFile(model, out)) {
        Files.copy(model.resolve(name), out.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Map<String, Tensor> merged = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(model.resolve(WEIGHTS));
        Checkpoint checkpoint = Checkpoint.open(model)) {
      for (String name : file.tensors().keySet()) {
        Tensor own = checkpoint.find(name).orElseThrow();
        merged.put(name, gates.tensors().getOrDefault(name, own));
      }
      ObjectNode config = (ObjectNode) ModelDirectory.json(model.resolve(CONFIG));
      gates
          .tensors()
          .forEach((name, tensor) -> {
            if (merged.putIfAbsent(name, tensor) == null) {
              config.put("gate_correction", true);
            }
          });
      JsonFiles.write(out.resolve(CONFIG), config);
      SafetensorsWriter.write(out.resolve(WEIGHTS), merged, file.metadata());
    }
  }
}
