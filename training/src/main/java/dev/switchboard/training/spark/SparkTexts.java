package dev.switchboard.training.spark;

import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/** Reads and tokenizes the domains, one task a domain. */
final class SparkTexts {
  private SparkTexts() {}

  /** A domain, or why it cannot be used: repeating the task would not help. */
  private record Outcome(@Nullable Domain domain, String problem) implements Serializable {}

  /**
   * @param sampleBytes text that is read of each domain, at most
   */
  static List<Domain> read(
      JavaSparkContext spark, List<Path> folders, Path tokenizer, long sampleBytes)
      throws IOException {
    // Executors have a working directory of their own.
    String vocabulary = tokenizer.toAbsolutePath().toString();
    List<String> names = folders.stream().map(f -> f.toAbsolutePath().toString()).toList();
    List<Outcome> outcomes =
        spark
            .parallelize(names, names.size())
            .map(name -> outcome(name, vocabulary, sampleBytes))
            .collect();
    List<Domain> domains = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      if (outcome.domain() == null) {
        throw new IOException(outcome.problem());
      }
      domains.add(outcome.domain());
    }
    return domains;
  }

  private static Outcome outcome(String folder, String vocabulary, long sampleBytes) {
    try (Vocabulary reader = Vocabulary.read(Path.of(vocabulary))) {
      return new Outcome(Domain.read(Path.of(folder), reader, sampleBytes), "");
    } catch (IOException e) {
      return new Outcome(null, String.valueOf(e.getMessage()));
    }
  }
}
