package dev.switchboard.proto.codec;

import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLogger;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the processes of one user on one host find each other's sockets: files in a folder that
 * nobody else can look into. A node's socket bears its id, which no other process ever has, so the
 * file says that the node is on this host; who cannot see it goes by TCP.
 */
public final class LocalSockets {
  private static final InternalLogger LOG = InternalLoggerFactory.getInstance(LocalSockets.class);
  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rwx------");
  private static final Pattern FILE = Pattern.compile("[a-z]+-([0-9]+)-[0-9a-f]+\\.(sock|lane)");

  /** What the system takes: 108 bytes with the zero at the end. */
  private static final int MOST_PATH_BYTES = 107;

  /** How processes of one host talk. */
  public enum Way {
    /** By shared memory, and gRPC on local sockets beside it. */
    LANES,
    /** By gRPC on local sockets. */
    SOCKETS,
    /** As with processes elsewhere. */
    TCP
  }

  private static volatile Way way = Way.LANES;

  private final Path folder;

  private LocalSockets(Path folder) {
    this.folder = folder;
  }

  /**
   * The sockets of this user, {@code $XDG_RUNTIME_DIR/switchboard} or one of the temporary folder;
   * empty where TCP is chosen, and, with a line in the log, where there can be no such folder.
   */
  public static Optional<LocalSockets> ofUser() {
    if (way == Way.TCP) {
      return Optional.empty();
    }
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    Path folder =
        runtime != null && Files.isWritable(Path.of(runtime))
            ? Path.of(runtime, "switchboard")
            : Path.of(
                System.getProperty("java.io.tmpdir"),
                "switchboard-" + System.getProperty("user.name"));
    return in(folder);
  }

  /** Sockets in a folder, which is made; empty if it is not this user's alone. */
  public static Optional<LocalSockets> in(Path folder) {
    try {
      make(folder);
      PosixFileAttributes found =
          Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Path probe = Files.createTempFile(folder, "", ".probe");
      boolean mine = Files.getOwner(probe).equals(found.owner());
      Files.delete(probe);
      if (!found.isDirectory() || !mine || !found.permissions().equals(OWNER_ALONE)) {
        LOG.warn(
            "no local sockets: {} must be a folder of this user that nobody else may enter",
            folder);
        return Optional.empty();
      }
      return Optional.of(new LocalSockets(folder));
    } catch (IOException | UnsupportedOperationException e) {
      LOG.info("no local sockets in {}: {}", folder, e.toString());
      return Optional.empty();
    }
  }

  private static void make(Path folder) throws IOException {
    try {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ALONE));
    } catch (FileAlreadyExistsException there) {
      // Whose it is, is looked at next.
    }
  }

  /** The socket of the process with this id; empty if the system takes no such path. */
  public Optional<Path> of(String id) {
    return file(id + ".sock");
  }

  /** Chooses for this process, before it opens or looks for a socket. */
  public static void choose(Way chosen) {
    way = chosen;
  }

  /** The socket of its lanes, see {@code proto.lane}; empty also where they are not chosen. */
  public Optional<Path> lanesOf(String id) {
    return way == Way.LANES ? file(id + ".lane") : Optional.empty();
  }

  private Optional<Path> file(String name) {
    Path path = folder.resolve(name);
    int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
    boolean fits = bytes <= MOST_PATH_BYTES && FILE.matcher(name).matches();
    return fits ? Optional.of(path) : Optional.empty();
  }

  /** Deletes what processes that have ended left behind. */
  public void sweep() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{sock,lane}")) {
      for (Path file : files) {
        Matcher name = FILE.matcher(file.getFileName().toString());
        if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("sockets left behind in {}: {}", folder, e.toString());
    }
  }
}
