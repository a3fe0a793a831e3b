package dev.switchboard.training.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.spark.Sessions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** What the commands that run on Spark have in common. */
final class JobOptions {
  @Option(names = "--seed", defaultValue = "1")
  private long seed;

  @Option(
      names = "--master",
      description = "Spark master; local[*], or what spark-submit says",
      showDefaultValue = Visibility.NEVER)
  private @Nullable String master;

  @Option(names = "--json", description = "one JSON object on stdout, on one line")
  private boolean json;

  long seed() {
    return seed;
  }

  String master() {
    return Sessions.master(master);
  }

  void print(ObjectNode result) {
    System.out.println(json ? result.toString() : result.toPrettyString());
  }
}
