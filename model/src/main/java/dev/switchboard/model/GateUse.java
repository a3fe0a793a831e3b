package dev.switchboard.model;

import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.snapshot.SnapshotOrigin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What besides its tokens decides which experts a sequence wakes: the same from its first token to
 * its last, and part of the name of whatever is kept of it.
 *
 * @param gates that choose
 * @param mask experts that are not to be chosen
 * @param shadow gates that are asked as well, to be compared; nothing depends on what they say
 */
public record GateUse(GateSet gates, ExpertMask mask, Optional<GateSet> shadow) {
  private static final String MASK = "expert-mask=";

  /** These gates alone. */
  public static GateUse of(GateSet gates) {
    return new GateUse(gates, ExpertMask.NONE, Optional.empty());
  }

  /** The same, without those experts. */
  public GateUse without(ExpertMask masked) {
    return new GateUse(gates, mask.and(masked), shadow);
  }

  /**
   * Whether every gate has enough to choose from.
   *
   * @throws IllegalArgumentException naming what is left, if not
   */
  public void check() {
    gates.check(mask);
  }

  /** The same, compared with others. */
  public GateUse beside(GateSet others) {
    return new GateUse(gates, mask, Optional.of(others));
  }

  /** Whether a state of this origin was routed alike. */
  public boolean fits(SnapshotOrigin state) {
    SnapshotOrigin like = origin(new SnapshotOrigin("", "", 0, List.of()));
    List<String> masks =
        state.options().stream().filter(option -> option.startsWith(MASK)).toList();
    return state.gate().equals(like.gate()) && masks.equals(like.options());
  }

  /** What states may share: whoever has an equal one chooses alike. */
  String key() {
    return gates.version() + '/' + mask;
  }

  /** The origin of states under this use, from that of the model. */
  SnapshotOrigin origin(SnapshotOrigin model) {
    String version = gates.version().equals(GateArtifact.OWN) ? "" : gates.version();
    List<String> options = new ArrayList<>(model.options());
    if (!mask.isEmpty()) {
      options.add(MASK + mask);
    }
    return new SnapshotOrigin(model.model(), version, model.arithmetic(), options);
  }
}
