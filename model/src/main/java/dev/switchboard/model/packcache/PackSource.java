package dev.switchboard.model.packcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * The model that weights are packed of.
 *
 * @param path its folder or file
 * @param name what it is, for people
 * @param fingerprint of its content; samples of large tensors only, therefore:
 * @param files all files of weights; size and time of each count too
 */
public record PackSource(Path path, String name, String fingerprint, List<Path> files) {
  public PackSource {
    files = List.copyOf(files);
  }

  /**
   * Size, time and path of each file.
   *
   * @throws IOException if one cannot be looked at
   */
  static List<String> lines(List<Path> files) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file :
        files.stream().map(Path::toAbsolutePath).map(Path::normalize).sorted().toList()) {
      BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
      lines.add(is.size() + "\t" + is.lastModifiedTime().toInstant() + "\t" + file);
    }
    return lines;
  }
}
