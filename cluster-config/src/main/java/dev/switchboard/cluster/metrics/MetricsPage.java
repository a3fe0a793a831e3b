package dev.switchboard.cluster.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;

/** One answer to a reader of metrics, put together family by family. Times are in seconds. */
public final class MetricsPage {
  private static final double NANOS = 1e9;

  private final List<MetricSnapshot> families = new ArrayList<>();

  /** A family's values, each under labels: names and values by turns. */
  public final class Family {
    private final String name;
    private final String help;
    private final List<CounterDataPointSnapshot> counters = new ArrayList<>();
    private final List<GaugeDataPointSnapshot> gauges = new ArrayList<>();
    private final List<HistogramDataPointSnapshot> histograms = new ArrayList<>();

    private Family(String name, String help) {
      this.name = name;
      this.help = help;
    }

    /** Of something that only grows. */
    public Family count(double value, String... labels) {
      counters.add(new CounterDataPointSnapshot(value, Labels.of(labels), null, 0));
      return this;
    }

    /** Of a moment. */
    public Family now(double value, String... labels) {
      gauges.add(new GaugeDataPointSnapshot(value, Labels.of(labels), null));
      return this;
    }

    public Family times(TimeBuckets.Snapshot times, String... labels) {
      ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
      long[] bounds = times.boundsNanos();
      for (int i = 0; i < bounds.length; i++) {
        buckets.bucket(bounds[i] / NANOS, times.counts()[i]);
      }
      buckets.bucket(Double.POSITIVE_INFINITY, times.counts()[bounds.length]);
      histograms.add(
          HistogramDataPointSnapshot.builder()
              .classicHistogramBuckets(buckets.build())
              .sum(times.sumNanos() / NANOS)
              .labels(Labels.of(labels))
              .build());
      return this;
    }

    /** Ends the family; one without values is left out. */
    public MetricsPage end() {
      if (!counters.isEmpty()) {
        CounterSnapshot.Builder family = CounterSnapshot.builder().name(name).help(help);
        counters.forEach(family::dataPoint);
        families.add(family.build());
      } else if (!gauges.isEmpty()) {
        GaugeSnapshot.Builder family = GaugeSnapshot.builder().name(name).help(help);
        gauges.forEach(family::dataPoint);
        families.add(family.build());
      } else if (!histograms.isEmpty()) {
        HistogramSnapshot.Builder family = HistogramSnapshot.builder().name(name).help(help);
        histograms.forEach(family::dataPoint);
        families.add(family.build());
      }
      return MetricsPage.this;
    }
  }

  /**
   * Begins a family of values of one kind.
   *
   * @param name without the {@code _total} of counters
   */
  public Family family(String name, String help) {
    return new Family(name, help);
  }

  /** A counter without labels. */
  public MetricsPage count(String name, String help, double value) {
    return family(name, help).count(value).end();
  }

  /** A gauge without labels. */
  public MetricsPage now(String name, String help, double value) {
    return family(name, help).now(value).end();
  }

  /** What does not change while the process lives: 1, under its labels. */
  public MetricsPage info(String name, String help, String... labels) {
    families.add(
        InfoSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(new InfoDataPointSnapshot(Labels.of(labels)))
            .build());
    return this;
  }

  public MetricSnapshots snapshots() {
    return new MetricSnapshots(families);
  }
}
