package dev.switchboard.model.architecture;

/**
 * The always-on SwiGLU network beside the experts: tensors {@code prefix + "gate_proj.weight"},
 * {@code "up_proj.weight"}, {@code "down_proj.weight"}.
 *
 * @param prefix ends with a dot
 */
public record SharedPlan(String prefix, int intermediate) {}
