package dev.switchboard.training.spark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.gate.FixedPoint;
import dev.switchboard.training.routes.ChangeJudge;
import dev.switchboard.training.routes.GateSearch;
import dev.switchboard.training.routes.LayerGate;
import dev.switchboard.training.routes.LiveExperts;
import dev.switchboard.training.routes.Load;
import dev.switchboard.training.routes.RouteFile;
import dev.switchboard.training.routes.RouteSums;
import dev.switchboard.training.routes.RoutedRow;
import dev.switchboard.training.routes.SearchKeeper;
import dev.switchboard.training.run.MetricsLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * New gates from recorded routes. Spark reads the records, counts and adds gradients, exactly; the
 * experts stay where they are served and are asked there.
 */
public final class RouteTraining {
  private final RouteSettings settings;
  private final RouteFile file;
  private final String data;
  private final GateArtifact own;
  private final ModelPlan plan;
  private final List<LayerGate> first;

  /**
   * @throws IOException if the routes are not of that model, or its experts cannot be asked for
   *     rows of the gates' inputs
   */
  public RouteTraining(RouteSettings settings) throws IOException {
    this.settings = settings;
    this.file = RouteFile.read(settings.routes());
    this.data = file.dataFingerprint();
    try (Model model = Model.open(settings.model())) {
      plan = model.plan();
      if (!model.fingerprint().equals(file.fingerprint())) {
        throw new IOException(
            "%s were recorded with the model %s; %s is %s"
                .formatted(
                    settings.routes(), file.fingerprint(), settings.model(), model.fingerprint()));
      }
      own = GateArtifact.ofModel(model.checkpoint(), plan, model.fingerprint());
    }
    check();
    first =
        file.layers().stream()
            .map(layer -> LayerGate.of(layer, moe(layer), own.tensors()))
            .toList();
    try (LiveExperts experts = new LiveExperts(settings.router(), file.fingerprint())) {
      experts.check();
    }
  }

  private void check() throws IOException {
    if (!file.layers().equals(plan.moeLayers()) || file.dModel() != plan.dModel()) {
      throw new IOException(
          "%s has layers %s of width %s; the model has experts in %s, width %s"
              .formatted(
                  settings.routes(),
                  file.layers(),
                  file.dModel(),
                  plan.moeLayers(),
                  plan.dModel()));
    }
    for (int layer : file.layers()) {
      if (moe(layer).gate().isEmpty() || moe(layer).latent().isPresent()) {
        throw new IOException(
            "layer %s of %s has no gate, or experts in a narrower space than its gate's"
                .formatted(layer, settings.model()));
      }
    }
  }

  private FeedPlan.Moe moe(int layer) {
    return plan.layers().get(layer).moe().orElseThrow();
  }

  /** Looks for gates, bounds their change, writes them and says what they do. */
  public ObjectNode run() throws IOException {
    try (SparkSession session = Sessions.open(settings.master())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      JavaRDD<RoutedRow> rows = rows(spark).persist(StorageLevel.MEMORY_AND_DISK());
      long[][] before = recorded(rows);
      SearchKeeper keeper = keeper();
      GateSearch.Found found =
          new GateSearch(
                  settings.search(),
                  (now, balance, shares) -> sum(spark, rows, now, balance, shares))
              .run(first, settings.keeping().resume(), keeper);
      List<ChangeJudge.Bound> bounds = bounds(spark, rows, found.gates());
      List<LayerGate> bounded = new ArrayList<>();
      for (int i = 0; i < first.size(); i++) {
        bounded.add(first.get(i).towards(found.gates().get(i), bounds.get(i).part()));
      }
      long[][] after =
          GateSearch.counts(sum(spark, rows, bounded, 0, new double[0][]), bounded, false);
      ObjectNode report = report(before, after, bounds, found);
      write(bounded, report);
      keeper.drop();
      return report;
    }
  }

  private SearchKeeper keeper() {
    String identity = String.join(" ", file.fingerprint(), data, settings.search().toString());
    return new SearchKeeper(
        settings.out().resolve("checkpoint.state"), identity, settings.keeping().everySteps());
  }

  /** Gates that remember weigh what they read before: sequences are put together first. */
  private JavaRDD<RoutedRow> rows(JavaSparkContext spark) {
    RouteFile records = file;
    JavaRDD<RoutedRow> read =
        spark
            .binaryRecords(file.path(), file.recordBytes())
            .map(bytes -> RoutedRow.of(bytes, records));
    float[] decays = new float[first.size()];
    boolean remembers = false;
    for (int i = 0; i < decays.length; i++) {
      decays[i] = first.get(i).decay();
      remembers |= decays[i] > 0;
    }
    return remembers
        ? read.groupBy(RoutedRow::sequence).flatMap(one -> inOrder(one._2(), decays).iterator())
        : read;
  }

  private static List<RoutedRow> inOrder(Iterable<RoutedRow> rows, float[] decays) {
    List<RoutedRow> sorted = new ArrayList<>();
    rows.forEach(sorted::add);
    sorted.sort(Comparator.comparingInt(RoutedRow::position));
    for (int i = 1; i < sorted.size(); i++) {
      sorted.set(i, sorted.get(i).after(sorted.get(i - 1), decays));
    }
    return sorted;
  }

