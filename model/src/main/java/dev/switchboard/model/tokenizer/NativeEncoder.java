package dev.switchboard.model.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Hugging Face's native library, called without the binding's upper layer (which wants a
 * deep-learning engine's classes and phones home unless told not to). What it is given has been
 * checked before: some of its errors end the process.
 */
final class NativeEncoder implements Encoder {
  private final String label;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /** The native tokenizer; 0 once closed. */
  private long handle;

  /**
   * @param json a {@code tokenizer.json} without truncation and padding
   * @throws CheckpointException if the library refuses it
   */
  NativeEncoder(String label, String json) {
    this.label = label;
    NativeLibrary.load();
    try {
      handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new CheckpointException(label + ": not a tokenizer: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text) {
    lock.readLock().lock();
    try {
      if (handle == 0) {
        throw new IllegalStateException("tokenizer " + label + " is closed");
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
}
