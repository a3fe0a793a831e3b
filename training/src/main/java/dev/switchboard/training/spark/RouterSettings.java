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
 * @param windows of held-out text of each domain by which the gate is judged in the end
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
    int windows,
    GateTraining.Settings training) {}
