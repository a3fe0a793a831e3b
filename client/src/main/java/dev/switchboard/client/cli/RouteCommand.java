package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.RouteReply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code route}: which expert each window of a text wakes. */
@Command(
    name = "switchboard route",
    description =
        "Tells which expert each window of a text wakes, and each token; generates nothing.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard route --text 'SELECT name FROM users'",
      "  ./switchboard route --file mixed.txt --window 200 --json",
      "  ./switchboard route --folder corpora --picture matrix.svg",
      "  ./switchboard route --model mixtral --file questions.txt --window 4000 --trace routes.jsonl",
      "Every window is read alone, from a fresh state."
    })
final class RouteCommand implements Callable<Integer> {
  private static final int MATRIX_WINDOW = 200;

  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--text", paramLabel = "TEXT", description = "the text to route")
  private @Nullable String text;

  @Option(names = "--file", paramLabel = "FILE", description = "file with the text, UTF-8")
  private @Nullable Path file;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = {
        "folder of domains, each a folder with a text in it (test.txt before others, also .gz):",
        "windows of --window bytes (default 200), and how many of each domain wake which expert"
      })
  private @Nullable Path folder;

  @Option(
      names = "--picture",
      paramLabel = "FILE",
      description = "draw what --folder finds as a confusion matrix; FILE.svg or FILE.png")
  private @Nullable Path picture;

  @Option(
      names = "--windows",
      paramLabel = "N",
      description = "windows of each domain of --folder at the most (default: ${DEFAULT-VALUE})")
  private int windows = 100;

  @Option(
      names = "--window",
      paramLabel = "BYTES",
      description =
          "cut the text every BYTES bytes (characters cut in two are dropped); whole by default")
  private @Nullable Integer window;

  @Option(
      names = "--ids",
      paramLabel = "ID",
      split = ",",
      description = "token ids instead of a text, separated by commas")
  private @Nullable List<Integer> ids;

  @Option(
      names = "--tokens",
      description = "show each token in its expert's colour; always with --text")
  private boolean tokens;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = {
        "write each token's experts and weights in every layer, one JSON object a line",
        "(docs/route-trace.md; Spark reads it as it is); long texts want --window"
      })
  private @Nullable Path trace;

  @Option(
      names = "--trace-inputs",
      paramLabel = "FILE",
      description = {
        "write each token's experts, weights and what the gates read, for train router --from-routes",
        "(docs/route-trace.md has the form and its size); texts want --window"
      })
  private @Nullable Path inputs;

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  RouteCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (Stream.of(text, file, ids, folder).filter(given -> given != null).count() != 1) {
      throw Options.wrong(spec, "give one of --text, --file, --ids and --folder");
    }
    if (picture != null && (folder == null || !MatrixPicture.isDrawable(picture))) {
      throw Options.wrong(spec, "--picture FILE.svg or FILE.png goes with --folder");
    }
    if (folder != null && (trace != null || inputs != null)) {
      throw Options.wrong(spec, "--trace and --trace-inputs are of texts: not with --folder");
    }
    for (int id : ids == null ? List.<Integer>of() : ids) {
      Options.atLeast(spec, "--ids", id, 0);
    }
    if (window != null) {
      Options.atLeast(spec, "--window", window, 1);
    }
    if (window != null && ids != null) {
      throw Options.wrong(spec, "--window cuts texts: not with --ids");
    }
    cluster.checked(0);
    if (file != null && !Files.isRegularFile(file)) {
      throw new CommandException("cannot read " + file + ": no such file");
    }
    if (folder != null) {
      Path domains = folder;
      Options.atLeast(spec, "--windows", windows, 1);
      int width = window == null ? MATRIX_WINDOW : window;
      return Session.with(
          cluster,
          0,
          terminal,
          session ->
              new FolderRoutes(session, terminal, width, windows).run(domains, picture, json));
    }
    if (trace == null) {
      return Session.with(cluster, 0, terminal, session -> recorded(session, null));
    }
    try (RouteTrace lines = new RouteTrace(trace)) {
      return Session.with(cluster, 0, terminal, session -> recorded(session, lines));
    }
  }

  private int recorded(Session session, @Nullable RouteTrace lines) {
    if (inputs == null) {
      return route(session, lines, null);
    }
    try (RouteRecords records =
        new RouteRecords(inputs, session.client().describeModel(session.timeout()))) {
      return route(session, lines, records);
    }
  }

  private int route(Session session, @Nullable RouteTrace lines, @Nullable RouteRecords records) {
    long begun = System.nanoTime();
    try (InputStream in = open()) {
      long bytes = file == null ? 0 : Files.size(file);
      int width = window == null ? Integer.MAX_VALUE : window;
      AtomicLong done = new AtomicLong();
      List<RouteReply> shown = new ArrayList<>();
      WindowRouter router =
          new WindowRouter(
              session,
              lines != null || records != null || perToken(),
              records != null,
              reply -> {
                if (perToken()) {
                  shown.add(reply);
                }
                progress(done.incrementAndGet(), bytes, width);
                if (lines != null) {
                  lines.add(reply);
                }
                if (records != null) {
                  records.add(reply);
                }
              });
      List<Routed> routed = router.route(windows(in, width));
      terminal.live("");
      if (lines != null) {
        lines.finish();
      }
      if (records != null) {
        records.finish();
      }
      RouteReport report =
          new RouteReport(terminal, routed, perToken() ? shown : null, session.experts());
      report.print(json, (System.nanoTime() - begun) / 1e9);
      return 0;
    } catch (UncheckedIOException e) {
      throw Failures.reading(Path.of(String.valueOf(file)), new IOException(e));
    } catch (IOException e) {
      throw Failures.reading(Path.of(String.valueOf(file)), e);
    }
  }

  /** What was typed is short enough to be shown token by token. */
  private boolean perToken() {
    return tokens || text != null;
  }

  private Iterator<Windows.Window> windows(InputStream in, int width) {
    return ids == null
        ? new Windows(in, width)
        : List.of(new Windows.Window(0, "", ids)).iterator();
  }

  private InputStream open() throws IOException {
    return file != null
        ? Files.newInputStream(file)
        : new ByteArrayInputStream(
            Objects.requireNonNullElse(text, "").getBytes(StandardCharsets.UTF_8));
  }

  private void progress(long done, long bytes, int width) {
    long all = (bytes + width - 1) / width;
    if (terminal.errIsTerminal() && all > 1 && (done % 16 == 0 || done == all)) {
      terminal.live(Bars.progress("windows", done, all));
    }
  }
}
