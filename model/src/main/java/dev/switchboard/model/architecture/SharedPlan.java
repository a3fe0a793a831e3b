package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * The always-on network beside the experts; it reads the layer's full width.
 *
 * @param gate {@code [1, dModel]}: its output is multiplied by sigmoid(gate x); empty: it is not
 */
public record SharedPlan(FfnPlan network, Optional<LinearPlan> gate) {}
