package dev.switchboard.model.reshape;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What was written.
 *
 * @param before experts of a layer
 * @param after experts of a layer now
 * @param made by layer: the old experts that each new one is made of, the most used first
 * @param share of the recorded choices that fell on experts which are still there by themselves, or
 *     as the head of a group
 * @param bytes of the weights
 */
public record TrimReport(
    Path out, int before, int after, Map<Integer, List<int[]>> made, double share, long bytes) {}
