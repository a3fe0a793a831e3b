package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.Started;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A safetensors file with one tensor, {@code logits}, F32 {@code [prompt tokens, vocabulary]},
 * written as the pieces arrive.
 */
final class LogitsFile implements Completion.Extras, AutoCloseable {
  private static final int ALIGNMENT = 8;

  private final PartFile file;
  private long rows;
  private long written;
  private long expected = -1;

  /**
   * Nothing is written yet.
   *
   * @throws CommandException if the file cannot be made there
   */
  LogitsFile(Path path) {
    this.file = new PartFile(path);
  }

  @Override
  public void begin(Started started) {
    rows = started.getPromptTokens();
  }

  @Override
  public void add(PromptLogits piece) {
    if (piece.getFirst() != written) {
      throw new CommandException(
          "the router sent logits from value %d, expected %d".formatted(piece.getFirst(), written));
    }
    if (expected < 0) {
      file.write(header(piece.getVocabulary()));
    }
    try {
      piece.getValues().writeTo(file.out());
    } catch (IOException e) {
      throw file.failed(e);
    }
    written += piece.getValues().size() / Float.BYTES;
  }

  private byte[] header(int vocabulary) {
    expected = Math.multiplyExact(rows, vocabulary);
    String json =
        "{\"logits\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
            .formatted(rows, vocabulary, expected * Float.BYTES);
    String padded = json + " ".repeat(-json.length() & (ALIGNMENT - 1));
    byte[] text = padded.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(Long.BYTES + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  @Override
  public void finish() {
    if (written != expected) {
      throw new CommandException(
          "the router sent logits of %d values, expected %d"
              .formatted(written, Math.max(expected, 0)));
    }
    file.finish();
  }

  @Override
  public void close() {
    file.close();
  }
}
