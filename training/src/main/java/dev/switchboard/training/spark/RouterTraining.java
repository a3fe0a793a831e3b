package dev.switchboard.training.spark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.ExpertDomains;
import dev.switchboard.training.data.Texts;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.gate.GateJudge;
import dev.switchboard.training.gate.GateParameters;
import dev.switchboard.training.gate.GatePoint;
import dev.switchboard.training.gate.GateState;
import dev.switchboard.training.gate.GateTraining;
import dev.switchboard.training.gate.WindowAccuracy;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Trains the gates of a model, trunk and experts frozen, on Spark; writes a gate by itself. */
public final class RouterTraining {
  private final RouterSettings settings;
  private final TwinConfig config;
  private final SequencedMap<String, Values> weights;
  private final String fingerprint;

  public RouterTraining(RouterSettings settings) throws IOException {
    this.settings = settings;
    config = ModelDirectory.readConfig(settings.model());
    try (Checkpoint checkpoint = Checkpoint.open(settings.model());
        Model model = Model.open(settings.model())) {
      weights = HuggingFaceLayout.load(config, checkpoint);
      fingerprint = model.fingerprint();
    }
  }

  /** Trains and writes {@code gate.safetensors}, {@code gate.json} and {@code metrics.jsonl}. */
  public ObjectNode run() throws IOException {
    boolean tokenized = TokenizedData.isIn(settings.data());
    List<Path> folders = tokenized ? List.of() : folders();
    try (SparkSession session = Sessions.open(settings.master());
        Vocabulary vocabulary = Vocabulary.read(tokenizer());
        GateJudge judge = new GateJudge(config, weights)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      List<Domain> domains =
          ExpertDomains.of(
              config.experts(),
              tokenized
                  ? TokenizedData.read(settings.data(), vocabulary, session)
                  : SparkTexts.read(spark, folders, tokenizer(), settings.sampleBytes()),
              settings.data().toString());
      Batch heldOut = GateRun.heldOut(domains);
      GateState state = GateState.start(initial(), bias());
      GateState.Keeper keeper = keeper(domains);
      double before = judge.loss(state.point(1), heldOut);
      if (settings.resume()) {
        state = keeper.resume(state);
      }
      ArrayNode steps = train(spark, domains, vocabulary, state, keeper);
      GatePoint gate = state.point(1);
      ObjectNode report = MetricsLog.line();
      report.set("steps", steps);
      report
          .putObject("heldOutLoss")
          .put("before", before)
          .put("after", judge.loss(gate, heldOut))
          .put("given", judge.lossGiven(heldOut));
      if (!tokenized && settings.windows() > 0) {
        judgeWindows(judge, gate, vocabulary, report);
      }
      write(state, domains, report);
      keeper.drop();
      return report;
    }
  }

  private ArrayNode train(
      JavaSparkContext spark,
      List<Domain> domains,
      Vocabulary vocabulary,
      GateState state,
      GateState.Keeper keeper)
      throws IOException {
    try (MetricsLog metrics =
        new MetricsLog(settings.out().resolve("metrics.jsonl"), settings.resume())) {
      return new GateRun(config, weights, settings.training(), settings.seed())
          .train(
              new GateRun.Spark(spark, vocabulary, metrics),
              domains,
              GateTraining.ALL_COLUMNS,
              state,
              keeper);
    }
  }

  private void judgeWindows(
      GateJudge judge, GatePoint gate, Vocabulary vocabulary, ObjectNode report)
      throws IOException {
    Map<String, Double> right =
        WindowAccuracy.measure(judge, gate, settings.data(), vocabulary, settings.windows());
    if (!right.isEmpty()) {
      ObjectNode node = report.putObject("windowsRight");
      right.forEach(node::put);
      node.put(
          "mean", right.values().stream().mapToDouble(Double::doubleValue).average().orElse(0));
    }
  }

  private GateParameters initial() {
    return settings.randomInit()
        ? GateParameters.random(config, settings.seed())
        : GateParameters.of(config, weights);
  }

  /** Loss-free balancing begins with none. */
  private float[] bias() {
    return new float
        [settings.training().biasRate() > 0 ? config.layers() * config.expertCount() : 0];
  }

  /** Those of domains that are an expert's; others are not read. */
  private List<Path> folders() throws IOException {
    List<Path> all = Texts.domains(settings.data());
    List<String> names = all.stream().map(f -> String.valueOf(f.getFileName())).toList();
    Set<String> wanted = new HashSet<>();
    ExpertDomains.choose(config.experts(), names, settings.data().toString())
        .values()
        .forEach(wanted::addAll);
    List<String> others = names.stream().filter(name -> !wanted.contains(name)).toList();
    if (!others.isEmpty()) {
      System.err.println("not read, since no expert has that name: " + String.join(", ", others));
    }
    return all.stream().filter(f -> wanted.contains(String.valueOf(f.getFileName()))).toList();
  }

  private Path tokenizer() {
    return settings.model().resolve("tokenizer.json");
  }

  private GateState.Keeper keeper(List<Domain> domains) {
    GateTraining.Settings how = settings.training();
    String identity =
        String.join(
            " ",
            fingerprint,
            Domain.fingerprint(domains),
            "seed=" + settings.seed(),
            "random=" + settings.randomInit(),
            "steps=" + how.steps(),
            "micro=" + how.microBatches(),
            "rate=" + how.rate(),
            "bias=" + how.biasRate(),
            how.loss().toString(),
            how.lengths().toString());
    return new GateState.Keeper(settings.out().resolve("checkpoint.state"), identity);
  }

  private void write(GateState state, List<Domain> domains, ObjectNode report) {
    SequencedMap<String, Values> values = state.parameters(config).tensors();
    Map<String, Tensor> tensors =
        GateRun.tensors(config, name -> Objects.requireNonNull(values.get(name), name));
    for (int layer = 0; layer < config.layers(); layer++) {
      float[] bias = state.bias(layer, config);
      if (bias != null) {
        tensors.putAll(HuggingFaceLayout.exportGateBias(layer, bias));
      }
    }
    report.put("out", settings.out().toString());
    report.put("seed", settings.seed());
    report.put("master", settings.master());
    report.put("modelFingerprint", fingerprint);
    report.put("dataFingerprint", Domain.fingerprint(domains));
    ObjectNode metrics = report.deepCopy();
    metrics.put("steps", report.path("steps").size());
    metrics.remove("out");
    GateAbout about =
        GateAbout.of(fingerprint, config.expertCount(), "train router, seed " + settings.seed())
            .from(GateArtifact.OWN, Domain.fingerprint(domains))
            .measured(metrics);
    GateArtifact artifact = new GateArtifact(settings.out(), about, tensors);
    artifact.write(settings.out());
    report.put("gate", artifact.version());
  }
}
