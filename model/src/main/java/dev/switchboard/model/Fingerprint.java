package dev.switchboard.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.TensorSamples;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;

/**
 * Names a model by its content: the first 16 bytes of SHA-256, in hex, over its configuration (the
 * metadata of a GGUF file; else config.json, keys sorted) and over name, type, shape and checksum
 * of every tensor, by name, however they are spread over files. Of a large tensor only samples are
 * read ({@link TensorSamples}): a node must not read the experts of others to know what it serves.
 * It guards against accidents, not against someone who makes a second file on purpose.
 */
final class Fingerprint {
  private static final int BYTES = 16;

  private Fingerprint() {}

  static String of(Checkpoint checkpoint) {
    MessageDigest digest = sha256();
    add(digest, "switchboard-fingerprint-2");
    checkpoint
        .gguf()
        .ifPresentOrElse(
            metadata -> metadata.addTo(digest), () -> add(digest, canonical(checkpoint.config())));
    for (String name : new TreeSet<>(checkpoint.names())) {
      add(digest, line(name, checkpoint.find(name).orElseThrow()));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  private static String line(String name, Tensor tensor) {
    String checksum = Integer.toHexString(TensorSamples.crc32c(tensor));
    return name + ' ' + tensor.dtype() + ' ' + tensor.shape() + ' ' + checksum;
  }

  private static void add(MessageDigest digest, String line) {
    digest.update(line.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) '\n');
  }

  private static String canonical(JsonNode config) {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    try {
      return mapper.writeValueAsString(mapper.treeToValue(config, Object.class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a parsed configuration cannot be written", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
