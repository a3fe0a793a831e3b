package dev.switchboard.training.data;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * One domain's text as tokens.
 *
 * @param name the folder's name
 * @param train all training documents, one after the other
 * @param test the held-out documents, or none
 */
public record Domain(String name, int[] train, int[] test) implements Serializable {
  static final String SEPARATOR = "\n\0\n";

  /** Every fourth joint keeps the separator as text: files are also read whole, as they are. */
  private static final int LITERAL_JOINTS = 4;

  /** Reads all domains below {@code data}, side by side. */
  public static List<Domain> readAll(Path data, Vocabulary vocabulary) throws IOException {
    List<Path> folders = Texts.domains(data);
    List<Domain> domains = new ArrayList<>();
    for (Path folder : folders) {
      domains.add(read(folder, vocabulary));
    }
    return List.copyOf(domains);
  }

  static Domain read(Path folder, Vocabulary vocabulary) throws IOException {
    return read(folder, vocabulary, Long.MAX_VALUE);
  }

  /**
   * Reads one domain.
   *
   * @param sampleBytes text that is taken of each file, at most, from documents all over it
   */
  public static Domain read(Path folder, Vocabulary vocabulary, long sampleBytes)
      throws IOException {
    return new Domain(
        String.valueOf(folder.getFileName()),
        tokens(Texts.find(folder, "train"), vocabulary, sampleBytes),
        tokens(Texts.find(folder, "test"), vocabulary, sampleBytes));
  }

  private static int[] tokens(Optional<Path> file, Vocabulary vocabulary, long sampleBytes)
      throws IOException {
    return file.isPresent()
        ? tokens(Texts.sample(Texts.read(file.get()), sampleBytes), vocabulary)
        : new int[0];
  }

  /** With the last tenth of the training text held out, if there is no other held-out text. */
  public Domain withHeldOut() {
    if (test.length > 0) {
      return this;
    }
    int cut = train.length - train.length / 10;
    return new Domain(
        name, Arrays.copyOf(train, cut), Arrays.copyOfRange(train, cut, train.length));
  }

  /** Hash of all names and tokens. */
  public static String fingerprint(List<Domain> domains) {
    CRC32C sum = new CRC32C();
    for (Domain domain : domains) {
      sum.update(domain.name().getBytes(StandardCharsets.UTF_8));
      for (int[] text : List.of(domain.train(), domain.test())) {
        for (int token : text) {
          sum.update(token);
          sum.update(token >>> 8);
          sum.update(token >>> 16);
        }
      }
    }
    return "crc32c-%08x".formatted(sum.getValue());
  }

  /**
   * Documents in their order: {@code 0 first 0 second 0 ...}, now and then the literal separator
   * instead of the 0.
   */
  static int[] tokens(String text, Vocabulary vocabulary) {
    String[] documents = text.split(SEPARATOR, -1);
    int[] literal = vocabulary.encode(SEPARATOR);
    int[][] encoded =
        IntStream.range(0, documents.length)
            .parallel()
            .mapToObj(i -> vocabulary.encode(documents[i]))
            .toArray(int[][]::new);
    IntStream.Builder all = IntStream.builder();
    all.add(Vocabulary.END_OF_TEXT);
    for (int i = 0; i < encoded.length; i++) {
      for (int token : encoded[i]) {
        all.add(token);
      }
      if (i % LITERAL_JOINTS == LITERAL_JOINTS - 1) {
        for (int token : literal) {
          all.add(token);
        }
      } else {
        all.add(Vocabulary.END_OF_TEXT);
      }
    }
    return all.build().toArray();
  }
}
