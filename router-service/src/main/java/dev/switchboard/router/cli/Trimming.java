package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.reshape.Trim;
import dev.switchboard.model.reshape.TrimReport;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Does what prune and merge are asked for, and says what came of it. */
final class Trimming {
  private final TrimOptions options;
  private final Map<String, String> environment;

  Trimming(TrimOptions options, Map<String, String> environment) {
    this.options = options;
    this.environment = environment;
  }

  int run(Trim.Aim aim) {
    try {
      Optional<Double> before = options.bitsPerByte(options.in());
      TrimReport report = write(aim);
      Optional<Double> after = options.bitsPerByte(options.out());
      System.out.println(
          options.json() ? toJson(report, before, after) : text(report, before, after));
      return Exit.DONE;
    } catch (CheckpointException
        | IllegalArgumentException
        | IllegalStateException
        | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    }
  }

  private TrimReport write(Trim.Aim aim) {
    try (TensorProgress progress = new TensorProgress(environment)) {
      return Trim.folder(options.in(), options.out(), options.use(), aim, progress);
    }
  }

  private static String text(TrimReport report, Optional<Double> before, Optional<Double> after) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<Integer, List<int[]>> layer : report.made().entrySet()) {
      String made =
          layer.getValue().stream()
              .map(old ->
                  Arrays.stream(old).mapToObj(Integer::toString).collect(Collectors.joining("+")))
              .collect(Collectors.joining(" "));
      text.append("layer %d: %s%n".formatted(layer.getKey(), made));
    }
    text.append(
        "%s: %d of %d experts a layer, %.1f %% of the choices fell on them, %,d bytes"
            .formatted(
                report.out(),
                report.after(),
                report.before(),
                100 * report.share(),
                report.bytes()));
    if (before.isPresent() && after.isPresent()) {
      text.append("%n%.4f bits per byte before, %.4f after".formatted(before.get(), after.get()));
    }
    return text.toString();
  }

  private static ObjectNode toJson(
      TrimReport report, Optional<Double> before, Optional<Double> after) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("out", report.out().toString())
        .put("before", report.before())
        .put("after", report.after())
        .put("share", report.share())
        .put("bytes", report.bytes());
    ArrayNode layers = node.putArray("layers");
    report
        .made()
        .forEach((layer, experts) -> {
          ArrayNode made = layers.addObject().put("layer", layer).putArray("made");
          experts.forEach(old -> Arrays.stream(old).forEach(made.addArray()::add));
        });
    before.ifPresent(bits -> node.put("bitsPerByteBefore", bits));
    after.ifPresent(bits -> node.put("bitsPerByteAfter", bits));
    return node;
  }
}
