package dev.switchboard.model.tokenizer;

/** Text to ids, for any number of threads. */
interface Encoder extends AutoCloseable {
  /** Ids of a text; special tokens written in it become themselves, nothing is added. */
  int[] encode(String text);

  @Override
  void close();
}
