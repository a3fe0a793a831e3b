package dev.switchboard.training.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.run.Budget;
import dev.switchboard.training.run.ExpertSettings;
import dev.switchboard.training.run.ExpertTasks;
import dev.switchboard.training.run.ExpertTraining;
import dev.switchboard.training.spark.SparkExperts;
import dev.switchboard.training.spark.TokenizedData;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains trunk and experts from texts, and writes a model directory. */
@Command(
    name = "experts",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = "Trains trunk and experts: together, then each expert alone on its domain.",
    footer = {
      "",
      "Example:",
      "  switchboard train experts --data corpora --tokenizer tokenizer.json --out model --minutes"
          + " 50"
    })
final class ExpertsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      description = "DIR/<domain>/train.txt[.gz], test.txt[.gz], or what train data wrote")
  private Path data = Path.of("");

  @Option(names = "--tokenizer", required = true, description = "tokenizer.json, gzipped or not")
  private Path tokenizer = Path.of("");

  @Option(names = "--out", required = true, description = "model directory to write")
  private Path out = Path.of("");

  @Option(
      names = "--init",
      description =
          "model directory whose weights the run starts from; its networks may be wider "
              + "or narrower")
  private @Nullable Path init;

  @Option(
      names = "--until",
      description = "end of the joint phase as a time, 2026-01-31T18:00:00Z, instead of minutes")
  private @Nullable Instant until;

  @Option(names = "--minutes", description = "length of the joint phase", defaultValue = "50")
  private double minutes;

  @Option(
      names = "--steps",
      description = "length of the joint phase in steps, instead of minutes",
      defaultValue = "0")
  private long steps;

  @Option(
      names = "--expert-minutes",
      description = "length of the experts' own phase",
      defaultValue = "6")
  private double expertMinutes;

  @Option(
      names = "--expert-steps",
      description = "the same in steps, instead of minutes",
      defaultValue = "0")
  private long expertSteps;

  @Option(names = "--batch", description = "sequences of each domain in a step", defaultValue = "1")
  private int batch;

  @Option(names = "--sequence", description = "tokens of a sequence", defaultValue = "512")
  private int sequence;

  @Option(
      names = "--long-sequence",
      description = "tokens of every fourth step's sequences in the second half",
      defaultValue = "1024")
  private int longSequence;

  @Option(names = "--seed", defaultValue = "1")
  private long seed;

  @Option(
      names = "--threads",
      description = "threads that compute side by side",
      defaultValue = "2")
  private int threads;

  @Option(
      names = "--rate",
      description = "peak learning rate of vectors and embedding",
      defaultValue = "0.004")
  private double rate;

  @Option(
      names = "--matrix-rate",
      description = "peak learning rate of orthogonal updates; 0: AdamW everywhere",
      defaultValue = "0.02")
  private double matrixRate;

  @Option(names = "--weight-decay", defaultValue = "0.05")
  private double decay;

  @Option(
      names = "--level",
      description = "part of a phase after which the learning rate falls",
      defaultValue = "0.5")
  private double level;

  @Option(names = "--checkpoint-minutes", defaultValue = "5")
  private double checkpointMinutes;

  @Option(
      names = "--patience",
      description =
          "checkpoints without a better held-out loss after which a phase ends early; 0: never",
      defaultValue = "0")
  private int patience;

  @Option(
      names = "--dense",
      description =
          "one network for all domains instead of experts, as wide as one: to compare with")
  private boolean dense;

  @Option(
      names = "--expert-tasks",
      description =
          "the experts' own phase as one task each, whose result does not depend on where it runs")
  private boolean tasks;

  @Option(
      names = "--master",
      description = "the same on Spark: local[N], local-cluster[N,C,M], spark://HOST:PORT")
  private @Nullable String master;

  @Option(names = "--resume", description = "go on from OUT.checkpoint")
  private boolean resume;

  @Option(names = "--json", description = "print a JSON summary")
  private boolean json;

  @Mixin private final SizeOptions sizes = new SizeOptions();

  @Override
  public Integer call() throws Exception {
    ExpertSettings settings = Failures.checked(spec, this::settings);
    try (Vocabulary vocabulary = Vocabulary.read(tokenizer)) {
      System.err.println("reading " + data);
      List<Domain> domains =
          TokenizedData.isIn(data)
              ? TokenizedData.read(data, vocabulary, "local[2]")
              : Domain.readAll(data, vocabulary);
      domains.forEach(d -> System.err.printf("  %-12s %,12d tokens%n", d.name(), d.train().length));
      ObjectNode summary =
          tasks || master != null
              ? inTasks(settings, domains, vocabulary)
              : train(settings, domains, vocabulary);
      System.out.println(json ? summary.toString() : summary.toPrettyString());
    }
    return 0;
  }

  private ObjectNode train(ExpertSettings settings, List<Domain> domains, Vocabulary vocabulary)
      throws IOException {
    List<String> experts = dense ? List.of("all") : domains.stream().map(Domain::name).toList();
    TwinConfig from = start();
    TwinConfig config =
        Failures.checked(spec, () -> sizes.config(vocabulary.size(), experts, from));
    try (ExpertTraining training = new ExpertTraining(settings, config, domains, vocabulary)) {
      return training.run();
    }
  }

  /** The joint phase, if there is one, leaves the model that the tasks begin with. */
  private ObjectNode inTasks(ExpertSettings settings, List<Domain> domains, Vocabulary vocabulary)
      throws IOException {
    boolean joint = steps > 0 || minutes > 0 || until != null;
    if (joint) {
      train(settings.withoutExperts(), domains, vocabulary);
    } else if (init == null) {
      throw new IOException("no joint phase and no --init: there is no trunk to train experts on");
    }
    return new ExpertTasks(settings, joint || init == null ? out : init, tokenizer)
        .run(domains, master == null ? ExpertTasks.IN_TURN : new SparkExperts(master));
  }

  private @Nullable TwinConfig start() throws IOException {
    return init == null ? null : ModelDirectory.readConfig(init);
  }

  private ExpertSettings settings() {
    if (dense && (tasks || master != null)) {
      throw new IllegalArgumentException("--dense has no experts that could train alone");
    }
    return new ExpertSettings(
        out,
        init,
        new Budget(steps, minutes, until),
        dense ? new Budget(0, 0) : new Budget(expertSteps, expertMinutes),
        new ExpertSettings.Reading(batch, sequence, longSequence),
        seed,
        threads,
        resume,
        checkpointMinutes,
        patience,
        new ExpertSettings.Rates(rate, matrixRate, decay, level));
  }
}
