package dev.switchboard.router.api;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.load.LoadPicture;
import dev.switchboard.proto.v1.EngineStatus;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Where a status comes from.
 *
 * @param own this router's counters of this moment
 * @param localExperts whether this router runs the experts itself
 * @param complete whether this router can call every expert now
 * @param protocol version of the protocol that is spoken with a node, by its id; 0: none yet
 * @param engine what this router's engine has done
 * @param picture what was done lately, as this router has seen it
 */
public record StatusSource(
    String clusterName,
    ModelFacts facts,
    Grid grid,
    Supplier<RouterLoad> own,
    boolean localExperts,
    BooleanSupplier complete,
    ToIntFunction<String> protocol,
    Supplier<EngineStatus> engine,
    Supplier<LoadPicture> picture) {}
