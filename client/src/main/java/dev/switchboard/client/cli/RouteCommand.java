package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code route}: which expert each window of a text wakes. */
@Command(
    name = "switchboard route",
    description = "Tells which expert each window of a text wakes, without generating.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard route --text 'SELECT name FROM users'",
      "  ./switchboard route --file mixed.txt --window 200 --json",
      "Every window is read alone, from a fresh state."
    })
final class RouteCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--text", paramLabel = "TEXT", description = "the text to route")
  private @Nullable String text;

  @Option(names = "--file", paramLabel = "FILE", description = "file with the text, UTF-8")
  private @Nullable Path file;

  @Option(
      names = "--window",
      paramLabel = "BYTES",
      description =
          "cut the text every BYTES bytes (characters cut in two are dropped); whole by default")
  private @Nullable Integer window;

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  RouteCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if ((text == null) == (file == null)) {
      throw Options.wrong(spec, "give either --text or --file");
    }
    if (window != null) {
      Options.atLeast(spec, "--window", window, 1);
    }
    cluster.checked(0);
    if (file != null && !Files.isRegularFile(file)) {
      throw new CommandException("cannot read " + file + ": no such file");
    }
    return Session.with(cluster, 0, terminal, this::route);
  }

  private int route(Session session) {
    long begun = System.nanoTime();
    try (InputStream in = open()) {
      long bytes = file == null ? 0 : Files.size(file);
      int width = window == null ? Integer.MAX_VALUE : window;
      WindowRouter router = new WindowRouter(session, done -> progress(done, bytes, width));
      List<Routed> routed = router.route(new Windows(in, width));
      terminal.live("");
      print(routed, (System.nanoTime() - begun) / 1e9);
      return 0;
    } catch (UncheckedIOException e) {
      throw Failures.reading(Path.of(String.valueOf(file)), new IOException(e));
    } catch (IOException e) {
      throw Failures.reading(Path.of(String.valueOf(file)), e);
    }
  }

  private InputStream open() throws IOException {
    return file != null
        ? Files.newInputStream(file)
        : new ByteArrayInputStream(String.valueOf(text).getBytes(StandardCharsets.UTF_8));
  }

  private void progress(long done, long bytes, int width) {
    long all = (bytes + width - 1) / width;
    if (terminal.errIsTerminal() && all > 1 && (done % 16 == 0 || done == all)) {
      terminal.live(Bars.progress("windows", done, all));
    }
  }

  private void print(List<Routed> routed, double seconds) {
    if (json) {
      terminal.out().println(Json.object(out -> write(out, routed, seconds)));
    } else {
      for (Routed one : routed) {
        terminal.out().print(line(one));
      }
      long known = routed.stream().filter(one -> one.tokens() > 0).count();
      terminal.out().println();
      byExpert(routed)
          .forEach((name, n) -> terminal.out().print(Bars.line(name, (double) n / known)));
    }
    terminal.out().flush();
  }

  private static void write(JsonGenerator json, List<Routed> routed, double seconds)
      throws IOException {
    json.writeArrayFieldStart("windows");
    for (Routed one : routed) {
      json.writeStartObject();
      json.writeNumberField("offset", one.offset());
      json.writeStringField("expert", one.expert());
      json.writeNumberField("share", one.share());
      json.writeNumberField("tokens", one.tokens());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("summary");
    json.writeNumberField("windows", routed.size());
    json.writeNumberField("tokens", routed.stream().mapToLong(Routed::tokens).sum());
    json.writeNumberField("seconds", seconds);
    json.writeObjectFieldStart("experts");
    for (var entry : byExpert(routed).entrySet()) {
      json.writeNumberField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static TreeMap<String, Integer> byExpert(List<Routed> routed) {
    TreeMap<String, Integer> windows = new TreeMap<>();
    for (Routed one : routed) {
      if (one.expert() != null) {
        windows.merge(one.expert(), 1, Integer::sum);
      }
    }
    return windows;
  }

  private static String line(Routed one) {
    String text =
        String.format(
            Locale.ROOT,
            "%10d  %-12s %5.1f %%  %4d tokens  %s",
            one.offset(),
            one.expert() == null ? "(empty)" : one.expert(),
            one.share() * 100,
            one.tokens(),
            one.beginning());
    return text.stripTrailing() + System.lineSeparator();
  }
}
