package dev.switchboard.model.reshape;

import dev.switchboard.model.checkpoint.DType;
import java.nio.file.Path;

/**
 * What was written.
 *
 * @param bytes of the weights
 * @param experts of a layer
 * @param width between an expert's projections
 * @param note what could not be carried over, for people; empty if all is
 */
public record UpcycleReport(
    Path out,
    String modelType,
    int layers,
    int experts,
    int awake,
    int width,
    DType dtype,
    long bytes,
    String note) {}
