package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.switchboard.client.FakeRouter;
import dev.switchboard.client.process.FakeLaunch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  @TempDir private Path folder;

  private static Run against(FakeRouter.Manner manner, String... args) {
    try (FakeRouter router = new FakeRouter(manner)) {
      List<String> all = new ArrayList<>(List.of(args));
      all.addAll(List.of("--router", router.address().toString()));
      return Run.of(all.toArray(String[]::new));
    }
  }

  @Test
  void generateStreamsTheTextAlone() {
    Run run = against(FakeRouter.Manner.STEADY, "generate", "--prompt", "ab", "--max-tokens", "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEqualTo(" é0 é1!\n");
  }

  @Test
  void generateReportsOneJsonObject() throws IOException {
    Run run =
        against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--ids",
            "5,9",
            "--max-tokens",
            "2",
            "--logprobs",
            "2",
            "--json");
    Map<String, Object> json = parse(run.out());
    assertThat(json.keySet())
        .containsExactly(
            "text",
            "tokens",
            "awake",
            "logits_sha256",
            "seed",
            "finishReason",
            "promptTokens",
            "generatedTokens",
            "degradedTokens",
            "modelFingerprint",
            "gateVersion",
            "activeExpertFraction",
            "nodes",
            "router",
            "timing",
            "status");
    assertThat(json)
        .containsEntry("text", " é0 é1!")
        .containsEntry("seed", "18446744073709551615")
        .containsEntry("finishReason", "length")
        .containsEntry("activeExpertFraction", "0.5")
        .containsEntry("awake", Map.of("even", "0.75", "odd", "0.25"));
    assertThat((List<?>) json.get("tokens"))
        .first()
        .isEqualTo(
            Map.of(
                "id",
                "100",
                "text",
                " é0",
                "experts",
                List.of(List.of("0"), List.of("0")),
                "expertNames",
                List.of(List.of("even"), List.of("even")),
                "logprob",
                "-0.5",
                "top",
                List.of(
                    Map.of("id", "0", "logprob", "-1.0", "text", "x0"),
                    Map.of("id", "1", "logprob", "-2.0", "text", "x1"))));
    assertThat(json.get("nodes"))
        .isEqualTo(
            List.of(
                Map.of("id", "n0", "pid", "8", "address", "127.0.0.1:2"),
                Map.of("id", "n1", "pid", "9", "address", "127.0.0.1:3")));
  }

  @Test
  void aTurnOfASessionIsSentAndReported() throws IOException {
    Run run =
        against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--session",
            "s",
            "--turn",
            "4",
            "--max-tokens",
            "1",
            "--json");
    assertThat(parse(run.out()).get("session"))
        .isEqualTo(
            Map.of(
                "turn",
                "4",
                "tokensBefore",
                "9",
                "stateTokens",
                "0",
                "stateBytes",
                "0",
                "generatedBefore",
                "0",
                "note",
                "not kept: s"));
    Run shown = against(FakeRouter.Manner.STEADY, "generate", "--session", "s", "--prompt", "a");
    assertThat(shown.err()).contains("session: not kept: s");
  }

  @Test
  void sessionsAreForgottenAndForked() throws IOException {
    Run forgotten = against(FakeRouter.Manner.STEADY, "session", "forget", "s");
    assertThat(forgotten.out()).isEqualTo("session \"s\" is forgotten\n");
    Run unknown = against(FakeRouter.Manner.STEADY, "session", "forget", "unknown");
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.err()).contains("nothing is kept of a session \"unknown\"");
    Run forked = against(FakeRouter.Manner.STEADY, "session", "fork", "s", "t", "--json");
    assertThat(parse(forked.out()))
        .containsEntry("session", "t")
        .containsEntry("turn", "3")
        .containsEntry("stateTokens", "39");
    Run same = against(FakeRouter.Manner.STEADY, "session", "fork", "s", "s");
    assertThat(same.exit()).isEqualTo(1);
    assertThat(same.err()).contains("ALREADY_EXISTS: is there");
  }

  @Test
  void forcedTokensAreSentAndReported() throws IOException {
    Map<String, Object> json =
        parse(
            against(
                    FakeRouter.Manner.STEADY,
                    "generate",
                    "--prompt",
                    "a",
                    "--force-ids",
                    "7,3",
                    "--json")
                .out());
    assertThat((List<?>) json.get("tokens"))
        .extracting(token -> String.valueOf(((Map<?, ?>) token).get("id")))
        .containsExactly("7", "3");
  }

  @Test
  void aLongFileGoesInPiecesWithNoCharacterCut() throws IOException {
    Path file = folder.resolve("book.txt");
    String text = "a" + "\uD83D\uDCDA book. ".repeat(200_000);
    Files.writeString(file, text);
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY)) {
      Run run =
          Run.of(
              "generate",
              "--prompt-file",
              file.toString(),
              "--max-tokens",
              "2",
              "--router",
              router.address().toString());
      assertThat(run.exit()).as(run.err()).isZero();
      assertThat(router.longestPrompt()).isEqualTo(text);
    }
  }

  @Test
  void aStateIsSavedAndLoaded() throws IOException {
    Path file = folder.resolve("state");
    Run saved =
        against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--prompt",
            "ab",
            "--save-state",
            file.toString(),
            "--json");
    assertThat(saved.exit()).as(saved.err()).isZero();
    assertThat(file).hasContent("state");
    assertThat(parse(saved.out())).containsEntry("savedStateBytes", "5");

    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY)) {
      Run loaded =
          Run.of(
              "generate",
              "--load-state",
              file.toString(),
              "--max-tokens",
              "1",
              "--router",
              router.address().toString());
      assertThat(loaded.exit()).as(loaded.err()).isZero();
      assertThat(router.longestPrompt()).isEqualTo("state:5");
    }
  }

  @Test
  void nothingIsLeftOfAStateThatDidNotCome() {
    Path file = folder.resolve("state");
    Run failed =
        against(
            FakeRouter.Manner.FAILS_AFTER_ONE_TOKEN,
            "generate",
            "--prompt",
            "ab",
            "--save-state",
            file.toString());
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(folder).isEmptyDirectory();
    Run absent = Run.of("generate", "--load-state", file.toString(), "--router", "127.0.0.1:1");
    assertThat(absent.exit()).isEqualTo(1);
    assertThat(absent.err()).contains(file.toString()).contains("no such file");
  }

  @Test
  void logitsOfThePromptBecomeAWholeFileOrNone() throws IOException {
    Path file = folder.resolve("logits.safetensors");
    Files.writeString(file, "from before");
    String[] dump = {"generate", "--prompt", "ab", "--dump-logits", file.toString()};
    Run failed = against(FakeRouter.Manner.FAILS_AFTER_ONE_TOKEN, dump);
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(file).hasContent("from before");

    Run done = against(FakeRouter.Manner.STEADY, dump);
    assertThat(done.exit()).as(done.err()).isZero();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(header);
    assertThat(header.length % 8).isZero();
    assertThat(parse(new String(header, StandardCharsets.UTF_8)))
        .isEqualTo(
            Map.of(
                "logits",
                Map.of(
                    "dtype",
                    "F32",
                    "shape",
                    List.of("2", "3"),
                    "data_offsets",
                    List.of("0", "24"))));
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    assertThat(values).containsExactly(1f, 2f, 3f, 4f, 5f, -6f);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).as("no part of a file is left").containsExactly(file);
    }
  }

  @Test
  void logitsThatCannotBeWrittenAreRefusedBeforeAnythingStarts() {
    Run run = Run.of("generate", "--prompt", "a", "--dump-logits", "/absent/folder/file");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("switchboard: cannot write /absent/folder/file: no such folder\n");
  }

  @Test
  void aFailureInTheMiddleKeepsWhatCameAndNamesTheStatus() {
    Run run =
        against(
            FakeRouter.Manner.FAILS_AFTER_ONE_TOKEN,
            "generate",
            "--prompt",
            "a",
            "--max-tokens",
            "3");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).startsWith(" é0");
    assertThat(run.err()).isEqualTo("switchboard: UNAVAILABLE: experts gone: odd\n");
  }

  @Test
  void statusTellsWhatAcceptanceReads() throws IOException {
    Map<String, Object> json = parse(against(FakeRouter.Manner.STEADY, "status", "--json").out());
    assertThat(json)
        .containsKeys("clusterName", "model", "nodes", "routers")
        .containsEntry("tokensRouted", "4")
        .containsEntry("topK", "1")
        .containsEntry("complete", "true")
        .containsEntry("placementEpoch", "3")
        .containsEntry("activeExpertFraction", "0.5");
    assertThat((List<?>) json.get("experts"))
        .last()
        .isEqualTo(
            Map.of(
                "layer",
                "0",
                "expert",
                "1",
                "name",
                "odd",
                "tokens",
                "2",
                "replicas",
                List.of("n1")));
    Run table = against(FakeRouter.Manner.STEADY, "status");
    assertThat(table.out()).contains("cluster fake").containsPattern("node +9 .* 4  odd\n");
  }

  @Test
  void routeCutsAFileIntoWindowsInTheirOrder() throws IOException {
    Path file = folder.resolve("text");
    Files.writeString(file, "0123456789".repeat(100) + "あ", StandardCharsets.UTF_8);
    Map<String, Object> json =
        parse(
            against(
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
    assertThat(against(FakeRouter.Manner.STEADY, windows).exit()).isZero();
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(4);
    assertThat(parse(lines.get(3)))
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
    assertThat(against(FakeRouter.Manner.STEADY, ids).out()).contains("2 tokens  5 9");
    assertThat(Files.readAllLines(file)).hasSize(2).last().asString().contains("\"token\":9");
  }

  @Test
  void whatGatesReadIsWrittenInRecords() throws IOException {
    Path file = folder.resolve("routes.bin");
    String[] windows = {
      "route", "--text", "abcde", "--window", "4", "--trace-inputs", file.toString()
    };
    assertThat(against(FakeRouter.Manner.STEADY, windows).exit()).isZero();
    ByteBuffer records = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int recordBytes = 3 * 4 + 4 + 4 + 16;
    assertThat(records.remaining()).isEqualTo(4 * recordBytes);
    int last = 3 * recordBytes;
    assertThat(records.getInt(last)).as("sequence").isEqualTo(1);
    assertThat(records.getInt(last + 4)).as("position").isEqualTo(1);
    assertThat(records.getInt(last + 8)).as("token").isEqualTo(41);
    assertThat(records.getInt(last + 12)).as("expert").isEqualTo(1);
    assertThat(records.getFloat(last + 16)).as("weight").isEqualTo(0.75f);
    Map<String, Object> about = parse(Files.readString(folder.resolve("routes.bin.json")));
    assertThat(about)
        .containsEntry("format", "switchboard-routes")
        .containsEntry("record_bytes", Integer.toString(recordBytes))
        .containsEntry("records", "4")
        .containsEntry("layers", List.of("1"));
  }

  @Test
  void aTypedTextIsShownTokenByToken() throws IOException {
    String[] typed = {"route", "--text", "abc"};
    assertThat(against(FakeRouter.Manner.STEADY, typed).out())
        .containsPattern("even +1 +'t0'\\s+odd +1 +'t1'\\s")
        .contains("3 tokens  abc");
    Map<String, Object> json =
        parse(against(FakeRouter.Manner.STEADY, "route", "--text", "abc", "--json").out());
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
    Map<String, Object> json = parse(against(FakeRouter.Manner.STEADY, asked).out());
    assertThat(json)
        .containsEntry("domains", List.of("even", "stranger"))
        .containsEntry("experts", List.of("even", "odd"))
        .containsEntry("counts", List.of(List.of("4", "0"), List.of("4", "0")))
        .containsEntry("right", Map.of("even", "1.0"))
        .containsEntry("rightMean", "1.0");
    assertThat(against(FakeRouter.Manner.STEADY, "route", "--folder", domains).out())
        .containsPattern("even +1 +\\. +100.0 %");
    for (String name : List.of("matrix.svg", "matrix.png")) {
      Path picture = folder.resolve(name);
      Run drawn =
          against(
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
    Run empty = against(FakeRouter.Manner.STEADY, "route", "--folder", domains + "/even");
    assertThat(empty.exit()).isEqualTo(1);
    assertThat(empty.err()).contains("even has no folder of a domain in it");
  }

  @Test
  void aWindowThatFailsIsNamed() {
    Run run = against(FakeRouter.Manner.STEADY, "route", "--text", "abcdfail", "--window", "4");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("switchboard: INVALID_ARGUMENT: window at byte 4: will not\n");
  }

  @Test
  void demoStartsItsClusterAndShowsExpertsAndProcesses() throws IOException {
    Run run =
        Run.of(
            FakeLaunch.jvms(folder),
            "",
            "demo",
            "--nodes",
            "2",
            "--prompt",
            "ab",
            "--max-tokens",
            "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .startsWith(" é0 é1!\n")
        .containsPattern("even +1  ' é0'")
        .containsPattern("odd +1  ' é1'")
        .containsPattern("even +75.0 %")
        .containsPattern("router +7 ")
        .doesNotContain("\033[");
  }

  @Test
  void demoWithoutAPromptReadsTextsUntilTheEnd() throws IOException {
    Run run =
        Run.of(
            FakeLaunch.jvms(folder), "one\n\ntwo\n", "demo", "--nodes", "1", "--max-tokens", "1");
    assertThat(run.exit()).isZero();
    assertThat(run.out().split(" é0!\n", -1)).hasSize(3);
  }

  @Test
  void concurrentRequestsAreComparedWithThemselvesAlone() {
    String[] demo = {"demo", "--prompt", "ab", "--max-tokens", "4", "--concurrent", "2", "--json"};
    Run same = against(FakeRouter.Manner.STEADY, demo);
    assertThat(same.exit()).as(same.err()).isZero();
    Run disturbed = against(FakeRouter.Manner.COMPANIONS_MATTER, demo);
    assertThat(disturbed.exit()).isEqualTo(1);
    assertThat(disturbed.err())
        .contains(
            "switchboard: request 1 of 2: logits_sha256 alone is sha 2/4, together disturbed");
  }

  /**
   * Numbers and words as text, objects and arrays as maps and lists; fails unless it is exactly one
   * object.
   */
  private static Map<String, Object> parse(String text) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      assertThat(parser.nextToken()).as(text).isEqualTo(JsonToken.START_OBJECT);
      Map<String, Object> object = object(parser);
      assertThat(parser.nextToken()).isNull();
      return object;
    }
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      fields.put(name, value(parser));
    }
    return fields;
  }

  private static Object value(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      return object(parser);
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      List<Object> values = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        values.add(value(parser));
      }
      return values;
    }
    return parser.getText();
  }
}
