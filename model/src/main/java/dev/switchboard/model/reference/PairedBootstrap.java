package dev.switchboard.model.reference;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How sure it is that one model needs fewer bits than another: both have read the same documents;
 * of each domain as many documents as it has are drawn with replacement, again and again, and the
 * two models are held against each other on each draw (the paired bootstrap: Koehn 2004). Domains
 * count the same, however much text there is of each.
 */
public final class PairedBootstrap {
  private static final double TAIL = 0.025;

  private final List<List<Pair>> domains;

  /**
   * One document read by both models.
   *
   * @param bytes of the document, positive
   * @param before bits that the model needs that is compared with
   * @param after bits that the other one needs
   */
  public record Pair(long bytes, double before, double after) {
    public Pair {
      if (bytes <= 0 || !Double.isFinite(before) || !Double.isFinite(after)) {
        throw new IllegalArgumentException(
            "a document of " + bytes + " bytes in " + before + " and " + after + " bits");
      }
    }
  }

  /**
   * What was found.
   *
   * @param before bits per byte, the mean over domains
   * @param after bits per byte of the other model
   * @param low 2.5th percentile of {@link #gain} over the draws
   * @param high 97.5th percentile
   * @param better share of the draws in which the other model needs fewer bits
   */
  public record Found(double before, double after, double low, double high, double better) {
    /** Share of the bits that the other model saves; negative if it needs more. */
    public double gain() {
      return 1 - after / before;
    }
  }

  /**
   * @param domains documents by domain, at least one of each
   */
  public PairedBootstrap(List<List<Pair>> domains) {
    if (domains.isEmpty() || domains.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("a domain without documents");
    }
    this.domains = domains.stream().map(List::copyOf).toList();
  }

  /**
   * @param draws how often, 1 at least
   * @param seed the same seed gives the same answer
   */
  public Found run(int draws, long seed) {
    if (draws < 1) {
      throw new IllegalArgumentException(draws + " draws: expected 1 or more");
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] gains = new double[draws];
    int better = 0;
    for (int i = 0; i < draws; i++) {
      double before = 0;
      double after = 0;
      for (List<Pair> documents : domains) {
        Bits bits = new Bits();
        for (int k = 0; k < documents.size(); k++) {
          bits.add(documents.get(random.nextInt(documents.size())));
        }
        before += bits.before / bits.bytes;
        after += bits.after / bits.bytes;
      }
      gains[i] = 1 - after / before;
      better += after < before ? 1 : 0;
    }
    Arrays.sort(gains);
    Found whole = whole();
    return new Found(
        whole.before(),
        whole.after(),
        gains[(int) (TAIL * (draws - 1))],
        gains[(int) Math.ceil((1 - TAIL) * (draws - 1))],
        (double) better / draws);
  }

  /** All documents, once. */
  private Found whole() {
    double before = 0;
    double after = 0;
    for (List<Pair> documents : domains) {
      Bits bits = new Bits();
      documents.forEach(bits::add);
      before += bits.before / bits.bytes;
      after += bits.after / bits.bytes;
    }
    return new Found(before / domains.size(), after / domains.size(), 0, 0, 0);
  }

  private static final class Bits {
    private long bytes;
    private double before;
    private double after;

    void add(Pair document) {
      bytes += document.bytes();
      before += document.before();
      after += document.after();
    }
  }
}
