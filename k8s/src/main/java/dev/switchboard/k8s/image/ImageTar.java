package dev.switchboard.k8s.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;

/**
 * Writes one image: a layer each for the C library, the Java runtime, third parties' jars, ours,
 * and the embedded model; so a new version of ours is a few megabytes for who has the last one.
 */
final class ImageTar {
  /** Of the user that has nothing. */
  static final int USER = 65532;

  private static final Instant EPOCH = Instant.ofEpochSecond(1);
  private static final FilePermissions READ = FilePermissions.fromOctalString("644");
  private static final FilePermissions RUN = FilePermissions.fromOctalString("755");
  private static final FilePermissions ALL = FilePermissions.fromOctalString("777");

  private final Path home;
  private final Path work;
  private final String version;

  /**
   * @param home the repository, built
   * @param work a folder for what is made on the way; what is in it is used again
   * @param version of the image, its tag
   */
  ImageTar(Path home, Path work, String version) {
    this.home = home;
    this.work = work;
    this.version = version;
  }

  /**
   * Writes the archive.
   *
   * @param base {@code scratch}, for the C library of this machine; a reference to an image with
   *     one, or {@code tar://FILE}
   * @param jdk whose modules make the runtime
   */
  void write(ImageKind kind, String base, Path jdk, Path archive) throws IOException {
    Launch launch = Launch.of(kind, home);
    Path runtime = work.resolve("runtime");
    JavaRuntime.link(jdk, runtime);
    try {
      JibContainerBuilder image = base.equals("scratch") ? Jib.fromScratch() : Jib.from(base);
      if (base.equals("scratch")) {
        image.addFileEntriesLayer(cLibrary());
      }
      image
          .addFileEntriesLayer(tree("runtime", runtime, "/opt/java"))
          .addFileEntriesLayer(jars("libraries", launch.others()))
          .addFileEntriesLayer(
              tree(
                  "model",
                  home.resolve("models/switchboard-mini"),
                  Launch.HOME + "/models/switchboard-mini"))
          .addFileEntriesLayer(ours(launch))
          .setFormat(ImageFormat.OCI)
          .setCreationTime(EPOCH)
          .setUser(USER + ":" + USER)
          .setWorkingDirectory(AbsoluteUnixPath.get("/tmp"))
          .setEnvironment(
              Map.of(
                  "HOME",
                  "/tmp",
                  "LC_ALL",
                  "C.UTF-8",
                  "DJL_CACHE_DIR",
                  "/tmp/djl",
                  "SWITCHBOARD_HOME",
                  Launch.HOME))
          .setExposedPorts(ports(kind))
          .setLabels(
              Map.of(
                  "org.opencontainers.image.title",
                  "switchboard-" + kind.command(),
                  "org.opencontainers.image.version",
                  version,
                  "org.opencontainers.image.licenses",
                  "Apache-2.0"))
          .setEntrypoint(List.of("/opt/java/bin/java", "@" + argumentsPath(kind)))
          .setProgramArguments(List.of(kind.command()))
          .containerize(
              Containerizer.to(
                      TarImage.at(archive).named("switchboard-" + kind.command() + ":" + version))
                  .setToolName("switchboard")
                  .setOfflineMode(base.equals("scratch") || base.startsWith("tar://"))
                  .setBaseImageLayersCache(work.resolve("base-cache"))
                  .setApplicationLayersCache(work.resolve("cache")));
    } catch (InvalidImageReferenceException
        | RegistryException
        | CacheDirectoryCreationException
        | ExecutionException e) {
      throw new IOException("the image of the " + kind.command() + " cannot be made: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static Set<Port> ports(ImageKind kind) {
    Set<Port> ports = new HashSet<>();
    kind.ports().forEach(port -> ports.add(Port.tcp(port)));
    return ports;
  }

  private static String argumentsPath(ImageKind kind) {
    return Launch.HOME + "/" + kind.command() + ".args";
  }

  private FileEntriesLayer cLibrary() throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("c-library");
    CLibrary.files().forEach((place, file) -> add(layer, file, place, RUN));
    add(
        layer,
        text(
            "passwd",
            "root:x:0:0::/:/none\nswitchboard:x:%d:%d::/tmp:/none\n".formatted(USER, USER)),
        "/etc/passwd",
        READ);
    add(layer, text("group", "root:x:0:\nswitchboard:x:%d:\n".formatted(USER)), "/etc/group", READ);
    add(
        layer,
        text("nsswitch.conf", "passwd: files\nhosts: files dns\n"),
        "/etc/nsswitch.conf",
        READ);
    add(layer, Files.createDirectories(work.resolve("files/tmp")), "/tmp", ALL);
    return layer.build();
  }

  private static FileEntriesLayer tree(String name, Path folder, String place) throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
    for (Path file : Trees.files(folder)) {
      FilePermissions permissions = Files.isExecutable(file) ? RUN : READ;
      add(layer, file.toRealPath(), place + "/" + folder.relativize(file), permissions);
    }
    return layer.build();
  }

  private static FileEntriesLayer jars(String name, List<Path> jars) {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
    jars.forEach(jar -> add(layer, jar, Launch.HOME + "/lib/" + jar.getFileName(), READ));
    return layer.build();
  }

  private FileEntriesLayer ours(Launch launch) throws IOException {
    FileEntriesLayer.Builder layer = jars("switchboard", launch.own()).toBuilder();
    Path arguments = text(launch.kind().command() + ".args", launch.argumentsFile(version));
    add(layer, arguments, argumentsPath(launch.kind()), READ);
    for (String text : List.of("LICENSE", "NOTICE")) {
      add(layer, home.resolve(text), Launch.HOME + "/" + text, READ);
    }
    return layer.build();
  }

  private Path text(String name, String content) throws IOException {
    Path folder = Files.createDirectories(work.resolve("files"));
    return Files.writeString(folder.resolve(name), content);
  }

  private static void add(
      FileEntriesLayer.Builder layer, Path file, String place, FilePermissions permissions) {
    layer.addEntry(file, AbsoluteUnixPath.get(place), permissions, EPOCH);
  }
}
