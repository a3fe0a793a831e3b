package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  @TempDir Path folder;

  @Test
  void bothWritingsOfInfinityAreNumbers() throws IOException {
    ConfigReader config =
        read("{\"bare\": [0.0, Infinity], \"wrapped\": [0.0, {\"__float__\": \"Infinity\"}]}");

    assertThat(config.numbers("bare")).containsExactly(0.0, Double.POSITIVE_INFINITY);
    assertThat(config.numbers("wrapped")).isEqualTo(config.numbers("bare"));
  }

  @Test
  void nothingElseIsANumber() throws IOException {
    ConfigReader config =
        read(
            "{\"nan\": NaN, \"text\": \"1\", \"other\": {\"__float__\": \"NaN\"}, \"inf\": Infinity}");

    for (String key : new String[] {"nan", "text", "other"}) {
      assertThatThrownBy(() -> config.number(key))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll("config.json", key, "expected a number");
    }
    assertThatThrownBy(() -> config.positive("inf")).hasMessageContaining("a positive number");
    assertThatThrownBy(() -> config.count("inf")).hasMessageContaining("a whole number");
  }

  @Test
  void aNestedKeyIsNamedWithItsPath() throws IOException {
    ConfigReader nested = read("{\"a\": {\"b\": {\"c\": -1}}}").nested("a").orElseThrow();

    assertThatThrownBy(() -> nested.nested("b").orElseThrow().count("c"))
        .hasMessageContaining("a.b.c is -1");
    assertThatThrownBy(() -> nested.nested("b").orElseThrow().text("d"))
        .hasMessageContaining("key a.b.d is missing");
  }

  @Test
  void nullIsAbsent() throws IOException {
    ConfigReader config = read("{\"first\": null, \"second\": 2}");

    assertThat(config.spelling("first", "second")).isEqualTo("second");
    assertThat(config.spelling("first", "third")).isEqualTo("first");
    assertThat(config.integer("first", 0, 9, 7)).isEqualTo(7);
    assertThat(config.nested("first")).isEmpty();
    assertThat(config.integers("first", 0, 9)).isEmpty();
  }

  private ConfigReader read(String json) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, json);
    return new ConfigReader(file, JsonFiles.readObject(file));
  }
}
