package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.reference.PairedBootstrap;
import dev.switchboard.model.reference.PairedBootstrap.Found;
import dev.switchboard.model.reference.PairedBootstrap.Pair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Holds two models against each other on the same documents. */
@Command(
    name = "evaluate compare",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Reads held-out documents with two models, each document from a fresh state, and says domain"
          + " by",
      "domain how many bits a byte each needs, what the second saves, and how sure that is: 95 %"
          + " of",
      "paired bootstrap draws over documents lie between the two numbers in brackets.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  switchboard evaluate compare models/dense models/moe --data corpora",
      "",
      "Exit status: 0 done, 1 a model or the texts cannot be used, 2 wrong usage."
    })
final class CompareCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Parameters(index = "0", paramLabel = "A", description = "Model to compare with.")
  private Path first = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Model that is compared.")
  private Path second = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "DIR/<domain>/test.txt[.gz]; documents with a line of one NUL between them.")
  private Path data = Path.of("");

  @Option(names = "--gate", paramLabel = "DIR", description = "Lay this gate over B's own.")
  private @Nullable Path gate;

  @Option(
      names = "--given",
      description =
          "Read all with B once more, each domain by the expert of its name: what the gate costs.")
  private boolean given;

  @Option(
      names = "--characters",
      paramLabel = "N",
      description = "Text that is read of each domain (default: ${DEFAULT-VALUE}).")
  private int characters = 60_000;

  @Option(
      names = "--document-characters",
      paramLabel = "N",
      description = "Text that is read of each document (default: ${DEFAULT-VALUE}).")
  private int documentCharacters = 20_000;

  @Option(
      names = "--draws",
      paramLabel = "N",
      description = "Draws of the bootstrap (default: ${DEFAULT-VALUE}).")
  private int draws = 10_000;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the draws (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Mixin private final ComputeOptions compute = new ComputeOptions();

  CompareCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    compute.check("--characters", characters, 1, Integer.MAX_VALUE);
    compute.check("--document-characters", documentCharacters, 1, Integer.MAX_VALUE);
    compute.check("--draws", draws, 1, 10_000_000);
    return compute.run(this::compare);
  }

  private int compare(Crew crew) {
    SequencedMap<String, List<String>> texts = TestTexts.read(data, documentCharacters, characters);
    DomainScores a = DomainScores.read(model(first), Optional.empty(), texts, false, crew);
    DomainScores b =
        DomainScores.read(model(second), Optional.ofNullable(gate), texts, given, crew);
    SequencedMap<String, Found> found = new TreeMap<>();
    List<List<Pair>> all = new ArrayList<>();
    texts
        .keySet()
        .forEach(domain -> {
          List<Pair> pairs = a.pairs(b, domain);
          all.add(pairs);
          found.put(domain, new PairedBootstrap(List.of(pairs)).run(draws, seed));
        });
    Found mean = new PairedBootstrap(all).run(draws, seed);
    System.out.println(
        compute.json() ? toJson(a, b, found, mean).toString() : table(a, b, found, mean));
    return Exit.DONE;
  }

  private Path model(Path given) {
    return Home.model(Optional.of(given), environment);
  }

  private ObjectNode toJson(
      DomainScores a, DomainScores b, SequencedMap<String, Found> found, Found mean) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    a.put(json.putObject("a"));
    b.put(json.putObject("b"));
    ObjectNode domains = json.putObject("domains");
    found.forEach((domain, one) -> {
      ObjectNode node = domains.putObject(domain);
      node.put("documents", a.documents(domain).size());
      put(node, one);
    });
    put(json.putObject("mean"), mean);
    return json.put("draws", draws).put("seed", seed).put("kernels", Kernels.describe());
  }

  private static void put(ObjectNode node, Found found) {
    node.put("a", found.before())
        .put("b", found.after())
        .put("gain", found.gain())
        .put("low", found.low())
        .put("high", found.high())
        .put("better", found.better());
  }

  private static String table(
      DomainScores a, DomainScores b, SequencedMap<String, Found> found, Found mean) {
    List<String> lines = new ArrayList<>();
    lines.add("bits per byte          A        B    B saves  [95 % of draws]");
    found.forEach((domain, one) -> lines.add(row(domain, one)));
    lines.add(row("mean", mean));
    lines.add("A: " + a.describe());
    lines.add("B: " + b.describe());
    return String.join(System.lineSeparator(), lines);
  }

  private static String row(String name, Found found) {
    return "%-14s  %7.4f  %7.4f  %+6.2f %%  [%+.2f, %+.2f]"
        .formatted(
            name,
            found.before(),
            found.after(),
            100 * found.gain(),
            100 * found.low(),
            100 * found.high());
  }
}
