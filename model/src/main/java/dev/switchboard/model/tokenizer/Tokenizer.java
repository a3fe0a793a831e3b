package dev.switchboard.model.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A byte-level BPE tokenizer from {@code tokenizer.json}. Encoding is Hugging Face's native
 * library, called without the binding's upper layer (which wants a deep-learning engine's classes
 * and phones home unless told not to); decoding is the vocabulary's bytes. For any number of
 * threads.
 */
public final class Tokenizer implements AutoCloseable {
  private static final long MAX_FILE_BYTES = 256L << 20;

  private final Path file;
  private final Vocabulary vocabulary;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /** The native tokenizer; 0 once closed. */
  private long handle;

  private Tokenizer(Path file, Vocabulary vocabulary, long handle) {
    this.file = file;
    this.vocabulary = vocabulary;
    this.handle = handle;
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @throws CheckpointException if there is none, or it is not byte-level BPE
   */
  public static Tokenizer open(Path tokenizerJson) {
    byte[] json = read(tokenizerJson);
    Vocabulary vocabulary = Vocabulary.read(tokenizerJson, json);
    NativeLibrary.load();
    long handle;
    try {
      handle =
          TokenizersLibrary.LIB.createTokenizerFromString(new String(json, StandardCharsets.UTF_8));
    } catch (RuntimeException e) {
      throw new CheckpointException(tokenizerJson + ": not a tokenizer: " + e.getMessage(), e);
    }
    // A file may ask for both; the length of a text is not its business here.
    TokenizersLibrary.LIB.disableTruncation(handle);
    TokenizersLibrary.LIB.disablePadding(handle);
    return new Tokenizer(tokenizerJson, vocabulary, handle);
  }

  /**
   * Token ids of a text. No token is added before or after; special tokens written in the text
   * become themselves.
   */
  public int[] encode(String text) {
    lock.readLock().lock();
    try {
      if (handle == 0) {
        throw new IllegalStateException("tokenizer " + file + " is closed");
      }
      long encoding = TokenizersLibrary.LIB.encode(handle, text, false);
      try {
        long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
        int[] result = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
          result[i] = Math.toIntExact(ids[i]);
        }
        return result;
      } finally {
        TokenizersLibrary.LIB.deleteEncoding(encoding);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The text of token ids, without special tokens; bytes that are no UTF-8 become U+FFFD. */
  public String decode(int[] ids) {
    int length = 0;
    for (int id : ids) {
      length = Math.addExact(length, vocabulary.bytes(id).length);
    }
    byte[] all = new byte[length];
    int position = 0;
    for (int id : ids) {
      byte[] bytes = vocabulary.bytes(id);
      System.arraycopy(bytes, 0, all, position, bytes.length);
      position += bytes.length;
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  /** Decodes one stream of ids as it comes. */
  public IncrementalDecoder decoder() {
    return new IncrementalDecoder(vocabulary);
  }

  /** Number of ids: one more than the highest. */
  public int vocabulary() {
    return vocabulary.size();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (handle != 0) {
        TokenizersLibrary.LIB.deleteTokenizer(handle);
        handle = 0;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private static byte[] read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CheckpointException(file + ": no such file");
      }
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw CheckpointException.in(
            file, "%s bytes; at most %s are read", Files.size(file), MAX_FILE_BYTES);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
