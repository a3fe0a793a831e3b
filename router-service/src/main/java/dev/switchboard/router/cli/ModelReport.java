package dev.switchboard.router.cli;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.ModelSizes;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a model holds, of whatever family and form.
 *
 * @param files bytes by name
 * @param tokenizerIds ids of its tokenizer; empty if it brings none
 */
record ModelReport(
    Path path, Model model, ModelSizes sizes, Map<String, Long> files, OptionalInt tokenizerIds) {

  static ModelReport of(Model model) {
    return new ModelReport(
        model.path().toAbsolutePath().normalize(),
        model,
        model.sizes(),
        files(model.path()),
        model.hasTokenizer()
            ? OptionalInt.of(model.tokenizer().vocabulary())
            : OptionalInt.empty());
  }

  private static Map<String, Long> files(Path path) {
    Map<String, Long> files = new TreeMap<>();
    try {
      if (!Files.isDirectory(path)) {
        files.put(String.valueOf(path.getFileName()), Files.size(path));
        return files;
      }
      try (Stream<Path> entries = Files.list(path)) {
        for (Path file : entries.filter(Files::isRegularFile).toList()) {
          files.put(file.getFileName().toString(), Files.size(file));
        }
      }
    } catch (IOException e) {
      throw new CheckpointException(path + ": cannot be listed: " + e.getMessage(), e);
    }
    return files;
  }

  /** How the files are written: {@code gguf} or {@code safetensors}. */
  String format() {
    return model.checkpoint().gguf().isPresent() ? "gguf" : "safetensors";
  }

  boolean hasChatTemplate() {
    return ChatTemplate.isIn(model.checkpoint());
  }

  /** What users may miss, in words; the model runs without. */
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (tokenizerIds.isEmpty()) {
      missing.add("a tokenizer: prompts are token ids (generate --ids)");
    }
    if (!hasChatTemplate()) {
      missing.add("a chat template: no chats (generate --chat)");
    }
    if (model.plan().bos().isEmpty()) {
      missing.add("a token that begins a document: no empty prompts");
    }
    if (model.plan().endTokens().isEmpty()) {
      missing.add("end tokens: answers end by their length or a stop text");
    }
    return missing;
  }

  MemoryNeed memory(int nodes) {
    ExpertUnits units =
        new ExpertUnits(
            model.expertLayers().stream()
                .map(layer -> new ExpertUnits.Layer(layer.layer(), layer.experts()))
                .toList());
    return MemoryNeed.of(sizes, units, nodes);
  }

  /** Most experts of a layer. */
  int experts() {
    return model.expertLayers().stream().mapToInt(ExpertLayer::experts).max().orElse(0);
  }

  int topK() {
    return model.expertLayers().stream().mapToInt(ExpertLayer::topK).max().orElse(0);
  }

  long parametersPerExpert() {
    return sizes.experts().values().stream().findFirst().map(s -> s.parameters()).orElse(0L);
  }

  /** The first layer's that has experts. */
  String backbone() {
    return firstMoe().map(moe -> LayerWords.backbone(moe.expert())).orElse("none");
  }

  /** The first layer's that has experts. */
  String rule() {
    return firstMoe().map(LayerWords::rule).orElse("none");
  }

  /** The first layer's that has one. */
  String mixer() {
    return LayerWords.mixers(model.plan()).keySet().stream().findFirst().orElse("none");
  }

  private Optional<FeedPlan.Moe> firstMoe() {
    return model.plan().layers().stream().flatMap(layer -> layer.moe().stream()).findFirst();
  }
}
