package dev.switchboard.cluster;

import java.util.List;

/**
 * What is placed as a whole. A unit is one expert index in every layer that has it, so that a
 * domain's expert lives in one place and a placement stays small. Where no layer has more than one
 * expert (a dense model, as experts of one) a unit is one layer: nodes then share the layers. Both
 * sides make the units from the model alone, so they mean the same by a unit's number.
 *
 * <p>A mixer that is placed as experts are is a unit of its own, behind those of the experts: their
 * numbers do not depend on whether mixers are placed. An expert that was added to all layers while
 * the deployment runs is a unit behind all others, so the others keep theirs.
 *
 * @param layers the layers with experts, ascending
 * @param mixers the numbers of layers behind those that stand for a mixer each, ascending
 * @param added experts behind those of every layer
 */
public record ExpertUnits(List<Layer> layers, List<Integer> mixers, int added) {
  /** A model without any expert. */
  public static final ExpertUnits NONE = new ExpertUnits(List.of());

  /**
   * A layer with experts.
   *
   * @param layer its index in the model
   * @param experts how many it has, at least 1
   */
  public record Layer(int layer, int experts) {
    public Layer {
      if (layer < 0 || experts < 1) {
        throw new IllegalArgumentException("layer %d with %d experts".formatted(layer, experts));
      }
    }
  }

  /** One expert of one layer. */
  public record Member(int layer, int index) {}

  /** Without placed mixers. */
  public ExpertUnits(List<Layer> layers) {
    this(layers, List.of());
  }

  /** Without added experts. */
  public ExpertUnits(List<Layer> layers, List<Integer> mixers) {
    this(layers, mixers, 0);
  }

  /**
   * The same with so many experts added to every layer.
   *
   * @throws IllegalArgumentException if layers differ in their experts, or there are none to add to
   */
  public ExpertUnits with(int more) {
    boolean alike = layers.stream().allMatch(layer -> layer.experts() == mostExperts());
    if (more > 0 && (byLayer() || layers.isEmpty() || !alike)) {
      throw new IllegalArgumentException("experts cannot be added to layers " + layers);
    }
    return new ExpertUnits(layers, mixers, more);
  }

  /**
   * The same experts as a placement with added ones numbers them: it may be without the mixers.
   *
   * @param own units of the placement before the added ones
   * @param more added ones
   * @throws IllegalArgumentException if it is of other experts
   */
  public ExpertUnits placed(int own, int more) {
    boolean withMixers = own != ofExperts();
    ExpertUnits known = withMixers ? new ExpertUnits(layers, mixers) : new ExpertUnits(layers);
    if (known.count() != own) {
      throw new IllegalArgumentException(
          "a placement of %d units and %d added ones; here are %d, and %d mixers"
              .formatted(own, more, ofExperts(), mixers.size()));
    }
    return known.with(more);
  }

  public ExpertUnits {
    layers = List.copyOf(layers);
    mixers = List.copyOf(mixers);
    int last = layers.isEmpty() ? -1 : layers.getLast().layer();
    if (mixers.stream().anyMatch(mixer -> mixer <= last)) {
      throw new IllegalArgumentException("mixers %s among layers %s".formatted(mixers, layers));
    }
    for (int i = 1; i < layers.size(); i++) {
      if (layers.get(i).layer() <= layers.get(i - 1).layer()) {
        throw new IllegalArgumentException("layers do not ascend: " + layers);
      }
    }
  }

  /** Most experts that a layer has, without those that were added; 0 if there is none. */
  public int mostExperts() {
    return layers.stream().mapToInt(Layer::experts).max().orElse(0);
  }

  /** How many units there are. */
  public int count() {
    return firstAdded() + added;
  }

  private int firstAdded() {
    return ofExperts() + mixers.size();
  }

  private int ofExperts() {
    return byLayer() ? layers.size() : mostExperts();
  }

  /** The unit of an expert; -1 if there is no such expert. */
  public int unitOf(int layer, int index) {
    int at = position(layer);
    if (at < 0 && index == 0 && mixers.contains(layer)) {
      return ofExperts() + mixers.indexOf(layer);
    }
    if (at < 0 || index < 0 || index >= layers.get(at).experts() + added) {
      return -1;
    }
    if (index >= layers.get(at).experts()) {
      return firstAdded() + index - layers.get(at).experts();
    }
    return byLayer() ? at : index;
  }

  /**
   * The experts of a unit, by layer; layers with fewer experts are left out.
   *
   * @throws IllegalArgumentException if there is no such unit
   */
  public List<Member> members(int unit) {
    if (unit < 0 || unit >= count()) {
      throw new IllegalArgumentException("unit " + unit + " of " + count());
    }
    if (unit >= firstAdded()) {
      int index = mostExperts() + unit - firstAdded();
      return layers.stream().map(layer -> new Member(layer.layer(), index)).toList();
    }
    if (unit >= ofExperts()) {
      return List.of(new Member(mixers.get(unit - ofExperts()), 0));
    }
    if (byLayer()) {
      return List.of(new Member(layers.get(unit).layer(), 0));
    }
    return layers.stream()
        .filter(layer -> unit < layer.experts())
        .map(layer -> new Member(layer.layer(), unit))
        .toList();
  }

  /** Experts of a layer, those that were added among them; 0 if it has none. */
  public int experts(int layer) {
    int at = position(layer);
    if (at < 0) {
      return mixers.contains(layer) ? 1 : 0;
    }
    return layers.get(at).experts() + added;
  }

  private boolean byLayer() {
    return mostExperts() == 1;
  }

  private int position(int layer) {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).layer() == layer) {
        return i;
      }
    }
    return -1;
  }
}
