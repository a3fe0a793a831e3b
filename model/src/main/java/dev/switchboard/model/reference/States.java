package dev.switchboard.model.reference;

import dev.switchboard.model.SequenceState;
import dev.switchboard.model.layer.RecurrentState;

/** Compares recurrent states with recorded ones. */
final class States {
  private States() {}

  /** Of one layer, after the prompt. */
  // size: what is compared, with what, and where the result goes
  static void compare(
      Answers answers, String prompt, int layer, SequenceState sequence, Difference difference) {
    String name = prompt + ".state." + layer;
    if (sequence.mixer(layer) instanceof RecurrentState state) {
      convolution(answers, name + ".conv", state.convolution(), difference);
      answers
          .floats(name + ".ssm")
          .ifPresent(want -> difference.compare(name + ".ssm", want, state.recurrent()));
    }
  }

  /**
   * @param found {@code [kernel - 1, channels]}; recorded are {@code [channels, kernel]} inputs,
   *     the newest last in both
   */
  private static void convolution(
      Answers answers, String name, float[] found, Difference difference) {
    float[] recorded = answers.floats(name).orElse(new float[0]);
    if (recorded.length == 0) {
      return;
    }
    int channels = recorded.length - found.length;
    int kernel = channels > 0 && recorded.length % channels == 0 ? recorded.length / channels : 0;
    float[] want = new float[Math.max(0, kernel - 1) * channels];
    for (int k = 1; k < kernel; k++) {
      for (int channel = 0; channel < channels; channel++) {
        want[(k - 1) * channels + channel] = recorded[channel * kernel + k];
      }
    }
    difference.compare(name, want, found);
  }
}
