package dev.switchboard.training.cli;

import dev.switchboard.training.gate.GateLoss;
import dev.switchboard.training.gate.GateTraining;
import dev.switchboard.training.gate.MergedModel;
import dev.switchboard.training.gate.SequenceLengths;
import dev.switchboard.training.spark.RouterSettings;
import dev.switchboard.training.spark.RouterTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains the gates of a model on Spark. */
@Command(
    name = "router",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = "Trains the router (the gates alone) on Spark.",
    footer = {
      "",
      "Example:",
      "  switchboard train router --data corpora --init random --steps 300 --out gate"
    })
final class RouterCommand implements Callable<Integer> {
  enum Init {
    random,
    model
  }

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      description = "DIR/<domain>/train.txt[.gz], one an expert, or what train data wrote")
  private Path data = Path.of("");

  @Option(names = "--out", required = true, description = "gate directory to write")
  private Path out = Path.of("");

  @Option(names = "--model", description = "model directory; default: models/switchboard-mini")
  private @Nullable Path model;

  @Option(names = "--model-out", description = "also write the whole model with the new gate")
  private @Nullable Path modelOut;

  @Option(names = "--init", description = "${COMPLETION-CANDIDATES}", defaultValue = "model")
  private Init init = Init.model;

  @Option(names = "--steps", defaultValue = "300")
  private long steps;

  @Option(
      names = "--micro-batches",
      description = "in each step; 2,048 tokens each",
      defaultValue = "2")
  private int microBatches;

  @Option(names = "--rate", description = "peak learning rate", defaultValue = "0.005")
  private double rate;

  @Option(
      names = "--balance-loss",
      description = "weight of the load-balance term",
      defaultValue = "0.01")
  private double balance;

  @Option(names = "--z-loss", description = "weight of the z term", defaultValue = "0.0001")
  private double z;

  @Option(
      names = "--domain-loss",
      description = "weight of the cross-entropy against the document's domain; 0: do not tell",
      defaultValue = "1")
  private double domain;

  @Option(
      names = "--lm-loss",
      description =
          "weight of the language model's loss; 0: labels and load alone, at a third of the cost",
      defaultValue = "1")
  private double lm;

  @Option(
      names = "--balance-bias",
      description = "loss-free balancing: change of an expert's bias in a step; 0: off",
      defaultValue = "0")
  private double biasRate;

  @Option(
      names = "--windows",
      description = "windows of 200 bytes of each held-out text that judge the gate; 0: none",
      defaultValue = "60")
  private int windows;

  @Option(
      names = "--tempering",
      description =
          "exponent by which remembered evidence is divided before it is compared with the domain",
      defaultValue = "0")
  private double tempering;

  @Option(
      names = "--lengths",
      split = ",",
      paramLabel = "TOKENS",
      description = "tokens of the sequences, one length a step, in turn",
      defaultValue = "64,16,256,8,64,16,64,8")
  private List<Integer> lengths = List.of();

  @Option(
      names = "--sample-bytes",
      description = "text read of each domain",
      defaultValue = "2000000")
  private long sampleBytes;

  @Option(names = "--checkpoint-steps", defaultValue = "20")
  private long checkpointSteps;

  @Option(names = "--resume", description = "go on from OUT")
  private boolean resume;

  @Mixin private final JobOptions job = new JobOptions();

  @Override
  public Integer call() throws Exception {
    if (!Files.isDirectory(data)) {
      throw new NoSuchFileException(data.toString(), null, "no such data directory");
    }
    GateTraining.Settings training =
        Failures.checked(
            spec,
            () ->
                new GateTraining.Settings(
                    steps,
                    microBatches,
                    rate,
                    biasRate,
                    new GateLoss(lm, balance, z, domain, tempering),
                    new SequenceLengths(lengths),
                    checkpointSteps));
    RouterSettings settings =
        new RouterSettings(
            data,
            modelDirectory(),
            out,
            init == Init.random,
            job.seed(),
            job.master(),
            sampleBytes,
            resume,
            windows,
            training);
    var report = new RouterTraining(settings).run();
    if (modelOut != null) {
      MergedModel.write(settings.model(), out, modelOut);
    }
    job.print(report);
    return 0;
  }

  private Path modelDirectory() throws IOException {
    if (model != null) {
      return model;
    }
    Path home = Path.of(System.getProperty("switchboard.home", "."));
    return home.resolve("models").resolve("switchboard-mini");
  }
}
