package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.reference.ReferenceReport;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** One model's line of {@code check}: what the comparison gave, or why there is none. */
record CheckRow(Path folder, Optional<ReferenceReport> report, Optional<String> failure) {
  private static final String COLUMNS = "  %8s  %8s  %8s  %8s  %-7s  %-6s  %8s  %s";

  /** What is to be checked; with a failure if that is known already. */
  record Target(Path folder, Optional<String> failure) {
    static Target of(Path folder) {
      return new Target(folder, Optional.empty());
    }

    static Target broken(Path folder, RuntimeException e) {
      return new Target(folder, Optional.of(message(e)));
    }
  }

  static CheckRow of(ReferenceReport report) {
    return new CheckRow(report.path(), Optional.of(report), Optional.empty());
  }

  static CheckRow failed(Path folder, String why) {
    return new CheckRow(folder, Optional.empty(), Optional.of(why));
  }

  static String message(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.toString() : message.replace('\n', ' ');
  }

  boolean ok() {
    return report.map(ReferenceReport::ok).orElse(false);
  }

  static String head(int width) {
    return pad("folder", width)
        + COLUMNS.formatted(
            "logits", "layers", "routing", "states", "experts", "greedy", "bound", "");
  }

  /** The line, and below it what is to be said about it. */
  String line(int width) {
    String name = pad(folder.toString(), width);
    if (report.isEmpty()) {
      return name + "  not compared: " + failure.orElse("");
    }
    ReferenceReport r = report.get();
    String line =
        COLUMNS.formatted(
            number(r.maxLogitDifference()),
            number(r.maxLayerDifference()),
            number(r.maxRoutingDifference()),
            number(r.maxStateDifference()),
            word(r.expertsEqual()),
            word(r.greedyEqual()),
            number(OptionalDouble.of(r.bound())),
            r.ok() ? "ok" : "OUT");
    String notes =
        r.notes().stream()
            .map(note -> System.lineSeparator() + "    " + note)
            .collect(Collectors.joining());
    return name + line + notes;
  }

  ObjectNode toJson() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("folder", folder.toString());
    report.ifPresent(r -> {
      node.put("family", r.family());
      number(node, "maxLogitDifference", r.maxLogitDifference());
      number(node, "maxLayerDifference", r.maxLayerDifference());
      number(node, "maxRoutingDifference", r.maxRoutingDifference());
      number(node, "maxStateDifference", r.maxStateDifference());
      node.put("expertsEqual", r.expertsEqual().orElse(null));
      node.put("greedyEqual", r.greedyEqual().orElse(null));
      node.put("bound", r.bound());
      r.notes().forEach(node.putArray("notes")::add);
    });
    failure.ifPresent(why -> node.put("error", why));
    node.put("ok", ok());
    return node;
  }

  private static void number(ObjectNode node, String name, OptionalDouble value) {
    if (value.isPresent()) {
      node.put(name, value.getAsDouble());
    } else {
      node.putNull(name);
    }
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.1e", value.getAsDouble()) : "-";
  }

  private static String word(Optional<Boolean> equal) {
    return equal.map(yes -> yes ? "equal" : "DIFFER").orElse("-");
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
