package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.reference.ReferenceCheck;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs models against the answers that a reference implementation gave, and says how far off. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Computes models and compares them with the answers of the reference implementation that are",
      "recorded beside them (expected.json, expected.safetensors; reference.json for GGUF files): the",
      "largest difference of logits, of the residual stream, of routing weights and of recurrent",
      "states, whether every token chose the same experts, and whether greedy decoding gives the same",
      "tokens. Variants of a model in sub-folders (fused, sharded, bf16, ...) are checked with it.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard check golden/hf/mixtral",
      "  switchboard check golden/hf/* golden/gguf-tiny/*.gguf --json",
      "",
      "Exit status: 0 all within the bounds, 1 at least one out of bounds or not to be compared,",
      "2 wrong usage."
    })
final class CheckCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "FOLDER",
      description = "Model directory or GGUF file, with recorded answers.")
  private List<Path> given = List.of();

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  @Override
  public Integer call() {
    List<CheckRow> rows = new ArrayList<>();
    List<CheckRow.Target> targets = given.stream().flatMap(path -> folders(path).stream()).toList();
    int width = targets.stream().mapToInt(t -> t.folder().toString().length()).max().orElse(0);
    if (!json) {
      System.out.println(CheckRow.head(width));
    }
    for (CheckRow.Target target : targets) {
      CheckRow row = check(target);
      rows.add(row);
      if (!json) {
        System.out.println(row.line(width));
      }
    }
    boolean ok = rows.stream().allMatch(CheckRow::ok);
    if (json) {
      System.out.println(toJson(rows, ok));
    }
    return ok ? Exit.DONE : Exit.FAILED;
  }

  private static List<CheckRow.Target> folders(Path given) {
    try {
      return ReferenceCheck.folders(given).stream().map(CheckRow.Target::of).toList();
    } catch (CheckpointException | UncheckedIOException e) {
      return List.of(CheckRow.Target.broken(given, e));
    }
  }

  /** One model that cannot be compared must not hide what is known of the others. */
  private static CheckRow check(CheckRow.Target target) {
    if (target.failure().isPresent()) {
      return CheckRow.failed(target.folder(), target.failure().get());
    }
    try {
      return CheckRow.of(ReferenceCheck.of(target.folder()));
    } catch (RuntimeException | OutOfMemoryError e) {
      return CheckRow.failed(target.folder(), CheckRow.message(e));
    }
  }

  private static ObjectNode toJson(List<CheckRow> rows, boolean ok) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("ok", ok);
    ArrayNode folders = node.putArray("folders");
    rows.forEach(row -> folders.add(row.toJson()));
    return node;
  }
}