  private long[][] recorded(JavaRDD<RoutedRow> rows) {
    int length = RouteSums.length(first, false);
    int[] experts = first.stream().mapToInt(LayerGate::experts).toArray();
    long[] sums =
        rows.treeAggregate(
            new long[length], (sum, row) -> row.addChoices(sum, experts), FixedPoint::add);
    return GateSearch.counts(sums, first, false);
  }

  // size: gates, and what is wanted of the rows
  private long[] sum(
      JavaSparkContext spark,
      JavaRDD<RoutedRow> rows,
      List<LayerGate> now,
      double balance,
      double[][] shares) {
    List<LayerGate> from = new ArrayList<>(first);
    Broadcast<List<LayerGate>> gates = spark.broadcast(new ArrayList<>(now));
    try {
      return rows.mapPartitions(
              part -> {
                RouteSums sums = new RouteSums(from, gates.value(), balance, shares);
                part.forEachRemaining(sums::add);
                return List.of(sums.sums()).iterator();
              })
          .treeReduce(FixedPoint::add);
    } finally {
      gates.destroy();
    }
  }

  /** One task a layer: it asks the served experts for what they make of a sample. */
  private List<ChangeJudge.Bound> bounds(
      JavaSparkContext spark, JavaRDD<RoutedRow> rows, List<LayerGate> found) {
    long seed = settings.seed();
    List<RoutedRow> sample =
        new ArrayList<>(rows.takeOrdered(settings.sampleRows(), new RowOrder(seed)));
    Broadcast<List<RoutedRow>> shared = spark.broadcast(sample);
    List<LayerGate> from = new ArrayList<>(first);
    List<LayerGate> to = new ArrayList<>(found);
    String router = settings.router();
    String fingerprint = file.fingerprint();
    double most = settings.most();
    List<Integer> places = IntStream.range(0, first.size()).boxed().toList();
    return spark
        .parallelize(places, places.size())
        .map(place -> {
          try (LiveExperts experts = new LiveExperts(router, fingerprint)) {
            return new ChangeJudge(place, from.get(place).layer(), shared.value(), experts)
                .bound(from.get(place), to.get(place), most);
          }
        })
        .collect();
  }

  private ObjectNode report(
      long[][] before, long[][] after, List<ChangeJudge.Bound> bounds, GateSearch.Found found) {
    ObjectNode report = MetricsLog.line();
    report.put("routes", settings.routes().toString()).put("tokens", file.records());
    report.put("modelFingerprint", file.fingerprint()).put("dataFingerprint", data);
    report.put("mode", settings.search().weights() ? "weights" : "bias");
    report.put("steps", found.variation().size() - 1).put("maxChange", settings.most());
    ArrayNode layers = report.putArray("layers");
    double[] mean = new double[5];
    for (int i = 0; i < before.length; i++) {
      Load was = Load.of(before[i]);
      Load is = Load.of(after[i]);
      ChangeJudge.Bound bound = bounds.get(i);
      ObjectNode layer = layers.addObject().put("layer", bound.layer());
      put(layer.putObject("before"), was);
      put(layer.putObject("after"), is);
      layer
          .put("change", bound.change())
          .put("part", bound.part())
          .put("wholeChange", bound.wholeChange())
          .put("expertRows", bound.calls());
      double[] row = {
        was.mostByMean(), was.variation(), is.mostByMean(), is.variation(), bound.change()
      };
      for (int j = 0; j < mean.length; j++) {
        mean[j] += row[j] / before.length;
      }
    }
    report.putObject("before").put("mostByMean", mean[0]).put("variation", mean[1]);
    report.putObject("after").put("mostByMean", mean[2]).put("variation", mean[3]);
    report.put("change", mean[4]);
    return report;
  }

  private static void put(ObjectNode node, Load load) {
    node.put("mostByMean", load.mostByMean())
        .put("variation", load.variation())
        .put("unused", load.unused());
  }

  private void write(List<LayerGate> gates, ObjectNode report) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(own.tensors());
    for (LayerGate gate : gates) {
      GatePlan named = moe(gate.layer()).gate().orElseThrow();
      if (settings.search().weights()) {
        String name = named.weight().weight().tensorOf(0);
        long[] shape = {gate.experts(), plan.dModel()};
        tensors.put(name, GateArtifact.tensor(name, shape, gate.weight()));
      } else {
        String name = GateArtifact.correctionOf(named);
        tensors.put(
            name, GateArtifact.tensor(name, new long[] {gate.experts()}, gate.correction()));
      }
    }
    GateAbout about =
        GateAbout.of(file.fingerprint(), GateArtifact.experts(plan), "train router --from-routes")
            .from(GateArtifact.OWN, data)
            .measured(report.deepCopy());
    GateArtifact gate = new GateArtifact(settings.out(), about, tensors);
    gate.write(settings.out());
    report.put("out", settings.out().toString()).put("version", gate.version());
  }
}
