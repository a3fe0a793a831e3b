package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.training.data.Crops;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.optim.Optimizer;
import dev.switchboard.training.optim.Schedule;
import dev.switchboard.training.run.HeldOut.Loss;
import dev.switchboard.training.run.RunState.Place;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.Router;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/**
 * Trains trunk and experts. In the joint phase each document's domain chooses its expert, so that a
 * token costs what it costs in a dense model of the active size. Then the trunk is frozen and each
 * expert learns alone on its domain: with the trunk fixed the experts share nothing, so one batch
 * of all domains is the same as eight runs.
 */
public final class ExpertTraining implements AutoCloseable {
  private static final int HELD_OUT_WINDOWS = 4;
  private static final int HELD_OUT_LENGTH = 256;

  private final ExpertSettings settings;
  private final TwinConfig config;
  private final TrainableModel model;
  private final List<Domain> domains;
  private final Vocabulary vocabulary;
  private final NDManager manager;
  private final Weights weights;
  private final Progress progress = new Progress(System.err);
  private final Batch heldOut;
  private final Workers workers;
  private final List<Weights> replicas = new ArrayList<>();
  private BooleanSupplier stop = () -> false;

  public ExpertTraining(
      ExpertSettings settings, TwinConfig config, List<Domain> domains, Vocabulary vocabulary) {
    this.settings = settings;
    this.config = config;
    this.domains = domains;
    this.vocabulary = vocabulary;
    Torch.start();
    Torch.threads(1);
    Torch.recording(true);
    model = new TrainableModel(config);
    manager = NDManager.newBaseManager("PyTorch");
    weights = Weights.random(manager, config, settings.seed());
    workers = new Workers(settings.threads());
    heldOut = Crops.heldOut(domains, HELD_OUT_WINDOWS, HELD_OUT_LENGTH);
  }

  /** Ends the run early, with a checkpoint, as soon as {@code stop} says so between two steps. */
  void stopWhen(BooleanSupplier condition) {
    stop = condition;
  }

  /** Runs what is left of both phases and writes the model. */
  public ObjectNode run() throws IOException {
    boolean resume = settings.resume() && RunState.exists(settings.checkpoint());
    Place place = resume ? RunState.place(settings.checkpoint()) : Place.START;
    if (resume) {
      RunState.readWeights(settings.checkpoint(), weights);
    }
    try (MetricsLog metrics =
        new MetricsLog(settings.checkpoint().resolve("metrics.jsonl"), resume)) {
      boolean moments = resume;
      for (int phase = place.phase(); phase < 2 && !stop.getAsBoolean(); phase++) {
        Place from = phase == place.phase() ? place : new Place(phase, 0, 0, place.batches());
        place = phase(from, moments, metrics);
        moments = false;
      }
      SequencedMap<String, Loss> losses = evaluate();
      export();
      ObjectNode summary = describe(losses);
      summary.put("out", settings.out().toString()).put("seed", settings.seed());
      metrics.write(summary);
      return summary;
    }
  }

  private Place phase(Place from, boolean resumed, MetricsLog metrics) throws IOException {
    boolean joint = from.phase() == 0;
    Budget budget = joint ? settings.joint() : settings.alone();
    Place place = from;
    try (ParallelOptimizer optimizer = optimizer(joint)) {
      if (resumed) {
        optimizer.resumeAt(from.step());
        RunState.readMoments(settings.checkpoint(), optimizer.moments());
      }
      StepLog log = new StepLog(metrics, progress);
      long last = System.nanoTime();
      long saved = last;
      while (budget.used(place.step(), place.seconds()) < 1 && !stop.getAsBoolean()) {
        double used = budget.used(place.step(), place.seconds());
        int tokens = step(place, used, optimizer, log);
        long now = System.nanoTime();
        double seconds = (now - last) * 1e-9;
        last = now;
        place =
            new Place(
                place.phase(), place.step() + 1, place.seconds() + seconds, place.batches() + 1);
        log.done(place, used, tokens, seconds);
        if ((now - saved) * 1e-9 > settings.checkpointMinutes() * 60) {
          save(place, optimizer, metrics);
          saved = System.nanoTime();
        }
      }
      save(place, optimizer, metrics);
    }
    thaw();
    return place;
  }

  private ParallelOptimizer optimizer(boolean joint) {
    Map<String, NDArray> trained = new LinkedHashMap<>();
    weights
        .leaves()
        .forEach((name, leaf) -> {
          boolean gate = name.endsWith(".gate") || name.endsWith(".decay");
          boolean wanted = !gate && (joint || name.contains(".expert_"));
          leaf.setRequiresGradient(wanted);
          if (wanted) {
            trained.put(name, leaf);
          }
        });
    freeReplicas();
    replicas.add(weights);
    for (int i = 1; i < workers.count(); i++) {
      replicas.add(weights.replica(manager));
    }
    double scale = joint ? 1 : 0.3;
    ExpertSettings.Rates rates = settings.rates();
    Optimizer.Settings rule =
        new Optimizer.Settings(
            rates.adam() * scale,
            rates.matrices() * scale,
            (float) rates.decay(),
            1.0,
            name -> rates.matrices() > 0 && isMatrix(name));
    return new ParallelOptimizer(manager, workers, replicas, trained, rule);
  }

