package dev.switchboard.model.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model in the GGUF form, version 2 or 3, mapped: one file, or all parts of a split one. Nothing
 * that it claims is believed before it is compared with its real size.
 */
public final class GgufFile implements AutoCloseable {
  private static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_TENSORS = "split.tensors.count";

  private final List<GgufPart> parts;
  private final Map<String, Tensor> tensors;

  private GgufFile(List<GgufPart> parts, Map<String, Tensor> tensors) {
    this.parts = List.copyOf(parts);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens a file; of a split one ({@code NAME-00001-of-00003.gguf}, any of its parts) all parts,
   * which must lie side by side.
   *
   * @throws CheckpointException if there is no such file, a part is missing, or one is not sound
   */
  public static GgufFile open(Path path) {
    List<GgufPart> parts = new ArrayList<>();
    try {
      openParts(path, parts);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (GgufPart part : parts) {
        part.tensors()
            .forEach((name, tensor) -> {
              if (tensors.put(name, tensor) != null) {
                throw CheckpointException.in(
                    part.path(), "tensor %s occurs in an earlier part too", name);
              }
            });
      }
      checkTotal(parts.getFirst(), tensors.size());
      return new GgufFile(parts, tensors);
    } catch (RuntimeException e) {
      parts.forEach(GgufPart::close);
      throw e;
    }
  }

  /** Whether a file is named like one of these or starts like one. */
  static boolean isOne(Path path) {
    if (path.toString().endsWith(".gguf")) {
      return true;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(4), "GGUF".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException _) {
      return false;
    }
  }

  /** The metadata; of a split model, the first part's. */
  public GgufMetadata metadata() {
    return parts.getFirst().metadata();
  }

  /** By name, in the order of the table. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  List<GgufPart> parts() {
    return parts;
  }

  /** Unmaps all parts; data of tensors must not be read afterwards. */
  @Override
  public void close() {
    parts.forEach(GgufPart::close);
  }

  private static void openParts(Path path, List<GgufPart> parts) {
    Matcher split = SPLIT.matcher(path.getFileName() == null ? "" : path.getFileName().toString());
    if (!split.matches()) {
      GgufPart whole = GgufPart.open(path);
      parts.add(whole);
      long count = whole.metadata().integer(SPLIT_COUNT, 1);
      if (count > 1) {
        throw CheckpointException.in(
            path,
            "is one of %s parts; expected the name NAME-00001-of-%05d.gguf, beside the others",
            count,
            count);
      }
      return;
    }
    int count = Integer.parseInt(split.group(3));
    if (count == 0) {
      throw CheckpointException.in(path, "is named as one of 0 parts; expected at least 1");
    }
    for (int i = 0; i < count; i++) {
      Path file =
          path.resolveSibling("%s-%05d-of-%05d.gguf".formatted(split.group(1), i + 1, count));
      if (!Files.isRegularFile(file)) {
        throw CheckpointException.in(path, "part %s of %s is missing: no %s", i + 1, count, file);
      }
      GgufPart part = GgufPart.open(file);
      parts.add(part);
      checkSplit(part.metadata(), SPLIT_COUNT, count);
      checkSplit(part.metadata(), SPLIT_NUMBER, i);
    }
  }

  /** What a part says of itself must be what its name says. */
  private static void checkSplit(GgufMetadata metadata, String key, long expected) {
    long found = metadata.integer(key);
    if (found != expected) {
      throw CheckpointException.in(
          metadata.file(), "key %s is %s; its name says %s", key, found, expected);
    }
  }

  private static void checkTotal(GgufPart first, int found) {
    long expected = first.metadata().integer(SPLIT_TENSORS, found);
    if (expected != found) {
      throw CheckpointException.in(
          first.path(), "key %s is %s, but its parts hold %s", SPLIT_TENSORS, expected, found);
    }
  }
}
