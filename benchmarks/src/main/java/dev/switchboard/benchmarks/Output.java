package dev.switchboard.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Lines for people as they come, or one JSON object at the end. */
final class Output {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec(Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  void line(String text) {
    if (!json) {
      spec.commandLine().getOut().println(text);
      spec.commandLine().getOut().flush();
    }
  }

  /** On standard error, JSON or not. */
  void progress(String text) {
    spec.commandLine().getErr().println(text);
    spec.commandLine().getErr().flush();
  }

  <T> T show(T measured, Function<T, String> text) {
    line(text.apply(measured));
    return measured;
  }

  void json(Map<String, ? extends @Nullable Object> object) {
    if (json) {
      try {
        spec.commandLine().getOut().println(JSON.writeValueAsString(object));
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** As it is written. */
  static JsonNode tree(Map<String, ? extends @Nullable Object> object) {
    return JSON.valueToTree(object);
  }

  static Map<String, @Nullable Object> json(Throughput throughput) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("where", throughput.where());
    object.put("nodes", throughput.nodes());
    object.put("prompt_tokens_per_second", throughput.prompt().orElse(null));
    object.put("generate_tokens_per_second", throughput.generate().orElse(null));
    object.put("resident_bytes", throughput.residentBytes());
    return object;
  }

  /** The model that comes with Switchboard. */
  static Path embeddedModel() {
    String home = System.getProperty("switchboard.home", ".");
    return Path.of(home, "models", "switchboard-mini");
  }
}
