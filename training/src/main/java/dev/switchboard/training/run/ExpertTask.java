package dev.switchboard.training.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.run.ExpertSettings.Rates;
import dev.switchboard.training.run.ExpertSettings.Reading;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.OneExpert;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * One expert that learns alone on its domain, the trunk frozen. It depends on nothing but itself:
 * wherever it runs, and beside whatever, the same seed gives the same bits.
 *
 * @param model directory of the whole model
 * @param tokenizer file
 * @param expert index of the expert
 * @param domain its text
 * @param out directory of the finished part; its checkpoint lies beside it
 */
public record ExpertTask(
    String model,
    String tokenizer,
    int expert,
    Domain domain,
    String out,
    Length length,
    Reading reading,
    Rates rates,
    long seed)
    implements Serializable {
  /**
   * How long.
   *
   * @param patience checkpoints without a better held-out loss after which the task ends; 0: never
   * @param resume whether to go on from the checkpoint
   */
  public record Length(Budget budget, double checkpointMinutes, int patience, boolean resume)
      implements Serializable {}

  /**
   * What became of it.
   *
   * @param numbers of the expert's tensors by name
   * @param summary one JSON object
   */
  public record Trained(int expert, LinkedHashMap<String, float[]> numbers, String summary)
      implements Serializable {}

  /** Trains, in the calling thread's process. */
  public Trained run() throws IOException {
    TwinConfig all = ModelDirectory.readConfig(Path.of(model));
    TwinConfig one = OneExpert.config(all, expert);
    SequencedMap<String, Values> start;
    try (Checkpoint file = Checkpoint.open(Path.of(model))) {
      start = OneExpert.cut(all, HuggingFaceLayout.load(all, file), expert);
    }
    try (Vocabulary vocabulary = Vocabulary.read(Path.of(tokenizer));
        ExpertTraining training =
            new ExpertTraining(settings(), one, List.of(domain), vocabulary, start)) {
      ObjectNode summary = training.run();
      LinkedHashMap<String, float[]> numbers = new LinkedHashMap<>();
      start.forEach((name, values) -> {
        if (OneExpert.owns(name)) {
          numbers.put(name, training.values(name).numbers());
        }
      });
      return new Trained(expert, numbers, summary.toString());
    }
  }

  private ExpertSettings settings() {
    return new ExpertSettings(
        Path.of(out),
        null,
        new Budget(0, 0),
        length.budget(),
        reading,
        seed,
        1,
        length.resume(),
        length.checkpointMinutes(),
        length.patience(),
        rates);
  }
}
