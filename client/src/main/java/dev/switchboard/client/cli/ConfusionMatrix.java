package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many windows of each domain woke each expert.
 *
 * @param counts {@code [domain][expert]}
 */
record ConfusionMatrix(List<String> domains, List<String> experts, List<List<Long>> counts) {
  ConfusionMatrix {
    domains = List.copyOf(domains);
    experts = List.copyOf(experts);
    counts = List.copyOf(counts);
  }

  /** Windows that woke no expert are left out. */
  static ConfusionMatrix of(Map<String, List<Routed>> routed, List<String> names) {
    List<List<Long>> counts = new ArrayList<>();
    for (List<Routed> windows : routed.values()) {
      List<Long> row = new ArrayList<>();
      for (String name : names) {
        row.add(windows.stream().filter(one -> name.equals(one.expert())).count());
      }
      counts.add(List.copyOf(row));
    }
    return new ConfusionMatrix(List.copyOf(routed.keySet()), names, counts);
  }

  /** Share of a domain's windows that woke the expert of the same name; NaN without either. */
  double right(int domain) {
    int expert = experts.indexOf(domains.get(domain));
    long all = counts.get(domain).stream().mapToLong(Long::longValue).sum();
    return expert < 0 || all == 0 ? Double.NaN : (double) counts.get(domain).get(expert) / all;
  }

  /** The mean of {@link #right} over the domains that have an expert. */
  double right() {
    double sum = 0;
    int known = 0;
    for (int i = 0; i < domains.size(); i++) {
      if (!Double.isNaN(right(i))) {
        sum += right(i);
        known++;
      }
    }
    return known == 0 ? Double.NaN : sum / known;
  }

  /** Rows are domains, columns experts. */
  String table() {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "  %-12s", ""));
    for (String expert : experts) {
      text.append(String.format(Locale.ROOT, " %10.10s", expert));
    }
    text.append("      right").append(System.lineSeparator());
    for (int i = 0; i < domains.size(); i++) {
      text.append(String.format(Locale.ROOT, "  %-12.12s", domains.get(i)));
      for (long count : counts.get(i)) {
        text.append(String.format(Locale.ROOT, " %10s", count == 0 ? "." : count));
      }
      text.append(share(right(i))).append(System.lineSeparator());
    }
    return text.append("  mean").append(share(right())).toString();
  }

  private static String share(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "  %6.1f %%", value * 100);
  }

  void write(JsonGenerator json) throws IOException {
    strings(json, "domains", domains);
    strings(json, "experts", experts);
    json.writeArrayFieldStart("counts");
    for (List<Long> row : counts) {
      json.writeStartArray();
      for (long count : row) {
        json.writeNumber(count);
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("right");
    for (int i = 0; i < domains.size(); i++) {
      if (!Double.isNaN(right(i))) {
        json.writeNumberField(domains.get(i), right(i));
      }
    }
    json.writeEndObject();
    if (!Double.isNaN(right())) {
      json.writeNumberField("rightMean", right());
    }
  }

  private static void strings(JsonGenerator json, String name, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }
}
