package dev.switchboard.training.spark;

import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/** Reads and tokenizes the domains, one task a domain. */
final class SparkTexts {
  private SparkTexts() {}

  /**
   * @param sampleBytes text that is read of each domain, at most
   */
  static List<Domain> read(
      JavaSparkContext spark, List<Path> folders, Path tokenizer, long sampleBytes) {
    String vocabulary = tokenizer.toString();
    List<String> names = folders.stream().map(Path::toString).toList();
    return spark
        .parallelize(names, names.size())
        .map(name -> {
          try (Vocabulary reader = Vocabulary.read(Path.of(vocabulary))) {
            return Domain.read(Path.of(name), reader, sampleBytes);
          }
        })
        .collect();
  }
}
