package dev.switchboard.cluster.settings;

import java.time.Duration;

/**
 * How a node loads and gives weights beside serving, and when its experts sleep: keys of section
 * {@code node}.
 *
 * @param loadRate bytes a second that loading beside serving reads at the most; 0 for no bound
 * @param loadShare percent of a thread's time that it may take while the node computes
 * @param giveRate bytes a second that are given to others at the most; 0 for no bound
 * @param sleepAfter how long an expert is unused until it sleeps; zero for never
 * @param memoryExperts experts that are awake at the most; 0 for any number
 */
public record MoveSettings(
    long loadRate, int loadShare, long giveRate, Duration sleepAfter, int memoryExperts) {
  static final String RATE = "0";
  static final String MOST_RATE = "1TiB";
  static final int SHARE = 10;

  /** Every key at its default. */
  public static MoveSettings defaults() {
    return NodeSettings.defaults().moves();
  }

  static MoveSettings of(Chosen chosen) {
    return new MoveSettings(
        chosen.bytes("loadRate"),
        chosen.integer("loadShare"),
        chosen.bytes("giveRate"),
        chosen.time("sleepAfter"),
        chosen.integer("memoryExperts"));
  }

  static Section keys(Section section) {
    return section
        .bytes(
            "loadRate",
            RATE,
            "0",
            MOST_RATE,
            "Bytes of weights a second that a node which serves reads or fetches at the most while it"
                + " loads more; 0: no bound. Its first experts, and those that no other node has,"
                + " are loaded as fast as it goes.")
        .integer(
            "loadShare",
            SHARE,
            1,
            100,
            "Percent of one processor that such loading, and giving weights to others, each take at"
                + " the most while the node computes for routers; while it does not, nothing is"
                + " slowed down.")
        .bytes(
            "giveRate",
            RATE,
            "0",
            MOST_RATE,
            "Bytes of weights a second that are given to other nodes at the most, over all of them;"
                + " 0: no bound.")
        .time(
            "sleepAfter",
            "10m",
            "0ms",
            "8760h",
            "An expert (of one layer) that nobody has asked for so long gives the pages of its"
                + " weights back to the system, and brings them in again when it is asked; 0ms:"
                + " never. Weights that lie in files of the pack cache alone.")
        .integer(
            "memoryExperts",
            0,
            0,
            1_000_000,
            "Most experts (each over all layers) that are awake; of more that the node holds, those"
                + " unused for longest sleep. 0: any number. The placement fills memory before it"
                + " gives a node more than that.");
  }
}
