package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.training.data.Crops;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.optim.Optimizer;
import dev.switchboard.training.optim.Schedule;
import dev.switchboard.training.run.HeldOut.Loss;
import dev.switchboard.training.run.RunState.Place;
import dev.switchboard.training.twin.Growth;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.OneExpert;
import dev.switchboard.training.twin.Router;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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
  private static final int HELD_OUT_LENGTH = 512;

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
  private final RunState kept;
  private final List<Weights> replicas = new ArrayList<>();
  private Patience patience = new Patience(0);
  private BooleanSupplier stop = () -> false;

  public ExpertTraining(
      ExpertSettings settings, TwinConfig config, List<Domain> domains, Vocabulary vocabulary)
      throws IOException {
    this(settings, config, domains, vocabulary, start(settings, config));
  }

  /**
   * @param start weights that the run begins with
   */
  ExpertTraining(
      ExpertSettings settings,
      TwinConfig config,
      List<Domain> domains,
      Vocabulary vocabulary,
      SequencedMap<String, Values> start) {
    this.settings = settings;
    this.config = config;
    this.domains = domains;
    this.vocabulary = vocabulary;
    Torch.start();
    Torch.threads(1);
    Torch.recording(true);
    model = new TrainableModel(config);
    manager = NDManager.newBaseManager("PyTorch");
    weights = new Weights(manager);
    start.forEach((name, values) -> weights.put(name, values, true));
    workers = new Workers(Math.min(settings.threads(), domains.size()));
    kept =
        new RunState(
            settings.checkpoint(),
            Map.of(
                "model", config.toString(),
                "data", Domain.fingerprint(domains),
                "seed", Long.toString(settings.seed()),
                "reading", settings.reading().toString(),
                "threads", Integer.toString(workers.count())));
    heldOut = Crops.heldOut(domains, HELD_OUT_WINDOWS, HELD_OUT_LENGTH);
  }

  /** Random weights, with those of the model to start from laid over them. */
  private static SequencedMap<String, Values> start(ExpertSettings settings, TwinConfig config)
      throws IOException {
    SequencedMap<String, Values> fresh = Weights.initialValues(config, settings.seed());
    Path init = settings.init();
    if (init != null) {
      TwinConfig old = ModelDirectory.readConfig(init);
      boolean dense = config.expertCount() == 1;
      if (!dense && !old.experts().equals(config.experts())) {
        throw new IOException(
            init + " has the experts " + old.experts() + ", the data are of " + config.experts());
      }
      try (Checkpoint file = Checkpoint.open(init)) {
        SequencedMap<String, Values> from = HuggingFaceLayout.load(old, file);
        if (dense && old.expertCount() > 1) {
          trunk(from, fresh);
        } else {
          Growth.lay(from, fresh);
        }
      } catch (IllegalArgumentException e) {
        throw new IOException(init + ": " + e.getMessage(), e);
      }
    }
    return fresh;
  }

  /** A dense model takes the trunk of a model of experts; its own units begin with no say. */
  private static void trunk(SequencedMap<String, Values> from, SequencedMap<String, Values> fresh) {
    SequencedMap<String, Values> trunk = new LinkedHashMap<>(fresh);
    trunk.keySet().removeIf(name -> OneExpert.owns(name) || name.endsWith(".gate"));
    Growth.lay(from, trunk);
  }

  /** A weight as it stands, copied out. */
  Values values(String name) {
    return weights.values(name);
  }

  /** Ends the run early, with a checkpoint, as soon as {@code stop} says so between two steps. */
  void stopWhen(BooleanSupplier condition) {
    stop = condition;
  }

  /** Runs what is left of both phases and writes the model. */
  public ObjectNode run() throws IOException {
    boolean resume = settings.resume() && kept.exists();
    Place place = resume ? kept.place() : Place.START;
    if (resume) {
      kept.readWeights(weights);
    }
    try (MetricsLog metrics =
        new MetricsLog(settings.checkpoint().resolve("metrics.jsonl"), resume)) {
      boolean moments = resume;
      for (int phase = place.phase(); phase < 2 && !stop.getAsBoolean(); phase++) {
        Place from = phase == place.phase() ? place : place.phase(phase);
        place = phase(from, moments, metrics);
        moments = false;
      }
      SequencedMap<String, Loss> losses = evaluate();
      export();
      ObjectNode summary = describe(losses);
      summary.put("out", settings.out().toString()).put("seed", settings.seed());
      summary.put("tokens", place.tokens());
      metrics.write(summary);
      return summary;
    }
  }

  private Place phase(Place from, boolean resumed, MetricsLog metrics) throws IOException {
    boolean joint = from.phase() == 0;
    Budget budget = joint ? settings.joint() : settings.alone();
    Place place = from;
    if (budget.empty()) {
      return place;
    }
    try (ParallelOptimizer optimizer = optimizer(joint)) {
      if (resumed) {
        optimizer.resumeAt(from.step());
        kept.readMoments(optimizer.moments());
      }
      StepLog log = new StepLog(metrics, progress);
      patience = new Patience(settings.patience());
      long last = System.nanoTime();
      long saved = last;
      while (place.used() < 1 && !stop.getAsBoolean()) {
        int tokens = step(place, optimizer, log);
        long now = System.nanoTime();
        double seconds = (now - last) * 1e-9;
        last = now;
        place = after(place, budget, tokens, seconds);
        log.done(
            place,
            tokens,
            seconds,
            budget.secondsLeft(place.used(), place.seconds(), Instant.now()));
        if ((now - saved) * 1e-9 > settings.checkpointMinutes() * 60) {
          trySave(place, optimizer, metrics);
          saved = System.nanoTime();
          if (patience.isOver()) {
            progress.say("no better held-out loss for " + patience + ": this phase ends early");
            break;
          }
        }
      }
      save(place, optimizer, metrics);
    }
    thaw();
    return place;
  }

  static Place after(Place before, Budget budget, int tokens, double seconds) {
    long steps = before.step() + 1;
    double time = before.seconds() + seconds;
    return new Place(
        before.phase(),
        steps,
        time,
        before.batches() + 1,
        before.tokens() + tokens,
        budget.used(before.used(), steps, time, seconds, Instant.now()));
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
    return name.endsWith("_proj") || name.endsWith("_in") || name.endsWith("_out");
  }

  private void thaw() {
    weights.leaves().values().forEach(leaf -> leaf.setRequiresGradient(true));
  }

  private int step(Place place, ParallelOptimizer optimizer, StepLog log) {
    ExpertSettings.Reading reading = settings.reading();
    boolean longer =
        reading.longSequence() > reading.sequence() && place.used() > 0.5 && place.step() % 4 == 3;
    int length = longer ? reading.longSequence() : reading.sequence();
    long number = place.batches() * workers.count();
    List<float[]> losses = workers.all(w -> differentiate(w, length, number + w));
    log.read(losses, optimizer.step(Schedule.factor(place.used(), settings.rates().level())));
    return domains.size() * reading.rows(length) * length;
  }

  /** One worker's domains of a batch; the gradients stay with its replica. */
  private float[] differentiate(int worker, int length, long number) {
    Weights mine = replicas.get(worker);
    int from = domains.size() * worker / workers.count();
    int to = domains.size() * (worker + 1) / workers.count();
    int rows = settings.reading().rows(length);
    Batch batch = Crops.training(domains.subList(from, to), rows, length, settings.seed(), number);
    try (NDManager step = mine.newStep()) {
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      Router router = config.expertCount() == 1 ? Router.byDomain() : Router.byDomain(from, to);
      NDArray hidden = model.hidden(mine.bind(step), tokens, router);
      float[] rowWeight = new float[batch.tokens()];
      Arrays.fill(rowWeight, 1f / (domains.size() * rows * length));
      return Head.backward(hidden, mine.leaf("embed"), batch.targets(), rowWeight);
    }
  }

  /** A full disk must not end a run of hours: the older checkpoint stays, the next may succeed. */
  private void trySave(Place place, ParallelOptimizer optimizer, MetricsLog metrics)
      throws IOException {
    try {
      save(place, optimizer, metrics);
    } catch (CheckpointException e) {
      progress.say("no checkpoint this time: " + e.getMessage());
    }
  }

  private void save(Place place, ParallelOptimizer optimizer, MetricsLog metrics)
      throws IOException {
    kept.write(place, weights, optimizer.moments());
    export();
    SequencedMap<String, Loss> losses = evaluate();
    patience.seen(HeldOut.meanNats(losses));
    ObjectNode line = describe(losses);
    line.put("phase", place.phase())
        .put("step", place.step())
        .put("tokens", place.tokens())
        .put("seconds", place.seconds());
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

  private void export() {
    ModelDirectory.write(settings.out(), config, weights::values, vocabulary.json());
  }

  @Override
  public void close() {
    workers.close();
    manager.close();
  }
}
