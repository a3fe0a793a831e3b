package dev.switchboard.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.run.ExpertTask.Trained;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.OneExpert;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/** The experts' own phase as one task each, and the model that they make together. */
public final class ExpertTasks {
  /** Who runs tasks, in any order. */
  @FunctionalInterface
  public interface Runner {
    List<Trained> run(List<ExpertTask> tasks) throws IOException;
  }

  /** One after the other, here. */
  public static final Runner IN_TURN =
      tasks -> {
        List<Trained> done = new ArrayList<>();
        for (ExpertTask task : tasks) {
          done.add(task.run());
        }
        return done;
      };

  private final ExpertSettings settings;
  private final Path model;
  private final Path tokenizer;

  /**
   * @param settings of which the budget of the joint phase is not looked at
   * @param model directory to start from
   */
  public ExpertTasks(ExpertSettings settings, Path model, Path tokenizer) {
    this.settings = settings;
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * Trains and writes the model.
   *
   * @return one JSON object with the losses of each domain
   */
  public ObjectNode run(List<Domain> domains, Runner runner) throws IOException {
    TwinConfig config = ModelDirectory.readConfig(model);
    List<String> names = domains.stream().map(Domain::name).toList();
    if (!names.equals(config.experts())) {
      throw new IOException(
          model + " has the experts " + config.experts() + ", the data are of " + names);
    }
    List<ExpertTask> tasks = new ArrayList<>();
    for (int e = 0; e < domains.size(); e++) {
      tasks.add(task(e, domains.get(e)));
    }
    List<Trained> done = runner.run(tasks);
    SequencedMap<String, Values> weights;
    try (Checkpoint file = Checkpoint.open(model)) {
      weights = HuggingFaceLayout.load(config, file);
    }
    ObjectNode report = MetricsLog.line();
    ObjectNode each = report.putObject("domains");
    long tokens = 0;
    for (Trained trained : done) {
      OneExpert.put(config, weights, trained.expert(), values(trained, weights, config));
      ObjectNode summary = (ObjectNode) new ObjectMapper().readTree(trained.summary());
      String name = names.get(trained.expert());
      each.set(name, summary.path("domains").path(name));
      tokens += summary.path("tokens").asLong();
    }
    ModelDirectory.write(
        settings.out(),
        config,
        name -> Objects.requireNonNull(weights.get(name), name),
        ModelDirectory.json(tokenizer));
    return report
        .put("out", settings.out().toString())
        .put("seed", settings.seed())
        .put("tokens", tokens);
  }

  private ExpertTask task(int expert, Domain domain) {
    Path parts = settings.out().resolveSibling(settings.out().getFileName() + ".parts");
    return new ExpertTask(
        model.toAbsolutePath().toString(),
        tokenizer.toAbsolutePath().toString(),
        expert,
        domain,
        parts.resolve(domain.name()).toAbsolutePath().toString(),
        new ExpertTask.Length(
            settings.alone(), settings.checkpointMinutes(), settings.patience(), settings.resume()),
        settings.reading(),
        settings.rates(),
        settings.seed());
  }

  private static SequencedMap<String, Values> values(
      Trained trained, SequencedMap<String, Values> weights, TwinConfig config) {
    SequencedMap<String, Values> shapes = OneExpert.cut(config, weights, trained.expert());
    SequencedMap<String, Values> values = new LinkedHashMap<>();
    trained
        .numbers()
        .forEach((name, numbers) ->
            values.put(
                name, new Values(numbers, Objects.requireNonNull(shapes.get(name), name).shape())));
    return values;
  }
}
