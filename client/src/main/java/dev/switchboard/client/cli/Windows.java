package dev.switchboard.client.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;

/**
 * Cuts bytes of UTF-8 text into windows of a fixed number of bytes, the k-th beginning at byte k *
 * width. A character that a window's begin or end cuts in two is dropped from both windows. Reads
 * one window at a time.
 */
final class Windows implements Iterator<Windows.Window> {
  private static final int LONGEST_CHARACTER = 4;

  /**
   * One window.
   *
   * @param offset first byte, before anything was dropped
   * @param text what is whole; may be empty
   * @param ids tokens instead of a text; empty: the text is meant
   */
  record Window(long offset, String text, List<Integer> ids) {
    Window(long offset, String text) {
      this(offset, text, List.of());
    }

    boolean isEmpty() {
      return text.isEmpty() && ids.isEmpty();
    }

    /** For people. */
    String shown() {
      return ids.isEmpty()
          ? text
          : ids.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
  }

  private final InputStream in;
  private final int width;
  private long offset;
  private byte[] next;

  /**
   * Windows over what is left in the stream, which the caller closes.
   *
   * @param width bytes a window, at least 1
   */
  Windows(InputStream in, int width) {
    if (width < 1) {
      throw new IllegalArgumentException("window of " + width + " bytes: expected 1 or more");
    }
    this.in = in;
    this.width = width;
    this.next = read();
  }

  @Override
  public boolean hasNext() {
    return next.length > 0;
  }

  @Override
  public Window next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Window window = new Window(offset, whole(next));
    offset += next.length;
    next = read();
    return window;
  }

  private byte[] read() {
    try {
      return in.readNBytes(width);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of the bytes without the parts of characters at either end. */
  static String whole(byte[] bytes) {
    int from = 0;
    while (from < bytes.length && from < LONGEST_CHARACTER - 1 && isContinuation(bytes[from])) {
      from++;
    }
    int to = bytes.length;
    int lead = to - 1;
    while (lead > from && lead > to - LONGEST_CHARACTER && isContinuation(bytes[lead])) {
      lead--;
    }
    if (lead >= from && lead + lengthFrom(bytes[lead]) > to) {
      to = lead;
    }
    return new String(bytes, from, Math.max(0, to - from), StandardCharsets.UTF_8);
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xC0) == 0x80;
  }

  /** Bytes of the character that begins with this byte; 1 for a byte that begins none. */
  private static int lengthFrom(byte lead) {
    int ones = Integer.numberOfLeadingZeros(~(lead << 24));
    return ones >= 2 && ones <= LONGEST_CHARACTER ? ones : 1;
  }
}
