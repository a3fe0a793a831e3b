package dev.switchboard.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
  private static final String MODEL = "../models/switchboard-mini";

  @TempDir private Path folder;

  @Test
  void aModelSavesNothingAgainstItself() throws IOException {
    write(
        "english",
        "test.txt",
        "Once upon a time\n\0\nthere was a queen.\n\0\n".getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write("def f(x):\n  return x\n".getBytes(StandardCharsets.UTF_8));
    }
    write("python", "test.txt.gz", zipped.toByteArray());
    String data = folder.toString();
    CliRun run =
        CliRun.of(
            "evaluate",
            "compare",
            MODEL,
            MODEL,
            "--data",
            data,
            "--draws",
            "50",
            "--given",
            "--json");
    assertThat(run.exit()).as(run.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/domains/english/documents").asInt()).isEqualTo(2);
    assertThat(json.at("/domains/python/documents").asInt()).isEqualTo(1);
    double mean =
        (json.at("/domains/english/a").asDouble() + json.at("/domains/python/a").asDouble()) / 2;
    assertThat(json.at("/mean/a").asDouble()).isCloseTo(mean, within(1e-9));
    for (String number : List.of("gain", "low", "high", "better")) {
      assertThat(json.at("/mean/" + number).asDouble()).as(number).isZero();
    }
    JsonNode given = json.at("/b/expertGiven/domains");
    assertThat(given).hasSize(2);
    assertThat(given.get("english").asDouble()).isBetween(0.5, 8.0);
    assertThat(json.at("/a/expertGiven").isMissingNode()).isTrue();
    assertThat(json.at("/b/activeExpertMultiplyAdds").asLong() * 8)
        .isEqualTo(json.at("/b/allExpertMultiplyAdds").asLong())
        .isPositive();
    assertThat(json.at("/b/natsPerTokenByPosition/first64").asDouble()).isPositive();
    CliRun table = CliRun.of("evaluate", "compare", MODEL, MODEL, "--data", data, "--draws", "5");
    assertThat(table.out())
        .contains("english", "python", "mean", "+0.00 %", "microseconds a token");
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    CliRun none = CliRun.of("evaluate", "compare", MODEL, MODEL, "--data", folder.toString());
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.err()).contains("no DOMAIN/test.txt", folder.toString());
    write("odd", "test.txt", new byte[] {(byte) 0xff, 'a'});
    assertThat(CliRun.of("evaluate", "compare", MODEL, MODEL, "--data", folder.toString()).err())
        .contains("odd", "UTF-8");
    assertThat(CliRun.of("evaluate", "compare", MODEL).exit()).isEqualTo(2);
    assertThat(CliRun.of("evaluate", "compare", MODEL, MODEL, "--data", ".", "--draws", "0").err())
        .contains("--draws 0");
  }

  @Test
  void documentsAreCutBetweenCharacters() {
    String rose = new String(Character.toChars(0x1F339));
    assertThat(TestTexts.documents("ab" + rose + "\n\0\ncd\n\0\nef", 3, 4))
        .containsExactly("ab", "cd");
    assertThat(TestTexts.documents("\n\0\nabc", 10, 1)).containsExactly("abc");
  }

  private void write(String domain, String file, byte[] content) throws IOException {
    Files.write(Files.createDirectories(folder.resolve(domain)).resolve(file), content);
  }
}
