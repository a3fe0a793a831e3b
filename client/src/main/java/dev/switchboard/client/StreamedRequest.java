package dev.switchboard.client;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.proto.v1.EndOfPrompt;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.v1.TextPart;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A request as the pieces that its files are read in, each when it is wanted: begin, the saved
 * state, the text, end. Files are open from the first piece on.
 */
public final class StreamedRequest implements Iterator<GenerateInput>, AutoCloseable {
  private static final int STATE_PART_BYTES = 1 << 20;
  private static final int TEXT_PART_CHARS = 64 << 10;

  private enum Stage {
    BEGIN,
    STATE,
    TEXT,
    END,
    OVER
  }

  private final GenerateRequest begin;
  private final @Nullable Path state;
  private final @Nullable Path text;
  private Stage stage = Stage.BEGIN;
  private @Nullable InputStream stateIn;
  private byte[] ahead = {};
  private long offset;
  private @Nullable Reader textIn;
  private final char[] chars = new char[TEXT_PART_CHARS];
  private int kept;

  /**
   * @param begin with a prompt in it only if there is no text
   */
  public StreamedRequest(GenerateRequest begin, Optional<Path> state, Optional<Path> text) {
    this.begin = begin;
    this.state = state.orElse(null);
    this.text = text.orElse(null);
  }

  @Override
  public boolean hasNext() {
    return stage != Stage.OVER;
  }

  @Override
  public GenerateInput next() {
    try {
      return switch (stage) {
        case BEGIN -> {
          openState();
          yield GenerateInput.newBuilder().setBegin(begin).build();
        }
        case STATE -> statePart();
        case TEXT -> textPart();
        case END -> {
          stage = Stage.OVER;
          yield GenerateInput.newBuilder().setEnd(EndOfPrompt.getDefaultInstance()).build();
        }
        case OVER -> throw new NoSuchElementException("the request is sent");
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void openState() throws IOException {
    if (state == null) {
      openText();
      return;
    }
    stateIn = Files.newInputStream(state);
    ahead = stateIn.readNBytes(STATE_PART_BYTES);
    stage = Stage.STATE;
  }

  private void openText() throws IOException {
    if (text == null) {
      stage = Stage.END;
      return;
    }
    InputStream bytes = Files.newInputStream(text);
    textIn = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8));
    stage = Stage.TEXT;
  }

  private GenerateInput statePart() throws IOException {
    byte[] data = ahead;
    ahead = stateIn == null ? new byte[0] : stateIn.readNBytes(STATE_PART_BYTES);
    boolean last = ahead.length == 0;
    CRC32C crc = new CRC32C();
    crc.update(data);
    StatePart part =
        StatePart.newBuilder()
            .setOffset(offset)
            .setData(UnsafeByteOperations.unsafeWrap(data))
            .setCrc32C((int) crc.getValue())
            .setLast(last)
            .build();
    offset += data.length;
    if (last) {
      openText();
    }
    return GenerateInput.newBuilder().setState(part).build();
  }

  /** Characters of two halves stay together. */
  private GenerateInput textPart() throws IOException {
    int filled = kept;
    int read = 0;
    while (textIn != null && filled < chars.length && read >= 0) {
      read = textIn.read(chars, filled, chars.length - filled);
      filled += Math.max(read, 0);
    }
    boolean last = textIn == null || read < 0;
    kept = !last && filled > 0 && Character.isHighSurrogate(chars[filled - 1]) ? 1 : 0;
    String piece = new String(chars, 0, filled - kept);
    if (kept == 1) {
      chars[0] = chars[filled - 1];
    }
    if (last) {
      stage = Stage.END;
    }
    return GenerateInput.newBuilder().setText(TextPart.newBuilder().setText(piece)).build();
  }

  @Override
  public void close() {
    try {
      if (stateIn != null) {
        stateIn.close();
      }
      if (textIn != null) {
        textIn.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
