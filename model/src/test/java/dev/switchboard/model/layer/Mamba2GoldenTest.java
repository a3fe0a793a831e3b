package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A Mamba-2 model of our layers against Hugging Face transformers (two groups, headDim 8). */
class Mamba2GoldenTest {
  private static final int[] PROMPT1 = {180, 200, 222, 76, 183, 226, 172, 14, 51, 84, 43, 117, 160};
  private static final int[] PROMPT2 = {
    114, 169, 239, 172, 196, 104, 140, 38, 22, 173, 158, 151, 63, 94, 123, 67, 184, 46, 183, 71, 73,
    64, 20, 104, 137, 193, 33, 237, 164, 67, 139, 242, 235, 234, 245, 243, 89, 249, 136, 220, 232,
    45, 208, 152, 255, 180, 189, 146, 34, 159
  };
  private static final int WIDTH = 32;
  private static final int VOCABULARY = 256;
  private static final int CHANNELS = 128;
  private static final int LAYERS = 3;
  private static final float TOLERANCE = 1e-4f;

  private final GoldenTensors weights = new GoldenTensors("/golden/hf/mamba2/model.safetensors");
  private final GoldenTensors expected =
      new GoldenTensors("/golden/hf/mamba2/expected.safetensors");
  private static final SequenceMemory MEMORY = new SequenceMemory(0);

  private final Scratch scratch = new Scratch();
  private final List<RmsNorm> norms = new ArrayList<>();
  private final List<Mamba2Mixer> mixers = new ArrayList<>();
  private final Embedding embedding = new Embedding(weights.matrix("backbone.embeddings.weight"));
  private final Head head =
      new Head(
          new RmsNorm(weights.floats("backbone.norm_f.weight"), 1e-5f),
          new Linear(weights.matrix("lm_head.weight")));

  Mamba2GoldenTest() {
    for (int i = 0; i < LAYERS; i++) {
      String prefix = "backbone.layers." + i + ".";
      String mixer = prefix + "mixer.";
      norms.add(new RmsNorm(weights.floats(prefix + "norm.weight"), 1e-5f));
      mixers.add(
          new Mamba2Mixer(
              new Mamba2Core(
                  new ScanShape(8, 8, 16, 2),
                  Mamba2Core.rates(weights.floats(mixer + "A_log")),
                  weights.floats(mixer + "D"),
                  new Mamba2Core.Steps(weights.floats(mixer + "dt_bias")),
                  weights.floats(mixer + "norm.weight"),
                  1e-5f),
              new Linear(weights.matrix(mixer + "in_proj.weight")),
              new CausalConvolution(
                  weights.floats(mixer + "conv1d.weight"), weights.floats(mixer + "conv1d.bias")),
              new Linear(weights.matrix(mixer + "out_proj.weight"))));
    }
  }

  private RecurrentState[] newStates() {
    return mixers.stream().map(mixer -> mixer.newState(MEMORY)).toArray(RecurrentState[]::new);
  }

  /** Residual streams after each layer, then the logits, {@code [tokens, ...]} each. */
  private List<float[]> run(int[] tokens, RecurrentState[] states) {
    float[] residual = new float[tokens.length * WIDTH];
    for (int t = 0; t < tokens.length; t++) {
      embedding.lookUp(tokens[t], residual, t * WIDTH);
    }
    List<float[]> seen = new ArrayList<>();
    float[] normed = new float[residual.length];
    float[] mixed = new float[residual.length];
    for (int i = 0; i < LAYERS; i++) {
      norms.get(i).forward(residual, 0, tokens.length, normed, 0, scratch);
      MixerState[] one = {states[i]};
      mixers.get(i).forward(normed, new int[] {0, tokens.length}, 1, one, mixed, scratch);
      Kernels.add(residual, 0, mixed, 0, residual.length);
      seen.add(residual.clone());
    }
    float[] logits = new float[tokens.length * VOCABULARY];
    head.normalise(residual, tokens.length, scratch);
    head.logits(residual, tokens.length, logits, scratch);
    seen.add(logits);
    return seen;
  }

