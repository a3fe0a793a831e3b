package dev.switchboard.training.data;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
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

  private static final int HELD_OUT_PART = 10;

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
   * Reads one domain. Without a file of held-out documents the last tenth of the documents is held
   * out.
   *
   * @param sampleBytes text that is taken of each file, at most, from documents all over it
   */
  public static Domain read(Path folder, Vocabulary vocabulary, long sampleBytes)
      throws IOException {
    String name = String.valueOf(folder.getFileName());
    Path train =
        Texts.find(folder, "train")
            .orElseThrow(() -> new IOException("domain " + name + ": no train.txt in " + folder));
    List<String> documents = Texts.documents(Texts.sample(Texts.read(train), sampleBytes));
    if (documents.isEmpty()) {
      throw new IOException("domain " + name + " is empty: no document in " + train);
    }
    Optional<Path> test = Texts.find(folder, "test");
    if (test.isPresent()) {
      List<String> others = Texts.documents(Texts.sample(Texts.read(test.get()), sampleBytes));
      return new Domain(name, tokens(documents, vocabulary), tokens(others, vocabulary));
    }
    if (documents.size() < 2) {
      throw new IOException(
          "domain %s has one document, in %s; one is held out, so there must be two"
              .formatted(name, train));
    }
    int kept = documents.size() - Math.max(1, documents.size() / HELD_OUT_PART);
    return new Domain(
        name,
        tokens(documents.subList(0, kept), vocabulary),
        tokens(documents.subList(kept, documents.size()), vocabulary));
  }

  /** From tokenized documents, in their order. */
  public static Domain of(String name, List<int[]> train, List<int[]> test, int[] literal) {
    return new Domain(name, joined(train, literal), joined(test, literal));
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

  private static int[] tokens(List<String> documents, Vocabulary vocabulary) {
    List<int[]> encoded = documents.parallelStream().map(vocabulary::encodeLong).toList();
    return joined(encoded, vocabulary.separator());
  }

  /**
   * Documents in their order: {@code 0 first 0 second 0 ...}, now and then the literal separator
   * instead of the 0.
   */
  private static int[] joined(List<int[]> documents, int[] literal) {
    if (documents.isEmpty()) {
      return new int[0];
    }
    IntStream.Builder all = IntStream.builder();
    all.add(Vocabulary.END_OF_TEXT);
    for (int i = 0; i < documents.size(); i++) {
      for (int token : documents.get(i)) {
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
