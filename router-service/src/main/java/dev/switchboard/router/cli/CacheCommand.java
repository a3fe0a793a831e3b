package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.packcache.PackCaches;
import dev.switchboard.model.packcache.PackCaches.Damage;
import dev.switchboard.model.packcache.PackCaches.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists, checks and removes packed weights that starts have left on the disk. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Packed weights: a model's weights in the order in which the kernels read them, kept in files",
      "beside the model (or in the user's cache folder), so that the next start maps them.",
      "ls lists them, verify compares every byte with its checksum, prune removes: what no process",
      "will use again (stale), or what the options say. Processes that run keep what they have.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard cache ls",
      "  switchboard cache prune",
      "  switchboard cache prune --unused 30d",
      "  switchboard cache prune --keep 20g --json",
      "",
      "Exit status: 0 done, 1 failed, or verify found damage, 2 wrong usage."
    })
final class CacheCommand implements Callable<Integer> {
  private static final Pattern AMOUNT = Pattern.compile("(\\d{1,9})([a-z]?)");

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "ls|prune|verify", description = "What to do.")
  private String verb = "";

  @Parameters(
      index = "1..*",
      paramLabel = "MODEL",
      description = "Look beside these models too (or in these folders).")
  private List<Path> more = List.of();

  @Option(names = "--all", description = "prune: all of them.")
  private boolean all;

  @Option(
      names = "--unused",
      paramLabel = "TIME",
      description = "prune: those not used for so long: 30d, 12h.")
  private @Nullable String unused;

  @Option(
      names = "--keep",
      paramLabel = "SIZE",
      description = "prune: the least recently used, until at most so much is left: 20g, 500m.")
  private @Nullable String keep;

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  private final PackCaches caches;

  CacheCommand(PackCaches caches) {
    this.caches = caches;
  }

  @Override
  public Integer call() {
    try {
      List<Entry> entries = caches.list(more);
      return switch (verb) {
        case "ls" -> list(entries);
        case "verify" -> verify(entries);
        case "prune" -> prune(entries);
        default -> throw wrong("unknown word \"%s\"; expected ls, prune or verify", verb);
      };
    } catch (IOException | UncheckedIOException e) {
      System.err.println("switchboard: " + e.getMessage());
      return Exit.FAILED;
    }
  }

  private int list(List<Entry> entries) {
    long bytes = entries.stream().mapToLong(Entry::bytes).sum();
    if (json) {
      ObjectNode node = JsonNodeFactory.instance.objectNode().put("bytes", bytes);
      ArrayNode array = node.putArray("caches");
      entries.forEach(entry -> array.add(toJson(entry)));
      System.out.println(node);
      return Exit.DONE;
    }
    if (entries.isEmpty()) {
      System.out.println("no packed weights");
      return Exit.DONE;
    }
    for (Entry entry : entries) {
      System.out.println(
          "%10s  used %s ago  %s  %s%s"
              .formatted(
                  megabytes(entry.bytes()),
                  age(entry),
                  entry.model(),
                  entry.folder(),
                  entry.stale().map(why -> "  (stale: " + why + ")").orElse("")));
    }
    System.out.println("%10s  in all".formatted(megabytes(bytes)));
    return Exit.DONE;
  }

  private int verify(List<Entry> entries) throws IOException {
    List<Damage> damaged = new ArrayList<>();
    for (Entry entry : entries) {
      damaged.addAll(caches.verify(entry));
    }
    if (json) {
      ObjectNode node = JsonNodeFactory.instance.objectNode().put("ok", damaged.isEmpty());
      ArrayNode array = node.putArray("damaged");
      damaged.forEach(
          one -> array.addObject().put("file", one.file().toString()).put("what", one.what()));
      System.out.println(node);
    } else {
      damaged.forEach(one -> System.out.println(one.file() + ": " + one.what()));
      System.out.println(
          "%s files, %s damaged"
              .formatted(entries.stream().mapToInt(Entry::files).sum(), damaged.size()));
    }
    return damaged.isEmpty() ? Exit.DONE : Exit.FAILED;
  }

  private int prune(List<Entry> entries) throws IOException {
    List<Entry> chosen = entries.stream().filter(chosen(entries)).toList();
    long bytes = 0;
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode removed = node.putArray("removed");
    for (Entry entry : chosen) {
      caches.remove(entry);
      bytes += entry.bytes();
      removed.add(toJson(entry));
      if (!json) {
        System.out.println("removed %s of %s".formatted(megabytes(entry.bytes()), entry.model()));
      }
    }
    System.out.println(json ? node.put("bytes", bytes).toString() : megabytes(bytes) + " freed");
    return Exit.DONE;
  }

  /** What nobody can use goes in any case. */
  private Predicate<Entry> chosen(List<Entry> entries) {
    Duration age = Optional.ofNullable(unused).map(this::duration).orElse(null);
    Instant before = age == null ? Instant.MIN : Instant.now().minus(age);
    long surplus =
        keep == null
            ? 0
            : entries.stream()
                    .filter(entry -> entry.stale().isEmpty())
                    .mapToLong(Entry::bytes)
                    .sum()
                - bytes(keep);
    List<Entry> oldest = new ArrayList<>();
    for (Entry entry : entries) {
      if (surplus > 0 && entry.stale().isEmpty()) {
        oldest.add(entry);
        surplus -= entry.bytes();
      }
    }
    return entry ->
        all
            || entry.stale().isPresent()
            || entry.usedAt().isBefore(before)
            || oldest.contains(entry);
  }

  private Duration duration(String text) {
    Matcher amount = AMOUNT.matcher(text);
    String unit = amount.matches() ? amount.group(2) : "";
    return switch (unit) {
      case "d" -> Duration.ofDays(Long.parseLong(amount.group(1)));
      case "h" -> Duration.ofHours(Long.parseLong(amount.group(1)));
      case "m" -> Duration.ofMinutes(Long.parseLong(amount.group(1)));
      default -> throw wrong("--unused is \"%s\"; expected a time such as 30d, 12h or 90m", text);
    };
  }

  private long bytes(String text) {
    Matcher amount = AMOUNT.matcher(text.toLowerCase(Locale.ROOT));
    String unit = amount.matches() ? amount.group(2) : "?";
    return switch (unit) {
      case "" -> Long.parseLong(amount.group(1));
      case "k" -> Long.parseLong(amount.group(1)) << 10;
      case "m" -> Long.parseLong(amount.group(1)) << 20;
      case "g" -> Long.parseLong(amount.group(1)) << 30;
      default -> throw wrong("--keep is \"%s\"; expected a size such as 20g or 500m", text);
    };
  }

  private ParameterException wrong(String message, Object... values) {
    return new ParameterException(
        Objects.requireNonNull(spec).commandLine(), message.formatted(values));
  }

  private static ObjectNode toJson(Entry entry) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("folder", entry.folder().toString())
            .put("model", entry.model().toString())
            .put("name", entry.name())
            .put("fingerprint", entry.fingerprint())
            .put("matrices", entry.files())
            .put("bytes", entry.bytes())
            .put("used_at", entry.usedAt().toString());
    entry.stale().ifPresent(why -> node.put("stale", why));
    return node;
  }

  private static String age(Entry entry) {
    Duration age = Duration.between(entry.usedAt(), Instant.now());
    return age.toDays() > 0
        ? age.toDays() + " d"
        : age.toHours() > 0 ? age.toHours() + " h" : age.toMinutes() + " min";
  }

  private static String megabytes(long bytes) {
    return "%,d MB".formatted(bytes / 1_000_000);
  }
}