  @Test
  void hiddenStatesAndLogits() {
    List<float[]> seen = run(PROMPT1, newStates());
    for (int i = 0; i < LAYERS; i++) {
      assertClose(seen.get(i), expected.floats("prompt1.layer." + i));
    }
    assertClose(seen.get(LAYERS), expected.floats("prompt1.logits"));
    assertClose(run(PROMPT2, newStates()).get(LAYERS), expected.floats("prompt2.logits"));
  }

  @Test
  void finalStates() {
    RecurrentState[] states = newStates();
    run(PROMPT2, states);
    for (int i = 0; i < LAYERS; i++) {
      assertClose(states[i].recurrent(), expected.floats("prompt2.state." + i + ".ssm"));
      // The reference keeps the last four inputs, [channels, 4]; we keep three, [3, channels].
      float[] theirs = expected.floats("prompt2.state." + i + ".conv");
      float[] inputs = new float[3 * CHANNELS];
      for (int at = 0; at < inputs.length; at++) {
        inputs[at] = theirs[at % CHANNELS * 4 + 1 + at / CHANNELS];
      }
      assertClose(states[i].convolution(), inputs);
    }
  }

  @Test
  void anyCutOfThePromptGivesTheSameBits() {
    RecurrentState[] whole = newStates();
    float[] logits = run(PROMPT2, whole).get(LAYERS);
    for (int chunk : new int[] {1, 2, 3, 7, 49}) {
      RecurrentState[] states = newStates();
      for (int from = 0; from < PROMPT2.length; from += chunk) {
        int to = Math.min(PROMPT2.length, from + chunk);
        assertThat(run(Arrays.copyOfRange(PROMPT2, from, to), states).get(LAYERS))
            .isEqualTo(Arrays.copyOfRange(logits, from * VOCABULARY, to * VOCABULARY));
      }
      for (int i = 0; i < LAYERS; i++) {
        assertThat(states[i].recurrent()).isEqualTo(whole[i].recurrent());
        assertThat(states[i].convolution()).isEqualTo(whole[i].convolution());
      }
    }
  }

  @Test
  void sequencesInOneCallDoNotTouchEachOther() {
    Mamba2Mixer mixer = mixers.getFirst();
    float[] in = new float[9 * WIDTH];
    for (int t = 0; t < 9; t++) {
      embedding.lookUp(PROMPT2[t], in, t * WIDTH);
    }
    float[] together = new float[in.length];
    RecurrentState[] states = {
      mixer.newState(MEMORY), mixer.newState(MEMORY), mixer.newState(MEMORY)
    };
    mixer.forward(in, new int[] {0, 4, 5, 9}, 3, states, together, scratch);
    RecurrentState alone = mixer.newState(MEMORY);
    float[] out = new float[4 * WIDTH];
    float[] last = Arrays.copyOfRange(in, 5 * WIDTH, 9 * WIDTH);
    mixer.forward(last, new int[] {0, 4}, 1, new MixerState[] {alone}, out, scratch);
    assertThat(Arrays.copyOfRange(together, 5 * WIDTH, 9 * WIDTH)).isEqualTo(out);
    assertThat(states[2].recurrent()).isEqualTo(alone.recurrent());
    RecurrentState copy = alone.copy();
    mixer.forward(last, new int[] {0, 4}, 1, new MixerState[] {alone}, out, scratch);
    assertThat(copy.recurrent()).isEqualTo(states[2].recurrent());
    assertThat(copy.bytes()).isEqualTo(4L * (3 * CHANNELS + 8 * 16 * 16));
  }

  private static void assertClose(float[] actual, float[] wanted) {
    assertThat(actual).hasSameSizeAs(wanted);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("value " + i).isCloseTo(wanted[i], within(TOLERANCE));
    }
  }
}
