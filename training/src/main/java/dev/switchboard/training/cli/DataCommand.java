package dev.switchboard.training.cli;

import dev.switchboard.training.spark.TokenizeSettings;
import dev.switchboard.training.spark.TokenizedData;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tokenizes texts once, on Spark. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = "Tokenizes texts once, on Spark, shuffled and split by document.",
    footer = {
      "",
      "Each folder below --data is a domain. Its files: .txt (documents with a line of one NUL",
      "character between them), .jsonl, both also .gz, and .parquet.",
      "",
      "Example:",
      "  switchboard train data --data corpora --tokenizer tokenizer.json --out tokens"
    })
final class DataCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--data", required = true, description = "folder of domains")
  private Path data = Path.of("");

  @Option(names = "--tokenizer", required = true, description = "tokenizer.json, gzipped or not")
  private Path tokenizer = Path.of("");

  @Option(names = "--out", required = true, description = "data set to write")
  private Path out = Path.of("");

  @Option(
      names = "--text-column",
      description = "key of a JSON line or column of a Parquet file that holds the text",
      defaultValue = "text")
  private String field = "text";

  @Option(
      names = "--held-out",
      description = "share of documents that are held out of files not named train* or test*",
      defaultValue = "0.02")
  private double heldOut;

  @Mixin private final JobOptions job = new JobOptions();

  @Override
  public Integer call() throws Exception {
    TokenizeSettings settings =
        Failures.checked(
            spec,
            () ->
                new TokenizeSettings(
                    data, tokenizer, out, field, heldOut, job.seed(), job.master()));
    job.print(TokenizedData.write(settings));
    return 0;
  }
}
