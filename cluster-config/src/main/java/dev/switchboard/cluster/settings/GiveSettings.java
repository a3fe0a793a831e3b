package dev.switchboard.cluster.settings;

/**
 * How a router gives weights to nodes beside serving: keys of section {@code router}.
 *
 * @param giveRate bytes a second at the most; 0 for no bound
 * @param giveShare percent of a thread's time while requests run
 */
public record GiveSettings(long giveRate, int giveShare) {
  static GiveSettings of(Chosen chosen) {
    return new GiveSettings(chosen.bytes("giveRate"), chosen.integer("giveShare"));
  }

  static Section keys(Section section) {
    return section
        .bytes(
            "giveRate",
            MoveSettings.RATE,
            "0",
            MoveSettings.MOST_RATE,
            "Bytes of weights a second that are given to nodes at the most, over all of them; 0: no"
                + " bound.")
        .integer(
            "giveShare",
            MoveSettings.SHARE,
            1,
            100,
            "Percent of one processor that giving weights takes at the most while requests run;"
                + " while none does, it is not slowed down, nor for an expert that no node has.");
  }
}
