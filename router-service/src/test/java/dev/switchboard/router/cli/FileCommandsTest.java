package dev.switchboard.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.reference.ReferenceReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code check} and {@code quantize}: what they print, refuse and leave behind. */
class FileCommandsTest {
  private static final Path RESOURCES = Path.of("../model/src/test/resources/golden");

  @TempDir private Path folder;

  private static ReferenceReport report(boolean ok) {
    return new ReferenceReport(
        Path.of("golden/mixtral"),
        "mixtral",
        OptionalDouble.of(ok ? 5.6e-6 : 2.5),
        OptionalDouble.of(1e-6),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        Optional.of(true),
        Optional.of(ok),
        1e-4,
        ok,
        ok ? List.of() : List.of("logits of prompt1 at position 3"));
  }

  @Test
  void aLineSaysWhatIsEqualAndWhatIsOut() {
    assertThat(CheckRow.of(report(true)).line(20))
        .matches("golden/mixtral +5.6e-06 +1.0e-06 +- +- +equal +equal +1.0e-04  ok");
    assertThat(CheckRow.of(report(false)).line(20))
        .contains("2.5e+00", "DIFFER", "OUT", "\n    logits of prompt1 at position 3");
    CheckRow failed = CheckRow.failed(Path.of("a"), "b is missing");
    assertThat(failed.line(3)).isEqualTo("a    not compared: b is missing");
    assertThat(failed.ok()).isFalse();
  }

  @Test
  void whatIsNotRecordedIsNull() {
    JsonNode json = CheckRow.of(report(true)).toJson();
    assertThat(json.get("maxLogitDifference").asDouble()).isEqualTo(5.6e-6);
    assertThat(json.get("maxStateDifference").isNull()).isTrue();
    assertThat(json.get("expertsEqual").asBoolean()).isTrue();
    assertThat(json.get("ok").asBoolean()).isTrue();
    assertThat(CheckRow.failed(Path.of("a"), "why").toJson().get("error").asText())
        .isEqualTo("why");
  }

  @Test
  void oneBadFolderDoesNotHideTheNext() throws IOException {
    Path absent = folder.resolve("absent");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    CliRun run = CliRun.of("check", absent.toString(), empty.toString(), "--json");
    assertThat(run.exit()).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("ok").asBoolean()).isFalse();
    assertThat(json.get("folders")).hasSize(2);
    assertThat(json.get("folders").get(1).get("folder").asText()).isEqualTo(empty.toString());
    assertThat(json.get("folders").get(1).get("error").asText()).contains("nothing to compare");
    assertThat(CliRun.of("check").exit()).isEqualTo(2);
  }

  @Test
  void quantizeLeavesWhatIsThereAloneUnlessForced() throws IOException {
    Path source = RESOURCES.resolve("gguf-tiny/llama.gguf");
    Path out = Files.writeString(folder.resolve("out.gguf"), "from before");
    String[] plain = {"quantize", source.toString(), out.toString(), "--type", "q8_0"};
    CliRun refused = CliRun.of(plain);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("out.gguf", "--force");
    assertThat(out).hasContent("from before");

    CliRun done =
        CliRun.of(
            "quantize", source.toString(), out.toString(), "--type", "Q8_0", "--force", "--json");
    assertThat(done.exit()).as(done.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(done.out());
    assertThat(json.get("bytes").asLong()).isEqualTo(Files.size(out)).isGreaterThan(1000);
    assertThat(json.get("types").has(DType.Q8_0.name())).isTrue();
    assertThat(json.get("tensors").get(0).get("reason").asText()).isNotEmpty();
  }

  @Test
  void quantizeNamesWhatItDoesNotKnow() {
    CliRun type = CliRun.of("quantize", "a", "b", "--type", "q9");
    assertThat(type.exit()).isEqualTo(2);
    assertThat(type.err()).contains("--type q9", "q8_0");
    CliRun absent = CliRun.of("quantize", folder + "/absent", folder + "/b", "--type", "q8_0");
    assertThat(absent.exit()).isEqualTo(1);
    assertThat(absent.err()).contains("absent").doesNotContain("\tat ");
  }

  @Test
  void perplexityHasItsKeysAndRefusesWhatItCannotUse() throws IOException {
    Path text =
        Files.writeString(folder.resolve("text"), "Once upon a time there was. ".repeat(40));
    CliRun run = CliRun.of("perplexity", "--file", text.toString(), "--chunk", "16", "--json");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "model",
            "perplexity",
            "natsPerToken",
            "tokens",
            "scoredTokens",
            "windows",
            "chunk",
            "kernels",
            "seconds");
    assertThat(json.get("perplexity").asDouble()).isPositive();
    assertThat(CliRun.of("perplexity").exit()).isEqualTo(2);
    String file = text.toString();
    assertThat(CliRun.of("perplexity", "--file", file, "--chunk", "3").err())
        .contains("--chunk 3: expected 4 to");
    assertThat(CliRun.of("perplexity", "--file", file, "--threads", "0").exit()).isEqualTo(2);
    assertThat(CliRun.of("perplexity", "--file", file, "--kernels", "fast").exit()).isEqualTo(2);
    CliRun absent = CliRun.of("perplexity", "--file", "no-such-text");
    assertThat(absent.exit()).isEqualTo(1);
    assertThat(absent.err()).contains("no file no-such-text").doesNotContain("\tat ");
  }

  @Test
  void evaluateCountsBitsForEveryByte() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "Once upon\n\0\na time there was\n\0\n");
    CliRun run = CliRun.of("evaluate", "--file", text.toString(), "--documents", "--json");
    assertThat(run.exit()).as(run.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("bitsPerByte").asDouble()).isBetween(0.5, 8.0);
    assertThat(json.get("bytes").asInt()).isEqualTo(9 + 16);
    assertThat(json.get("windows").asInt()).isEqualTo(2);
    JsonNode documents = json.get("documents");
    double bits = 0;
    for (JsonNode document : documents) {
      bits += document.get("bitsPerByte").asDouble() * document.get("bytes").asInt();
    }
    assertThat(bits / 25).isEqualTo(json.get("bitsPerByte").asDouble(), within(1e-9));
    assertThat(json.get("perplexity").asDouble())
        .isEqualTo(Math.exp(json.get("natsPerToken").asDouble()), within(1e-6));
    JsonNode forced =
        new ObjectMapper()
            .readTree(
                CliRun.of("evaluate", "--file", text.toString(), "--expert", "json", "--json")
                    .out());
    assertThat(forced.get("bitsPerByte").asDouble())
        .isNotEqualTo(json.get("bitsPerByte").asDouble());
    assertThat(CliRun.of("evaluate", "--file", text.toString(), "--expert", "none").err())
        .contains("no expert none", "english");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThat(CliRun.of("evaluate", "--file", empty.toString()).err()).contains("empty is empty");
    assertThat(CliRun.of("evaluate", "--file", empty.toString(), "--window", "1").exit())
        .isEqualTo(2);
  }
}
