package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.data.Crops;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.optim.Optimizer;
import dev.switchboard.training.optim.Schedule;
import dev.switchboard.training.run.HeldOut.Loss;
import dev.switchboard.training.run.RunState.Place;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.OneMore;
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
import java.util.Objects;
import java.util.SequencedMap;

/**
 * Trains one more expert on its domain alone; the trunk and all other experts stay as they are. It
 * begins as whichever of the model's experts, or their mean, reads the domain best.
 */
public final class NewExpertTraining implements AutoCloseable {
  private static final int HELD_OUT_WINDOWS = 8;
  private static final int HELD_OUT_LENGTH = 512;
  private static final double RATE_SCALE = 1;

  private final NewExpertSettings settings;
  private final TwinConfig config;
  private final SequencedMap<String, Map<String, Values>> starts;
  private final TrainableModel model;
  private final Domain domain;
  private final Vocabulary vocabulary;
  private final NDManager manager;
  private final Weights weights;
  private final Workers workers;
  private final Batch heldOut;
  private final Progress progress = new Progress(System.err);

  /**
   * What came of it.
   *
   * @param like the one of the model's experts that read the domain best
   * @param tensors of the new expert, in the twin's layout, {@code [1, ...]}
   * @param report for people and for its card
   */
  public record Result(String like, Map<String, Values> tensors, ObjectNode report) {}

  /**
   * @param whole sizes of the model
   * @param frozen its weights, in the twin's layout
   */
  // size: what a run is of
  public NewExpertTraining(
      NewExpertSettings settings,
      TwinConfig whole,
      SequencedMap<String, Values> frozen,
      Domain domain,
      Vocabulary vocabulary) {
    this.settings = settings;
    this.config = OneMore.alone(whole, settings.name());
    this.starts = ExpertStart.all(whole, frozen);
    this.domain = domain;
    this.vocabulary = vocabulary;
    Torch.start();
    Torch.threads(1);
    Torch.recording(true);
    model = new TrainableModel(config);
    manager = NDManager.newBaseManager("PyTorch");
    weights = new Weights(manager);
    frozen.forEach((name, values) -> {
      boolean other = name.contains(".expert_");
      boolean gate = name.endsWith(".gate") || name.endsWith(".decay");
      if (!other && !gate) {
        weights.put(name, values, false);
      }
    });
    workers = new Workers(settings.threads());
    heldOut = Crops.heldOut(List.of(domain), HELD_OUT_WINDOWS, HELD_OUT_LENGTH);
  }

  /**
   * @param folder for the curve
   */
  public Result run(Path folder) throws IOException {
    ObjectNode report = MetricsLog.line();
    String like = chooseStart(report);
    try (MetricsLog metrics = new MetricsLog(folder.resolve("metrics.jsonl"), false)) {
      Place place = train(metrics);
      Loss after = loss();
      report.put("trainedTokens", place.tokens()).put("steps", place.step());
      report.put("seconds", place.seconds()).put("heldOutBitsPerByte", after.bitsPerByte());
      metrics.write(report);
    }
    Map<String, Values> trained = new LinkedHashMap<>();
    weights.leaves().keySet().stream()
        .filter(name -> name.contains(".expert_"))
        .forEach(name -> trained.put(name, weights.values(name)));
    return new Result(like, trained, report);
  }

  /**
   * Puts the beginning with the least loss in place.
   *
   * @return the expert with the least
   */
  private String chooseStart(ObjectNode report) {
    ObjectNode measured = report.putObject("startBitsPerByte");
    String best = "";
    String like = "";
    double least = Double.POSITIVE_INFINITY;
    double leastOfExperts = Double.POSITIVE_INFINITY;
    for (String name : starts.sequencedKeySet()) {
      begin(name);
      double bits = loss().bitsPerByte();
      measured.put(name, bits);
      if (!name.equals(ExpertStart.MEAN) && bits < leastOfExperts) {
        leastOfExperts = bits;
        like = name;
      }
      if (bits < least) {
        least = bits;
        best = name;
      }
    }
    begin(best);
    report.put("start", best);
    progress.say("begins as " + best + ": " + measured);
    return like;
  }

  private void begin(String start) {
    Objects.requireNonNull(starts.get(start), start)
        .forEach((name, values) -> weights.put(name, values, true));
  }

  private Loss loss() {
    return HeldOut.measure(model, weights, heldOut, List.of(domain), vocabulary)
        .values()
        .iterator()
        .next();
  }

  private Place train(MetricsLog metrics) throws IOException {
    Map<String, NDArray> trained = new LinkedHashMap<>();
    weights
        .leaves()
        .forEach((name, leaf) -> {
          if (name.contains(".expert_")) {
            trained.put(name, leaf);
          }
        });
    List<Weights> replicas = new ArrayList<>(List.of(weights));
    for (int i = 1; i < workers.count(); i++) {
      replicas.add(weights.replica(manager));
    }
    ExpertSettings.Rates rates = settings.rates();
    Optimizer.Settings rule =
        new Optimizer.Settings(
            rates.adam() * RATE_SCALE,
            rates.matrices() * RATE_SCALE,
            (float) rates.decay(),
            1.0,
            name -> rates.matrices() > 0);
    StepLog log = new StepLog(metrics, progress);
    Place place = Place.START.phase(1);
    int tokens = workers.count() * settings.rows() * settings.length();
    try (ParallelOptimizer optimizer =
        new ParallelOptimizer(manager, workers, replicas, trained, rule)) {
      while (place.used() < 1) {
        long begun = System.nanoTime();
        long number = place.step() * workers.count();
        List<float[]> losses = workers.all(w -> differentiate(replicas.get(w), number + w));
        log.read(losses, optimizer.step(Schedule.factor(place.used(), rates.level())));
        double seconds = (System.nanoTime() - begun) * 1e-9;
        place = ExpertTraining.after(place, settings.budget(), tokens, seconds);
        log.done(
            place,
            tokens,
            seconds,
            settings.budget().secondsLeft(place.used(), place.seconds(), Instant.now()));
      }
    }
    replicas.stream().skip(1).forEach(Weights::close);
    return place;
  }

  private float[] differentiate(Weights mine, long number) {
    int rows = settings.rows();
    int length = settings.length();
    Batch batch = Crops.training(List.of(domain), rows, length, settings.seed(), number);
    try (NDManager step = mine.newStep()) {
      NDArray tokens = step.create(batch.inputs(), new Shape(rows, length));
      NDArray hidden = model.hidden(mine.bind(step), tokens, Router.byDomain());
      float[] rowWeight = new float[batch.tokens()];
      Arrays.fill(rowWeight, 1f / (workers.count() * batch.tokens()));
      return Head.backward(hidden, mine.leaf("embed"), batch.targets(), rowWeight);
    }
  }

  @Override
  public void close() {
    workers.close();
    manager.close();
  }
}
