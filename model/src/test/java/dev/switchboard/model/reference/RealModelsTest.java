package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.sampling.LogProbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Trained models, against what llama.cpp makes of them. Too large to be kept here: {@code
 * -Dswitchboard.models=FOLDER} names where they lie.
 */
@EnabledIfSystemProperty(named = "switchboard.models", matches = ".+")
class RealModelsTest {
  private static final Path MODELS = Path.of(System.getProperty("switchboard.models", "."));
  private static final int STORY_TOKENS = 200;

  /** Tokens with a clear leader in the record, and those of them where another leads here. */
  private int clear;

  private int others;

  private static float[] step(
      ForwardPass pass, SequenceState sequence, int[] tokens, Logits wanted) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, wanted)));
    assertThat(result.failures()).isEmpty();
    return result.logits()[0];
  }

  @Test
  void aStoryIsToldAsRecorded() throws IOException {
    try (Model model = Model.open(MODELS.resolve("stories260K-f32.gguf"));
        SequenceState sequence = model.trunk().newSequence(1)) {
      ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
      float[] logits = step(pass, sequence, model.tokenizer().encodePrompt(""), Logits.LAST);
      int[] story = new int[STORY_TOKENS];
      for (int i = 0; i < STORY_TOKENS; i++) {
        story[i] = LogProbs.of(logits).top(1).getFirst().token();
        logits = step(pass, sequence, new int[] {story[i]}, Logits.LAST);
      }
      assertThat(model.tokenizer().decode(story).strip())
          .isEqualTo(Files.readString(MODELS.resolve("stories260K-greedy-200.txt")).strip());
    }
  }

  /**
   * Codes of activations make it chaotic: a difference of 2e-7 in one place ends as large as the
   * codes' own rounding. llama.cpp is as far from itself when it reads the same tokens in one batch
   * (median 1.4e-3, 99th percentile 4.9e-2 of these probabilities); nearer than that cannot be
   * asked for.
   */
  @Test
  void probabilitiesAreThoseRecordedWhateverWasChosen() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(MODELS.resolve("smollm2-greedy.json").toFile());
    List<Double> differences = new ArrayList<>();
    try (Model model = Model.open(MODELS.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"))) {
      ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
      for (JsonNode one : cases) {
        int[] prompt = ids(one.get("ids"));
        assertThat(model.tokenizer().encodePrompt(one.get("text").asText())).isEqualTo(prompt);
        int[] generated = ids(one.get("generated"));
        int[] all = Arrays.copyOf(prompt, prompt.length + generated.length);
        System.arraycopy(generated, 0, all, prompt.length, generated.length);
        try (SequenceState sequence = model.trunk().newSequence(1, all.length)) {
          float[] logits = step(pass, sequence, all, Logits.ALL);
          for (int i = 0; i < generated.length; i++) {
            int row = prompt.length - 1 + i;
            int vocabulary = model.trunk().vocabulary();
            LogProbs ours =
                LogProbs.of(Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary));
            compare(one.get("top5").get(i), ours, differences);
          }
        }
      }
    }
    differences.sort(null);
    double median = differences.get(differences.size() / 2);
    double most = differences.get(differences.size() * 99 / 100);
    assertThat(median).isLessThanOrEqualTo(2e-3);
    assertThat(most).isLessThanOrEqualTo(6e-2);
    assertThat(clear).isGreaterThan(300);
    assertThat(others).isLessThanOrEqualTo(clear / 40);
  }

  private void compare(JsonNode top, LogProbs ours, List<Double> differences) {
    for (JsonNode entry : top) {
      double found = Math.exp(ours.of(entry.get(0).asInt()));
      differences.add(Math.abs(entry.get(1).asDouble() - found));
    }
    double lead = top.get(0).get(1).asDouble() - top.get(1).get(1).asDouble();
    if (lead >= 0.01) {
      clear++;
      if (ours.top(1).getFirst().token() != top.get(0).get(0).asInt()) {
        others++;
      }
    }
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    Arrays.setAll(ids, i -> list.get(i).asInt());
    return ids;
  }
}
