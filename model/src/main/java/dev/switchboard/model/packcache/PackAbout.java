package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedShape;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * What a folder of packed weights says of itself, in {@code about.properties}; the file's time says
 * when it was last used.
 *
 * @param model path of the model when it was packed
 * @param name what the model is
 * @param layout version of the layout
 * @param files a line for each file of the model: {@link PackSource#lines}
 */
record PackAbout(Path model, String name, String fingerprint, int layout, List<String> files) {
  static final String FILE = "about.properties";

  PackAbout {
    files = List.copyOf(files);
  }

  static PackAbout of(PackSource source) throws IOException {
    return new PackAbout(
        source.path().toAbsolutePath().normalize(),
        source.name(),
        source.fingerprint(),
        PackedShape.LAYOUT_VERSION,
        PackSource.lines(source.files()));
  }

  /** Whether the model's files are those that the weights were packed of. */
  boolean fitsFiles() {
    try {
      List<Path> paths =
          files.stream().map(line -> Path.of(line.substring(line.lastIndexOf('\t') + 1))).toList();
      return PackSource.lines(paths).equals(files);
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /** Writes it, or marks it as used. */
  void write(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (read(folder).filter(this::equals).isPresent()) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return;
    }
    Properties properties = new Properties();
    properties.setProperty("model", model.toString());
    properties.setProperty("name", name);
    properties.setProperty("fingerprint", fingerprint);
    properties.setProperty("layout", String.valueOf(layout));
    properties.setProperty("files", String.join("\n", files));
    StringWriter text = new StringWriter();
    properties.store(text, "Packed weights; `switchboard cache` lists and removes them.");
    Path temporary =
        folder.resolve("." + FILE + "." + ProcessHandle.current().pid() + PackFile.TEMPORARY);
    Files.write(temporary, text.toString().getBytes(StandardCharsets.UTF_8));
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Empty if there is none, or it does not say what it should. */
  static Optional<PackAbout> read(Path folder) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(Files.readString(folder.resolve(FILE))));
      String model = properties.getProperty("model");
      return model == null
          ? Optional.empty()
          : Optional.of(
              new PackAbout(
                  Path.of(model),
                  properties.getProperty("name", ""),
                  properties.getProperty("fingerprint", ""),
                  Integer.parseInt(properties.getProperty("layout", "0")),
                  properties.getProperty("files", "").lines().toList()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
