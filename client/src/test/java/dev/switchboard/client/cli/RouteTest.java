package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.FakeRouter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code route}: windows, traces, matrices. */
class RouteTest {
  @TempDir private Path folder;

  @Test
  void routeCutsAFileIntoWindowsInTheirOrder() throws IOException {
    Path file = folder.resolve("text");
    Files.writeString(file, "0123456789".repeat(100) + "あ", StandardCharsets.UTF_8);
    Map<String, Object> json =
        JsonText.object(
            Run.against(
                    FakeRouter.Manner.STEADY,
                    "route",
                    "--file",
                    file.toString(),
                    "--window",
                    "7",
                    "--json")
                .out());
    List<?> windows = (List<?>) json.get("windows");
    assertThat(windows).hasSize(144);
    assertThat(windows.get(3))
        .isEqualTo(Map.of("offset", "21", "expert", "odd", "share", "0.75", "tokens", "7"));
    assertThat(windows.get(143))
        .isEqualTo(Map.of("offset", "1001", "expert", "null", "share", "0.0", "tokens", "0"));
    assertThat(((Map<?, ?>) json.get("summary")).get("windows")).isEqualTo("144");
  }

  @Test
  void aTraceHasALineForEveryToken() throws IOException {
    Path file = folder.resolve("routes.jsonl");
    String[] windows = {"route", "--text", "abcde", "--window", "4", "--trace", file.toString()};
    assertThat(Run.against(FakeRouter.Manner.STEADY, windows).exit()).isZero();
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(4);
    assertThat(JsonText.object(lines.get(3)))
        .isEqualTo(
            Map.of(
                "sequence",
                "1",
                "position",
                "1",
                "token",
                "41",
                "text",
                "t1",
                "layers",
                List.of(
                    Map.of("layer", "1", "experts", List.of("1"), "weights", List.of("0.75")))));
    String[] ids = {"route", "--ids", "5,9", "--trace", file.toString()};
    assertThat(Run.against(FakeRouter.Manner.STEADY, ids).out()).contains("2 tokens  5 9");
    assertThat(Files.readAllLines(file)).hasSize(2).last().asString().contains("\"token\":9");
  }

  @Test
  void whatGatesReadIsWrittenInRecords() throws IOException {
    Path file = folder.resolve("routes.bin");
    String[] windows = {
      "route", "--text", "abcde", "--window", "4", "--trace-inputs", file.toString()
    };
    assertThat(Run.against(FakeRouter.Manner.STEADY, windows).exit()).isZero();
    ByteBuffer records = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int recordBytes = 3 * 4 + 4 + 4 + 16;
    assertThat(records.remaining()).isEqualTo(4 * recordBytes);
    int last = 3 * recordBytes;
    assertThat(records.getInt(last)).as("sequence").isEqualTo(1);
    assertThat(records.getInt(last + 4)).as("position").isEqualTo(1);
    assertThat(records.getInt(last + 8)).as("token").isEqualTo(41);
    assertThat(records.getInt(last + 12)).as("expert").isEqualTo(1);
    assertThat(records.getFloat(last + 16)).as("weight").isEqualTo(0.75f);
    Map<String, Object> about =
        JsonText.object(Files.readString(folder.resolve("routes.bin.json")));
    assertThat(about)
        .containsEntry("format", "switchboard-routes")
        .containsEntry("record_bytes", Integer.toString(recordBytes))
        .containsEntry("records", "4")
        .containsEntry("layers", List.of("1"));
  }

  @Test
  void aTypedTextIsShownTokenByToken() throws IOException {
    String[] typed = {"route", "--text", "abc"};
    assertThat(Run.against(FakeRouter.Manner.STEADY, typed).out())
        .containsPattern("even +1 +'t0'\\s+odd +1 +'t1'\\s")
        .contains("3 tokens  abc");
    Map<String, Object> json =
        JsonText.object(
            Run.against(FakeRouter.Manner.STEADY, "route", "--text", "abc", "--json").out());
    Map<?, ?> window = (Map<?, ?>) ((List<?>) json.get("windows")).getFirst();
    assertThat((List<?>) window.get("routed"))
        .hasSize(2)
        .last()
        .isEqualTo(
            Map.of("id", "41", "text", "t1", "expert", "odd", "layers", List.of(List.of("odd"))));
  }

  @Test
  void aFolderOfDomainsGivesAConfusionMatrix() throws IOException {
    for (String domain : List.of("even", "stranger")) {
      Path text = Files.createDirectories(folder.resolve("domains").resolve(domain));
      Files.writeString(text.resolve("test.txt"), "0123456789".repeat(10));
      Files.writeString(text.resolve("train.txt"), "never read");
    }
    String domains = folder.resolve("domains").toString();
    String[] asked = {"route", "--folder", domains, "--window", "10", "--windows", "4", "--json"};
    Map<String, Object> json = JsonText.object(Run.against(FakeRouter.Manner.STEADY, asked).out());
    assertThat(json)
        .containsEntry("domains", List.of("even", "stranger"))
        .containsEntry("experts", List.of("even", "odd"))
        .containsEntry("counts", List.of(List.of("4", "0"), List.of("4", "0")))
        .containsEntry("right", Map.of("even", "1.0"))
        .containsEntry("rightMean", "1.0");
    assertThat(Run.against(FakeRouter.Manner.STEADY, "route", "--folder", domains).out())
        .containsPattern("even +1 +\\. +100.0 %");
    for (String name : List.of("matrix.svg", "matrix.png")) {
      Path picture = folder.resolve(name);
      Run drawn =
          Run.against(
              FakeRouter.Manner.STEADY,
              "route",
              "--folder",
              domains,
              "--picture",
              picture.toString());
      assertThat(drawn.exit()).as(drawn.err()).isZero();
      assertThat(picture).exists();
    }
    assertThat(Files.readString(folder.resolve("matrix.svg"))).contains("<svg", "</svg>");
    assertThat(Run.of("route", "--folder", domains, "--picture", "matrix.bmp").exit()).isEqualTo(2);
    Run empty = Run.against(FakeRouter.Manner.STEADY, "route", "--folder", domains + "/even");
    assertThat(empty.exit()).isEqualTo(1);
    assertThat(empty.err()).contains("even has no folder of a domain in it");
  }

  @Test
  void aWindowThatFailsIsNamed() {
    Run run = Run.against(FakeRouter.Manner.STEADY, "route", "--text", "abcdfail", "--window", "4");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("switchboard: INVALID_ARGUMENT: window at byte 4: will not\n");
  }
}
