package dev.switchboard.model;

import static dev.switchboard.model.testing.ModelHost.assertSame;
import static dev.switchboard.model.testing.ModelHost.chunks;
import static dev.switchboard.model.testing.ModelHost.copy;
import static dev.switchboard.model.testing.ModelHost.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a text is cut, and wherever its state was carried: the reference's tokens, one state. */
class LongReadsTest {
  private static final int[] CHUNKS = {1, 7, 64, 1000};
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "bamba",
        "granitemoehybrid",
        "granitemoehybrid_dense",
        "jamba",
        "nemotron_h"
      })
  void anyChunksGiveTheTokensOfTheReference(String family) {
    JsonNode prompts =
        JsonFiles.readObject(GOLDEN.resolve(family).resolve("expected.json")).get("prompts");
    try (ModelHost host = new ModelHost(ModelHost.open(family, folder))) {
      for (JsonNode prompt : prompts) {
        int[] ids = ids(prompt.get("ids"));
        for (int i = 0; i < CHUNKS.length; i++) {
          long id = prompts.size() + i;
          assertThat(greedy(host, id, ids, CHUNKS[i], prompt.get("greedy").size()))
              .as("%s, %d at once", prompt.get("name"), CHUNKS[i])
              .isEqualTo(ids(prompt.get("greedy")));
        }
      }
    }
  }

  private static int[] greedy(ModelHost host, long id, int[] prompt, int chunk, int count) {
    int before = Math.max(0, prompt.length - 1);
    SequenceState sequence = host.read(id, prompt.length, Arrays.copyOf(prompt, before), chunk);
    int[] chosen = new int[count];
    int next = prompt[before];
    for (int i = 0; i < count; i++) {
      next = largest(host.run(sequence, next));
      chosen[i] = next;
    }
    host.end(sequence);
    return chosen;
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    Arrays.setAll(ids, i -> array.get(i).intValue());
    return ids;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "bamba",
        "granitemoehybrid",
        "granitemoehybrid_dense",
        "jamba",
        "nemotron_h",
        "switchboard",
        "switchboard-mamba"
      })
  void anyChunksLeaveOneState(String name) {
    int[] text = tokens(1, 1037);
    try (ModelHost host = new ModelHost(ModelHost.open(name, folder))) {
      List<SequenceSnapshot> states = new ArrayList<>();
      for (int chunk : CHUNKS) {
        SequenceState sequence = host.read(chunk, text.length, text, chunk);
        states.add(host.snapshot(sequence, text));
        host.end(sequence);
      }
      states.forEach(state -> assertThat(chunks(state)).isEqualTo(chunks(states.getFirst())));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "mamba2", "switchboard", "switchboard-mamba"})
  void aStateBehind32kTokensGoesOnElsewhere(String name) {
    int[] text = tokens(2, 32_768);
    int[] rest = tokens(3, 9);
    try (ModelHost here = new ModelHost(ModelHost.open(name, folder));
        ModelHost there = new ModelHost(ModelHost.open(name, folder))) {
      SequenceState sequence = here.read(1, text.length, text, 512);
      SequenceSnapshot state = copy(here.snapshot(sequence, text));
      SequenceSnapshot early = here.snapshot(here.read(2, 64, tokens(2, 64), 64), tokens(2, 64));
      assertThat(state.bytes() - early.bytes())
          .as("it grows by the ids of the tokens alone")
          .isBetween(4L * (32_768 - 64), 4L * (32_768 - 64) + early.bytes() / 8 + 4096);
      SequenceState moved = there.restore(7, state, text.length);
      assertThat(moved.position()).isEqualTo(32_768);
      assertSame(there.goOn(moved, rest), here.goOn(sequence, rest));
    }
  }
}
