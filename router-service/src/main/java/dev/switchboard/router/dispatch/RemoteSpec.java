package dev.switchboard.router.dispatch;

import java.time.Duration;
import java.util.Set;

/**
 * What a router's remote experts are.
 *
 * @param model fingerprint
 * @param routerId names the router to the nodes
 * @param arithmeticVersion that both sides must share
 * @param experts expert indices that a layer may have
 * @param statefulLayers layers whose experts have a state
 * @param deadline for one layer's experts, repeats included
 * @param maxMessageBytes largest message that the router takes
 * @param neededMessageBytes largest message that it may send or ask for
 */
public record RemoteSpec(
    String model,
    String routerId,
    int arithmeticVersion,
    int experts,
    Set<Integer> statefulLayers,
    Duration deadline,
    int maxMessageBytes,
    long neededMessageBytes) {}
