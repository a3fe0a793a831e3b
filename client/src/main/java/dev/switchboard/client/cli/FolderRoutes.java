package dev.switchboard.client.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Windows of several texts, one text a domain, and which experts they wake. */
final class FolderRoutes {
  private static final List<String> TEXTS =
      List.of("test.txt", "test.txt.gz", "train.txt", "train.txt.gz");

  private final Session session;
  private final Terminal terminal;
  private final int width;
  private final int most;

  /**
   * @param width bytes of a window
   * @param most windows of each domain
   */
  FolderRoutes(Session session, Terminal terminal, int width, int most) {
    this.session = session;
    this.terminal = terminal;
    this.width = width;
    this.most = most;
  }

  /**
   * @param picture file to draw the matrix into, .svg or .png; null: none
   */
  int run(Path folder, @Nullable Path picture, boolean json) {
    Map<String, List<Routed>> routed = new LinkedHashMap<>();
    try {
      List<Path> domains = domains(folder);
      for (Path domain : domains) {
        if (terminal.errIsTerminal()) {
          terminal.live(Bars.progress("domains", routed.size(), domains.size()));
        }
        WindowRouter router = new WindowRouter(session, false, reply -> {});
        String name = String.valueOf(domain.getFileName());
        routed.put(name, router.route(windows(read(text(domain))).iterator()));
      }
    } catch (IOException e) {
      throw Failures.reading(folder, e);
    }
    terminal.live("");
    ConfusionMatrix matrix = ConfusionMatrix.of(routed, session.experts().names());
    if (picture != null) {
      MatrixPicture.write(matrix, picture);
    }
    terminal.out().println(json ? Json.object(matrix::write) : matrix.table());
    terminal.out().flush();
    return 0;
  }

  private static List<Path> domains(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new CommandException("cannot read " + folder + ": no such folder");
    }
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> domains = entries.filter(Files::isDirectory).sorted().toList();
      if (domains.isEmpty()) {
        throw new CommandException(folder + " has no folder of a domain in it");
      }
      return domains;
    }
  }

  private static Path text(Path domain) throws IOException {
    try (Stream<Path> entries = Files.list(domain)) {
      return entries
          .filter(file -> file.toString().matches(".*\\.txt(\\.gz)?"))
          .min(
              Comparator.comparingInt((Path file) -> place(file))
                  .thenComparing(Comparator.naturalOrder()))
          .orElseThrow(() -> new CommandException("no .txt or .txt.gz in " + domain));
    }
  }

  private static int place(Path file) {
    int at = TEXTS.indexOf(String.valueOf(file.getFileName()));
    return at < 0 ? TEXTS.size() : at;
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        InputStream text = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
      return text.readAllBytes();
    }
  }

  /**
   * Evenly spaced windows. In a text that is mostly not ASCII, windows that are, are passages in
   * another language, and left out.
   */
  List<Windows.Window> windows(byte[] text) {
    boolean foreign = isForeign(text);
    List<Windows.Window> found = new ArrayList<>();
    int stride = Math.max(width, text.length / most);
    for (int at = 0; at + width <= text.length && found.size() < most; at += stride) {
      byte[] bytes = Arrays.copyOfRange(text, at, at + width);
      if (!foreign || isForeign(bytes)) {
        Windows cut = new Windows(new ByteArrayInputStream(bytes), width);
        found.add(new Windows.Window(at, cut.next().text()));
      }
    }
    if (found.isEmpty() && text.length > 0) {
      found.add(new Windows(new ByteArrayInputStream(text), text.length).next());
    }
    return found;
  }

  /** Whether a third of the bytes are not ASCII. */
  private static boolean isForeign(byte[] bytes) {
    int high = 0;
    for (byte b : bytes) {
      high += b < 0 ? 1 : 0;
    }
    return high * 3 >= bytes.length && bytes.length > 0;
  }
}
