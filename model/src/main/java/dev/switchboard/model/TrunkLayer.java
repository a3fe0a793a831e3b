package dev.switchboard.model;

import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.RmsNorm;
import dev.switchboard.model.layer.SwiGluFfn;
import dev.switchboard.model.moe.Gate;
import java.util.Optional;

/** One layer of a model without its experts. */
record TrunkLayer(
    int index,
    RmsNorm mixerNorm,
    Mixer mixer,
    RmsNorm feedNorm,
    Gate gate,
    Optional<SwiGluFfn> shared) {}
