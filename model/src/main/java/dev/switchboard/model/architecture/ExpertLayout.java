package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * The ways in which checkpoints keep a layer's experts: a tensor each, {@code PREFIX{e}.NAME}; or
 * all in one, {@code PREFIXgate_up_proj} {@code [experts, 2 * intermediate, dModel]} and {@code
 * PREFIXdown_proj} {@code [experts, dModel, intermediate]}; or, from GGUF files, gate and up by
 * themselves, {@code PREFIXgate_exps.weight} and so on.
 */
final class ExpertLayout {
  private final FamilyReader family;
  private final String prefix;
  private final int experts;
  private String gateUp;
  private String down;

  ExpertLayout(FamilyReader family, String prefix, int experts) {
    this.family = family;
    this.prefix = prefix;
    this.experts = experts;
    this.gateUp = prefix + "gate_up_proj";
    this.down = prefix + "down_proj";
  }

  /** Other names of the two tensors that hold all, if they are there. */
  ExpertLayout orIn(String otherGateUp, String otherDown) {
    if (family.holds(otherGateUp)) {
      gateUp = otherGateUp;
      down = otherDown;
    }
    return this;
  }

  /** With the usual names of an expert's three tensors. */
  ExpertPlan.Ffn plan(String key, int intermediate, Activation activation) {
    return plan(key, intermediate, activation, "gate_proj", "up_proj", "down_proj");
  }

  /**
   * Whichever of the two is there.
   *
   * @param key of the configuration that says how many experts there are
   * @param names of gate, up and down where each expert has its own
   */
  ExpertPlan.Ffn plan(String key, int intermediate, Activation activation, String... names) {
    if (family.holds(prefix + "down_exps.weight") && !family.holds(gateUp)) {
      return new ExpertPlan.Ffn(apart(key, intermediate, activation));
    }
    if (family.holds(gateUp)) {
      family.checkExperts(gateUp, key, experts);
      return new ExpertPlan.Ffn(stacked(family.fused(gateUp, down, intermediate, activation)));
    }
    int dModel = family.dModel();
    String each = prefix + TensorNames.EXPERT + '.';
    family.checkExpertEach(each + names[0] + ".weight", key, experts);
    return new ExpertPlan.Ffn(
        new FfnPlan(
            Optional.of(LinearPlan.of(each + names[0] + ".weight", intermediate, dModel)),
            LinearPlan.of(each + names[1] + ".weight", intermediate, dModel),
            LinearPlan.of(each + names[2] + ".weight", dModel, intermediate),
            activation));
  }

  /** From GGUF files; with biases if they hold any. */
  FfnPlan apart(String key, int intermediate, Activation activation) {
    String both = prefix + "gate_up_exps.weight";
    if (family.holds(both)) {
      family.checkExperts(both, key, experts);
      return stacked(family.fused(both, prefix + "down_exps.weight", intermediate, activation));
    }
    int dModel = family.dModel();
    return new FfnPlan(
        Optional.of(apart(key, "gate_exps.", intermediate, dModel)),
        apart(key, "up_exps.", intermediate, dModel),
        apart(key, "down_exps.", dModel, intermediate),
        activation);
  }

  private LinearPlan apart(String key, String name, int rows, int columns) {
    family.checkExperts(prefix + name + "weight", key, experts);
    LinearPlan one =
        LinearPlan.of(prefix + name, rows, columns, family.holds(prefix + name + "bias"));
    return new LinearPlan(
        one.weight().stacked(experts), one.bias().map(bias -> bias.stacked(experts)));
  }

  private FfnPlan stacked(FfnPlan one) {
    return new FfnPlan(
        one.gate().map(this::stacked), stacked(one.up()), stacked(one.down()), one.activation());
  }

  private LinearPlan stacked(LinearPlan one) {
    return LinearPlan.of(one.weight().stacked(experts));
  }
}
