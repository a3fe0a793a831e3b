package dev.switchboard.training.spark;

import dev.switchboard.training.gate.GateTraining;
import java.nio.file.Path;

/**
 * What {@code train router} was asked for.
 *
 * @param data folder of domains
 * @param model directory of the model whose gate is trained
 * @param out gate directory to write
 * @param randomInit whether to start from a random gate, else from the model's own
 * @param sampleBytes text that is read of each domain, at most
 */
public record RouterSettings(
    Path data,
    Path model,
    Path out,
    boolean randomInit,
    long seed,
    String master,
    long sampleBytes,
    boolean resume,
    GateTraining.Settings training) {}
