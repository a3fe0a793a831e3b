package dev.switchboard.training.spark;

import java.nio.file.Path;

/**
 * What {@code train data} was asked for.
 *
 * @param data folder of domains
 * @param tokenizer tokenizer.json, gzipped or not
 * @param out folder to write; must not exist, unless it holds a data set
 * @param field key of a JSON line, or column of a Parquet file, that holds the text
 * @param heldOut share of documents that are held out where a file's name does not say
 * @param seed of the shuffle and of the split
 */
public record TokenizeSettings(
    Path data, Path tokenizer, Path out, String field, double heldOut, long seed, String master) {
  public TokenizeSettings {
    if (!(heldOut > 0 && heldOut < 1)) {
      throw new IllegalArgumentException("a held-out share of " + heldOut);
    }
  }
}
