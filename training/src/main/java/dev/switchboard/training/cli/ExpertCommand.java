package dev.switchboard.training.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Texts;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.gate.GateLoss;
import dev.switchboard.training.gate.GateTraining;
import dev.switchboard.training.gate.Replay;
import dev.switchboard.training.gate.SequenceLengths;
import dev.switchboard.training.run.Budget;
import dev.switchboard.training.run.ExpertSettings;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.run.NewExpertSettings;
import dev.switchboard.training.run.NewExpertTraining;
import dev.switchboard.training.spark.AddedGateTraining;
import dev.switchboard.training.spark.Sessions;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.OneMore;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains one more expert for a model, and a gate that knows it. */
@Command(
    name = "expert",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = {
      "Trains one more expert on a domain of its own, all else frozen, and a gate with a column for"
          + " it.",
      "The result is a folder that `switchboard expert add` puts on a running cluster."
    },
    footer = {
      "",
      "Example:",
      "  switchboard train expert --domain go --data texts/go --mix corpora --out go-expert"
          + " --minutes 15"
    })
final class ExpertCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--domain", required = true, description = "name of the domain and its expert")
  private String domain = "";

  @Option(
      names = "--data",
      required = true,
      description = "DIR/train.txt[.gz] and, if there is one, DIR/test.txt[.gz]")
  private Path data = Path.of("");

  @Option(names = "--model", description = "model directory; default: models/switchboard-mini")
  private @Nullable Path model;

  @Option(names = "--out", required = true, description = "folder to write")
  private Path out = Path.of("");

  @Option(
      names = "--mix",
      description =
          "DIR/<domain>/train.txt[.gz] of the model's own domains, for the gate; without it each of"
              + " its experts writes what the gate learns to leave to it")
  private @Nullable Path mix;

  @Option(
      names = "--all-columns",
      description = "train the gate's other columns too, not the new one alone; needs --mix")
  private boolean allColumns;

  @Option(
      names = "--trained",
      description = "an expert's folder: its gate is trained further, the expert stays as it is")
  private @Nullable Path trained;

  @Option(
      names = "--lm-loss",
      description =
          "weight of the language model's loss for the gate; 0: domains alone, at a third of the"
              + " cost",
      defaultValue = "1")
  private double lmLoss;

  @Option(names = "--minutes", description = "training of the expert", defaultValue = "12")
  private double minutes;

  @Option(names = "--steps", description = "the same in steps", defaultValue = "0")
  private long steps;

  @Option(names = "--rows", description = "sequences of a thread in a step", defaultValue = "4")
  private int rows;

  @Option(names = "--sequence", description = "tokens of a sequence", defaultValue = "512")
  private int sequence;

  @Option(names = "--threads", description = "threads that compute", defaultValue = "2")
  private int threads;

  @Option(names = "--gate-steps", defaultValue = "100")
  private long gateSteps;

  @Option(names = "--gate-rate", description = "peak learning rate", defaultValue = "0.005")
  private double gateRate;

  @Option(
      names = "--sample-bytes",
      description = "text of each domain that the gate reads",
      defaultValue = "2000000")
  private long sampleBytes;

  @Option(names = "--seed", defaultValue = "1")
  private long seed;

  @Option(
      names = "--master",
      description = "Spark master; local[*], or what spark-submit says",
      showDefaultValue = CommandLine.Help.Visibility.NEVER)
  private @Nullable String master;

  @Option(names = "--json", description = "one JSON object on stdout, on one line")
  private boolean json;

  /** The model that the expert is for. */
  private record Base(
      Path folder, String fingerprint, TwinConfig config, SequencedMap<String, Values> weights) {
    static Base open(Path folder) throws IOException {
      TwinConfig config = ModelDirectory.readConfig(folder);
      try (Checkpoint checkpoint = Checkpoint.open(folder);
          Model model = Model.open(folder)) {
        return new Base(
            folder, model.fingerprint(), config, HuggingFaceLayout.load(config, checkpoint));
      }
    }
  }

  @Override
  public Integer call() throws Exception {
    NewExpertSettings how = Failures.checked(spec, this::settings);
    GateTraining.Settings gate = Failures.checked(spec, this::gate);
    if (allColumns && mix == null) {
      throw new CommandLine.ParameterException(
          Objects.requireNonNull(spec).commandLine(), "--all-columns needs --mix");
    }
    Base base = Base.open(directory());
    if (base.config().experts().contains(domain)) {
      throw new IOException(
          "the model has an expert called %s already: %s"
              .formatted(domain, base.config().experts()));
    }
    List<Path> others = mix == null ? List.of() : mixed(mix, base.config());
    Path tokenizer = base.folder().resolve("tokenizer.json");
    try (Vocabulary vocabulary = Vocabulary.read(tokenizer)) {
      Domain own = Domain.read(data, vocabulary, Long.MAX_VALUE);
      System.err.printf("%s: %,d tokens%n", domain, own.train().length);
      NewExpertTraining.Result expert = expert(base, how, own, vocabulary);
      AddedGateTraining.Result gates = gate(base, expert, own, others, vocabulary, gate);
      ObjectNode report = write(base, expert, gates);
      System.out.println(json ? report.toString() : report.toPrettyString());
    }
    return 0;
  }

  private NewExpertTraining.Result expert(
      Base base, NewExpertSettings how, Domain own, Vocabulary vocabulary) throws IOException {
    if (trained != null) {
      AddedExpert before = AddedExpert.read(trained);
      if (!before.name().equals(domain)
          || before.index() != base.config().expertCount()
          || !before.modelFingerprint().equals(base.fingerprint())) {
        throw new IOException(
            "%s is expert %d, %s, of model %s; expected %d, %s, of %s"
                .formatted(
                    trained,
                    before.index(),
                    before.name(),
                    before.modelFingerprint(),
                    base.config().expertCount(),
                    domain,
                    base.fingerprint()));
      }
      return new NewExpertTraining.Result(
          base.config().experts().getFirst(),
          HuggingFaceLayout.loadExpert(base.config(), before.index(), before.tensors()),
          MetricsLog.line().put("trained", trained.toString()));
    }
    try (NewExpertTraining training =
        new NewExpertTraining(how, base.config(), base.weights(), own, vocabulary)) {
      return training.run(out);
    }
  }

  /** Those to start from: with the new column, or as they were trained before. */
  private SequencedMap<String, Values> weights(Base base, NewExpertTraining.Result expert) {
    int like = base.config().experts().indexOf(expert.like());
    SequencedMap<String, Values> grown =
        OneMore.weights(base.config(), base.weights(), expert.tensors(), like);
    if (trained != null) {
      GateArtifact before = GateArtifact.read(trained.resolve(AddedExpert.GATE));
      for (int layer = 0; layer < base.config().layers(); layer++) {
        String name = "model.layers." + layer + ".moe.gate.weight";
        Tensor columns = Objects.requireNonNull(before.tensors().get(name), name);
        String key = "layers." + layer + ".gate";
        grown.put(
            key,
            new Values(columns.toFloats(), Objects.requireNonNull(grown.get(key), key).shape()));
      }
    }
    return grown;
  }

  // size: what a gate is trained from
  private AddedGateTraining.Result gate(
      Base base,
      NewExpertTraining.Result expert,
      Domain own,
      List<Path> others,
      Vocabulary vocabulary,
      GateTraining.Settings how)
      throws IOException {
    List<Domain> domains = new ArrayList<>();
    for (Path folder : others) {
      domains.add(Domain.read(folder, vocabulary, sampleBytes));
    }
    if (others.isEmpty()) {
      domains.addAll(Replay.domains(base.folder(), base.config().experts(), seed));
    }
    domains.add(new Domain(domain, own.train(), own.test()));
    return new AddedGateTraining(
            new AddedGateTraining.Settings(Sessions.master(master), seed, allColumns, how),
            OneMore.config(base.config(), domain),
            weights(base, expert))
        .run(domains, vocabulary, out);
  }

  private ObjectNode write(
      Base base, NewExpertTraining.Result expert, AddedGateTraining.Result gates) {
    ObjectNode report = MetricsLog.line();
    report.put("domain", domain).put("seed", seed).put("replayed", mix == null);
    report.set("expert", expert.report());
    report.set("gate", gates.report());
    int index = base.config().expertCount();
    TwinConfig grown = OneMore.config(base.config(), domain);
    SequencedMap<String, Values> weights =
        OneMore.weights(base.config(), base.weights(), expert.tensors(), 0);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    HuggingFaceLayout.export(grown, name -> Objects.requireNonNull(weights.get(name), name))
        .forEach((name, tensor) -> {
          if (name.contains(".experts." + index + ".")) {
            tensors.put(name, tensor);
          }
        });
    Path gateFolder = out.resolve(AddedExpert.GATE);
    GateAbout about =
        GateAbout.of(base.fingerprint(), index + 1, "train expert " + domain + ", seed " + seed)
            .from(GateArtifact.OWN, gates.report().path("dataFingerprint").asText())
            .measured(gates.report());
    new GateArtifact(gateFolder, about, gates.tensors()).write(gateFolder);
    new AddedExpert(out, domain, index, base.fingerprint(), report, tensors).write(out);
    report.put("out", out.toString());
    return report;
  }

  /** One folder for each expert, in their order. */
  private static List<Path> mixed(Path mix, TwinConfig config) throws IOException {
    List<Path> folders = new ArrayList<>();
    for (String expert : config.experts()) {
      Path folder = mix.resolve(expert);
      if (!Files.isDirectory(folder) || Texts.find(folder, "train").isEmpty()) {
        throw new IOException(
            "%s has no %s/train.txt; the model's experts are %s"
                .formatted(mix, expert, config.experts()));
      }
      folders.add(folder);
    }
    return folders;
  }

  private NewExpertSettings settings() {
    return new NewExpertSettings(
        domain,
        new Budget(steps, steps > 0 ? 0 : minutes),
        rows,
        sequence,
        seed,
        threads,
        new ExpertSettings.Rates(0.004, 0.02, 0.05, 0.5));
  }

  private GateTraining.Settings gate() {
    return new GateTraining.Settings(
        gateSteps,
        2,
        gateRate,
        0,
        new GateLoss(lmLoss, 0, 0.0001, 1),
        SequenceLengths.USUAL,
        Math.max(1, gateSteps));
  }

  private Path directory() {
    return model != null
        ? model
        : Path.of(System.getProperty("switchboard.home", "."))
            .resolve("models")
            .resolve("switchboard-mini");
  }
}
