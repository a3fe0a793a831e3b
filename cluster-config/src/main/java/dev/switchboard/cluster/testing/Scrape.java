package dev.switchboard.cluster.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/**
 * One reading of {@code /metrics}, for tests.
 *
 * @param values by name and labels as they stand there: {@code name{a="b"}}
 */
public record Scrape(Map<String, Double> values) {
  private static final Duration WITHIN = Duration.ofSeconds(20);

  /** Asks for a path of a server at {@code host:port}. */
  public static HttpResponse<String> get(String address, String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(WITHIN).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Reads the metrics of a server at {@code host:port}. */
  public static Scrape of(String address) throws IOException {
    HttpResponse<String> answer = get(address, "/metrics");
    if (answer.statusCode() != 200) {
      throw new IOException("status " + answer.statusCode() + ": " + answer.body());
    }
    Map<String, Double> values = new TreeMap<>();
    answer
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int end = line.lastIndexOf(' ');
          values.put(
              line.substring(0, end),
              Double.valueOf(line.substring(end + 1).replace("+Inf", "Infinity")));
        });
    return new Scrape(values);
  }

  /** One value. */
  public double value(String nameAndLabels) {
    Double found = values.get(nameAndLabels);
    if (found == null) {
      throw new NoSuchElementException("no " + nameAndLabels + " in " + values.keySet());
    }
    return found;
  }

  /** The sum of a name's values, whatever their labels. */
  public double sum(String name) {
    return values.entrySet().stream()
        .filter(entry -> entry.getKey().equals(name) || entry.getKey().startsWith(name + "{"))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  /** How many values a name has. */
  public long count(String name) {
    return values.keySet().stream().filter(key -> key.startsWith(name + "{")).count();
  }
}
