package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a router swaps gates while it runs.
 *
 * @param gates folder of versions; empty: they are not swapped
 * @param gateGuardLoss percent
 * @param gateGuardShare points of percent
 * @param gateGuardTokens at least
 */
public record GateSettings(
    Optional<Path> gates,
    int gateGuardLoss,
    int gateGuardShare,
    int gateGuardTokens,
    Duration gateProbation) {
  static GateSettings of(Chosen chosen) {
    return new GateSettings(
        chosen.path("gates"),
        chosen.integer("gateGuardLoss"),
        chosen.integer("gateGuardShare"),
        chosen.integer("gateGuardTokens"),
        chosen.time("gateProbation"));
  }

  static Section keys(Section section) {
    return section
        .path(
            "gates",
            "Folder of gates that may be swapped while the router runs (`switchboard gate`), a"
                + " directory a version. Unset: they are not swapped.")
        .integer(
            "gateGuardLoss",
            10,
            0,
            10_000,
            "Percent by which a canary, or a version that was just promoted, may raise the loss on"
                + " texts of requests over the version before; beyond it the version is rolled"
                + " back. 0: whatever it does.")
        .integer(
            "gateGuardShare",
            30,
            0,
            100,
            "Points of percent by which it may raise the share of the most used expert, over the"
                + " same tokens. 0: whatever it does.")
        .integer(
            "gateGuardTokens",
            256,
            16,
            1 << 20,
            "Tokens that are compared at least before a version is judged.")
        .time(
            "gateProbation",
            "10m",
            "1s",
            "24h",
            "How long a version is watched after it was promoted.");
  }
}