  private void freeReplicas() {
    replicas.stream().skip(1).forEach(Weights::close);
    replicas.clear();
  }

  private static boolean isMatrix(String name) {
    return name.endsWith("_proj") || name.contains(".shared_") || name.contains(".expert_");
  }

  private void thaw() {
    weights.leaves().values().forEach(leaf -> leaf.setRequiresGradient(true));
  }

  private int step(Place place, double used, ParallelOptimizer optimizer, StepLog log) {
    boolean longer =
        settings.longSequence() > settings.sequence() && used > 0.5 && place.step() % 4 == 3;
    int length = longer ? settings.longSequence() : settings.sequence();
    int rows = longer ? 1 : Math.max(1, settings.batch() / workers.count());
    List<float[]> losses =
        workers.all(w -> differentiate(w, rows, length, place.batches() * workers.count() + w));
    log.read(losses, optimizer.step(Schedule.factor(used)));
    return domains.size() * rows * length * workers.count();
  }

  /** One worker's share of a batch; the gradients stay with its replica. */
  private float[] differentiate(int worker, int rows, int length, long number) {
    Weights mine = replicas.get(worker);
    Batch batch = Crops.training(domains, rows, length, settings.seed(), number);
    try (NDManager step = mine.newStep()) {
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      NDArray hidden = model.hidden(mine.bind(step), tokens, Router.byDomain());
      float[] rowWeight = new float[batch.tokens()];
      Arrays.fill(rowWeight, 1f / (batch.tokens() * workers.count()));
      return Head.backward(hidden, mine.leaf("embed"), batch.targets(), rowWeight);
    }
  }

  private void save(Place place, ParallelOptimizer optimizer, MetricsLog metrics)
      throws IOException {
    RunState.write(settings.checkpoint(), place, weights, optimizer.moments());
    export();
    ObjectNode line = describe(evaluate());
    line.put("phase", place.phase()).put("step", place.step()).put("seconds", place.seconds());
    metrics.write(line);
    progress.say(line.toString());
  }

  private SequencedMap<String, Loss> evaluate() {
    return HeldOut.measure(model, weights, heldOut, domains, vocabulary);
  }

  private static ObjectNode describe(SequencedMap<String, Loss> losses) {
    ObjectNode line = MetricsLog.line();
    line.put("heldOutNatsPerToken", HeldOut.meanNats(losses));
    line.put("heldOutBitsPerByte", HeldOut.meanBits(losses));
    ObjectNode each = line.putObject("domains");
    losses.forEach((name, loss) ->
        each.putObject(name)
            .put("natsPerToken", loss.natsPerToken())
            .put("bitsPerByte", loss.bitsPerByte()));
    return line;
  }

  /** Writes the model directory, file by file, each at once. */
  private void export() {
    Path out = settings.out();
    JsonFiles.write(out.resolve("config.json"), ModelDirectory.config(config));
    JsonFiles.write(out.resolve("generation_config.json"), ModelDirectory.generation());
    JsonFiles.write(out.resolve("tokenizer.json"), vocabulary.json());
    SafetensorsWriter.write(
        out.resolve("model.safetensors"),
        HuggingFaceLayout.export(config, weights::values),
        Map.of("format", "pt"));
  }

  @Override
  public void close() {
    workers.close();
    manager.close();
  }

  /** Smoothed numbers of the steps. */
  private static final class StepLog {
    private static final int METRICS_EVERY = 10;

    private final MetricsLog metrics;
    private final Progress progress;
    private double loss = Double.NaN;
    private double rate = Double.NaN;
    private double norm;

    StepLog(MetricsLog metrics, Progress progress) {
      this.metrics = metrics;
      this.progress = progress;
    }

    void read(List<float[]> shares, double gradientNorm) {
      double mean = 0;
      for (float[] losses : shares) {
        for (float value : losses) {
          mean += value / losses.length / shares.size();
        }
      }
      norm = gradientNorm;
      if (!Double.isFinite(mean)) {
        return; // the optimizer skips the step, and gives up if that happens often
      }
      loss = Double.isNaN(loss) ? mean : 0.95 * loss + 0.05 * mean;
    }

    void done(Place place, double used, int tokens, double seconds) throws IOException {
      double now = tokens / seconds;
      rate = Double.isNaN(rate) ? now : 0.95 * rate + 0.05 * now;
      if (place.step() % METRICS_EVERY == 0) {
        metrics.write(
            MetricsLog.line()
                .put("phase", place.phase())
                .put("step", place.step())
                .put("seconds", place.seconds())
                .put("loss", loss)
                .put("gradientNorm", norm)
                .put("tokensPerSecond", rate));
      }
      progress.show(
          String.format(
              Locale.ROOT,
              "%s %3.0f %%  step %d  loss %.3f  |g| %.2f  %.0f tokens/s",
              place.phase() == 0 ? "joint" : "alone",
              used * 100,
              place.step(),
              loss,
              norm,
              rate));
    }
  }
}
