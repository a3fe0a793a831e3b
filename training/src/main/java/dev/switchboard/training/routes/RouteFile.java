package dev.switchboard.training.routes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What {@code switchboard route --trace-inputs} has written: records of one length.
 *
 * @param path of the records
 * @param fingerprint of the model that was read with
 * @param layers that have experts, in the order of a record
 * @param topK experts of the layer that wakes most
 */
public record RouteFile(
    String path, String fingerprint, int dModel, int topK, List<Integer> layers, long records)
    implements Serializable {
  private static final int MOST_WIDTH = 1 << 20;
  private static final int READ_BYTES = 1 << 20;
  private static final int FINGERPRINT_DIGITS = 16;
  private static final int FIXED_BYTES = 3 * Integer.BYTES;

  public RouteFile {
    layers = List.copyOf(layers);
  }

  /** Bytes of one token. */
  public int recordBytes() {
    return Math.toIntExact(
        FIXED_BYTES + (long) layers.size() * (2L * topK * Integer.BYTES + (long) dModel * 4));
  }

  /**
   * @throws IOException if there is none, or the two files are not of each other
   */
  public static RouteFile read(Path path) throws IOException {
    Path about = path.resolveSibling(path.getFileName() + ".json");
    if (!Files.isRegularFile(path) || !Files.isRegularFile(about)) {
      throw new IOException(
          path + ": no recorded routes here (and .json beside); route --trace-inputs writes them");
    }
    JsonNode json = JsonFiles.readObject(about);
    if (!json.path("format").asText().equals("switchboard-routes")
        || json.path("version").asInt() != 1) {
      throw new IOException(about + ": expected format switchboard-routes of version 1");
    }
    List<Integer> layers = new ArrayList<>();
    json.path("layers").forEach(layer -> layers.add(layer.asInt(-1)));
    RouteFile file =
        new RouteFile(
            path.toAbsolutePath().toString(),
            json.path("model_fingerprint").asText(),
            count(about, json, "d_model"),
            count(about, json, "top_k"),
            layers,
            json.path("records").asLong());
    long bytes = Files.size(path);
    boolean whole =
        !layers.isEmpty()
            && layers.size() <= 4096
            && file.records() > 0
            && json.path("record_bytes").asLong() == file.recordBytes()
            && file.records() <= bytes / file.recordBytes()
            && bytes == file.records() * file.recordBytes();
    if (!whole) {
      throw new IOException(
          "%s: %s bytes; expected %s records of %s bytes, as %s says"
              .formatted(path, bytes, file.records(), file.recordBytes(), about.getFileName()));
    }
    return file;
  }

  /**
   * Names the records by their content, 16 hex digits.
   *
   * @throws IOException if they cannot be read
   */
  public String dataFingerprint() throws IOException {
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] some = new byte[READ_BYTES];
      for (int read = in.read(some); read >= 0; read = in.read(some)) {
        digest.update(some, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, FINGERPRINT_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static int count(Path about, JsonNode json, String key) throws IOException {
    int value = json.path(key).asInt(0);
    if (value < 1 || value > MOST_WIDTH) {
      throw new IOException(
          "%s: %s is %s; expected 1 to %s".formatted(about, key, json.path(key), MOST_WIDTH));
    }
    return value;
  }
}
