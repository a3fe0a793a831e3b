package dev.switchboard.model.architecture;

/**
 * RMS norm: {@code x / sqrt(mean(x^2) + eps) * (weight + offset)}.
 *
 * @param offset what the file leaves out of each weight: 1 for Gemma, else 0
 */
public record NormPlan(String tensor, int width, float eps, float offset) {
  public static NormPlan of(String tensor, int width, float eps) {
    return new NormPlan(tensor, width, eps, 0f);
  }
}
