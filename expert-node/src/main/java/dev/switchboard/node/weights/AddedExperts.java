package dev.switchboard.node.weights;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.proto.codec.EventLoops;
import io.grpc.StatusRuntimeException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets experts that were added to the model: from the folder that the router names, where this
 * process can read it, else from the routers. What comes is the expert that was asked for, or
 * nothing.
 */
public final class AddedExperts implements Function<ExpertBook.Added, AddedExpert> {
  private static final Logger LOG = LoggerFactory.getLogger(AddedExperts.class);
  private static final Duration MANIFEST = Duration.ofSeconds(30);

  private final ModelPlan plan;
  private final Supplier<List<WeightSource>> routers;
  private final RemoteWeights.Patience patience;

  /**
   * @param plan of the model: no expert of it is larger than its own in F32
   * @param routers who give weights away now; asked again at every attempt
   */
  public AddedExperts(
      ModelPlan plan, Supplier<List<WeightSource>> routers, RemoteWeights.Patience patience) {
    this.plan = plan;
    this.routers = routers;
    this.patience = patience;
  }

  /**
   * An expert with that content.
   *
   * @throws CheckpointException if nobody has it
   */
  @Override
  public AddedExpert apply(ExpertBook.Added wanted) {
    return ofFolder(wanted).orElseGet(() -> ofRouters(wanted));
  }

  private static Optional<AddedExpert> ofFolder(ExpertBook.Added wanted) {
    try {
      Path folder = Path.of(wanted.path());
      if (wanted.path().isEmpty() || !Files.isDirectory(folder)) {
        return Optional.empty();
      }
      AddedExpert found = AddedExpert.read(folder);
      if (found.fingerprint().equals(wanted.fingerprint())) {
        return Optional.of(found);
      }
      LOG.warn("{}: this is expert {}, not {}", folder, found.fingerprint(), wanted.fingerprint());
    } catch (CheckpointException | InvalidPathException e) {
      LOG.warn("expert {} is fetched: {}", wanted.name(), e.getMessage());
    }
    return Optional.empty();
  }

  private AddedExpert ofRouters(ExpertBook.Added wanted) {
    EventLoops loops = EventLoops.start("node-added", 1);
    try (WeightChannels channels = new WeightChannels(loops)) {
      RemoteModel manifest = manifest(wanted, channels);
      RemoteWeights weights = new RemoteWeights(wanted.fingerprint(), routers, channels, patience);
      AddedExpert expert = fetch(wanted, manifest, weights);
      LOG.info("expert {} ({}) came from a router", expert.name(), expert.fingerprint());
      return expert;
    } finally {
      loops.close();
    }
  }

  private RemoteModel manifest(ExpertBook.Added wanted, WeightChannels channels) {
    List<String> reasons = new ArrayList<>();
    for (WeightSource source : routers.get()) {
      try {
        RemoteModel found =
            RemoteModel.of(source, channels.to(source), MANIFEST, wanted.fingerprint());
        if (found.fingerprint().equals(wanted.fingerprint())) {
          return found;
        }
        reasons.add(source + " has " + found.fingerprint());
      } catch (StatusRuntimeException | CheckpointException e) {
        reasons.add(source + ": " + e.getMessage());
      }
    }
    throw new CheckpointException(
        "expert %s (%s) cannot be read in %s, and no router gives it away%s"
            .formatted(
                wanted.name(),
                wanted.fingerprint(),
                wanted.path(),
                reasons.isEmpty() ? "" : ": " + String.join("; ", reasons)));
  }

  private AddedExpert fetch(ExpertBook.Added wanted, RemoteModel manifest, RemoteWeights weights) {
    Path label = Path.of("expert-" + wanted.index());
    requireSize(label, manifest.tensors());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Tensor there : manifest.tensors()) {
      byte[] bytes = new byte[Math.toIntExact(there.byteSize())];
      MemorySegment data = MemorySegment.ofArray(bytes);
      weights.read(there.name(), 0, data);
      tensors.put(there.name(), new Tensor(there.name(), there.dtype(), there.shape(), data));
    }
    AddedExpert expert =
        AddedExpert.of(
            label,
            label.resolve("config.json"),
            JsonFiles.parse(label + "/config.json", manifest.header().getConfig()),
            tensors);
    if (!expert.fingerprint().equals(wanted.fingerprint())) {
      throw new CheckpointException(
          "what came as expert %s is %s".formatted(wanted.fingerprint(), expert.fingerprint()));
    }
    return expert;
  }

  /** Nothing is believed of a size before it is compared with the model's own. */
  private void requireSize(Path label, List<Tensor> tensors) {
    long most = AddedExpert.mostBytes(plan);
    long left = most;
    for (Tensor tensor : tensors) {
      left -= Math.min(left + 1, tensor.byteSize());
    }
    if (left < 0) {
      throw new CheckpointException(
          "%s: its tensors have more than %d bytes, the most that an expert of this model has"
              .formatted(label, most));
    }
  }
}
