package dev.switchboard.node.weights;

import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.TensorSource;
import dev.switchboard.proto.v1.ManifestHeader;
import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.TensorEntry;
import dev.switchboard.proto.v1.WeightsGrpc;
import io.grpc.Channel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What another process says that its model is.
 *
 * @param tensors without their bytes
 */
public record RemoteModel(ManifestHeader header, List<Tensor> tensors) {
  /**
   * Asks for the manifest.
   *
   * @throws io.grpc.StatusRuntimeException if the source cannot be asked
   * @throws CheckpointException if what it says makes no sense
   */
  public static RemoteModel of(WeightSource source, Channel channel, Duration deadline) {
    return of(source, channel, deadline, "");
  }

  /**
   * Asks for the manifest of something.
   *
   * @param wanted fingerprint of an expert that was added to the model; empty: the model
   * @throws io.grpc.StatusRuntimeException if the source cannot be asked, or does not have it
   * @throws CheckpointException if what it says makes no sense
   */
  static RemoteModel of(WeightSource source, Channel channel, Duration deadline, String wanted) {
    Iterator<ManifestPart> parts =
        WeightsGrpc.newBlockingStub(channel)
            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
            .manifest(ManifestRequest.newBuilder().setFingerprint(wanted).build());
    ManifestHeader header = ManifestHeader.getDefaultInstance();
    List<Tensor> tensors = new ArrayList<>();
    while (parts.hasNext()) {
      ManifestPart part = parts.next();
      header = part.hasHeader() ? part.getHeader() : header;
      if (tensors.size() + part.getTensorsCount() > header.getTensors()) {
        throw wrong(source, "more than the %d tensors that it says".formatted(header.getTensors()));
      }
      part.getTensorsList().forEach(entry -> tensors.add(tensor(source, entry)));
    }
    if (header.getModelFingerprint().isEmpty() || tensors.size() != header.getTensors()) {
      throw wrong(source, "%d tensors of %d".formatted(tensors.size(), header.getTensors()));
    }
    return new RemoteModel(header, tensors);
  }

  public String fingerprint() {
    return header.getModelFingerprint();
  }

  /**
   * The model, its bytes to be had from {@code weights}.
   *
   * @throws CheckpointException naming what is missing, misshapen or unknown
   */
  public Model open(TensorSource weights) {
    Path label = Path.of(header.getName().replace('/', '_'));
    return Model.elsewhere(
        Checkpoint.elsewhere(label, header.getConfig(), tensors, weights),
        header.getModelFingerprint());
  }

  private static Tensor tensor(WeightSource source, TensorEntry entry) {
    try {
      return Tensor.elsewhere(
          entry.getName(), DType.valueOf(entry.getDtype()), entry.getShapeList());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw wrong(
          source,
          "tensor %s of type %s and shape %s: %s"
              .formatted(entry.getName(), entry.getDtype(), entry.getShapeList(), e.getMessage()));
    }
  }

  private static CheckpointException wrong(WeightSource source, String what) {
    return new CheckpointException(source + " has a manifest of " + what);
  }
}
