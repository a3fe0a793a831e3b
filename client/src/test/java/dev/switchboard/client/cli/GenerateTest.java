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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate} against a router of its own. */
class GenerateTest {
  @TempDir private Path folder;

  @Test
  void generateStreamsTheTextAlone() {
    Run run =
        Run.against(FakeRouter.Manner.STEADY, "generate", "--prompt", "ab", "--max-tokens", "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEqualTo(" é0 é1!\n");
  }

  @Test
  void generateReportsOneJsonObject() throws IOException {
    Run run =
        Run.against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--ids",
            "5,9",
            "--max-tokens",
            "2",
            "--logprobs",
            "2",
            "--json");
    Map<String, Object> json = JsonText.object(run.out());
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
  void forcedTokensAreSentAndReported() throws IOException {
    Map<String, Object> json =
        JsonText.object(
            Run.against(
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
        Run.against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--prompt",
            "ab",
            "--save-state",
            file.toString(),
            "--json");
    assertThat(saved.exit()).as(saved.err()).isZero();
    assertThat(file).hasContent("state");
    assertThat(JsonText.object(saved.out())).containsEntry("savedStateBytes", "5");

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
        Run.against(
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
    Run failed = Run.against(FakeRouter.Manner.FAILS_AFTER_ONE_TOKEN, dump);
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(file).hasContent("from before");

    Run done = Run.against(FakeRouter.Manner.STEADY, dump);
    assertThat(done.exit()).as(done.err()).isZero();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(header);
    assertThat(header.length % 8).isZero();
    assertThat(JsonText.object(new String(header, StandardCharsets.UTF_8)))
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
        Run.against(
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
}
