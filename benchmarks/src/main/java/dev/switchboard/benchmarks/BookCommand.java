package dev.switchboard.benchmarks;

import dev.switchboard.client.process.ClusterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench book}. */
@Command(
    name = "book",
    description = "Reads a book three times, once over a dead router, once from a saved state.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "Each time a private cluster of two routers and some nodes reads the book as the first turn of a",
      "session and then generates two texts, one greedy, one drawn:",
      "  1. undisturbed; what the model remembers behind the book is saved,",
      "  2. the router is killed (kill -9) half-way; the turn goes on at the other one,",
      "  3. nothing is read: the saved state is loaded.",
      "The texts and the digests of their logits must be the same, or the exit code is 1.",
      "",
      "Examples:",
      "  ./switchboard bench book bible.txt --bytes 100000",
      "  ./switchboard bench book bible.txt --nodes 2 --tokens 200 --json"
    })
final class BookCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();

  @Parameters(paramLabel = "FILE", description = "The book, UTF-8.")
  private Path book = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "Model directory or GGUF file (default: the embedded model).")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--bytes",
      paramLabel = "N",
      description = "Read the first N bytes alone, up to the last space among them.")
  private OptionalLong bytes = OptionalLong.empty();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "2",
      description = "Expert nodes (default ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "100",
      description = "Tokens of each text (default ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the drawn text (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "7200",
      description = "One reading may take this long (default ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Override
  public Integer call() throws IOException {
    Checks.positive("--nodes", nodes);
    Checks.positive("--tokens", tokens);
    Checks.positive("--timeout", timeoutSeconds);
    if (bytes.isPresent() && bytes.getAsLong() < 1) {
      throw new UsageException("--bytes " + bytes.getAsLong() + ": expected 1 or more");
    }
    if (!Files.isReadable(book) || Files.isDirectory(book)) {
      throw new BenchException("cannot read " + book + ": no such file");
    }
    Machine machine = Machine.here();
    output.line(machine.text());
    Path folder = Files.createTempDirectory("switchboard-book-");
    try {
      BookReport report = new BookReport(read(folder), machine);
      output.line(report.text());
      output.json(report.json(String.valueOf(book.getFileName())));
      return report.same() ? 0 : 1;
    } finally {
      BookText.delete(folder);
    }
  }

  private BookRun.Readings read(Path folder) {
    Path text = bytes.isEmpty() ? book : BookText.beginning(book, bytes.getAsLong(), folder);
    ClusterSpec spec =
        new ClusterSpec(
            nodes,
            1,
            Optional.of(model.orElseGet(Output::embeddedModel).toString()),
            Optional.empty(),
            ClusterSpec.Kind.LASTING,
            ClusterSpec.Compute.STANDARD,
            new ClusterSpec.Routers(2, true));
    var plan = new BookRun.Plan(text, folder, tokens, seed, Duration.ofSeconds(timeoutSeconds));
    return new BookRun(plan, spec, output::progress).all();
  }
}
